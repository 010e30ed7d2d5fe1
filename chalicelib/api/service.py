"""What each route does: a user and a decoded request in, JSON out. It knows no Chalice and imports no provider."""

from collections.abc import Callable

import msgspec

from chalicelib.api import views
from chalicelib.api.once import Json, Once, Sent
from chalicelib.api.reading import Reading
from chalicelib.api.requests import CreateStory, Generate, Narrate, Nothing, chapters_of, decode, not_blank
from chalicelib.audio.voices import VoicesConfig
from chalicelib.clock import Clock, rfc3339
from chalicelib.pipeline.flow import Flow, running, unwritten
from chalicelib.pipeline.steps import Plan, audio_plan, story_plan
from chalicelib.store.access import Attempt
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import StoryItem
from chalicelib.store.usage import UsageLog
from chalicelib.story.config import StoryConfig


class Service:
    """The API's work."""

    def __init__(
        self,
        flow: Flow,
        stories: Stories,
        chapters: Chapters,
        reading: Reading,
        usage: UsageLog,
        once: Once,
        config: StoryConfig,
        voices: VoicesConfig,
        clock: Clock,
    ) -> None:
        self._flow = flow
        self._stories = stories
        self._chapters = chapters
        self._reading = reading
        self._usage = usage
        self._once = once
        self._config = config
        self._voices = voices
        self._clock = clock

    def create_story(self, sent: Sent) -> Json:
        """A new draft."""
        wanted = decode(sent.body, CreateStory)
        defaults = self._config.defaults

        def create(attempt: Attempt) -> Json:
            story = StoryItem(
                sent.user_id,
                attempt.resource_id,
                prompt=not_blank("prompt", wanted.prompt),
                title=not_blank("title", wanted.title) if wanted.title is not None else None,
                num_chapters=wanted.num_chapters or defaults.num_chapters,
                enhance=defaults.enhance if wanted.enhance is None else wanted.enhance,
                language=wanted.language or defaults.language,
                chosen_voices=wanted.voices or {},
                durations={},
                status="draft",
                created_at=rfc3339(attempt.created),
                updated_at=rfc3339(attempt.created),
            )
            if not attempt.done:
                self._stories.create(story)
            return views.story_view(story, (), set(), self._reading.url)

        return self._once(sent, create)

    def list_stories(self, user_id: str, limit: int, cursor: str | None) -> Json:
        """A page of the user's stories, newest first, each without its chapters."""
        page = self._stories.page(user_id, limit, cursor)
        return {
            "stories": [{**views.story_head(story), "chapters": []} for story in page.stories],
            "cursor": page.after,
        }

    def story(self, user_id: str, story_id: str) -> Json:
        """A story with its chapters."""
        return self._reading.story(user_id, story_id)

    def delete_story(self, user_id: str, story_id: str) -> None:
        """Remove a story and everything that belongs to it."""
        self._flow.delete(self._stories.get(user_id, story_id))

    def generate(self, sent: Sent, story_id: str) -> Json:
        """Write every chapter, and narrate each with `audio`."""
        story = self._stories.get(sent.user_id, story_id)
        wanted = decode(sent.body, Generate)
        plan = story_plan(int(story.num_chapters), enhance=story.enhance, audio=wanted.audio)
        return self._submit(sent, story, "audiobook" if wanted.audio else "story", lambda: (plan, True))

    def narrate(self, sent: Sent, story_id: str) -> Json:
        """Narrate written chapters."""
        story = self._stories.get(sent.user_id, story_id)
        wanted = decode(sent.body, Narrate)

        def plan() -> tuple[Plan, bool]:
            written = {int(chapter.number) for chapter in self._chapters.facts(story_id) if chapter.script_version}
            chapters = chapters_of(int(story.num_chapters), wanted.chapters)
            if missing := sorted(chapters - written):
                raise unwritten(missing[0])
            return audio_plan(chapters), len(written) >= story.num_chapters

        return self._submit(sent, story, "audio", plan)

    def task(self, user_id: str, task_id: str) -> Json:
        """A task, by one read of its item."""
        return views.task_view(self._flow.task_of(user_id, task_id))

    def retry(self, sent: Sent, task_id: str) -> Json:
        """Start the open steps of a failed or cancelled task again."""

        decode(sent.body, Nothing)

        def retry(attempt: Attempt) -> Json:
            task = self._flow.task_of(sent.user_id, task_id)
            if not attempt.done:
                task = self._flow.retry(task, again=attempt.again)
            return views.task_view(task)

        return self._once(sent, retry, keep=True)

    def cancel(self, sent: Sent, task_id: str) -> Json:
        """End a task before it is done."""

        decode(sent.body, Nothing)

        def cancel(attempt: Attempt) -> Json:
            task = self._flow.task_of(sent.user_id, task_id)
            if not attempt.done:
                task = self._flow.cancel(task, again=attempt.again)
            return views.task_view(task)

        return self._once(sent, cancel, keep=True)

    def voices(self) -> Json:
        """The configured cast."""
        narrator = self._voices.narrator
        return {
            "voices": [
                {**msgspec.to_builtins(voice), "narrator": voice.voice_id == narrator} for voice in self._voices.voices
            ]
        }

    def usage(self, user_id: str, month: str) -> Json:
        """What the user's paid calls of a month add up to."""
        usage = views.usage_view(month, self._config.prices.currency, self._usage.month(user_id, month))
        titles = self._stories.titles(user_id, [story["story_id"] for story in usage["stories"]])
        stories = [{**story, "title": titles.get(story["story_id"])} for story in usage["stories"]]
        return {**usage, "stories": stories}

    def now(self) -> str:
        """The time, as RFC 3339."""
        return rfc3339(self._clock())

    def _submit(self, sent: Sent, story: StoryItem, kind: str, order: Callable[[], tuple[Plan, bool]]) -> Json:
        def submit(attempt: Attempt) -> Json:
            task_id = attempt.resource_id
            if not attempt.done:
                if story.task_id not in {None, task_id}:
                    raise running(story)
                plan, whole = order()
                self._flow.submit(story, task_id, kind, plan, whole=whole)
            return {"task_id": task_id, "status": "queued"}

        return self._once(sent, submit)
