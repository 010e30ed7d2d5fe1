"""Rendering of stories, chapters, tasks and usage as JSON for clients, from the stored items."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from chalicelib.domain.chapter import MP3, Chapter, ChapterHeader, follow_older_texts
from chalicelib.domain.steps import progress
from chalicelib.domain.story import Story
from chalicelib.domain.task import Task
from chalicelib.domain.usage import COUNTS, Sums

Json = dict[str, Any]
Url = Callable[[Story, int, str, str], str]
"""Returns a fresh URL of a chapter's sound, given the story, the number, the title and the sound's version."""


def render_task(task: Task) -> Json:
    """Render a task from its item alone.

    `progress` is the share of steps and of lines that are done, in percent; 100 only for a completed task.
    """
    percent = progress(task.plan, task.done, task.partly)
    completed = task.status == "completed"
    chapters = sorted({step.chapter for step in task.plan if step.chapter})
    return {
        "task_id": task.task_id,
        "story_id": task.story_id,
        "kind": task.kind,
        "status": task.status,
        "progress": 100 if completed else min(99, percent),
        "message": task.message,
        "error": task.error,
        "error_code": task.error_code,
        "result": {"story_id": task.story_id, "chapters": chapters} if completed else None,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    }


def render_story(story: Story, chapters: Iterable[ChapterHeader], working: set[str], url: Url) -> Json:
    """Render a story with all its chapters, without their scripts."""
    titles = story.chapter_titles()
    written = {chapter.number: chapter for chapter in chapters}
    older = follow_older_texts(written.values())
    return {
        **render_story_head(story),
        "cast": story.speakers(),
        "chapters": [
            render_chapter(story, number, title, written.get(number), older, working, url)
            for number, title in enumerate(titles, 1)
        ],
    }


def render_story_head(story: Story) -> Json:
    """Render a story without its chapters."""
    return {
        "story_id": story.story_id,
        "title": story.name,
        "prompt": story.prompt,
        "num_chapters": story.num_chapters,
        "enhance": story.enhance,
        "language": story.language,
        "status": story.status,
        "voices": story.voices or story.chosen_voices,
        "chapters_ready": len(story.seconds),
        "audio_seconds": round(sum(story.seconds.values()), 3),
        "task_id": story.task_id,
        "last_task_id": story.last_task_id,
        "error": story.error,
        "created_at": story.created_at,
        "updated_at": story.updated_at,
    }


def render_chapter(
    story: Story,
    number: int,
    title: str,
    chapter: ChapterHeader | None,
    older: Collection[int],
    working: set[str],
    url: Url,
) -> Json:
    """Render a chapter without its script.

    `older` holds the numbers of the chapters that are based on an older text of an earlier one; `working` the codes of
    the steps with a live lease.
    """
    status = chapter_status(story, number, chapter, working)
    audio: Json | None = None
    if chapter is not None and chapter.sound_version:
        audio = {
            "duration": chapter.duration_s or 0.0,
            "bytes": chapter.size_bytes or 0,
            "content_type": MP3,
            "url": url(story, number, title, chapter.sound_version),
            "out_of_date": chapter.sound_version != chapter.script_version,
        }
    return {
        "number": number,
        "title": title,
        "status": status,
        "summary": chapter.summary if chapter is not None else None,
        "audio": audio,
        "version": chapter.script_version if chapter is not None else None,
        "based_on_older": number in older,
        "error": story.error if status == "failed" else None,
    }


def chapter_status(story: Story, number: int, chapter: ChapterHeader | None, working: set[str]) -> str:
    """Return a chapter's status, derived from what is stored and which leases are live, so that it cannot go stale."""
    if story.task_id and f"w{number}" in working:
        return "generating_script"
    if story.task_id and f"n{number}" in working:
        return "generating_audio"
    if story.failed_step and story.failed_step[1:] == str(number) and not _is_up_to_date(story.failed_step[0], chapter):
        return "failed"
    if chapter is None or not chapter.script_version:
        return "pending"
    return "completed" if chapter.sound_version == chapter.script_version else "script_ready"


def _is_up_to_date(kind: str, chapter: ChapterHeader | None) -> bool:
    """Return whether a chapter has the current result of steps of a kind, given by its letter.

    A rewrite that fails leaves the earlier text in place, and so does not make its chapter a failed one.
    """
    if chapter is None or not chapter.script_version:
        return False
    versions = {"w": chapter.script_version, "e": chapter.enhanced_version, "n": chapter.sound_version}
    return versions.get(kind) == chapter.script_version


def render_whole_chapter(
    story: Story,
    number: int,
    title: str,
    chapter: Chapter | None,
    headers: Iterable[ChapterHeader],
    working: set[str],
    url: Url,
) -> Json:
    """Render a chapter with its script and enhanced script. `headers` are those of all the story's chapters."""
    rendered = render_chapter(story, number, title, chapter, follow_older_texts(headers), working, url)
    rendered["script"] = rendered["enhanced"] = None
    if chapter is not None and chapter.script:
        rendered["script"] = msgspec.to_builtins(chapter.script)
        rendered["enhanced"] = msgspec.to_builtins(chapter.directions)
    return rendered


def render_usage(month: str, currency: str, sums: Sums) -> Json:
    """Render the sums of a month's paid calls, per story and in total."""
    total = [sum(numbers) for numbers in zip(*sums.values(), strict=True)] or [0] * len(COUNTS)
    stories = [{"story_id": story_id, **_shown(numbers)} for story_id, numbers in sums.items()]
    return {"month": month, "currency": currency, "total": _shown(total), "stories": stories}


def _shown(numbers: Sequence[int]) -> Json:
    *counts, nano_usd = numbers
    return {**dict(zip(COUNTS, counts, strict=False)), "cost_usd": round(nano_usd / 1e9, 6)}
