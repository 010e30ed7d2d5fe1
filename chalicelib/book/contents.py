"""What an EPUB is made from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AudioType = Literal["audio/mp4", "audio/mpeg"]
"""The types of sound that every EPUB reader plays, if the MP4 holds AAC-LC (EPUB 3.3, core media types)."""

LineKind = Literal["line", "frame", "heading"]
"""A line of the script; words around it, such as the credits; the chapter's heading, read out."""


@dataclass(frozen=True, slots=True)
class Audio:
    """The sound of a chapter, `size` bytes exactly.

    `chunks` opens it and yields it from its beginning. Without `crc32` it is called twice.
    """

    media_type: AudioType
    size: int
    chunks: Callable[[], Iterable[bytes]]
    crc32: int | None = None


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line, and when it is heard in seconds of the chapter's sound; None where it is not.

    `speaker` is the name to show, "" for narration. `line_id` is unique in its chapter. `scene_break`: a new scene
    begins with it.
    """

    line_id: str
    speaker: str
    text: str
    start_s: float | None = None
    end_s: float | None = None
    scene_break: bool = False
    kind: LineKind = "line"


@dataclass(frozen=True, slots=True)
class BookChapter:
    """A chapter; `duration_s` is that of its sound."""

    title: str
    lines: Sequence[BookLine]
    audio: Audio | None = None
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Book:
    """A book. `modified` is a time in UTC, to the second, that changes with the content.

    `ai_notice` says in the book's language who wrote and narrated it, and `source_type` the same for machines, as a
    term of IPTC's (an address). `position` is the book's place in the `series`, from 1.
    """

    story_id: str
    title: str
    language: str
    chapters: Sequence[BookChapter]
    cover_jpeg: bytes
    modified: datetime
    creator: str = "Fireside"
    narrators: Sequence[str] = ()
    description: str = ""
    ai_notice: str = ""
    source_type: str = ""
    series: str = ""
    position: int | None = None
