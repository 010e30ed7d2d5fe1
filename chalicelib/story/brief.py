"""The order that an author writes to: the listener's words, and what was wished for or is configured."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chalicelib.domain.manuscript import Manuscript
from chalicelib.domain.outline import EarlierBook, Outline, Person
from chalicelib.domain.story import Story
from chalicelib.story.config import StoryConfig
from chalicelib.story.estimating import words_of


class Prequel(msgspec.Struct, frozen=True):
    """The book that a story continues: its outline, and what the next book is told of what happened."""

    outline: Outline
    book: EarlierBook
    voices: Mapping[str, str] = {}

    def as_data(self) -> dict[str, Any]:
        """Return what the author of the next book's plan is told of it."""
        known: dict[str, Any] = msgspec.to_builtins(self.outline)
        kept = ("title", "premise", "setting", "rules", "cast", "narrator", "style", "language")
        return {**{name: known[name] for name in kept}, **msgspec.to_builtins(self.book)}


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What every call to the author is told, as data.

    `language` is a BCP 47 tag, None while it is to be found out from the prompt. `words` are those of a chapter.
    `named_speakers` have a voice already and must be in the cast. `earlier_book` is the one that is continued, and
    `manuscript` the text that is told as it is; both are there for the plan alone.
    """

    prompt: str
    language: str | None
    words: int
    tone: str
    audience: str | None = None
    point_of_view: Person | None = None
    title: str | None = None
    num_chapters: int = 1
    named_speakers: list[str] = []
    earlier_book: Prequel | None = None
    manuscript: Manuscript | None = None

    @property
    def known_speakers(self) -> list[str]:
        """The names of those whom a listener knows from the book before."""
        return [character.name for character in self.earlier_book.outline.cast] if self.earlier_book else []

    def as_data(self) -> dict[str, Any]:
        """Return what belongs into every call: the listener's own words first."""
        wished: Mapping[str, Any] = {
            "prompt": self.prompt,
            "language": self.language,
            "audience": self.audience,
            "point_of_view": self.point_of_view,
            "tone": self.tone,
        }
        return dict(wished)


def brief_of(
    story: Story, config: StoryConfig, earlier_book: Prequel | None = None, manuscript: Manuscript | None = None
) -> Brief:
    """Return the order of a story. The listener's wish outranks the configuration."""
    wish = story.wish
    return Brief(
        prompt=story.prompt,
        # Once there is an outline, its language is the story's.
        language=story.language if story.outline else wish.language,
        words=words_of(wish, config),
        tone=wish.tone or config.writing.tone,
        audience=wish.audience,
        point_of_view=wish.point_of_view,
        title=story.title,
        num_chapters=story.num_chapters,
        named_speakers=sorted(story.chosen_voices),
        earlier_book=earlier_book,
        manuscript=manuscript,
    )
