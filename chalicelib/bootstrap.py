"""The composition roots: every object of a process, built when it is first needed.

`ApiServices` serves requests and imports neither provider's SDK; `WorkerServices` carries out steps; `Services` is
both. What a test or one machine wants otherwise is handed in.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.api.chapters import ChapterService
from chalicelib.api.reading import StoryReader
from chalicelib.api.stories import StoryService
from chalicelib.api.tasks import TaskService
from chalicelib.api.usage import UsageService
from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.pipeline.flow import Flow
from chalicelib.pipeline.ports import Repositories
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from chalicelib.store import aws
from chalicelib.store.access import IdempotencyKeys, TokenStore
from chalicelib.store.chapters import Chapters
from chalicelib.store.claims import LineClaims
from chalicelib.store.connections import connect
from chalicelib.store.failures import FailureCounter
from chalicelib.store.leases import StepLeases
from chalicelib.store.objects import ObjectStore
from chalicelib.store.parameters import ParameterStore
from chalicelib.store.queues import Queues
from chalicelib.store.stories import Stories
from chalicelib.store.tasks import Tasks
from chalicelib.store.transactions import commit
from chalicelib.store.usage import UsageLog
from chalicelib.story.config import StoryConfig, load_config
from chalicelib.timing import AUTHOR_CALL_S, NARRATOR_CALL_S

if TYPE_CHECKING:
    from chalicelib.api.estimates import Estimates
    from chalicelib.audio.ports import Narrator
    from chalicelib.audio.threads import Threads
    from chalicelib.audio.tools import Ffmpeg
    from chalicelib.pipeline.narrating import Narration
    from chalicelib.pipeline.ports import StepQueues
    from chalicelib.pipeline.step_context import Heartbeat
    from chalicelib.pipeline.sweeping import Sweeper
    from chalicelib.pipeline.worker import Worker
    from chalicelib.pipeline.workflow import Workflow
    from chalicelib.pipeline.writing import Writing
    from chalicelib.story.ports import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """What is handed in to stand behind a port; what is None, or left out, is built for AWS and the providers."""

    author: "Author | None" = None
    narrator: "Narrator | None" = None
    ffmpeg: "Ffmpeg | None" = None
    threads: "Threads | None" = None
    queues: "StepQueues | None" = None
    tokens: TokenStore | None = None
    heartbeat: "Heartbeat | None" = None
    config: StoryConfig | None = None
    voices: VoicesConfig | None = None
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """Where the providers' keys and addresses are looked up first."""


class Core:
    """What requests and steps both need: the settings, the configuration, the store and the flow of tasks."""

    def __init__(
        self,
        settings: Settings,
        *,
        runtime: Runtime | None = None,
        adapters: Adapters | None = None,
        door: str | None = None,
    ) -> None:
        self.settings = settings
        self.runtime = runtime or Runtime()
        self.adapters = adapters or Adapters()
        self.door = door
        """The token that signs in a browser on this machine; None on AWS, where everybody signs in."""
        connect(settings)

    @cached_property
    def config(self) -> StoryConfig:
        """The contents of configs/story_config.json."""
        return self.adapters.config or load_config()

    @cached_property
    def voices(self) -> VoicesConfig:
        """The contents of configs/voices_config.json."""
        return self.adapters.voices or load_voices()

    @cached_property
    def stories(self) -> Stories:
        """The repository of stories."""
        return Stories(self.runtime.clock)

    @cached_property
    def chapters(self) -> Chapters:
        """The repository of chapters."""
        return Chapters(self.runtime.clock)

    @cached_property
    def tasks(self) -> Tasks:
        """The repository of tasks."""
        return Tasks(self.runtime.clock, self.runtime.timing.silence_s)

    @cached_property
    def usage(self) -> UsageLog:
        """The records of paid calls."""
        return UsageLog(self.runtime.clock)

    @cached_property
    def leases(self) -> StepLeases:
        """The leases on steps."""
        return StepLeases(self.runtime.clock)

    @cached_property
    def repositories(self) -> Repositories:
        """All repositories, and the commit of writes that belong together."""
        return Repositories(
            stories=self.stories,
            chapters=self.chapters,
            tasks=self.tasks,
            usage=self.usage,
            leases=self.leases,
            claims=LineClaims(self.runtime.clock),
            failures=FailureCounter(self.runtime.clock),
            commit=commit,
        )

    @cached_property
    def tokens(self) -> TokenStore:
        """The bearer tokens and their users."""
        return self.adapters.tokens or TokenStore(self.runtime.clock)

    @cached_property
    def queues(self) -> "StepQueues":
        """The SQS queues of the stage."""
        return self.adapters.queues or Queues(aws.sqs(self.settings.region), self.settings)

    @cached_property
    def objects(self) -> ObjectStore:
        """The S3 bucket of the stage."""
        return ObjectStore(aws.s3(self.settings.region), self.settings.bucket)

    @cached_property
    def parameters(self) -> ParameterStore:
        """The secrets of the stage."""
        return ParameterStore(lambda: aws.ssm(self.settings.region))

    @cached_property
    def flow(self) -> Flow:
        """The rules by which tasks begin, move on and end."""
        return Flow(repositories=self.repositories, queues=self.queues, sounds=self.objects)


class ApiServices(Core):
    """What the API serves requests with."""

    @cached_property
    def idempotency_keys(self) -> IdempotencyKeys:
        """The Idempotency-Keys of the last 24 hours."""
        return IdempotencyKeys(self.runtime.clock, self.runtime.ids)

    @cached_property
    def story_reader(self) -> StoryReader:
        """The reader of stories and chapters."""
        return StoryReader(chapters=self.chapters, leases=self.leases, sounds=self.objects)

    @cached_property
    def story_service(self) -> StoryService:
        """The operations on stories."""
        return StoryService(
            flow=self.flow,
            stories=self.stories,
            chapters=self.chapters,
            reader=self.story_reader,
            defaults=self.config.defaults,
        )

    @cached_property
    def chapter_service(self) -> ChapterService:
        """The operations on one chapter."""
        return ChapterService(
            flow=self.flow,
            stories=self.stories,
            chapters=self.chapters,
            sounds=self.objects,
            reader=self.story_reader,
        )

    @cached_property
    def task_service(self) -> TaskService:
        """The operations on tasks."""
        return TaskService(self.flow)

    @cached_property
    def usage_service(self) -> UsageService:
        """The sums of paid calls."""
        currency = self.config.prices.currency
        return UsageService(usage=self.usage, stories=self.stories, currency=currency, clock=self.runtime.clock)

    @cached_property
    def estimates(self) -> "Estimates":
        """The estimates of what generating a story takes."""
        from chalicelib.api.estimates import Estimates  # noqa: PLC0415

        return Estimates(chapters=self.chapters, sounds=self.objects, config=self.config, voices=self.voices)


class WorkerServices(Core):
    """What messages are carried out with. Imports and objects that one kind of step needs wait for its first step."""

    @cached_property
    def sweeper(self) -> "Sweeper":
        """The sweeper that resumes silent tasks."""
        from chalicelib.pipeline.sweeping import Sweeper  # noqa: PLC0415

        return Sweeper(flow=self.flow, tasks=self.tasks, queues=self.queues, timing=self.runtime.timing)

    @cached_property
    def writing(self) -> "Writing":
        """The work of the author. The OpenAI SDK is imported with the first call."""
        from chalicelib.pipeline.writing import Writing  # noqa: PLC0415
        from chalicelib.providers.author import OpenAIAuthor  # noqa: PLC0415
        from chalicelib.providers.keys import key  # noqa: PLC0415

        env = self.adapters.env
        api_key = key("OPENAI_API_KEY", self.settings, self.parameters.get, env)
        author = self.adapters.author or OpenAIAuthor(api_key, env.get("OPENAI_BASE_URL"), AUTHOR_CALL_S)
        return Writing(author=author, repositories=self.repositories, config=self.config, voices=self.voices)

    @cached_property
    def narration(self) -> "Narration":
        """The work of the narrator; raises ToolFailed without ffmpeg, whose layer that one function alone has."""
        from chalicelib.audio.audiobook import AudiobookGenerator  # noqa: PLC0415
        from chalicelib.audio.threads import SystemThreads  # noqa: PLC0415
        from chalicelib.audio.tools import Ffmpeg  # noqa: PLC0415
        from chalicelib.pipeline.failure import retry_decision  # noqa: PLC0415
        from chalicelib.pipeline.narrating import Narration  # noqa: PLC0415
        from chalicelib.providers.keys import key  # noqa: PLC0415
        from chalicelib.providers.narrator import ElevenLabsNarrator  # noqa: PLC0415
        from chalicelib.store.semaphore import FairSemaphore  # noqa: PLC0415

        env = self.adapters.env
        narrator = self.adapters.narrator or ElevenLabsNarrator(
            key("ELEVENLABS_API_KEY", self.settings, self.parameters.get, env),
            env.get("ELEVENLABS_BASE_URL"),
            NARRATOR_CALL_S,
        )
        generator = AudiobookGenerator(
            narrator=narrator,
            ffmpeg=self.adapters.ffmpeg or Ffmpeg.find(),
            config=self.voices,
            retry_decision=retry_decision,
            threads=self.adapters.threads or SystemThreads(),
        )
        return Narration(
            generator=generator,
            repositories=self.repositories,
            sounds=self.objects,
            semaphore=FairSemaphore("narration", self.config.plan.narrations_at_once, self.runtime.clock),
            config=self.config,
            runtime=self.runtime,
        )

    @cached_property
    def workflow(self) -> "Workflow":
        """The steps of a story."""
        from chalicelib.pipeline.workflow import Workflow  # noqa: PLC0415

        return Workflow(
            repositories=self.repositories,
            sounds=self.objects,
            writing=lambda: self.writing,
            narration=lambda: self.narration,
        )

    @cached_property
    def worker(self) -> "Worker":
        """The worker that carries out messages."""
        from chalicelib.pipeline.step_context import threaded_heartbeat  # noqa: PLC0415
        from chalicelib.pipeline.worker import Worker  # noqa: PLC0415

        return Worker(
            carry_out=self.workflow.carry_out,
            flow=self.flow,
            repositories=self.repositories,
            queues=self.queues,
            runtime=self.runtime,
            heartbeat=self.adapters.heartbeat or threaded_heartbeat(self.runtime.timing.heartbeat_check_s),
        )


class Services(ApiServices, WorkerServices):
    """All objects of a process that serves requests and carries out steps."""
