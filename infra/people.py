"""A person's data on a stage: an overview, an export, and its removal."""

import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from pynamodb.transactions import TransactWrite

from chalicelib.bootstrap import Services
from chalicelib.clock import system_clock
from chalicelib.store.objects import captions_key, chapter_key
from chalicelib.store.tables import ChapterItem, StoryItem, TaskItem, TokenItem, UsageItem
from chalicelib.store.totals import MonthTotals
from chalicelib.store.transactions import transact

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

RECORDS_AT_ONCE = 40
"""Usage records that change their owner in one transaction: two writes each, of the hundred that DynamoDB allows."""


def overview(user_id: str) -> Iterator[str]:
    """Yield a line for each of the user's stories, newest first, and each of its tasks: ids and states, no texts."""
    for story in StoryItem.query(user_id, scan_index_forward=False):
        state = "deleted" if story.deleted else story.status
        ready = f"{len(story.seconds)} of {int(story.num_chapters)} chapters"
        yield f"story {story.story_id}  {state}  {ready}  {story.created_at}"
        for task_id in sorted(story.task_ids or ()):
            try:
                task = TaskItem.get(task_id)
            except TaskItem.DoesNotExist:
                continue
            yield f"  task {task_id}  {task.kind}  {task.status}  {task.error_code or '-'}  {task.updated_at}"


def export(services: Services, user_id: str, out: Path) -> Iterator[str]:
    """Write everything that is stored about a user below `out`; yields the paths written.

    There is a folder per story (`story.json` with every text, MP3 and WebVTT of each chapter), `usage.json` and
    `tokens.json` (when they were made; the tokens themselves are stored nowhere). Existing files are overwritten.
    """
    out.mkdir(parents=True, exist_ok=True)
    for story in StoryItem.query(user_id):
        if not story.deleted:
            yield from _export_story(services, story, out / story.story_id)
    records = [{"time": item.time_id.partition("#")[0], **_plain(item)} for item in UsageItem.query(user_id)]
    tokens = [{"created_at": item.created_at} for item in TokenItem.scan(TokenItem.user_id == user_id)]
    for name, content in (("usage.json", records), ("tokens.json", tokens)):
        _write(out / name, content)
        yield str(out / name)


def _plain(item: UsageItem) -> dict[str, Any]:
    numbers = ("input_tokens", "cached_tokens", "output_tokens", "characters", "cost_usd")
    return {
        "story_id": item.story_id,
        "kind": item.kind,
        "model": item.model,
        "uncertain": bool(item.uncertain),
        **{name: float(getattr(item, name)) for name in numbers},
    }


def _export_story(services: Services, story: StoryItem, folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    story = services.stories.get(story.user_id, story.story_id)
    whole = msgspec.to_builtins(services.story_reader.story(story))
    numbers = [chapter["number"] for chapter in whole["chapters"]]
    chapters = [msgspec.to_builtins(services.story_reader.chapter(story, number)) for number in numbers]
    for chapter in chapters:
        if chapter["audio"]:
            del chapter["audio"]["url"]  # signed for minutes only; the file itself is exported
    _write(folder / "story.json", {**whole, "chapters": chapters})
    yield str(folder / "story.json")
    for item in ChapterItem.query(story.story_id):
        if item.sound_version:
            where = (story.story_id, int(item.number), item.sound_version)
            for key, suffix in ((chapter_key(*where), "mp3"), (captions_key(*where), "vtt")):
                if found := services.objects.get(key):
                    path = folder / f"{int(item.number):02d}.{suffix}"
                    path.write_bytes(found.data)
                    yield str(path)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def forget(services: Services, s3: "S3Client", user_id: str) -> Iterator[str]:
    """Remove a user: stories, sound with its old versions, tasks and tokens; the usage is kept without a name.

    Yields what was done. If this is interrupted, running it again continues. Tokens go first, so that nothing new is
    made meanwhile.
    """
    tokens = list(TokenItem.scan(TokenItem.user_id == user_id))
    for token in tokens:
        token.delete()
    yield f"{len(tokens)} tokens removed"
    stories = list(StoryItem.query(user_id))
    for story in stories:
        if not story.deleted:
            services.flow.delete(story)
        _remove_versions(s3, services.objects.bucket, f"stories/{story.story_id}/")
    yield f"{len(stories)} stories removed, with their sound and its old versions"
    yield f"{_anonymize(user_id)} usage records made anonymous"


def _remove_versions(s3: "S3Client", bucket: str, prefix: str) -> None:
    """Remove what a versioned bucket still has under `prefix`: old versions and delete markers."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        for some in _batches(found, 1000):
            objects: Any = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in some]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _anonymize(user_id: str) -> int:
    """Move the user's usage records to an anonymous owner, so that a stage's totals stay right; return their number.

    Each record changes its owner in one transaction, so a crash neither counts one twice nor loses one.
    """
    nobody, count = f"forgotten-{secrets.token_hex(8)}", 0
    for records in _batches(list(UsageItem.query(user_id)), RECORDS_AT_ONCE):

        def fill(transaction: TransactWrite, records: Sequence[UsageItem] = records) -> None:
            for record in records:
                kept = {**record.attribute_values, "user_id": nobody}
                transaction.save(UsageItem(**kept))
                transaction.delete(UsageItem(user_id, record.time_id))

        transact(fill)
        count += len(records)
    MonthTotals(system_clock).forget(user_id)
    return count


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return the items, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
