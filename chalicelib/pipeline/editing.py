"""A person's changes to a written chapter: whether they are allowed now, and what they change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.domain.chapter import Chapter, ChapterHeader, LineNotes, same_lines
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.steps import Plan
from chalicelib.domain.story import Story
from chalicelib.errors import Conflict, FiresideError, Invalid, NotFound
from chalicelib.pipeline.flow import not_written_yet, task_is_running
from chalicelib.story.editing import LineEdit, edited, kept_tags
from chalicelib.story.sizes import LONGEST_DIRECTIONS, LONGEST_SCRIPT, too_large


@dataclass(frozen=True, slots=True)
class ScriptChange:
    """The change of a chapter's script: the new script, and the version of the one that it replaces.

    `directed` has the directions that stay with their lines, so that unchanged lines are not bought again; None where
    there are none. `of_lines` has what else stays with them.
    """

    before: str
    script: Script
    directed: EnhancedScript | None
    of_lines: LineNotes


@dataclass(frozen=True, slots=True)
class RewriteOrder:
    """What a rewrite starts from: the version of the script to replace, and the task's plan.

    `completes_story`: the story has every chapter when the task is done.
    """

    version: str
    plan: Plan
    completes_story: bool


def ensure_editable(story: Story, number: int) -> None:
    """Raise NotFound for a chapter that the story does not have, Conflict while a task runs."""
    title_of(story, number)
    if story.task_id:
        raise task_is_running(story)


def change_script(
    story: Story, number: int, chapter: Chapter | None, lines: Sequence[LineEdit], version: str | None
) -> ScriptChange | None:
    """Return what an edit changes, or None if nothing; raise Conflict or Invalid.

    `version` is that of the script the person has seen, or None to edit the present one.
    """
    if chapter is None or chapter.script is None or chapter.script_version is None:
        raise not_written_yet(number)
    # Two windows may edit one chapter: the second one's text would undo the first one's without a word.
    if version not in {None, chapter.script_version}:
        raise Conflict("version: The chapter was changed meanwhile; read it again.")
    script = edited(chapter.script, lines, story.speakers())
    if reason := too_large("A script", script, LONGEST_SCRIPT):
        raise Invalid(f"lines: {reason}. Shorten it.")
    # No write at all: it would give the story a new time, and could lose a race for nothing.
    if script == chapter.script:
        return None
    directed = kept_tags(chapter.directions, script) if chapter.directions else None
    if directed and (reason := too_large("A script with its directions", directed, LONGEST_DIRECTIONS)):
        raise Invalid(f"lines: {reason}. Shorten it.")
    return ScriptChange(chapter.script_version, script, directed, _kept_notes(chapter, chapter.script, script))


def _kept_notes(chapter: Chapter, before: Script, after: Script) -> LineNotes:
    """Return the takes and notices of the lines that an edit leaves as they are."""
    same = same_lines(before, after)
    return LineNotes(
        takes={line_id: take for line_id, take in chapter.takes.items() if line_id in same},
        notices=[notice for notice in chapter.notices if notice.line_id is None or notice.line_id in same],
        sound_version=chapter.sound_version or "",
    )


def not_planned_yet() -> Conflict:
    """Return why a chapter cannot be renamed: it has no title yet."""
    return Conflict("The story is not planned yet, so its chapters have no titles.")


def overtaken(story: Story) -> FiresideError:
    """Return why an edit could not be stored: `story`, read again, has a task now, or the chapter was changed."""
    if story.task_id:
        return task_is_running(story)
    return Conflict("The chapter was changed meanwhile; read it again.")


def order_rewrite(
    story: Story, number: int, headers: Iterable[ChapterHeader], task_id: str, plan: Plan
) -> RewriteOrder:
    """Return what the task `task_id` with this plan starts from when it writes a chapter again.

    `headers` are those of all the story's chapters. Raises NotFound and Conflict.
    """
    title_of(story, number)
    # Its own task is there when the same request is sent again with its Idempotency-Key.
    if story.task_id not in {None, task_id}:
        raise task_is_running(story)
    written = {chapter.number: chapter.script_version for chapter in headers if chapter.script_version}
    if number not in written:
        raise not_written_yet(number)
    return RewriteOrder(written[number], plan, len(written) >= story.num_chapters)


def title_of(story: Story, number: int) -> str:
    """Return a chapter's title; raise NotFound for a number that the story does not have."""
    titles = story.chapter_titles()
    if not 1 <= number <= len(titles):
        raise NotFound("Chapter not found")
    return titles[number - 1]
