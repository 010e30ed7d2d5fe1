"""A written chapter: its texts, their versions, and which earlier texts they are based on."""

from collections.abc import Iterable

import msgspec

from chalicelib.domain.digest import digest
from chalicelib.domain.outline import Seam
from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine

MP3 = "audio/mpeg"
VTT = "text/vtt; charset=utf-8"
"""The media types of a chapter's sound and of its captions."""


class ChapterHeader(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in a list of chapters: no texts but the summary.

    `script_version` changes with every change of the script; the other versions say which script they were made from,
    so what is out of date shows by itself. `based_on` says the same of all the chapters before this one.
    """

    number: int
    script_version: str | None = None
    enhanced_version: str | None = None
    summary: str | None = None
    summary_version: str | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    sound_version: str | None = None
    based_on: str | None = None

    @property
    def is_directed(self) -> bool:
        """Whether the directions are those of the present script."""
        return self.enhanced_version == self.script_version

    @property
    def is_summarized(self) -> bool:
        """Whether the summary is that of the present script."""
        return self.summary_version == self.script_version

    @property
    def is_narrated(self) -> bool:
        """Whether the sound is that of the present script."""
        return self.sound_version == self.script_version


class Chapter(ChapterHeader, frozen=True, kw_only=True):
    """A chapter with its texts.

    `rewrite` is the task that will write it again, from the version `rewrite_of` and following `remark`.
    """

    script: Script | None = None
    enhanced: EnhancedScript | None = None
    seam: Seam | None = None
    rewrite: str | None = None
    rewrite_of: str | None = None
    remark: str | None = None

    @property
    def directions(self) -> EnhancedScript | None:
        """The script with directions for the voices, or None if there are none for its present version."""
        return self.enhanced if self.is_directed else None

    @property
    def lines(self) -> list[ScriptLine] | list[EnhancedLine]:
        """The lines to narrate: those with directions if these are up to date, else those of the script."""
        if directed := self.directions:
            return directed.lines
        return self.script.lines if self.script else []


class WrittenChapter(msgspec.Struct, frozen=True, kw_only=True):
    """A chapter as the author delivers it; `based_on` is the digest of the chapters before it."""

    number: int
    script: Script
    summary: str
    seam: Seam
    based_on: str


class Sound(msgspec.Struct, frozen=True):
    """The facts of a chapter's sound: its length in seconds, and the bytes of its MP3."""

    duration_s: float
    size_bytes: int


def version_of(script: str) -> str:
    """Return the version of a script: 16 characters of a digest of its JSON."""
    return digest(script)[:16]


def based_on(versions: Iterable[str]) -> str:
    """Return one digest of the versions of all chapters before a chapter, in order: the texts it is written from."""
    return digest(*versions)[:16]


def follow_older_texts(chapters: Iterable[ChapterHeader]) -> set[int]:
    """Return the numbers of the chapters that were written before an earlier one was changed.

    `chapters` are all chapters of a story, in order.
    """
    versions: list[str] = []
    found: set[int] = set()
    for chapter in chapters:
        if chapter.based_on and chapter.script_version and chapter.based_on != based_on(versions):
            found.add(chapter.number)
        versions.append(chapter.script_version or "")
    return found
