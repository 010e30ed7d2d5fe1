"""The operations behind the routes: a user and a request in, JSON out, without Chalice and without any provider."""

from collections.abc import Callable

import msgspec

from chalicelib.api import rendering
from chalicelib.api.idempotency import ApiRequest, Idempotency, Json
from chalicelib.api.reading import StoryReader
from chalicelib.api.requests import CreateStory, Generate, Narrate, Nothing, chapters_of, not_blank, parse_body
from chalicelib.audio.voices import VoicesConfig
from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.steps import Plan
from chalicelib.domain.story import Story
from chalicelib.domain.task import TaskKind
from chalicelib.pipeline.flow import Flow, not_written_yet, task_is_running
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository, UsageRepository
from chalicelib.pipeline.workflow import audio_plan, story_plan
from chalicelib.store.access import IdempotencyRecord
from chalicelib.story.config import StoryConfig


class Service:
    """The API's operations on stories, tasks, voices and usage."""

    def __init__(
        self,
        flow: Flow,
        stories: StoryRepository,
        chapters: ChapterRepository,
        reader: StoryReader,
        usage: UsageRepository,
        idempotency: Idempotency,
        config: StoryConfig,
        voices: VoicesConfig,
        clock: Clock,
    ) -> None:
        self._flow = flow
        self._stories = stories
        self._chapters = chapters
        self._reader = reader
        self._usage = usage
        self._idempotency = idempotency
        self._config = config
        self._voices = voices
        self._clock = clock

    def create_story(self, request: ApiRequest) -> Json:
        """Create a story as a draft; raise Invalid."""
        body = parse_body(request.body, CreateStory)
        defaults = self._config.defaults

        def create(record: IdempotencyRecord) -> Json:
            story = Story(
                user_id=request.user_id,
                story_id=record.resource_id,
                prompt=not_blank("prompt", body.prompt),
                title=not_blank("title", body.title) if body.title is not None else None,
                num_chapters=body.num_chapters or defaults.num_chapters,
                enhance=defaults.enhance if body.enhance is None else body.enhance,
                language=body.language or defaults.language,
                chosen_voices=body.voices or {},
                durations={},
                status="draft",
                created_at=rfc3339(record.created),
                updated_at=rfc3339(record.created),
            )
            if not record.done:
                self._stories.create(story)
            return rendering.render_story(story, (), set(), self._reader.url)

        return self._idempotency(request, create)

    def list_stories(self, user_id: str, limit: int, cursor: str | None) -> Json:
        """Return a page of the user's stories, newest first, each without its chapters."""
        page = self._stories.page(user_id, limit, cursor)
        return {
            "stories": [{**rendering.render_story_head(story), "chapters": []} for story in page.stories],
            "cursor": page.after,
        }

    def story(self, user_id: str, story_id: str) -> Json:
        """Return a story with its chapters; raise NotFound."""
        return self._reader.story(user_id, story_id)

    def delete_story(self, user_id: str, story_id: str) -> None:
        """Remove a story and everything that belongs to it; raise NotFound."""
        self._flow.delete(self._stories.get(user_id, story_id))

    def generate(self, request: ApiRequest, story_id: str) -> Json:
        """Submit a task that writes every chapter, and with `audio` narrates it.

        Raises NotFound, Conflict or Invalid.
        """
        story = self._stories.get(request.user_id, story_id)
        body = parse_body(request.body, Generate)
        plan = story_plan(story.num_chapters, enhance=story.enhance, audio=body.audio)
        return self._submit(request, story, "audiobook" if body.audio else "story", lambda: (plan, True))

    def narrate(self, request: ApiRequest, story_id: str) -> Json:
        """Submit a task that narrates written chapters; raise NotFound, Conflict or Invalid."""
        story = self._stories.get(request.user_id, story_id)
        body = parse_body(request.body, Narrate)

        def plan() -> tuple[Plan, bool]:
            written = {chapter.number for chapter in self._chapters.headers(story_id) if chapter.script_version}
            chapters = chapters_of(story.num_chapters, body.chapters)
            if missing := sorted(chapters - written):
                raise not_written_yet(missing[0])
            return audio_plan(chapters), len(written) >= story.num_chapters

        return self._submit(request, story, "audio", plan)

    def task(self, user_id: str, task_id: str) -> Json:
        """Return a task, by one read of its item; raise NotFound."""
        return rendering.render_task(self._flow.task_of(user_id, task_id))

    def retry(self, request: ApiRequest, task_id: str) -> Json:
        """Start the open steps of a failed or cancelled task again; raise NotFound or Conflict."""
        parse_body(request.body, Nothing)

        def retry(record: IdempotencyRecord) -> Json:
            task = self._flow.task_of(request.user_id, task_id)
            if not record.done:
                task = self._flow.retry(task, again=record.again)
            return rendering.render_task(task)

        return self._idempotency(request, retry, keep=True)

    def cancel(self, request: ApiRequest, task_id: str) -> Json:
        """End a task before it is done; raise NotFound, or Conflict if it has ended already."""
        parse_body(request.body, Nothing)

        def cancel(record: IdempotencyRecord) -> Json:
            task = self._flow.task_of(request.user_id, task_id)
            if not record.done:
                task = self._flow.cancel(task, again=record.again)
            return rendering.render_task(task)

        return self._idempotency(request, cancel, keep=True)

    def voices(self) -> Json:
        """Return the configured voices."""
        narrator = self._voices.narrator
        return {
            "voices": [
                {**msgspec.to_builtins(voice), "narrator": voice.voice_id == narrator} for voice in self._voices.voices
            ]
        }

    def usage(self, user_id: str, month: str) -> Json:
        """Return the sums of the user's paid calls of a month, such as 2026-11."""
        usage = rendering.render_usage(month, self._config.prices.currency, self._usage.month(user_id, month))
        titles = self._stories.titles(user_id, [story["story_id"] for story in usage["stories"]])
        stories = [{**story, "title": titles.get(story["story_id"])} for story in usage["stories"]]
        return {**usage, "stories": stories}

    def now(self) -> str:
        """Return the present time as RFC 3339."""
        return rfc3339(self._clock())

    def _submit(
        self, request: ApiRequest, story: Story, kind: TaskKind, make_plan: Callable[[], tuple[Plan, bool]]
    ) -> Json:
        def submit(record: IdempotencyRecord) -> Json:
            task_id = record.resource_id
            if not record.done:
                if story.task_id not in {None, task_id}:
                    raise task_is_running(story)
                plan, completes_story = make_plan()
                self._flow.submit(story, task_id, kind, plan, completes_story=completes_story)
            return {"task_id": task_id, "status": "queued"}

        return self._idempotency(request, submit)
