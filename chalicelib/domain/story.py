"""A story: what was asked for, and what has become of it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from chalicelib.domain.book import Book
from chalicelib.domain.manuscript import ManuscriptFacts
from chalicelib.domain.outline import Outline, Person
from chalicelib.domain.task import StepFailure
from chalicelib.domain.texts import beginning
from chalicelib.domain.voice import Substitute, VoiceReason
from chalicelib.domain.webhook import Webhook

StoryStatus = Literal["draft", "generating", "completed", "failed", "cancelled"]

UNTITLED = "Untitled"

NAME_CHARACTERS = 60
"""Characters of the prompt that stand for a title until there is one."""


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the listener wishes for besides the prompt; what is None is the author's choice, or the configuration's.

    `language` is the one that was asked for, and None where it is to be the prompt's own.
    """

    minutes_per_chapter: int | None = None
    audience: str | None = None
    tone: str | None = None
    point_of_view: Person | None = None
    language: str | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A story of one user. `language` is what it is told in; until there is an outline it may be a guess.

    `task_id` is the task that runs on it, if any, `last_task_id` the one that ran last, `task_ids` all that ever
    did; `failed_step` is the code of the step that ended it, and `failures` are those that it went on without, the
    first one first. `chosen_voices` and `voices` map speakers to voice ids: those that the user chose, and, once
    there is an outline, those of the whole cast; `voice_reasons` say why, and `substitutes` who is heard in another
    one since. `pronunciations` say how words are spoken, and change nothing that is read. `sequel_of` is the story
    that this one continues, `manuscript` the text that it tells as it is, `webhook` where its owner wants to be told of
    it. `durations` holds the seconds of sound of each narrated chapter by its number; it is None for a story of a
    version that did not note them. `book` are the files that were made of it last.
    """

    user_id: str
    story_id: str
    prompt: str
    num_chapters: int
    enhance: bool
    language: str
    created_at: str
    updated_at: str
    title: str | None = None
    wish: Wish = Wish()
    sequel_of: str | None = None
    manuscript: ManuscriptFacts | None = None
    chosen_voices: Mapping[str, str] = {}
    voices: Mapping[str, str] | None = None
    voice_reasons: Mapping[str, VoiceReason] = {}
    substitutes: Mapping[str, Substitute] = {}
    pronunciations: Mapping[str, str] = {}
    outline: Outline | None = None
    durations: Mapping[int, float] | None = None
    book: Book | None = None
    status: StoryStatus = "draft"
    task_id: str | None = None
    task_ids: frozenset[str] = frozenset()
    last_task_id: str | None = None
    failed_step: str | None = None
    failures: tuple[StepFailure, ...] = ()
    error: str | None = None
    webhook: Webhook | None = None
    deleted: bool = False

    @property
    def seconds(self) -> Mapping[int, float]:
        """The seconds of sound by chapter number; empty where there is none."""
        return self.durations or {}

    @property
    def name(self) -> str:
        """The title; until there is one, how the prompt, or the text that is told, begins."""
        # Of a text that is told as it is, the prompt is only a remark.
        begins = self.manuscript.opening if self.manuscript else self.prompt
        return self.title or beginning(begins, NAME_CHARACTERS) or UNTITLED

    @property
    def stand_ins(self) -> Mapping[str, str]:
        """The voices that stand in for those of some speakers. One that stood in for an earlier voice does not."""
        cast = self.voices or {}
        return {name: one.voice_id for name, one in self.substitutes.items() if one.instead_of == cast.get(name)}

    @property
    def heard_in(self) -> Mapping[str, str]:
        """The voice of each speaker, or the one that stands in for it."""
        return {**(self.voices or {}), **self.stand_ins}

    def speakers(self) -> list[str]:
        """Return the names that may speak a line, the Narrator first; empty until the outline is written."""
        return self.outline.speakers() if self.outline else []

    def chapter_titles(self) -> list[str]:
        """Return the titles of all chapters; "Chapter 1" and so on until the outline is written."""
        if self.outline is None:
            return [f"Chapter {number}" for number in range(1, self.num_chapters + 1)]
        return [chapter.title for chapter in self.outline.chapters]


class StoryPage(msgspec.Struct, frozen=True):
    """Some stories, newest first, and the id after which to continue (None at the end)."""

    stories: list[Story]
    after: str | None
