"""A person's changes to a written chapter: whether they are allowed now, and what they change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from chalicelib.errors import Conflict, FiresideError, Invalid
from chalicelib.pipeline.flow import not_written_yet, task_is_running
from chalicelib.pipeline.outlines import speakers, title_of
from chalicelib.pipeline.scripts import enhanced_of, kept_script, version_of
from chalicelib.pipeline.steps import Plan, rewrite_plan
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.story.editing import LineEdit, edited, kept_tags
from chalicelib.story.measures import LONGEST_SCRIPT


@dataclass(frozen=True, slots=True)
class ScriptChange:
    """The change of a chapter's script: JSON and version of the new script, and the version that it replaces.

    `enhanced` is the JSON of the directions that stay with their lines, so that unchanged lines are not bought again;
    None where there are none.
    """

    before: str
    script: str
    version: str
    enhanced: str | None


@dataclass(frozen=True, slots=True)
class RewriteOrder:
    """What a rewrite starts from: the version of the script to replace, and the task's plan.

    `completes_story`: the story has every chapter when the task is done.
    """

    version: str
    plan: Plan
    completes_story: bool


def ensure_editable(story: StoryItem, number: int) -> None:
    """Raise NotFound for a chapter that the story does not have, Conflict while a task runs."""
    title_of(story, number)
    if story.task_id:
        raise task_is_running(story)


def change_script(
    story: StoryItem, number: int, chapter: ChapterItem | None, lines: Sequence[LineEdit], version: str | None
) -> ScriptChange | None:
    """Return what an edit changes, or None if nothing; raise Conflict or Invalid.

    `version` is that of the script the person has seen, or None to edit whatever is there.
    """
    if chapter is None or not chapter.script:
        raise not_written_yet(number)
    if version not in {None, chapter.script_version}:
        raise Conflict("version: The chapter was changed meanwhile; read it again.")
    before = kept_script(chapter)
    script = edited(before, lines, speakers(story))
    text = msgspec.json.encode(script).decode()
    if len(text.encode()) > LONGEST_SCRIPT:
        raise Invalid(f"lines: A script may have {LONGEST_SCRIPT // 1000} KB at most.")
    if script == before:
        return None
    directed = enhanced_of(chapter)
    enhanced = msgspec.json.encode(kept_tags(directed, script)).decode() if directed else None
    return ScriptChange(chapter.script_version, text, version_of(text), enhanced)


def overtaken(story: StoryItem) -> FiresideError:
    """Return why an edit could not be stored: `story`, read again, has a task now, or the chapter was changed."""
    if story.task_id:
        return task_is_running(story)
    return Conflict("The chapter was changed meanwhile; read it again.")


def order_rewrite(story: StoryItem, number: int, headers: Iterable[ChapterItem], task_id: str) -> RewriteOrder:
    """Return what the task `task_id` starts from when it writes a chapter again; raise NotFound or Conflict.

    `headers` are those of all the story's chapters.
    """
    title_of(story, number)
    if story.task_id not in {None, task_id}:
        raise task_is_running(story)
    written = {int(chapter.number): chapter.script_version for chapter in headers if chapter.script_version}
    if number not in written:
        raise not_written_yet(number)
    plan = rewrite_plan(number, enhance=story.enhance)
    return RewriteOrder(written[number], plan, len(written) >= story.num_chapters)
