"""The repository of chapters: their scripts, directions, summaries and the facts of their sound.

A script is stored with its version, and everything made from a script with the version it was made from.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.chapter import (
    Chapter,
    ChapterHeader,
    ChapterParts,
    ChapterRecord,
    KeptText,
    LineNotes,
    MadeBy,
    Notice,
    Retold,
    Sound,
    Spoken,
    WrittenChapter,
    version_of,
)
from chalicelib.domain.memory import Memory
from chalicelib.domain.outline import Seam
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.story import Story
from chalicelib.store.kept import read_kept
from chalicelib.store.outage import repository
from chalicelib.store.stories import IDLE, PRESENT
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.store.texts import Place, Texts
from chalicelib.store.transactions import Write, conditional_write, transact

N = TypeVar("N", int, float)

HEADER = (*ChapterHeader.__struct_fields__, "story_id")
"""The attributes that a list of chapters reads: no texts but the summary."""

RECORD = ("number", "script_version", "summary", "summary_version", "memory", "opening", "ending")

SCRIPT = Place("script", ChapterItem.script, ChapterItem.script_at)
PARTS = Place("parts", ChapterItem.parts, ChapterItem.parts_at)
DIRECTIONS = Place("directions", ChapterItem.enhanced, ChapterItem.enhanced_at)


@repository
class Chapters:
    """The written chapters of all stories. One of which nothing is written yet has no item, and one of which only parts
    are has no script."""

    def __init__(self, clock: Clock, texts: Texts) -> None:
        self._clock = clock
        self._texts = texts

    def get(self, story_id: str, number: int) -> Chapter | None:
        """Return the chapter with its texts, or None."""
        try:
            item = ChapterItem.get(story_id, number, consistent_read=True)
        except ChapterItem.DoesNotExist:
            return None
        script = self._texts.get(SCRIPT.of(story_id, number), item.script, item.script_at)
        enhanced = self._texts.get(DIRECTIONS.of(story_id, number), item.enhanced, item.enhanced_at)
        parts = self._texts.get(PARTS.of(story_id, number), item.parts, item.parts_at)
        return _chapter(item, script, enhanced, parts)

    def headers(self, story_id: str) -> Iterator[ChapterHeader]:
        """Return all chapters in order, without their texts."""
        found = ChapterItem.query(story_id, attributes_to_get=list(HEADER), consistent_read=True)
        return (ChapterHeader(**_facts(item)) for item in found)

    def records(self, story_id: str) -> Iterator[ChapterRecord]:
        """Return what later chapters are told of all written chapters, in order."""
        found = ChapterItem.query(story_id, attributes_to_get=[*RECORD, "story_id"], consistent_read=True)
        for item in found:
            yield ChapterRecord(
                number=int(item.number),
                script_version=item.script_version,
                summary=item.summary,
                summary_version=item.summary_version,
                memory=_memory(item),
                opening=item.opening or "",
                ending=item.ending or "",
            )

    def save_script(self, story_id: str, written: WrittenChapter, *, replacing: Chapter | None = None) -> Write:
        """Return the write that stores a chapter as it was written, where there is none yet.

        `replacing` is the chapter that it takes the place of; it must not have changed since, by an edit or by another
        rewrite that was ordered: a task that was cancelled during its paid call may come late.
        """
        text = msgspec.json.encode(written.script).decode()
        version = version_of(text)
        actions: list[Action] = [
            *self._texts.set(SCRIPT.of(story_id, written.number), text),
            *_edges(written.script),
            ChapterItem.script_version.set(version),
            ChapterItem.based_on.set(written.based_on),
            *_retold(written.retold, version),
            *self._made("author"),
            # The directions stay, under the version of the text that they are of: lines that stay keep theirs.
            ChapterItem.rewrite.remove(),
            ChapterItem.rewrite_of.remove(),
            ChapterItem.remark.remove(),
            *PARTS.removed(),
            _takes(written.takes),
            # They are of the sound of the old text.
            ChapterItem.notices.remove(),
        ]
        unchanged: Condition = ChapterItem.script_version.does_not_exist()
        if replacing is not None:
            unchanged = _has_version(replacing.script_version) & (ChapterItem.rewrite == replacing.rewrite)
        return _update(story_id, written.number, actions, unchanged)

    def save_parts(self, story_id: str, number: int, parts: ChapterParts) -> Write:
        """Return the write that stores the parts of a chapter which is not whole yet."""
        actions = self._texts.set(PARTS.of(story_id, number), msgspec.json.encode(parts).decode())
        return _update(story_id, number, actions, ChapterItem.script_version.does_not_exist())

    def save_directions(self, story_id: str, number: int, directed: EnhancedScript, *, if_version: str) -> Write:
        """Return the write that stores directions for a chapter whose script is `if_version`."""
        actions: list[Action] = [
            *self._texts.set(DIRECTIONS.of(story_id, number), msgspec.json.encode(directed).decode()),
            ChapterItem.enhanced_version.set(if_version),
        ]
        return _update(story_id, number, actions, _has_version(if_version))

    def save_summary(self, story_id: str, number: int, retold: Retold, *, if_version: str) -> Write:
        """Return the write that stores a new summary, seam and memory of a chapter whose script is `if_version`."""
        return _update(story_id, number, _retold(retold, if_version), _has_version(if_version))

    def save_sound(self, story: Story, number: int, sound: Sound, *, if_version: str) -> Write:
        """Return the write that publishes the sound of a chapter whose script is `if_version`.

        Its length is noted on the story too, in the same transaction.
        """
        # Before the transaction: two actions of one update may not touch both a map and a member of it.
        _ensure_durations(story)
        version = sound.version or if_version
        actions: list[Action] = [
            ChapterItem.duration_s.set(sound.duration_s),
            ChapterItem.size_bytes.set(sound.size_bytes),
            ChapterItem.sound_version.set(version),
            ChapterItem.narrated_at.set(ChapterItem.narrated_at | rfc3339(self._clock())),  # unless there is one
            ChapterItem.notices.set(_notices(sound.notices, version)),
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

    def order_takes(
        self, story_id: str, number: int, takes: Mapping[str, int], *, before: Mapping[str, int], if_version: str
    ) -> Write:
        """Return the write that orders takes of the lines of a chapter whose script is `if_version`.

        `before` are those that were ordered earlier: a number is given once, also to requests that meet.
        """
        same = ChapterItem.takes == dict(before) if before else ChapterItem.takes.does_not_exist()
        actions: list[Action] = [ChapterItem.takes.set(dict(takes))]
        return _update(story_id, number, actions, _has_version(if_version) & same)

    def order_voices(self, story_id: str, number: int, spoken: Spoken, *, if_version: str) -> Write:
        """Return the write that notes how a chapter whose script is `if_version` is to be spoken from now on."""
        actions: list[Action] = [ChapterItem.spoken.set({"was": spoken.was, "now": spoken.now})]
        return _update(story_id, number, actions, _has_version(if_version))

    def edit(
        self,
        story: Story,
        number: int,
        script: Script,
        directed: EnhancedScript | None,
        *,
        if_version: str,
        of_lines: LineNotes | None = None,
    ) -> bool:
        """Store an edited script, with its directions if it has any, and what stays of the notes on its lines.

        Return False, and change nothing, if a task runs on the story or the script is no longer `if_version`.
        """
        # The old summary stays, with its version: it is renewed when a later chapter is written from it.
        actions = [*self._script(story.story_id, number, script, directed), *self._made("person")]
        if of_lines is not None:
            actions.append(_takes(of_lines.takes))
            actions.append(ChapterItem.notices.set(_notices(of_lines.notices, of_lines.sound_version)))
        return self._replace(story, number, actions, if_version)

    def restore(self, story: Story, number: int, kept: KeptText, *, if_version: str) -> bool:
        """Store an earlier text again, with what was made from it; return False as `edit` does."""
        version = version_of(msgspec.json.encode(kept.script).decode())
        actions = [
            *self._script(story.story_id, number, kept.script, kept.directed),
            ChapterItem.made_at.set(kept.made_at),
            ChapterItem.made_by.set(kept.made_by),
            _takes(kept.takes),
            ChapterItem.based_on.set(kept.based_on) if kept.based_on else ChapterItem.based_on.remove(),
        ]
        if kept.summary is not None:
            actions += _retold(Retold(kept.summary, kept.seam or Seam(), kept.memory), version)
        return self._replace(story, number, actions, if_version)

    def _script(self, story_id: str, number: int, script: Script, directed: EnhancedScript | None) -> list[Action]:
        """Return the changes that give a chapter another script, with its directions if it has any."""
        text = msgspec.json.encode(script).decode()
        version = version_of(text)
        actions: list[Action] = [
            *self._texts.set(SCRIPT.of(story_id, number), text),
            *_edges(script),
            ChapterItem.script_version.set(version),
        ]
        if directed is not None:
            kept = msgspec.json.encode(directed).decode()
            actions += self._texts.set(DIRECTIONS.of(story_id, number), kept)
            actions.append(ChapterItem.enhanced_version.set(version))
        return actions

    def _made(self, made_by: MadeBy) -> list[Action]:
        return [ChapterItem.made_at.set(rfc3339(self._clock())), ChapterItem.made_by.set(made_by)]

    def _replace(self, story: Story, number: int, actions: list[Action], if_version: str) -> bool:
        """Make the changes to a chapter, unless its script is no longer `if_version`, or a task runs on the story."""
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


def _retold(retold: Retold, version: str) -> list[Action]:
    return [
        ChapterItem.summary.set(retold.summary),
        ChapterItem.seam.set(msgspec.json.encode(retold.seam).decode()),
        ChapterItem.memory.set(msgspec.json.encode(retold.memory).decode()),
        ChapterItem.summary_version.set(version),
    ]


def _takes(takes: Mapping[str, int]) -> Action:
    return ChapterItem.takes.set(dict(takes)) if takes else ChapterItem.takes.remove()


def _edges(script: Script) -> list[Action]:
    return [ChapterItem.opening.set(script.opening), ChapterItem.ending.set(script.ending)]


def _memory(item: ChapterItem) -> Memory:
    return read_kept(item.memory, Memory) if item.memory else Memory()


def _notices(notices: Sequence[Notice], version: str) -> dict[str, Any]:
    """Return notices as they are stored: an older version, which knows nothing of them, may publish another sound."""
    return {"sound": version, "notices": [msgspec.to_builtins(notice) for notice in notices]}


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
        "narrated_at": item.narrated_at,
        "based_on": item.based_on,
        "takes": {str(line): int(take) for line, take in (item.takes or {}).items()},
        "spoken": Spoken(item.spoken["was"], item.spoken["now"]) if item.spoken else None,
        "notices": _notices_of(item.notices or {}, item.sound_version),
    }


def _notices_of(kept: Mapping[str, Any], version: str | None) -> list[Notice]:
    if not version or kept.get("sound") != version:
        return []
    return [Notice(one.get("line_id"), one["code"], one["message"]) for one in kept.get("notices", ())]


def _chapter(item: ChapterItem, script: str | None, enhanced: str | None, parts: str | None) -> Chapter:
    return Chapter(
        **_facts(item),
        script=read_kept(script, Script) if script else None,
        enhanced=read_kept(enhanced, EnhancedScript) if enhanced else None,
        seam=read_kept(item.seam, Seam) if item.seam else None,
        memory=_memory(item),
        made_at=item.made_at,
        made_by=cast(MadeBy, item.made_by or "author"),
        rewrite=item.rewrite,
        rewrite_of=item.rewrite_of,
        remark=item.remark,
        parts=read_kept(parts, ChapterParts) if parts else ChapterParts(),
    )
