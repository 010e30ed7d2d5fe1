"""What requests and steps both need, each object built when it is first needed, and what is handed in instead."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.bootstrap.notifying import Notifying
from chalicelib.domain.budgets import Limits, Quote
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.story import Story
from chalicelib.errors import ConfigError, Provider
from chalicelib.pipeline.flow import NO_TAKES, Flow, Takes
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.rosters import VoiceRoster
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from chalicelib.store import aws
from chalicelib.store.access import TokenStore
from chalicelib.store.book_files import BookFileStore
from chalicelib.store.books import Books
from chalicelib.store.chapters import Chapters
from chalicelib.store.claims import LineClaims
from chalicelib.store.connections import connect
from chalicelib.store.failures import FailureCounter
from chalicelib.store.leases import StepLeases
from chalicelib.store.ledger import Ledger
from chalicelib.store.listening import Listening
from chalicelib.store.manuscripts import Manuscripts
from chalicelib.store.months import Months
from chalicelib.store.objects import ObjectStore
from chalicelib.store.parameters import ParameterStore
from chalicelib.store.queues import Queues
from chalicelib.store.rosters import Rosters
from chalicelib.store.shares import ShareStore
from chalicelib.store.stories import Stories
from chalicelib.store.tasks import Tasks
from chalicelib.store.texts import Texts
from chalicelib.store.transactions import commit
from chalicelib.store.usage import UsageLog
from chalicelib.store.user_limits import UserLimits
from chalicelib.store.versions import Versions
from chalicelib.story.config import StoryConfig, load_config
from chalicelib.timing import ASKING_S

if TYPE_CHECKING:
    from chalicelib.audio.ports import Narrator, VoiceDirectory
    from chalicelib.audio.threads import Threads
    from chalicelib.audio.tools import Ffmpeg
    from chalicelib.pipeline.delivering import Transport
    from chalicelib.pipeline.ports import StepQueues
    from chalicelib.pipeline.quoting import Quoting
    from chalicelib.pipeline.step_context import Heartbeat
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
    webhooks: "Transport | None" = None
    config: StoryConfig | None = None
    voices: VoicesConfig | None = None
    draw_cover: "Callable[[Story], bytes] | None" = None
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
        local_login: str | None = None,
    ) -> None:
        self.settings = settings
        self.runtime = runtime or Runtime()
        self.adapters = adapters or Adapters()
        self.local_login = local_login
        """The token that signs in a browser on this machine; None on AWS, where everybody signs in."""
        self.first_tale = ""
        """The id of the story that was made on this machine to be heard first; "" on AWS."""
        connect(settings)

    @cached_property
    def config(self) -> StoryConfig:
        """The contents of configs/story_config.json."""
        return self.adapters.config or load_config()

    @cached_property
    def voices(self) -> VoicesConfig:
        """The contents of configs/voices_config.json.

        Raises ConfigError if its model has no price, or its format is none that the narrator in use has.
        """
        voices = self.adapters.voices or load_voices()
        self.config.prices.narrator_price(voices.model)
        # Before anything is bought: the narrator would refuse it when the whole chapter has been written.
        if "_" not in voices.output_format and not self.adapters.env.get("SPEECH_BASE_URL"):
            raise ConfigError(
                f"voices_config.json: output_format: ElevenLabs has no {voices.output_format}. Set one such as"
                " mp3_44100_128, or SPEECH_BASE_URL to the server that is to speak."
            )
        return voices

    @cached_property
    def texts(self) -> Texts:
        """The texts of stories and chapters, in their items or on S3."""
        return Texts(lambda: self.objects)

    @cached_property
    def stories(self) -> Stories:
        """The repository of stories."""
        return Stories(self.runtime.clock, self.texts)

    @cached_property
    def chapters(self) -> Chapters:
        """The repository of chapters."""
        return Chapters(self.runtime.clock, self.texts)

    @cached_property
    def versions(self) -> Versions:
        """The earlier texts of chapters."""
        return Versions(self.runtime.clock, lambda: self.objects)

    @cached_property
    def manuscripts(self) -> Manuscripts:
        """The texts that are told as they are."""
        return Manuscripts(lambda: self.objects)

    @cached_property
    def listening(self) -> Listening:
        """The places and bookmarks of listeners."""
        return Listening(self.runtime.clock)

    @cached_property
    def roster(self) -> VoiceRoster:
        """What is known of the voices of the narrator's account."""
        return VoiceRoster(
            store=Rosters(lambda: self.objects),
            directory=lambda: self.voice_directory,
            wanted=lambda: [voice.voice_id for voice in self.voices.voices],
            source=self._narrator_address(),
            clock=self.runtime.clock,
        )

    def _narrator_address(self) -> str:
        """Return which narrator is in use, without what its address may hold besides the host."""
        speech, env = self.adapters.env.get("SPEECH_BASE_URL"), self.adapters.env
        parts = urlsplit(speech or env.get("ELEVENLABS_BASE_URL") or "https://api.elevenlabs.io")
        return f"{'speech' if speech else 'ElevenLabs'} at {parts.hostname}:{parts.port or ''}"

    @property
    def narrator_name(self) -> Provider:
        """The narrator in use, as sentences name it."""
        return "the speech server" if self.adapters.env.get("SPEECH_BASE_URL") else "ElevenLabs"

    @cached_property
    def voice_directory(self) -> "VoiceDirectory":
        """The account of the narrator in use. The SDK is imported with the first question."""
        from chalicelib.providers.voice_directory import ElevenLabsVoices, SpeechEndpointVoices  # noqa: PLC0415

        env, now = self.adapters.env, self.runtime.clock
        if base_url := env.get("SPEECH_BASE_URL"):
            return SpeechEndpointVoices(self.narrator_key, base_url, ASKING_S, now)
        return ElevenLabsVoices(self.narrator_key, env.get("ELEVENLABS_BASE_URL"), ASKING_S, now)

    @cached_property
    def narrator_key(self) -> Callable[[], str]:
        """Reads the key of the narrator in use; a speech server may need none."""
        from chalicelib.providers.keys import key, optional_key  # noqa: PLC0415

        if self.adapters.env.get("SPEECH_BASE_URL"):
            return optional_key("SPEECH_API_KEY", self.settings, self.parameters.get, self.adapters.env)
        return key("ELEVENLABS_API_KEY", self.settings, self.parameters.get, self.adapters.env)

    @cached_property
    def tasks(self) -> Tasks:
        """The repository of tasks."""
        return Tasks(self.runtime.clock, self.runtime.timing.silence_s)

    @cached_property
    def months(self) -> Months:
        """The users' months, which records and budgets are counted in."""
        return Months()

    @cached_property
    def usage(self) -> UsageLog:
        """The records of paid calls."""
        return UsageLog(self.runtime.clock, self.months)

    @cached_property
    def ledger(self) -> Ledger:
        """The budgets, and what is held and spent of them."""
        return Ledger(self.runtime.clock, self.months, self._limits_of)

    def _limits_of(self, user_id: str | None) -> Limits:
        """Return the limits that apply to a user now, or, for None, to all of them."""
        shipped = self.config.budgets.limits
        own = None if user_id is None else self.user_limits.get(user_id)
        return shipped if own is None else msgspec.structs.replace(shipped, user_month=own)

    @cached_property
    def quoting(self) -> "Quoting":
        """The quotes of tasks."""
        from chalicelib.pipeline.quoting import Quoting  # noqa: PLC0415 # no read has to wait for it

        return Quoting(chapters=self.chapters, sounds=self.objects, config=self.config, voices=self.voices)

    @cached_property
    def leases(self) -> StepLeases:
        """The leases on steps."""
        return StepLeases(self.runtime.clock)

    @cached_property
    def shares(self) -> ShareStore:
        """The shares of stories."""
        return ShareStore(self.runtime.clock)

    def _quote(self, story: Story, plan: Plan, done: frozenset[Step], takes: Takes = NO_TAKES) -> Quote:
        return self.quoting.quote(story, plan, done, takes)

    @cached_property
    def repositories(self) -> Repositories:
        """All repositories, and the commit of writes that belong together."""
        return Repositories(
            stories=self.stories,
            chapters=self.chapters,
            versions=self.versions,
            manuscripts=self.manuscripts,
            listening=self.listening,
            tasks=self.tasks,
            usage=self.usage,
            ledger=self.ledger,
            leases=self.leases,
            shares=self.shares,
            claims=LineClaims(self.runtime.clock),
            failures=FailureCounter(self.runtime.clock),
            books=Books(self.runtime.clock),
            commit=commit,
        )

    @cached_property
    def tokens(self) -> TokenStore:
        """The bearer tokens and their users."""
        return self.adapters.tokens or TokenStore(self.runtime.clock)

    @cached_property
    def user_limits(self) -> UserLimits:
        """What single users may spend in a month."""
        return UserLimits()

    @cached_property
    def queues(self) -> "StepQueues":
        """The SQS queues of the stage."""
        return self.adapters.queues or Queues(aws.sqs(self.settings.region), self.settings)

    @cached_property
    def objects(self) -> ObjectStore:
        """The S3 bucket of the stage."""
        return ObjectStore(aws.s3(self.settings.region), self.settings.bucket)

    @cached_property
    def book_files(self) -> BookFileStore:
        """The files of books in that bucket."""
        return BookFileStore(aws.s3(self.settings.region), self.objects)

    @cached_property
    def parameters(self) -> ParameterStore:
        """The secrets of the stage."""
        return ParameterStore(lambda: aws.ssm(self.settings.region))

    @cached_property
    def flow(self) -> Flow:
        """The rules by which tasks begin, move on and end."""
        return Flow(
            repositories=self.repositories,
            queues=self.queues,
            sounds=self.objects,
            quote=self._quote,
            outbox=self.notifying.outbox,
        )

    @cached_property
    def notifying(self) -> Notifying:
        """What is told to webhooks."""
        return Notifying(self)
