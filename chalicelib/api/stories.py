"""The operations behind the routes of a story: list, show and delete it, have it written and narrated."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.requests import Generate, Narrate, chapter_of_lines, chapters_of
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.steps import Plan
from chalicelib.domain.story import Story
from chalicelib.domain.task import TaskKind
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline.flow import Flow, Takes, not_written_yet, task_is_running
from chalicelib.pipeline.planning import Planning
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository, Write
from chalicelib.pipeline.retaking import order_takes
from chalicelib.pipeline.stages import audio_plan


@dataclass(frozen=True, slots=True)
class _Order:
    """What a task is to do. `completes_story`: the story has every chapter then; `writes` order the `takes`."""

    plan: Plan
    completes_story: bool
    takes: Takes = field(default_factory=dict)
    writes: tuple[Write, ...] = ()


class StoryService:
    """The API's operations on stories."""

    def __init__(
        self,
        *,
        flow: Flow,
        planning: Planning,
        stories: StoryRepository,
        chapters: ChapterRepository,
    ) -> None:
        self._flow = flow
        self._planning = planning
        self._stories = stories
        self._chapters = chapters

    def page(self, user_id: str, limit: int, cursor: str | None) -> responses.Stories:
        """Return a page of the user's stories, newest first, each without its chapters."""
        page = self._stories.page(user_id, limit, cursor)
        return responses.Stories(
            stories=[rendering.render_story_head(story) for story in page.stories], cursor=page.after
        )

    def delete(self, story: Story) -> None:
        """Remove a story and everything that belongs to it."""
        self._flow.delete(story)

    def generate(self, story: Story, body: Generate, once: Once[responses.Started]) -> responses.Started:
        """Submit a task that writes every chapter, and with `audio` narrates it; raise Conflict."""
        if story.sequel_of and story.outline is None and story.task_id is None:
            self._ensure_there(story.user_id, story.sequel_of)
        plan = self._planning.story(story, audio=body.audio)
        return self._submit(story, "audiobook" if body.audio else "story", lambda: _Order(plan, True), once)

    def _ensure_there(self, user_id: str, story_id: str) -> None:
        try:
            self._stories.get(user_id, story_id)
        except NotFound:
            raise Conflict(
                "sequel_of: The story that this one continues was deleted. Change sequel_of to null to tell this one "
                "on its own."
            ) from None

    def narrate(self, story: Story, body: Narrate, once: Once[responses.Started]) -> responses.Started:
        """Submit a task that narrates written chapters, or lines of one again; raise Conflict or Invalid."""
        lines_of = chapter_of_lines(body.chapters) if body.again is not None else None

        def order() -> _Order:
            headers = self._chapters.headers(story.story_id)
            written = {chapter.number for chapter in headers if chapter.script_version}
            chapters = chapters_of(story.num_chapters, body.chapters)
            if missing := sorted(chapters - written):
                raise not_written_yet(missing[0])
            ordered = _Order(audio_plan(chapters), len(written) >= story.num_chapters)
            return ordered if lines_of is None else self._with_takes(ordered, story, lines_of, body.again or ())

        return self._submit(story, "audio", order, once)

    def _with_takes(self, order: _Order, story: Story, number: int, again: Collection[str]) -> _Order:
        """Return an order that also has lines of a chapter spoken again.

        Their takes are numbered in the transaction that starts the task, so no retry and no redelivery adds another.
        """
        chapter = self._chapters.get(story.story_id, number)
        takes = order_takes(number, chapter, again)
        before, version = (chapter.takes, chapter.script_version) if chapter else ({}, None)
        write = self._chapters.order_takes(story.story_id, number, takes, before=before, if_version=version or "")
        return replace(order, takes={number: takes}, writes=(write,))

    def _submit(
        self,
        story: Story,
        kind: TaskKind,
        make_order: Callable[[], _Order],
        once: Once[responses.Started],
    ) -> responses.Started:
        def submit(record: IdempotencyRecord) -> responses.Started:
            task_id = record.resource_id
            if not record.done:
                if story.task_id not in {None, task_id}:
                    raise task_is_running(story)
                # Only now: what is written already is read after the check that no task is changing it.
                order = make_order()
                self._flow.submit(
                    story,
                    task_id,
                    kind,
                    order.plan,
                    *order.writes,
                    completes_story=order.completes_story,
                    takes=order.takes,
                )
            return responses.Started(task_id=task_id, status="queued")

        return once(submit)
