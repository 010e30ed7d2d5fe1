"""What is read before and after a chapter: the book's title, the chapter's, and who made it.

The sentence that a story was written and narrated by artificial intelligence is for article 50 of the EU's AI Act
(Regulation 2024/1689): at the latest at the first exposure (5), so it follows the title. Its paragraph 2 asks for a
mark that machines can read, too, which is `DIGITAL_SOURCE_TYPE` in the tags of every file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import CHAPTER, CLOSING, OPENING, TITLE, ScriptLine
from chalicelib.domain.story import Story
from chalicelib.domain.texts import name_key, one_line
from chalicelib.story.ear import in_words
from chalicelib.story.frame_words import ENGLISH, Words, code_of, words_in
from chalicelib.story.framing import DEFAULT, Frame

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for what a trained model made, as C2PA and XMP use it: the value of the tag `DigitalSourceType`."""


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits of a book as plain text, for tags, feeds and books that are read.

    `opening` begins with the title, and both have the `ai_sentence` unless an operator's own words leave it out.
    """

    opening: str
    closing: str
    ai_sentence: str


def credits_of(story: Story, frame: Frame = DEFAULT) -> Credits:
    """Return the credits of a story in its language, whether they are read or not.

    In a language without words of its own the sentence on AI is in English.
    """
    words, own = _words(story.language), frame.own(story.language)
    ai = ai_sentence(story)
    opening = [_sentence(story.name, story.language), *_filled(own.opening or "{ai}", story, ai)]
    closing = _filled(own.closing or _closing(words), story, ai)
    return Credits(" ".join(opening), " ".join(closing), ai)


def ai_sentence(story: Story) -> str:
    """Return the sentence that says what of a story AI made: a text of a person's own was only narrated by it."""
    words = words_in(story.language) or ENGLISH
    return words.told if story.manuscript is not None else words.made


def chapter_heading(story: Story, number: int, frame: Frame = DEFAULT) -> str:
    """Return what announces a chapter: "Chapter One. The Lamp."; "" for a story of one chapter.

    A title that has its number says it alone, and one that is nothing but a number is not said a second time.
    """
    return _heading(story, number, frame, lambda text: text)


Say = Callable[[str], str]
"""Returns how a text is to be said."""


def lines_before(story: Story, number: int, first: str, frame: Frame, say: Say = one_line) -> list[ScriptLine]:
    """Return the lines that are read before a chapter; `first` is the chapter's own first line.

    A text that is told as it is may begin with its heading, which is then not announced.
    """
    lines: list[ScriptLine] = []
    if number == 1 and frame.titles and story.title:
        lines.append(_line(TITLE, say(_sentence(story.title, story.language))))
    if number == 1 and frame.credits:
        opening = frame.own(story.language).opening or "{ai}"
        lines += _lines(OPENING, map(say, _filled(opening, story, ai_sentence(story))))
    if frame.titles and not _is_heading(first, story, number):
        lines.append(_line(CHAPTER, _heading(story, number, frame, say)))
    return [line for line in lines if line.text]


def lines_after(story: Story, number: int, frame: Frame, say: Say = one_line) -> list[ScriptLine]:
    """Return the lines that are read after a chapter: after the last one, the book's closing credits."""
    if number != story.num_chapters or not frame.credits:
        return []
    closing = frame.own(story.language).closing or _closing(_words(story.language))
    texts = map(say, _filled(closing, story, ai_sentence(story)))
    lines = list(_lines(CLOSING, texts))
    # The end of the tale is the end of a scene.
    return [msgspec.structs.replace(line, scene_break=at == 0) for at, line in enumerate(lines)]


def _words(language: str) -> Words:
    # The title alone where there are no words for it.
    return words_in(language) or Words("", "", ENGLISH.made, ENGLISH.told)


def _closing(words: Words) -> str:
    return f"{words.closing} {{ai}}".strip()


def _filled(template: str, story: Story, ai: str) -> list[str]:
    """Return the sentences of credits, each on its own: the one on AI is then bought once for beginning and end."""
    # What a title holds is no placeholder.
    parts = re.split(r"(\{ai\})", template)
    title = story.name.rstrip(".。 ")
    filled = [ai if part == "{ai}" else part.strip(" ").lstrip(".,;: ").replace("{title}", title) for part in parts]
    return [part for part in filled if any(map(str.isalnum, part))]


def _heading(story: Story, number: int, frame: Frame, say: Say) -> str:
    if story.num_chapters == 1:
        return ""
    title = one_line(story.chapter_titles()[number - 1])
    words = words_in(story.language)
    pattern = frame.own(story.language).chapter or (words.chapter if words else "")
    label = _numbered(pattern, number, story.language, figures=words is None or words.figures)
    patterns = [one for one in (pattern, words.chapter if words else "", ENGLISH.chapter) if "{number}" in one]
    if label and (not title or _matches(title, patterns, _forms_of(number, story.language), alone=True)):
        return _sentence(label, story.language)
    said = say(_sentence(title, story.language))
    if not label or _matches(title, patterns, [_FIGURE, _WORD]):
        return said
    return f"{_sentence(label, story.language)}{'' if _without_spaces(story.language) else ' '}{said}"


def _numbered(pattern: str, number: int, language: str, *, figures: bool) -> str:
    filled = pattern.replace("{number}", str(number))
    if figures or not filled:
        return filled
    said = in_words(str(number), code_of(language)).lower()
    # "Chapter Twenty-One", as English titles are written.
    return pattern.replace("{number}", said.title() if language.casefold().startswith("en") else said)


_FIGURE = r"(?:\d{1,3}|[ivxlc]{1,7}|[一二三四五六七八九十]{1,3})"
_WORD = r"[^\W\d_]+(?:-[^\W\d_]+)?(?=\s*[.:—–。、]\s*\S)"  # noqa: RUF001
"""What stands in the place of a number before the title proper: a word, such as "Three"."""

_ROMAN = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def _forms_of(number: int, language: str) -> list[str]:
    roman, left = "", number
    for value, sign in _ROMAN:
        roman += sign * (left // value)
        left %= value
    return [str(number), roman, *(re.escape(in_words(str(number), code)) for code in (code_of(language), "en"))]


def _matches(title: str, patterns: list[str], numbers: list[str], *, alone: bool = False) -> bool:
    """Return whether a title begins with a chapter's number, or is nothing else: "Chapter Two: The Owl", "II."."""
    number = f"(?:{'|'.join(numbers)})"
    forms = [number if alone else rf"{_FIGURE}(?=[.:])"]
    forms += [re.escape(pattern).replace(r"\{number\}", number) for pattern in patterns]
    end = r"[.:。]?$" if alone else r"(?!\w)"
    return any(re.match(form + end, title, re.IGNORECASE) for form in forms)


def _is_heading(first: str, story: Story, number: int) -> bool:
    """Return whether a chapter's first line is its heading, or the beginning of it: "Chapter One" of "Chapter One:
    The Owl"."""
    key, title = name_key(first), name_key(story.chapter_titles()[number - 1])
    return bool(key) and f"{title} ".startswith(f"{key} ")


def _sentence(text: str, language: str) -> str:
    """Return a title as a sentence, with a full stop unless it ends in a mark of its own."""
    shown = one_line(text)
    if not shown or shown.endswith((".", "!", "?", "…", "。", "！", "？", "।", "؟")):  # noqa: RUF001
        return shown
    return f"{shown}{'。' if _without_spaces(language) else '.'}"


def _without_spaces(language: str) -> bool:
    return language.partition("-")[0].casefold() in {"ja", "zh"}


def _line(line_id: str, text: str) -> ScriptLine:
    return ScriptLine(line_id, NARRATOR, text)


def _lines(kind: str, texts: "Iterator[str] | map[str]") -> Iterator[ScriptLine]:
    for number, text in enumerate(texts, 1):
        yield _line(kind if number == 1 else f"{kind}-{number}", text)
