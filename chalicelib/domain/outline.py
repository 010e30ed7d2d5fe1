"""A story's outline: its bible, and the plan of every chapter."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from chalicelib.domain.memory import Memory

NARRATOR = "Narrator"
"""The speaker of everything that is not said by a character."""

Gender = Literal["female", "male", "neutral"]
Age = Literal["child", "young", "middle-aged", "old"]


class Character(msgspec.Struct, frozen=True):
    """A member of the cast, with the traits a voice is chosen by."""

    name: str
    gender: Gender = "neutral"
    age: Age = "middle-aged"
    accent: str = ""
    role: str = ""
    description: str = ""


Person = Literal["first", "third"]
"""Who tells: somebody who was there and says "I", or one who was not."""


class Teller(msgspec.Struct, frozen=True):
    """Who tells the story: in the first `person` the `character` of that name, else a voice of this gender and age."""

    person: Person = "third"
    character: str = ""
    gender: Gender = "neutral"
    age: Age = "middle-aged"


class Style(msgspec.Struct, frozen=True):
    """How the story is told, in every chapter alike. `avoid`: what a strong author would not do in this one."""

    audience: str = ""
    mood: str = ""
    prose: str = ""
    running_gags: list[str] = []
    avoid: list[str] = []


class ChapterOutline(msgspec.Struct, frozen=True):
    """What happens in one chapter: its beats in order, and how it ends."""

    title: str
    beats: list[str]
    ending: str = ""


class EarlierBook(msgspec.Struct, frozen=True):
    """The book that a story continues: what happened in it, what to keep in mind, and how it ended."""

    title: str
    summary: str
    memory: Memory = Memory()
    ending: str = ""


class ProposedVoice(msgspec.Struct, frozen=True):
    """The voice that the author would give to a speaker."""

    speaker: str
    voice_id: str


class Pronunciation(msgspec.Struct, frozen=True):
    """How the author would have a word said that a reader might say wrongly."""

    word: str
    say: str


class Outline(msgspec.Struct, frozen=True):
    """The story's bible (teller, style, premise, setting, rules, cast) and the plan of every chapter.

    `language` is a BCP 47 tag, "" in outlines of versions that did not ask for it. `left_out` names those whom the
    author wanted in the cast, and who were one too many. `earlier_book` is the one that a sequel continues. `voices`
    and `pronunciations` are what the author proposes: the first until the story is cast, the second to the listener.
    """

    title: str
    premise: str
    setting: str
    rules: list[str]
    cast: list[Character]
    chapters: list[ChapterOutline]
    language: str = ""
    narrator: Teller = Teller()
    style: Style = Style()
    voices: list[ProposedVoice] = []
    pronunciations: list[Pronunciation] = []
    left_out: list[str] = []
    earlier_book: EarlierBook | None = None

    def renamed(self, title: str, chapter_titles: Mapping[int, str]) -> "Outline":
        """Return the outline with another title, and other titles of the chapters with these numbers."""
        chapters = [
            msgspec.structs.replace(chapter, title=chapter_titles.get(number, chapter.title))
            for number, chapter in enumerate(self.chapters, 1)
        ]
        return msgspec.structs.replace(self, title=title, chapters=chapters)

    def speakers(self) -> list[str]:
        """Return the names that may speak a line: the narrator first, then the cast."""
        return [NARRATOR, *(character.name for character in self.cast)]


class Seam(msgspec.Struct, frozen=True):
    """What the next chapter must join on to: where everybody stands, and what is still open."""

    ending_state: str = ""
    open_question: str = ""
