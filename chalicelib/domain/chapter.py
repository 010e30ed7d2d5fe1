"""A written chapter: its texts, their versions, and which earlier texts they are based on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from chalicelib.domain.digest import digest
from chalicelib.domain.memory import Memory
from chalicelib.domain.outline import Character, Seam
from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine

MP3 = "audio/mpeg"
VTT = "text/vtt; charset=utf-8"
"""The media types of a chapter's sound and of its captions."""


MadeBy = Literal["author", "person"]
"""Who wrote a text: the author, or a person who changed it."""

NoticeCode = Literal["odd_sound", "text_not_spoken", "voice_replaced", "norm_missed"]
"""What a notice is about. This version gives all but `text_not_spoken`."""


class Notice(msgspec.Struct, frozen=True):
    """What a person should know of a chapter's sound: of a line, or with None of all of it. `message` is a sentence."""

    line_id: str | None
    code: NoticeCode
    message: str


class ChapterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What later chapters are told of a chapter, and of which script. `opening` and `ending` are its own words."""

    number: int
    script_version: str | None = None
    summary: str | None = None
    summary_version: str | None = None
    memory: Memory = Memory()
    opening: str = ""
    ending: str = ""

    @property
    def is_summarized(self) -> bool:
        """Whether summary and memory are those of the present script."""
        return self.script_version is not None and self.summary_version == self.script_version


class Retold(msgspec.Struct, frozen=True):
    """A chapter's summary, seam and memory."""

    summary: str
    seam: Seam
    memory: Memory = Memory()


class ChapterPart(msgspec.Struct, frozen=True):
    """A part of a chapter that is written in parts; its summary and seam are of all the chapter so far."""

    script: Script
    retold: Retold


class ChapterParts(msgspec.Struct, frozen=True):
    """The parts of a chapter that are written already, from earlier chapters with the digest `based_on`."""

    based_on: str = ""
    parts: list[ChapterPart] = []

    def joined(self) -> ChapterPart:
        """Return the parts as one: lines numbered through, a scene for each part, everything to remember."""
        lines: list[ScriptLine] = []
        for part in self.parts:
            for position, line in enumerate(part.script.lines):
                begins = line.scene_break or (position == 0 and bool(lines))
                lines.append(msgspec.structs.replace(line, line_id=f"{len(lines) + 1:03d}", scene_break=begins))
        last, memories = self.parts[-1].retold, [part.retold.memory for part in self.parts]
        memory = Memory(
            [note for one in memories for note in one.notes], [settled for one in memories for settled in one.settled]
        )
        return ChapterPart(Script(lines), Retold(last.summary, last.seam, memory))


class Spoken(msgspec.Struct, frozen=True):
    """How a chapter is to be spoken since voices or pronunciations of its story changed: digests of its lines as they
    are given to the narrator, each in its voice, before the first such change and now."""

    was: str
    now: str


class ChapterHeader(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in a list of chapters: no texts but the summary.

    `script_version` changes with every change of the script; the other versions say which script they were made from,
    so what is out of date shows by itself. `based_on` says the same of all the chapters before this one. `takes` holds
    the number of the take for each line that a person had spoken again, `notices` what is to be said of the sound.
    `spoken` is None where no voice and no pronunciation that concerns the chapter was changed. `narrated_at` is when it
    could first be heard; versions that did not note it leave None.
    """

    number: int
    script_version: str | None = None
    enhanced_version: str | None = None
    summary: str | None = None
    summary_version: str | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    sound_version: str | None = None
    narrated_at: str | None = None
    based_on: str | None = None
    takes: Mapping[str, int] = {}
    notices: Sequence[Notice] = ()
    spoken: Spoken | None = None

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
        """Whether the sound is that of the present script, in the voices and with the takes that were asked for."""
        return self.sound_version == self.wanted_sound

    @property
    def wanted_sound(self) -> str | None:
        """The version of the sound that the present script should have: the script's, unless a line has a later take,
        or voices or pronunciations were changed.

        Then it is one of its own, so that the sound there is can be heard until the new one is published.
        """
        changed = [f"{line}:{take}" for line, take in sorted(self.takes.items())]
        if self.spoken is not None and self.spoken.now != self.spoken.was:
            changed.append(self.spoken.now)
        if not changed or self.script_version is None:
            return self.script_version
        return f"{self.script_version}-{digest(*changed)[:8]}"


class Chapter(ChapterHeader, frozen=True, kw_only=True):
    """A chapter with its texts. `made_at` and `made_by` say when and by whom the script was made.

    `rewrite` is the task that will write it again, from the version `rewrite_of` and following `remark`. `parts` are
    those of it that are written while it is not whole.
    """

    script: Script | None = None
    enhanced: EnhancedScript | None = None
    seam: Seam | None = None
    memory: Memory = Memory()
    made_at: str | None = None
    made_by: MadeBy = "author"
    rewrite: str | None = None
    rewrite_of: str | None = None
    remark: str | None = None
    parts: ChapterParts = ChapterParts()

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


class KeptVersion(msgspec.Struct, frozen=True):
    """An earlier text of a chapter in a list. `audio`: it had been narrated."""

    version: str
    made_at: str
    by: MadeBy
    words: int
    audio: bool


class KeptText(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier text of a chapter, and what was made from it: with these, restoring it buys nothing."""

    script: Script
    made_at: str
    made_by: MadeBy
    directed: EnhancedScript | None = None
    takes: Mapping[str, int] = {}
    summary: str | None = None
    seam: Seam | None = None
    memory: Memory = Memory()
    based_on: str | None = None


class LineNotes(msgspec.Struct, frozen=True, kw_only=True):
    """What an edit leaves of the takes that were ordered, and of the notices of the sound `sound_version`."""

    takes: Mapping[str, int]
    notices: Sequence[Notice]
    sound_version: str


def same_lines(before: Script, after: Script) -> set[str]:
    """Return the ids of the lines that the same speaker says in the same words in both scripts."""
    earlier = {line.line_id: (line.speaker, line.text) for line in before.lines}
    return {line.line_id for line in after.lines if earlier.get(line.line_id) == (line.speaker, line.text)}


class WrittenChapter(msgspec.Struct, frozen=True, kw_only=True):
    """A chapter as the author delivers it; `based_on` is the digest of the chapters before it.

    `newcomers` are speakers whom it brings into the cast, `takes` those of the lines that it leaves as they were.
    """

    number: int
    script: Script
    summary: str
    seam: Seam
    based_on: str
    memory: Memory = Memory()
    newcomers: Sequence[Character] = ()
    takes: Mapping[str, int] = {}

    @property
    def retold(self) -> Retold:
        """What later chapters are told of it."""
        return Retold(self.summary, self.seam, self.memory)


class Sound(msgspec.Struct, frozen=True):
    """The facts of a chapter's sound: its length in seconds, the bytes of its MP3, and what is to be said of it.

    `version` is the one it is stored under; "" is that of the script.
    """

    duration_s: float
    size_bytes: int
    version: str = ""
    notices: Sequence[Notice] = ()


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
