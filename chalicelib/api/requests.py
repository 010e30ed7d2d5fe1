"""Request bodies and parameters: one struct per body, checked when it is decoded. Messages name the field at fault."""

import re
from collections.abc import Collection
from typing import Annotated, TypeVar

import msgspec

from chalicelib import limits
from chalicelib.domain.voice import VoiceId
from chalicelib.errors import Invalid
from chalicelib.story.editing import LineEdit

T = TypeVar("T")

Prompt = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_PROMPT)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_TITLE)]
Language = Annotated[str, msgspec.Meta(pattern=limits.LANGUAGE, max_length=limits.MAX_LANGUAGE)]
SpeakerName = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_SPEAKER)]
ChapterNumber = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_CHAPTERS)]
ChapterNumbers = Annotated[list[ChapterNumber], msgspec.Meta(min_length=1, max_length=limits.MAX_CHAPTERS)]


class CreateStory(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories`. Fields left out come from configs/story_config.json."""

    prompt: Prompt
    title: Title | None = None
    num_chapters: ChapterNumber | None = None
    enhance: bool | None = None
    language: Language | None = None
    voices: Annotated[dict[SpeakerName, VoiceId], msgspec.Meta(max_length=limits.MAX_VOICES)] | None = None


class Generate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/generate`. With `audio`, each chapter is narrated as soon as it is written."""

    audio: bool = False


class Narrate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/audio`. Narrates all chapters if `chapters` is left out."""

    chapters: ChapterNumbers | None = None


class Estimate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/estimate`. What generating would take, with or without sound.

    With `chapters`, what the sound of just these would take; with `rewrite`, what writing that chapter again would.
    """

    audio: bool = True
    chapters: ChapterNumbers | None = None
    rewrite: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_CHAPTERS)] | None = None


LineId = Annotated[str, msgspec.Meta(pattern=limits.LINE_ID)]


class EditedLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A line of a script. `scene_break`: whether a new scene begins with it; if left out, that stays as it is."""

    line_id: LineId
    speaker: SpeakerName
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_LINE)]
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
    """`POST /stories/{id}/chapters/{n}/rewrite`. `remark` says what should be different."""

    remark: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_REMARK)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A POST that takes no fields."""


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
    """Return the text; raise Invalid if it is nothing but white space."""
    if not text.strip():
        raise Invalid(f"{field}: Expected some text, not only white space.")
    return text


def chapters_of(count: int, numbers: Collection[int] | None) -> set[int]:
    """Return the requested ones of a story's `count` chapters, all for None; raise Invalid for one beyond them."""
    if beyond := sorted(number for number in numbers or () if number > count):
        raise Invalid(f"chapters: The story has {count} chapters; there is no chapter {beyond[0]}.")
    return set(range(1, count + 1)) if numbers is None else set(numbers)


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
