"""From a text of a person's own to chapters, and from a chapter to pieces that one voice can speak.

Nothing here decides who speaks: quotation marks, dashes, commas and sentence ends are where the voice may change, and
the author says where it does. Whatever the pieces are, put together they are the text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from chalicelib.domain.manuscript import Manuscript, Section
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import ScriptLine
from chalicelib.domain.texts import beginning, find_name, is_narrator, one_line
from chalicelib.errors import Invalid, Unusable
from chalicelib.limits import MAX_CHAPTERS
from chalicelib.story.measures import LONGEST_CHAPTER, count_words, spoken_length
from chalicelib.story.replies import SpeakersDraft
from chalicelib.story.sizes import BEGINNINGS

LONGEST_LINE = 600
"""Characters of a line that is made from a text, unless a single piece has more."""

_ROOM = 0.75
"""How full a chapter may be: it has more lines than paragraphs, and each line has its pause."""

_MOST_PARAGRAPHS = 300
"""Paragraphs of a chapter: a script may have a thousand lines, and a paragraph of dialogue has two or three."""

_LONGEST_HEADING, _LONGEST_MARKED = 80, 200
_LONGEST_FRONT = 600
"""Characters before the first heading that are no chapter of their own, such as title and writer."""

_WRAPPED = range(45, 101)
"""Characters of a line that an editor has broken, as in the plain texts of Project Gutenberg."""

_FIGURE = r"(?:\d{1,3}|[ivxlc]{1,7})"
_NUMBER = rf"(?:{_FIGURE}|[^\W\d_]+)"
_HEADING = rf"(?:{_FIGURE}\b(?:\s*[.:—–-]\s*[^!?]*|\s+[^.!?]*)?|[^\W\d_]+(?:\s*[.:—–-]\s*[^.!?]*)?)"  # noqa: RUF001
"""A number, and what may be the title after it. "Chapter and verse, he knew it all" is no heading."""

_CHAPTERS = (
    "chapter|kapitel|cap[ií]tulo|chapitre|capitolo|hoofdstuk|rozdzia[łl]|kapitola|глава|розділ|κεφάλαιο|bölüm|luku|"
    "fejezet|capitolul"
)
_PARTS = "book|part|canto|teil|buch|parte|partie|libro|livre|deel|część|часть"
_NAMED = re.compile(
    rf"(?:{_CHAPTERS})\s+{_HEADING}|(?:{_PARTS})\s+{_NUMBER}[.:]?|"
    r"(?:prologue?|epilogue?|prolog|epilog|pr[oó]logo|ep[ií]logo|foreword|preface|vorwort|nachwort|introduction)[.:]?|"
    r"第[0-9一二三四五六七八九十百]+[章回节節話].*|제\s*\d+\s*장.*",
    re.IGNORECASE,
)
_NAMED_ALONE = re.compile(rf"(?:{_CHAPTERS}|{_PARTS})\s+{_NUMBER}[.:]?", re.IGNORECASE)
_MARKED = re.compile(r"#{1,3}\s+\S.*")
_NUMERAL = re.compile(r"([ivxlc]{1,7}|\d{1,3})\.?", re.IGNORECASE)

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”]*")  # noqa: RUF001
_CLOSED = r"(?:[\"'”’»›」』)\],.;:!?…]|[“‘](?=[\s,.;:!?]|$))*"  # noqa: RUF001
_CUT_AFTER = re.compile(
    r"(?:[.!?…]+|[,;:](?=[\"'”’“»)\]]*\s)|[，；：。！？]+|(?<=\S)[\"'”“»›’」』](?!\w))" + _CLOSED  # noqa: RUF001
)
_CUT_BEFORE = re.compile(r"(?<!\w)[\"'“„«‹‘「『](?=\S)|(?:^|(?<=\s))[—–―-]+(?=\s)|[—―]+")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a paragraph that can have a speaker of its own: its place in the section, and in the paragraph."""

    piece_id: str
    paragraph: int
    start: int
    end: int
    text: str
    scene_break: bool = False


def manuscript_of(text: str, num_chapters: int | None, words: int) -> Manuscript:
    """Return a text in chapters: by its headings, else about as long as `words` says; raise Invalid.

    `num_chapters`, if given, is how many there must be.
    """
    paragraphs = _paragraphs(text)
    if not any(map(_speakable, paragraphs)):
        raise Invalid("text: Expected some text, not only white space.")
    headed = _by_headings(paragraphs)
    if len(headed) == 1:
        wanted = num_chapters or round(sum(map(count_words, paragraphs)) / words)
        sections = headed
    else:
        sections = [part for section in headed for part in _cut(section, _parts_needed(section))]
        wanted = num_chapters or len(sections)
    found = _as_many(sections, min(MAX_CHAPTERS, max(1, wanted)))
    if num_chapters is not None and len(found) < num_chapters:
        raise Invalid(f"num_chapters: The text is too short for so many chapters; expected up to {len(found)}.")
    if long := next((number for number, section in enumerate(found, 1) if _parts_needed(section) > 1), None):
        minutes = LONGEST_CHAPTER // 900
        raise Invalid(f"num_chapters: Chapter {long} would take longer than {minutes} minutes; ask for more chapters.")
    return Manuscript(found)


def pieces(section: Section) -> list[Piece]:
    """Return a section in pieces, in order. What nobody can speak between two paragraphs begins a new scene."""
    found: list[Piece] = []
    scene_break = False
    for index, paragraph in enumerate(section.paragraphs):
        spans = list(_spans(paragraph))
        for start, end in spans:
            text = paragraph[start:end].strip()
            found.append(Piece(str(len(found) + 1), index, start, end, text, scene_break and bool(found)))
            scene_break = False
        scene_break = scene_break or not spans
    return found


def lines_of_pieces(section: Section, found: Sequence[Piece], speakers: Mapping[str, str]) -> list[ScriptLine]:
    """Return the lines of a section: neighbours of one speaker in one paragraph are one line, up to LONGEST_LINE.

    `speakers` has the speaker by piece; the Narrator speaks the rest.
    """
    lines: list[ScriptLine] = []
    line: list[Piece] = []

    def close(count: int) -> None:
        first, last = line[0], line[count - 1]
        text = section.paragraphs[first.paragraph][first.start : last.end].strip()
        speaker = speakers.get(first.piece_id, NARRATOR)
        lines.append(ScriptLine(f"{len(lines) + 1:03d}", speaker, text, first.scene_break))
        del line[:count]

    for piece in found:
        if line and not (_same(line[0], piece, speakers)):
            close(len(line))
        while line and piece.end - line[0].start > LONGEST_LINE:
            # At the last end of a sentence, so that no breath is taken after a comma.
            ends = [count for count, part in enumerate(line, 1) if _END.search(part.text[-4:])]
            close(ends[-1] if ends else len(line))
        line.append(piece)
    if line:
        close(len(line))
    return lines


def speakers_of(draft: SpeakersDraft, known: Sequence[str], *, last: bool = False) -> dict[str, str]:
    """Return the speaker by piece; raise Unusable for one who is not `known`, or in a `last` reply say the Narrator."""
    found: dict[str, str] = {}
    for line in draft.lines:
        speaker = NARRATOR if is_narrator(line.speaker) else find_name(line.speaker, known)
        if speaker is None and not last:
            raise Unusable(
                f"lines: the speaker {line.speaker[:60]!r} is not one of {', '.join(known)}; name new ones in "
                "new_speakers."
            )
        found[line.line_id.strip()] = speaker or NARRATOR
    return found


def paragraphs_of(found: Sequence[Piece]) -> list[list[dict[str, str]]]:
    """Return the pieces of a section as the author is told them."""
    return [
        [{"line_id": piece.piece_id, "text": piece.text} for piece in of_paragraph]
        for _, of_paragraph in groupby(found, key=lambda piece: piece.paragraph)
    ]


def beginnings(manuscript: Manuscript) -> list[dict[str, Any]]:
    """Return how each chapter of a text begins, and its title, as the author is told them; BEGINNINGS in all."""
    each = max(300, BEGINNINGS // len(manuscript.sections))
    return [
        {"number": number, "title": section.title, "begins": beginning("\n".join(section.paragraphs), each)}
        for number, section in enumerate(manuscript.sections, 1)
    ]


def _same(one: Piece, other: Piece, speakers: Mapping[str, str]) -> bool:
    spoken_by = (speakers.get(piece.piece_id, NARRATOR) for piece in (one, other))
    return one.paragraph == other.paragraph and len(set(spoken_by)) == 1


def _speakable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text. Lines that an editor has broken are one; those of a poem are not."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [" ".join(line.split()) for line in block.splitlines() if line.strip()]
        broken = sum(len(line) in _WRAPPED for line in lines[:-1])
        joined = len(lines) > 1 and broken >= 0.8 * (len(lines) - 1)
        found += [" ".join(lines)] if joined else lines
    return found


def _by_headings(paragraphs: list[str]) -> list[Section]:
    starts = [index for index, text in enumerate(paragraphs) if _is_heading(text)] or _numerals(paragraphs)
    if not starts:
        return [Section(paragraphs)]
    if starts[0] and (sum(map(len, paragraphs[: starts[0]])) > _LONGEST_FRONT):
        starts = [0, *starts]
    else:
        starts[0] = 0
    found: list[Section] = []
    waiting: list[str] = []
    for start, end in pairwise([*starts, len(paragraphs)]):
        part = paragraphs[start:end]
        title, heading = _title(part)
        # Headings without a text are a table of contents, or a part before its first chapter.
        if any(map(_speakable, part[heading:])):
            found.append(Section([*waiting, *part], title))
            waiting = []
        else:
            waiting += part
    if waiting and found:
        found[-1] = _joined(found[-1], Section(waiting))
    return found or [Section(paragraphs)]


def _is_heading(text: str) -> bool:
    if _MARKED.fullmatch(text):
        return len(text) <= _LONGEST_MARKED
    return len(text) <= _LONGEST_HEADING and bool(_NAMED.fullmatch(text))


def _numerals(paragraphs: Sequence[str]) -> list[int]:
    """Return where numbers stand alone that count from one, as headings do; none if there are not two."""
    found: list[int] = []
    for index, text in enumerate(paragraphs):
        match = _NUMERAL.fullmatch(text)
        if match and match[1].casefold() in {str(len(found) + 1), _roman(len(found) + 1)}:
            found.append(index)
    return found if len(found) > 1 else []


def _roman(number: int) -> str:
    signs = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    found = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        found += sign * count
    return found


def _title(paragraphs: Sequence[str]) -> tuple[str, int]:
    """Return the title of a part, and how many of its paragraphs are headings."""
    first = next(
        (index for index, text in enumerate(paragraphs) if _is_heading(text) or _NUMERAL.fullmatch(text)), None
    )
    if first is None:
        return "", 0
    title, after = paragraphs[first].lstrip("# ").rstrip(" .:"), first + 1
    # "Chapter One", and below it "The Owl".
    below = paragraphs[after] if after < len(paragraphs) else ""
    short = len(below) <= _LONGEST_HEADING and _speakable(below) and not _END.search(below) and below[-1] not in ",;:"
    if short and (_NUMERAL.fullmatch(title) or _NAMED_ALONE.fullmatch(title)):
        return one_line(f"{title}: {below.lstrip('# ')}"), after + 1
    return one_line(title), after


def _joined(one: Section, other: Section) -> Section:
    return Section([*one.paragraphs, *other.paragraphs], one.title or other.title)


def _parts_needed(section: Section) -> int:
    """Return in how many chapters a section can be narrated."""
    by_length = spoken_length(section.paragraphs) / (LONGEST_CHAPTER * _ROOM)
    return max(1, -int(-by_length // 1), -(-len(section.paragraphs) // _MOST_PARAGRAPHS))


def _as_many(sections: list[Section], count: int) -> list[Section]:
    """Return the sections as so many: the shortest neighbours joined, or the longest cut."""
    found = list(sections)
    while len(found) > count:
        sizes = [one.characters + other.characters for one, other in pairwise(found)]
        at = sizes.index(min(sizes))
        found[at : at + 2] = [_joined(*found[at : at + 2])]
    parts = [1] * len(found)
    for _ in range(count - len(found)):
        lengths = [section.characters / of for section, of in zip(found, parts, strict=True)]
        parts[lengths.index(max(lengths))] += 1
    return [part for section, of in zip(found, parts, strict=True) for part in _cut(section, of)]


def _cut(section: Section, count: int) -> list[Section]:
    """Return a section in up to `count` parts of about the same length, cut between paragraphs, or else sentences."""
    if count == 1:
        return [section]
    paragraphs = section.paragraphs
    most = section.characters / count
    if len(paragraphs) < 2 * count or max(map(len, paragraphs)) > most:
        paragraphs = [sentence for paragraph in paragraphs for sentence in _sentences(paragraph, most)]
    parts: list[list[str]] = [[]]
    size = 0
    for index, paragraph in enumerate(paragraphs):
        left = len(paragraphs) - index
        full = size + len(paragraph) / 2 > most * len(parts)
        if parts[-1] and len(parts) < count and (full or left == count - len(parts)):
            parts.append([])
        parts[-1].append(paragraph)
        size += len(paragraph)
    titles = [
        section.title,
        *(f"{section.title} ({number})" if section.title else "" for number in range(2, count + 1)),
    ]
    return [Section(part, title) for part, title in zip(parts, titles, strict=False)]


def _sentences(paragraph: str, most: float) -> Iterator[str]:
    """Yield the sentences of a paragraph; where one is longer than `most`, parts of it."""
    start = 0
    for end in (*(match.end() for match in _END.finditer(paragraph)), len(paragraph)):
        for part in _chunks(paragraph, start, end, max(1, int(most))):
            if text := paragraph[slice(*part)].strip():
                yield text
        start = end


def _spans(paragraph: str) -> Iterator[tuple[int, int]]:
    """Yield where the pieces of a paragraph begin and end; nothing where nobody can speak it."""
    if not _speakable(paragraph):
        return
    cuts = {match.end() for match in _CUT_AFTER.finditer(paragraph)}
    cuts |= {match.start() for match in _CUT_BEFORE.finditer(paragraph)}
    start = 0
    for cut in [*sorted({cut for cut in cuts if 0 < cut < len(paragraph)}), len(paragraph)]:
        # What stands between two cuts and cannot be spoken belongs to what comes before it, or else after it.
        if _speakable(paragraph[start:cut]) and (cut == len(paragraph) or _speakable(paragraph[cut:])):
            yield from _chunks(paragraph, start, cut, LONGEST_LINE)
            start = cut
    if start < len(paragraph):
        yield from _chunks(paragraph, start, len(paragraph), LONGEST_LINE)


def _chunks(text: str, start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield a span in parts of up to `most` characters, cut at spaces where there are some."""
    while end - start > most:
        space = text.rfind(" ", start + most // 2, start + most)
        cut = space + 1 if space >= 0 else start + most
        yield start, cut
        start = cut
    yield start, end
