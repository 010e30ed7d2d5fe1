"""Request bodies and parameters: one struct per body, checked when it is decoded. Messages name the field at fault."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from chalicelib import limits
from chalicelib.domain.outline import NARRATOR, Person
from chalicelib.domain.texts import is_narrator, name_key, one_line, visible
from chalicelib.domain.voice import VoiceId
from chalicelib.errors import Invalid
from chalicelib.story.editing import LineEdit

T = TypeVar("T")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_TEXT)]
StoryId = Annotated[str, msgspec.Meta(pattern=limits.ID)]
Prompt = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_PROMPT)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_TITLE)]
Language = Annotated[str, msgspec.Meta(pattern=limits.LANGUAGE, max_length=limits.MAX_LANGUAGE)]
SpeakerName = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_SPEAKER)]
ChapterNumber = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_CHAPTERS)]
ChapterNumbers = Annotated[list[ChapterNumber], msgspec.Meta(min_length=1, max_length=limits.MAX_CHAPTERS)]
LineId = Annotated[str, msgspec.Meta(pattern=limits.LINE_ID)]
LineIds = Annotated[list[LineId], msgspec.Meta(min_length=1, max_length=limits.MAX_LINES)]


Minutes = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_MINUTES)]
Audience = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_AUDIENCE)]
Tone = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_TONE)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_WORD)]
Saying = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_SAYING)]
Pronunciations = Annotated[dict[Word, Saying], msgspec.Meta(max_length=limits.MAX_PRONUNCIATIONS)]
ChosenVoices = Annotated[dict[SpeakerName, VoiceId], msgspec.Meta(max_length=limits.MAX_VOICES)]


class CreateStory(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories`. Fields left out come from configs/story_config.json; the language from the prompt.

    `audience` says whom it is for, such as `a girl of four`; `tone` how it is told; `point_of_view` who tells it: one
    of its people, who says "I", or a narrator. `sequel_of` is a finished story of one's own that this one continues: a
    wish that is left out is the one of that story. `text` is told as it is, and needs no prompt; without `num_chapters`
    it has the chapters of its headings.
    """

    prompt: Prompt | None = None
    title: Title | None = None
    num_chapters: ChapterNumber | None = None
    enhance: bool | None = None
    language: Language | None = None
    voices: ChosenVoices | None = None
    minutes_per_chapter: Minutes | None = None
    audience: Audience | None = None
    tone: Tone | None = None
    point_of_view: Person | None = None
    sequel_of: StoryId | None = None
    text: Text | None = None
    pronunciations: Pronunciations | None = None


class ChangeStory(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`PATCH /stories/{id}`. Without a plan every field may change, null for what was not asked for.

    With one, `title`, `voices` and `pronunciations` may. Then `voices` are those of the speakers that it names, and
    `pronunciations`, as always, all that there are to be. What is narrated is marked as out of date where it would
    sound otherwise; nothing is bought.
    """

    prompt: Prompt | msgspec.UnsetType | None = msgspec.UNSET
    title: Title | msgspec.UnsetType | None = msgspec.UNSET
    num_chapters: ChapterNumber | msgspec.UnsetType | None = msgspec.UNSET
    enhance: bool | msgspec.UnsetType | None = msgspec.UNSET
    language: Language | msgspec.UnsetType | None = msgspec.UNSET
    voices: ChosenVoices | msgspec.UnsetType | None = msgspec.UNSET
    minutes_per_chapter: Minutes | msgspec.UnsetType | None = msgspec.UNSET
    audience: Audience | msgspec.UnsetType | None = msgspec.UNSET
    tone: Tone | msgspec.UnsetType | None = msgspec.UNSET
    point_of_view: Person | msgspec.UnsetType | None = msgspec.UNSET
    sequel_of: StoryId | msgspec.UnsetType | None = msgspec.UNSET
    text: Text | msgspec.UnsetType | None = msgspec.UNSET
    pronunciations: Pronunciations | msgspec.UnsetType | None = msgspec.UNSET

    def given(self) -> dict[str, Any]:
        """Return the fields that the request has, by name."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


class ChangeChapter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`PATCH /stories/{id}/chapters/{n}`: another title."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_CHAPTER_TITLE)]


class Restore(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/chapters/{n}/restore`. `version` is one of those that `versions` lists."""

    version: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_VERSION)]


class Generate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/generate`. With `audio`, each chapter is narrated as soon as it is written."""

    audio: bool = False


class Narrate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/audio`. Narrates all chapters if `chapters` is left out.

    `again`: these lines of the one chapter named are spoken anew, although they are kept.
    """

    chapters: ChapterNumbers | None = None
    again: LineIds | None = None


class Estimate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/estimate`. What generating would take, with or without sound.

    With `chapters`, what the sound of just these would take, with `again` lines of one of them spoken anew; with
    `rewrite`, what writing that chapter again would.
    """

    audio: bool = True
    chapters: ChapterNumbers | None = None
    again: LineIds | None = None
    rewrite: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_CHAPTERS)] | None = None


class EditedLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A line of a script; a new one without `line_id`. `scene_break`: whether a new scene begins with it.

    If that is left out, it stays as it is.
    """

    speaker: SpeakerName
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_LINE)]
    line_id: LineId | None = None
    scene_break: bool | None = None

    @property
    def line_edit(self) -> LineEdit:
        """The line as the struct that the rules of editing take."""
        return LineEdit(self.line_id, self.speaker, self.text, self.scene_break)


class EditScript(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`PUT /stories/{id}/chapters/{n}/script`. With the chapter's `version`, an edit of an older script is refused."""

    lines: Annotated[list[EditedLine], msgspec.Meta(min_length=1, max_length=limits.MAX_LINES)]
    version: Annotated[str, msgspec.Meta(max_length=limits.MAX_VERSION)] | None = None


class Rewrite(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/chapters/{n}/rewrite`. `remark` says what should be different.

    Without one the chapter is brought in line with the chapters before it.
    """

    remark: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_REMARK)] | None = None


class Nothing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A POST that takes no fields."""


_UNSPOKEN = r"und|zxx|mul|mis|q[a-t][a-z]|x-.*|"
"""Tags of ISO 639 for no language: undetermined, no linguistic content, several, without a code, and private ones."""

_PATH = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")


def parse_body(body: bytes, type_: type[T]) -> T:
    """Decode a body as a `type_`; an empty one counts as `{}`.

    Raises Invalid with the field at fault and what is accepted.
    """
    # Before decoding: the limit also bounds the time and memory that a hostile body can take.
    if len(body) > limits.MAX_BODY:
        raise Invalid(f"The body is larger than {limits.MAX_BODY // 1024} KB.")
    try:
        decoded = msgspec.json.decode(body.strip() or b"{}", type=type_)
    except msgspec.ValidationError as error:
        raise Invalid(_named(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Invalid("The body is not valid JSON in UTF-8.") from None
    return decoded


def _named(message: str) -> str:
    """Rewrite msgspec's message with the field first: `prompt: Expected `str` of length >= 1.`"""
    match = _PATH.search(message)
    if match is None:
        return f"{message}."
    return f"{match[1] or 'body'}: {message[: match.start()]}."


def not_blank(field: str, text: str) -> str:
    """Return the text without what nobody can see; raise Invalid if nothing but white space is left."""
    shown = visible(text)
    if not shown.strip():
        raise Invalid(f"{field}: Expected some text, not only white space.")
    return shown


def said(field: str, text: str | None) -> str | None:
    """Return a text that may be left out, without what nobody can see; raise Invalid if nothing is left of it."""
    return None if text is None else not_blank(field, text)


def language_of(tag: str | None) -> str | None:
    """Return a language tag if it is one of a language that people speak; raise Invalid."""
    if tag is None:
        return None
    import langcodes  # noqa: PLC0415 # 60 ms of import, which one request in a hundred needs
    from langcodes.tag_parser import LanguageTagError  # noqa: PLC0415

    try:
        language = langcodes.get(tag).language or ""
        spoken = langcodes.tag_is_valid(tag) and not re.fullmatch(_UNSPOKEN, language)
    except LanguageTagError:
        spoken = False
    if not spoken:
        raise Invalid(f"language: {tag} is no language that people speak; expected a tag such as en, de or pt-BR.")
    return tag


def names_of(voices: Mapping[str, str]) -> dict[str, str]:
    """Return the voices of speakers by their visible names, the Narrator by that name; raise Invalid."""
    named: dict[str, str] = {}
    for given, voice_id in voices.items():
        name = one_line(given)
        if not name:
            raise Invalid("voices: Expected the name of a speaker, not only white space.")
        if other := next((known for known in named if name_key(known) == name_key(name)), None):
            raise Invalid(f"voices: {name} and {other} are the same name; give each speaker one voice.")
        named[NARRATOR if is_narrator(name) else name] = voice_id
    return named


def sayings_of(pronunciations: Mapping[str, str]) -> dict[str, str]:
    """Return how words are said, each without what nobody can see; raise Invalid."""
    from chalicelib.story.pronouncing import is_saying, is_word  # noqa: PLC0415 # nothing else of a request needs it

    sayings: dict[str, str] = {}
    for given, how in pronunciations.items():
        word, say = one_line(given), one_line(how)
        if not is_word(word):
            raise Invalid("pronunciations: Expected words with a letter or a digit in them, without square brackets.")
        if not is_saying(say):
            raise Invalid(f"pronunciations: {word}: Expected how to say it, in letters, without brackets.")
        if word in sayings:
            raise Invalid(f"pronunciations: {word} is given twice.")
        sayings[word] = say
    return sayings


def chapters_of(count: int, numbers: Collection[int] | None) -> set[int]:
    """Return the requested ones of a story's `count` chapters, all for None; raise Invalid for one beyond them."""
    if beyond := sorted(number for number in numbers or () if number > count):
        raise Invalid(f"chapters: The story has {count} chapters; there is no chapter {beyond[0]}.")
    return set(range(1, count + 1)) if numbers is None else set(numbers)


def chapter_of_lines(numbers: Collection[int] | None) -> int:
    """Return the one chapter whose lines are spoken again; raise Invalid unless `chapters` names exactly one."""
    if numbers is None or len(set(numbers)) != 1:
        raise Invalid("again: Lines are spoken again in one chapter at a time; name it in chapters, and no other.")
    return next(iter(numbers))


def page_limit(value: str | None) -> int:
    """Parse `?limit=`: 1 to MAX_PAGE, or PAGE if left out (see `limits`); raise Invalid."""
    if value is None:
        return limits.PAGE
    # Cut before `int`, which refuses thousands of digits with an error of its own.
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= limits.MAX_PAGE):
        raise Invalid(f"limit: Expected a whole number from 1 to {limits.MAX_PAGE}.")
    return int(value)


def _is(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def month(value: str | None) -> str | None:
    """Parse `?month=`, such as 2026-11; raise Invalid."""
    if value is None:
        return None
    if not _is(limits.MONTH, value):
        raise Invalid("month: Expected a month such as 2026-11.")
    return value


def cursor(value: str | None) -> str | None:
    """Parse `?cursor=`, as the previous page gave it; raise Invalid."""
    if value is None:
        return None
    if not _is(limits.ID, value):
        raise Invalid("cursor: Expected the cursor of a previous page, unchanged.")
    return value


# DynamoDB refuses empty and overlong keys with an error; a key that never exists is simply not found.
def story_id(value: str) -> str:
    """Return an id from a path; a malformed one becomes `-`, which never exists."""
    return value if _is(limits.ID, value) else "-"


def chapter_number(value: str) -> int:
    """Parse a chapter number from a path; 0, which never exists, for anything else."""
    return int(value) if re.fullmatch(r"[1-9][0-9]?", value) else 0


def idempotency_key(value: str | None) -> str | None:
    """Check the Idempotency-Key header, 1 to 255 visible ASCII characters; raise Invalid."""
    if value is None:
        return None
    if not _is(limits.KEY, value):
        raise Invalid("Idempotency-Key: Expected 1 to 255 visible ASCII characters.")
    return value
