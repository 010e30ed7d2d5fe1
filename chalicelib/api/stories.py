"""The operations behind the routes of a story: create, list, show and delete it, have it written and narrated."""

from collections.abc import Callable, Collection

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.reading import StoryReader
from chalicelib.api.requests import CreateStory, Generate, Narrate, chapters_of, not_blank
from chalicelib.clock import rfc3339
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.steps import Plan
from chalicelib.domain.story import Story
from chalicelib.domain.task import TaskKind
from chalicelib.errors import Invalid
from chalicelib.pipeline.flow import Flow, not_written_yet, task_is_running
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository
from chalicelib.pipeline.workflow import audio_plan, story_plan
from chalicelib.story.config import Defaults


class StoryService:
    """The API's operations on stories. `defaults` are the values of fields that a new story leaves out.

    `voices` returns the ids of the voices that may be chosen, or None if all may.
    """

    def __init__(
        self,
        *,
        flow: Flow,
        stories: StoryRepository,
        chapters: ChapterRepository,
        reader: StoryReader,
        defaults: Defaults,
        voices: Callable[[], Collection[str] | None],
    ) -> None:
        self._flow = flow
        self._stories = stories
        self._chapters = chapters
        self._reader = reader
        self._defaults = defaults
        self._voices = voices

    def create(self, user_id: str, body: CreateStory, once: Once[responses.Story]) -> responses.Story:
        """Create a story as a draft; raise Invalid."""
        defaults = self._defaults

        known = self._voices() if body.voices else None
        if known is not None and (unknown := set((body.voices or {}).values()) - set(known)):
            raise Invalid(f"voices: {sorted(unknown)[0]} is not one of the configured voices; GET /voices lists them.")

        def create(record: IdempotencyRecord) -> responses.Story:
            story = Story(
                user_id=user_id,
                story_id=record.resource_id,
                prompt=not_blank("prompt", body.prompt),
                title=not_blank("title", body.title) if body.title is not None else None,
                num_chapters=body.num_chapters or defaults.num_chapters,
                enhance=defaults.enhance if body.enhance is None else body.enhance,
                language=body.language or defaults.language,
                chosen_voices=body.voices or {},
                durations={},
                status="draft",
                # The time of the first request, so that a repeated one gets the same answer.
                created_at=rfc3339(record.created),
                updated_at=rfc3339(record.created),
            )
            if not record.done:
                self._stories.create(story)
            return rendering.render_story(story, (), set(), self._reader.url)

        return once(create)

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
        plan = story_plan(story.num_chapters, enhance=story.enhance, audio=body.audio)
        return self._submit(story, "audiobook" if body.audio else "story", lambda: (plan, True), once)

    def narrate(self, story: Story, body: Narrate, once: Once[responses.Started]) -> responses.Started:
        """Submit a task that narrates written chapters; raise Conflict or Invalid."""

        def plan() -> tuple[Plan, bool]:
            headers = self._chapters.headers(story.story_id)
            written = {chapter.number for chapter in headers if chapter.script_version}
            chapters = chapters_of(story.num_chapters, body.chapters)
            if missing := sorted(chapters - written):
                raise not_written_yet(missing[0])
            return audio_plan(chapters), len(written) >= story.num_chapters

        return self._submit(story, "audio", plan, once)

    def _submit(
        self,
        story: Story,
        kind: TaskKind,
        make_plan: Callable[[], tuple[Plan, bool]],
        once: Once[responses.Started],
    ) -> responses.Started:
        def submit(record: IdempotencyRecord) -> responses.Started:
            task_id = record.resource_id
            if not record.done:
                if story.task_id not in {None, task_id}:
                    raise task_is_running(story)
                # Only now: what is written already is read after the check that no task is changing it.
                plan, completes_story = make_plan()
                self._flow.submit(story, task_id, kind, plan, completes_story=completes_story)
            return responses.Started(task_id=task_id, status="queued")

        return once(submit)
