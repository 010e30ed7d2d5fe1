"""The composition root: every object of the process, built when it is first needed.

The API never touches `worker`, and so imports neither provider's SDK. Tests and `local` pass their own clock, timing,
providers and heartbeat.
"""

import os
import time
from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from chalicelib.api.chapters import ChapterService
from chalicelib.api.reading import StoryReader
from chalicelib.api.stories import StoryService
from chalicelib.api.tasks import TaskService
from chalicelib.api.usage import UsageService
from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.clock import Clock, Ids, Wait, fresh_id, system_clock
from chalicelib.pipeline.flow import Flow
from chalicelib.settings import Settings, settings
from chalicelib.store import aws
from chalicelib.store.access import IdempotencyKeys, TokenStore
from chalicelib.store.leases import Leases
from chalicelib.store.objects import ObjectStore
from chalicelib.store.queues import Queues
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tasks import Tasks
from chalicelib.store.usage import UsageLog
from chalicelib.story.config import StoryConfig, load_config
from chalicelib.timing import AUTHOR_CALL_S, NARRATOR_CALL_S, Timing

if TYPE_CHECKING:
    from chalicelib.api.estimates import Estimates
    from chalicelib.audio.threads import Threads
    from chalicelib.audio.tools import Ffmpeg
    from chalicelib.pipeline.narrating import NarratingStep
    from chalicelib.pipeline.step_context import Heartbeat
    from chalicelib.pipeline.sweeping import Sweeper
    from chalicelib.pipeline.worker import Worker
    from chalicelib.pipeline.writing import WritingSteps
    from chalicelib.providers.author import Author
    from chalicelib.providers.narrator import Narrator
    from chalicelib.store.results import Results


class Services:
    """The objects of one process, each built on first use."""

    def __init__(
        self,
        *,
        env: Mapping[str, str] = os.environ,
        clock: Clock = system_clock,
        wait: Wait = time.sleep,
        ids: Ids | None = None,
        timing: Timing | None = None,
        heartbeat: "Heartbeat | None" = None,
        author: "Author | None" = None,
        narrator: "Narrator | None" = None,
        ffmpeg: "Ffmpeg | None" = None,
        threads: "Threads | None" = None,
        config: StoryConfig | None = None,
        voices: VoicesConfig | None = None,
        door: str | None = None,
    ) -> None:
        self._env = env
        self.clock = clock
        self._wait = wait
        self.ids: Ids = ids or partial(fresh_id, clock)
        self.timing = timing or Timing()
        self._heartbeat = heartbeat
        self._author = author
        self._narrator = narrator
        self._ffmpeg = ffmpeg
        self._threads = threads
        self._config = config
        self._voices = voices
        self.door = door
        """The token that signs in a browser on this machine; None on AWS, where everybody signs in."""

    @property
    def settings(self) -> Settings:
        """The process's settings."""
        return settings

    @cached_property
    def config(self) -> StoryConfig:
        """The contents of configs/story_config.json."""
        return self._config or load_config()

    @cached_property
    def voices(self) -> VoicesConfig:
        """The contents of configs/voices_config.json."""
        return self._voices or load_voices()

    @cached_property
    def stories(self) -> Stories:
        """The repository of stories."""
        return Stories(self.clock)

    @cached_property
    def chapters(self) -> Chapters:
        """The repository of chapters."""
        return Chapters(self.clock)

    @cached_property
    def tasks(self) -> Tasks:
        """The repository of tasks."""
        return Tasks(self.clock, self.timing.silence_s)

    @cached_property
    def leases(self) -> Leases:
        """The leases on steps and the claims on lines."""
        return Leases(self.clock)

    @cached_property
    def usage(self) -> UsageLog:
        """The records of paid calls."""
        return UsageLog(self.clock)

    @cached_property
    def tokens(self) -> TokenStore:
        """The bearer tokens and their users."""
        return TokenStore(self.clock)

    @cached_property
    def queues(self) -> Queues:
        """The SQS queues of the stage."""
        return Queues(aws.sqs(), settings)

    @cached_property
    def objects(self) -> ObjectStore:
        """The S3 bucket of the stage."""
        return ObjectStore(aws.s3(), settings.bucket)

    @cached_property
    def flow(self) -> Flow:
        """The rules by which tasks begin, move on and end."""
        return Flow(self.tasks, self.stories, self.chapters, self.leases, self.queues, self.objects)

    @cached_property
    def story_service(self) -> StoryService:
        """The API's operations on stories."""
        return StoryService(
            flow=self.flow,
            stories=self.stories,
            chapters=self.chapters,
            reader=self.story_reader,
            defaults=self.config.defaults,
        )

    @cached_property
    def task_service(self) -> TaskService:
        """The API's operations on tasks."""
        return TaskService(self.flow)

    @cached_property
    def usage_service(self) -> UsageService:
        """The sums of paid calls for the API."""
        currency = self.config.prices.currency
        return UsageService(usage=self.usage, stories=self.stories, currency=currency, clock=self.clock)

    @cached_property
    def story_reader(self) -> StoryReader:
        """The reader of stories and chapters for the API."""
        return StoryReader(self.chapters, self.leases, self.objects)

    @cached_property
    def idempotency_keys(self) -> IdempotencyKeys:
        """The Idempotency-Keys of the last 24 hours."""
        return IdempotencyKeys(self.clock, self.ids)

    @cached_property
    def chapter_service(self) -> ChapterService:
        """The API's operations on one chapter."""
        return ChapterService(
            flow=self.flow,
            stories=self.stories,
            chapters=self.chapters,
            objects=self.objects,
            reader=self.story_reader,
        )

    @cached_property
    def estimates(self) -> "Estimates":
        """The estimates of what generating a story takes."""
        from chalicelib.api.estimates import Estimates  # noqa: PLC0415

        return Estimates(chapters=self.chapters, objects=self.objects, config=self.config, voices=self.voices)

    @cached_property
    def sweeper(self) -> "Sweeper":
        """The sweeper that resumes silent tasks."""
        from chalicelib.pipeline.sweeping import Sweeper  # noqa: PLC0415

        return Sweeper(self.flow, self.tasks, self.queues, self.timing)

    @cached_property
    def results(self) -> "Results":
        """The writer of results, each in one transaction with its charges."""
        from chalicelib.store.results import Results  # noqa: PLC0415

        return Results(self.clock)

    @cached_property
    def writing(self) -> "WritingSteps":
        """The steps of the author. The OpenAI SDK is imported with the first call."""
        from chalicelib.pipeline.writing import WritingSteps  # noqa: PLC0415
        from chalicelib.providers.author import OpenAIAuthor  # noqa: PLC0415
        from chalicelib.providers.keys import key  # noqa: PLC0415

        api_key, base_url = key("OPENAI_API_KEY", settings, self._env), self._env.get("OPENAI_BASE_URL")
        author = self._author or OpenAIAuthor(api_key, base_url, AUTHOR_CALL_S)
        return WritingSteps(
            author, self.stories, self.chapters, self.results, self.usage, self.config, self.voices
        )  # fmt: skip

    @cached_property
    def narrating(self) -> "NarratingStep":
        """The step of the narrator; raises ToolFailed without ffmpeg, whose layer that one function alone has."""
        from chalicelib.audio.audiobook import AudiobookGenerator  # noqa: PLC0415
        from chalicelib.audio.threads import SystemThreads  # noqa: PLC0415
        from chalicelib.audio.tools import Ffmpeg  # noqa: PLC0415
        from chalicelib.pipeline.failure import retry_decision  # noqa: PLC0415
        from chalicelib.pipeline.narrating import NarratingStep  # noqa: PLC0415
        from chalicelib.providers.keys import key  # noqa: PLC0415
        from chalicelib.providers.narrator import ElevenLabsNarrator  # noqa: PLC0415
        from chalicelib.store.semaphore import FairSemaphore  # noqa: PLC0415

        api_key, base_url = key("ELEVENLABS_API_KEY", settings, self._env), self._env.get("ELEVENLABS_BASE_URL")
        narrator = self._narrator or ElevenLabsNarrator(api_key, base_url, NARRATOR_CALL_S)
        ffmpeg, threads = self._ffmpeg or Ffmpeg.find(), self._threads or SystemThreads()
        return NarratingStep(
            AudiobookGenerator(narrator, ffmpeg, self.voices, retry_decision=retry_decision, threads=threads),
            self.stories,
            self.chapters,
            self.results,
            self.objects,
            self.leases,
            FairSemaphore("narration", self.config.plan.narrations_at_once, self.clock),
            self.usage,
            self.config,
            self.clock,
            self._wait,
            self.timing,
        )

    @cached_property
    def worker(self) -> "Worker":
        """The worker that carries out steps; what a kind of step needs is built with the first of that kind."""
        from chalicelib.pipeline.step_context import threaded_heartbeat  # noqa: PLC0415
        from chalicelib.pipeline.worker import Worker  # noqa: PLC0415

        return Worker(
            {
                "outline": lambda context, step: self.writing.outline(context, step),  # noqa: PLW0108 # built on first use
                "write": lambda context, step: self.writing.write(context, step),  # noqa: PLW0108 # built on first use
                "enhance": lambda context, step: self.writing.enhance(context, step),  # noqa: PLW0108 # built on first use
                "narrate": lambda context, step: self.narrating.narrate(context, step),  # noqa: PLW0108 # built on first use
            },
            self.flow,
            self.tasks,
            self.leases,
            self.queues,
            self.usage,
            self.clock,
            self.ids,
            self.timing,
            self._heartbeat or threaded_heartbeat(self.timing.heartbeat_check_s),
        )
