"""A story's outline: its bible, and the plan of every chapter."""

from typing import Literal

import msgspec

NARRATOR = "Narrator"
"""The speaker of everything that is not said by a character."""

Gender = Literal["female", "male", "neutral"]
Age = Literal["child", "young", "middle-aged", "old"]


class Character(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A member of the cast, with the traits a voice is chosen by."""

    name: str
    gender: Gender
    age: Age
    accent: str
    role: str
    description: str


class ChapterOutline(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What happens in one chapter: its beats in order, and how it ends."""

    title: str
    beats: list[str]
    ending: str


class Outline(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The story's bible (premise, setting, rules, cast) and the plan of every chapter."""

    title: str
    premise: str
    setting: str
    rules: list[str]
    cast: list[Character]
    chapters: list[ChapterOutline]

    def speakers(self) -> list[str]:
        """Return the names that may speak a line: the narrator first, then the cast."""
        return [NARRATOR, *(character.name for character in self.cast)]


class Seam(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the next chapter must join on to: where everybody stands, and what is still open."""

    ending_state: str
    open_question: str
