"""What each route does: a user and a decoded request in, JSON out. It knows no Chalice and imports no provider."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.api import views
from chalicelib.api.requests import CreateStory, Generate, Narrate, Nothing, decode
from chalicelib.audio.voices import VoicesConfig
from chalicelib.clock import Clock, rfc3339
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.pipeline.flow import Flow
from chalicelib.pipeline.steps import Plan, audio_plan, story_plan
from chalicelib.store.access import IdempotencyKeys
from chalicelib.store.leases import Leases
from chalicelib.store.objects import ObjectStore, chapter_key
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import StoryItem
from chalicelib.store.usage import UsageLog
from chalicelib.story.config import StoryConfig

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """A POST: who sends it, where to, under which Idempotency-Key, and its body."""

    user_id: str
    route: str
    key: str | None
    body: bytes


class Service:
    """The API's work."""

    def __init__(
        self,
        flow: Flow,
        stories: Stories,
        chapters: Chapters,
        leases: Leases,
        objects: ObjectStore,
        usage: UsageLog,
        keys: IdempotencyKeys,
        config: StoryConfig,
        voices: VoicesConfig,
        clock: Clock,
    ) -> None:
        self._flow = flow
        self._stories = stories
        self._chapters = chapters
        self._leases = leases
        self._objects = objects
        self._usage = usage
        self._keys = keys
        self._config = config
        self._voices = voices
        self._clock = clock

    def create_story(self, post: Post) -> Json:
        """A new draft."""
        wanted = decode(post.body, CreateStory)
        defaults = self._config.defaults

        def create(story_id: str, created: float, done: bool) -> Json:
            story = StoryItem(
                post.user_id,
                story_id,
                prompt=_not_blank("prompt", wanted.prompt),
                title=_not_blank("title", wanted.title) if wanted.title is not None else None,
                num_chapters=wanted.num_chapters or defaults.num_chapters,
                enhance=defaults.enhance if wanted.enhance is None else wanted.enhance,
                language=wanted.language or defaults.language,
                chosen_voices=wanted.voices or {},
                status="draft",
                created_at=rfc3339(created),
                updated_at=rfc3339(created),
            )
            if not done:
                self._stories.create(story)
            return views.story_view(story, (), set(), self._url)

        return self._once(post, create)

    def list_stories(self, user_id: str, limit: int, cursor: str | None) -> Json:
        """A page of the user's stories, newest first, each without its chapters."""
        page = self._stories.page(user_id, limit, cursor)
        return {
            "stories": [{**views.story_head(story), "chapters": []} for story in page.stories],
            "cursor": page.after,
        }

    def story(self, user_id: str, story_id: str) -> Json:
        """A story with its chapters."""
        story = self._stories.get(user_id, story_id)
        return views.story_view(story, self._chapters.facts(story_id), self._working(story), self._url)

    def delete_story(self, user_id: str, story_id: str) -> None:
        """Remove a story and everything that belongs to it."""
        self._flow.delete(self._stories.get(user_id, story_id))

    def generate(self, post: Post, story_id: str) -> Json:
        """Write every chapter, and narrate each with `audio`."""
        story = self._stories.get(post.user_id, story_id)
        wanted = decode(post.body, Generate)
        plan = story_plan(int(story.num_chapters), enhance=story.enhance, audio=wanted.audio)
        return self._submit(post, story, "audiobook" if wanted.audio else "story", lambda: plan)

    def narrate(self, post: Post, story_id: str) -> Json:
        """Narrate written chapters."""
        story = self._stories.get(post.user_id, story_id)
        wanted = decode(post.body, Narrate)

        def plan() -> Plan:
            written = {int(chapter.number) for chapter in self._chapters.facts(story_id) if chapter.script_version}
            chapters = (
                set(wanted.chapters) if wanted.chapters is not None else set(range(1, int(story.num_chapters) + 1))
            )
            if beyond := sorted(number for number in chapters if number > story.num_chapters):
                raise Invalid(f"chapters: The story has {int(story.num_chapters)} chapters; there is no {beyond[0]}.")
            if missing := sorted(chapters - written):
                raise Conflict(f"Chapter {missing[0]} is not written yet; generate the story first.")
            return audio_plan(chapters)

        return self._submit(post, story, "audio", plan)

    def chapter(self, user_id: str, story_id: str, number: int) -> Json:
        """A chapter with its texts."""
        story = self._stories.get(user_id, story_id)
        title = self._title(story, number)
        chapter = self._chapters.get(story_id, number)
        return views.chapter_alone(story, number, title, chapter, self._working(story), self._url)

    def chapter_audio(self, user_id: str, story_id: str, number: int) -> str:
        """A fresh URL of a chapter's MP3; raises NotFound until it exists."""
        story = self._stories.get(user_id, story_id)
        title = self._title(story, number)
        chapter = self._chapters.get(story_id, number)
        if chapter is None or not chapter.sound_version:
            raise NotFound("The chapter has not been narrated yet")
        return self._url(story, number, title)

    def task(self, user_id: str, task_id: str) -> Json:
        """A task, by one read of its item."""
        return views.task_view(self._flow.task_of(user_id, task_id))

    def retry(self, post: Post, task_id: str) -> Json:
        """Start the open steps of a failed or cancelled task again."""

        decode(post.body, Nothing)

        def retry(_id: str, _created: float, done: bool) -> Json:
            task = self._flow.task_of(post.user_id, task_id)
            return views.task_view(task if done else self._flow.retry(task))

        return self._once(post, retry)

    def cancel(self, post: Post, task_id: str) -> Json:
        """End a task before it is done."""

        decode(post.body, Nothing)

        def cancel(_id: str, _created: float, done: bool) -> Json:
            task = self._flow.task_of(post.user_id, task_id)
            return views.task_view(task if done else self._flow.cancel(task))

        return self._once(post, cancel)

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
        return views.usage_view(month, self._config.prices.currency, self._usage.month(user_id, month))

    def now(self) -> str:
        """The time, as RFC 3339."""
        return rfc3339(self._clock())

    def _submit(self, post: Post, story: StoryItem, kind: str, plan: Callable[[], Plan]) -> Json:
        def submit(task_id: str, _created: float, done: bool) -> Json:
            if not done:
                self._flow.submit(story, task_id, kind, plan())
            return {"task_id": task_id, "status": "queued"}

        return self._once(post, submit)

    def _once(self, post: Post, act: Callable[[str, float, bool], Json]) -> Json:
        """Act under the request's Idempotency-Key: once in 24 hours, with the same answer every time."""
        attempt = self._keys.attempt(post.user_id, post.route, post.key, post.body)
        try:
            answer = act(attempt.resource_id, attempt.created, attempt.done)
        except (Invalid, Conflict, NotFound):
            self._keys.give_up(attempt)
            raise
        self._keys.done(attempt)
        return answer

    def _working(self, story: StoryItem) -> set[str]:
        return self._leases.working_on(story.story_id) if story.task_id else set()

    def _title(self, story: StoryItem, number: int) -> str:
        titles = views.chapter_titles(story)
        if not 1 <= number <= len(titles):
            raise NotFound("Chapter not found")
        return titles[number - 1]

    def _url(self, story: StoryItem, number: int, title: str) -> str:
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in title).strip("-").lower() or "chapter"
        return self._objects.url(chapter_key(story.story_id, number), f"{number:02d}-{plain}.mp3")


def _not_blank(field: str, text: str) -> str:
    if not text.strip():
        raise Invalid(f"{field}: Expected some text, not only white space.")
    return text
