"""A person's data on a stage: an overview, an export, and its removal."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec

from chalicelib.bootstrap import Services
from chalicelib.domain.book import BookFile
from chalicelib.domain.money import usd
from chalicelib.domain.story import Story
from chalicelib.domain.usage import UsageRecord
from chalicelib.store.objects import captions_key, chapter_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")


def overview(services: Services, user_id: str) -> Iterator[str]:
    """Yield a line for each of the user's stories, newest first, and each of its tasks: ids and states, no texts."""
    for story in reversed(list(services.stories.of_user(user_id))):
        state = "deleted" if story.deleted else story.status
        ready = f"{len(story.seconds)} of {story.num_chapters} chapters"
        yield f"story {story.story_id}  {state}  {ready}  {story.created_at}"
        for task_id in sorted(story.task_ids):
            if task := services.tasks.get(task_id):
                yield f"  task {task_id}  {task.kind}  {task.status}  {task.error_code or '-'}  {task.updated_at}"


def export(services: Services, user_id: str, out: Path) -> Iterator[str]:
    """Write everything that is stored about a user below `out`; yields the paths written.

    There is a folder per story (`story.json` with every text and its shares, `listening.json` with the place and the
    bookmarks, MP3 and WebVTT of each chapter, the files of its book), `usage.json`, `tokens.json` (when they were made,
    end and were last used; the tokens themselves are stored nowhere) and `limit.json` (dollars a month, or null).
    Existing files are overwritten.
    """
    out.mkdir(parents=True, exist_ok=True)
    for story in services.stories.of_user(user_id):
        if not story.deleted:
            yield from _export_story(services, services.stories.get(user_id, story.story_id), out / story.story_id)
    records = [{"time": record.time, **_plain(record)} for record in services.usage.of_user(user_id)]
    tokens = [
        {"created_at": token.created_at, "expires_at": token.expires_at, "last_used": token.last_used}
        for token in services.tokens.issued_to(user_id)
    ]
    own = services.user_limits.get(user_id)
    limit = {"limit_usd": None if own is None else usd(own)}
    for name, content in (("usage.json", records), ("tokens.json", tokens), ("limit.json", limit)):
        _write(out / name, content)
        yield str(out / name)


def _plain(record: UsageRecord) -> dict[str, Any]:
    purchase = record.purchase
    numbers = ("input_tokens", "cached_tokens", "output_tokens", "characters", "cost_usd")
    return {
        "story_id": record.story_id,
        "kind": purchase.kind,
        "model": purchase.model,
        "uncertain": purchase.uncertain,
        **{name: float(getattr(purchase, name)) for name in numbers},
    }


def _export_story(services: Services, story: Story, folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    whole = msgspec.to_builtins(services.story_reader.story(story))
    numbers = [chapter["number"] for chapter in whole["chapters"]]
    chapters = [msgspec.to_builtins(services.story_reader.chapter(story, number)) for number in numbers]
    for one in chapters:
        if one["audio"]:
            del one["audio"]["url"]  # signed for minutes only; the file itself is exported
    for file in (whole["book"] or {}).values():
        if isinstance(file, dict):
            del file["url"]
    shares = msgspec.to_builtins(services.share_service.list(story))["shares"]
    _write(folder / "story.json", {**whole, "chapters": chapters, "shares": shares})
    yield str(folder / "story.json")
    yield from _export_book(services, story, folder)
    place = services.listening.place(story.user_id, story.story_id)
    marks = services.listening.bookmarks(story.user_id, story.story_id)
    _write(folder / "listening.json", {"place": msgspec.to_builtins(place), "bookmarks": msgspec.to_builtins(marks)})
    yield str(folder / "listening.json")
    for chapter in services.chapters.headers(story.story_id):
        if chapter.sound_version:
            where = (story.story_id, chapter.number, chapter.sound_version)
            for key, suffix in ((chapter_key(*where), "mp3"), (captions_key(*where), "vtt")):
                if found := services.objects.get(key):
                    path = folder / f"{chapter.number:02d}.{suffix}"
                    path.write_bytes(found.data)
                    yield str(path)


def _export_book(services: Services, story: Story, folder: Path) -> Iterator[str]:
    if story.book is not None:
        for kind in get_args(BookFile):
            if found := services.book_files.get(story.story_id, story.book.version, kind):
                path = folder / f"book.{kind}"
                path.write_bytes(found)
                yield str(path)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def forget(services: Services, s3: "S3Client", user_id: str) -> Iterator[str]:
    """Remove a user: stories, shares, sound with its old versions, tasks, tokens and limit; usage records stay, without
    a name.

    Yields what was done. If this is interrupted, running it again continues. Tokens go first, so that nothing new is
    made meanwhile, and the limit last, so that it holds for what still runs.
    """
    yield f"{services.tokens.revoke_all(user_id)} tokens removed"
    stories = list(services.stories.of_user(user_id))
    for story in stories:
        if not story.deleted:
            services.flow.delete(story)
        else:
            services.shares.delete_story(user_id, story.story_id)
        _remove_versions(s3, services.objects.bucket, f"stories/{story.story_id}/")
    yield f"{len(stories)} stories removed, with their shares, their sound and its old versions"
    yield f"{services.usage.anonymize(user_id)} usage records made anonymous"
    services.user_limits.remove(user_id)
    yield "the user's own limit removed, if there was one"


def _remove_versions(s3: "S3Client", bucket: str, prefix: str) -> None:
    """Remove what a versioned bucket still has under `prefix`: old versions and delete markers."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        for some in _batches(found, 1000):
            objects: Any = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in some]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return the items, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
