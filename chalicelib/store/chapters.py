"""The repository of chapters: their scripts, directions, summaries and the facts of their sound.

A script is stored with its version, and everything made from a script with the version it was made from.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.chapter import Chapter, ChapterHeader, Sound, WrittenChapter, version_of
from chalicelib.domain.outline import Seam
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.story import Story
from chalicelib.store.kept import read_kept
from chalicelib.store.outage import repository
from chalicelib.store.stories import IDLE, PRESENT
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.store.transactions import Write, conditional_write, transact

N = TypeVar("N", int, float)

HEADER = (*ChapterHeader.__struct_fields__, "story_id")
"""The attributes that a list of chapters reads: no texts but the summary."""


@repository
class Chapters:
    """The written chapters of all stories. A chapter that is not written yet has no item."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get(self, story_id: str, number: int) -> Chapter | None:
        """Return the chapter with its texts, or None."""
        try:
            return _chapter(ChapterItem.get(story_id, number, consistent_read=True))
        except ChapterItem.DoesNotExist:
            return None

    def headers(self, story_id: str) -> Iterator[ChapterHeader]:
        """Return all chapters in order, without their texts."""
        found = ChapterItem.query(story_id, attributes_to_get=list(HEADER), consistent_read=True)
        return (ChapterHeader(**_facts(item)) for item in found)

    def save_script(self, story_id: str, written: WrittenChapter, *, replacing: Chapter | None = None) -> Write:
        """Return the write that stores a chapter as it was written, where there is none yet.

        `replacing` is the chapter that it takes the place of; it must not have changed since, by an edit or by another
        rewrite that was ordered: a task that was cancelled during its paid call may come late.
        """
        text = msgspec.json.encode(written.script).decode()
        version = version_of(text)
        actions: list[Action] = [
            ChapterItem.script.set(text),
            ChapterItem.script_version.set(version),
            ChapterItem.based_on.set(written.based_on),
            *_summary(written.summary, written.seam, version),
            # Of no use to the new text, and about half of the item's size.
            ChapterItem.enhanced.remove(),
            ChapterItem.enhanced_version.remove(),
            ChapterItem.rewrite.remove(),
            ChapterItem.rewrite_of.remove(),
            ChapterItem.remark.remove(),
        ]
        unchanged: Condition = ChapterItem.script_version.does_not_exist()
        if replacing is not None:
            unchanged = _has_version(replacing.script_version) & (ChapterItem.rewrite == replacing.rewrite)
        return _update(story_id, written.number, actions, unchanged)

    def save_directions(self, story_id: str, number: int, directed: EnhancedScript, *, if_version: str) -> Write:
        """Return the write that stores directions for a chapter whose script is `if_version`."""
        actions: list[Action] = [
            ChapterItem.enhanced.set(msgspec.json.encode(directed).decode()),
            ChapterItem.enhanced_version.set(if_version),
        ]
        return _update(story_id, number, actions, _has_version(if_version))

    def save_summary(self, story_id: str, number: int, summary: str, seam: Seam, *, if_version: str) -> Write:
        """Return the write that stores a new summary and seam of a chapter whose script is `if_version`."""
        return _update(story_id, number, _summary(summary, seam, if_version), _has_version(if_version))

    def save_sound(self, story: Story, number: int, sound: Sound, *, if_version: str) -> Write:
        """Return the write that publishes the sound of a chapter whose script is `if_version`.

        Its length is noted on the story too, in the same transaction.
        """
        # Before the transaction: two actions of one update may not touch both a map and a member of it.
        _ensure_durations(story)
        actions: list[Action] = [
            ChapterItem.duration_s.set(sound.duration_s),
            ChapterItem.size_bytes.set(sound.size_bytes),
            ChapterItem.sound_version.set(if_version),
        ]
        noted = StoryItem.durations[str(number)].set(sound.duration_s)
        on_chapter = _update(story.story_id, number, actions, _has_version(if_version))

        def write(transaction: TransactWrite) -> None:
            on_chapter(transaction)
            transaction.update(StoryItem(story.user_id, story.story_id), actions=[noted], condition=PRESENT)

        return write

    def order_rewrite(self, story_id: str, number: int, task_id: str, remark: str, *, if_version: str) -> Write:
        """Return the write that lets a task write a chapter again whose script is `if_version`."""
        actions: list[Action] = [
            ChapterItem.rewrite.set(task_id),
            ChapterItem.rewrite_of.set(if_version),
            ChapterItem.remark.set(remark),
        ]
        return _update(story_id, number, actions, _has_version(if_version))

    def edit(
        self, story: Story, number: int, script: Script, directed: EnhancedScript | None, *, if_version: str
    ) -> bool:
        """Store an edited script, with its directions if it has any.

        Return False, and change nothing, if a task runs on the story or the script is no longer `if_version`.
        """
        text = msgspec.json.encode(script).decode()
        version = version_of(text)
        # The old summary stays, with its version: it is renewed when a later chapter is written from it.
        actions: list[Action] = [ChapterItem.script.set(text), ChapterItem.script_version.set(version)]
        if directed is not None:
            actions.append(ChapterItem.enhanced.set(msgspec.json.encode(directed).decode()))
            actions.append(ChapterItem.enhanced_version.set(version))
        stamp: list[Action] = [StoryItem.updated_at.set(rfc3339(self._clock()))]

        def write(transaction: TransactWrite) -> None:
            chapter = ChapterItem(story.story_id, number)
            transaction.update(chapter, actions=actions, condition=_has_version(if_version))
            # A task that starts at this moment and this edit exclude each other: both change the story's item.
            transaction.update(StoryItem(story.user_id, story.story_id), actions=stamp, condition=IDLE)

        return transact(write)

    def delete_story(self, story_id: str) -> None:
        """Remove all chapters of a story."""
        with ChapterItem.batch_write() as batch:
            for chapter in ChapterItem.query(story_id, attributes_to_get=["story_id", "number"]):
                batch.delete(chapter)


def _has_version(version: str | None) -> Condition:
    return ChapterItem.script_version == version


def _update(story_id: str, number: int, actions: list[Action], condition: Condition) -> Write:
    return lambda transaction: transaction.update(ChapterItem(story_id, number), actions=actions, condition=condition)


def _summary(summary: str, seam: Seam, version: str) -> list[Action]:
    return [
        ChapterItem.summary.set(summary),
        ChapterItem.seam.set(msgspec.json.encode(seam).decode()),
        ChapterItem.summary_version.set(version),
    ]


def _ensure_durations(story: Story) -> None:
    """Give a story of an earlier version its map: DynamoDB sets no member of a map that is not there."""
    if story.durations is None:
        missing = StoryItem.story_id.exists() & StoryItem.durations.does_not_exist()
        item = StoryItem(story.user_id, story.story_id)
        conditional_write(lambda: item.update([StoryItem.durations.set({})], condition=missing))


def _or_none(number: Callable[[float], N], kept: float | None) -> N | None:
    return None if kept is None else number(kept)


def _facts(item: ChapterItem) -> dict[str, Any]:
    return {
        "number": int(item.number),
        "script_version": item.script_version,
        "enhanced_version": item.enhanced_version,
        "summary": item.summary,
        "summary_version": item.summary_version,
        "duration_s": _or_none(float, item.duration_s),
        "size_bytes": _or_none(int, item.size_bytes),
        "sound_version": item.sound_version,
        "based_on": item.based_on,
    }


def _chapter(item: ChapterItem) -> Chapter:
    return Chapter(
        **_facts(item),
        script=read_kept(item.script, Script) if item.script else None,
        enhanced=read_kept(item.enhanced, EnhancedScript) if item.enhanced else None,
        seam=read_kept(item.seam, Seam) if item.seam else None,
        rewrite=item.rewrite,
        rewrite_of=item.rewrite_of,
        remark=item.remark,
    )
