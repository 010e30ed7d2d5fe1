"""The whole of Fireside in one thread: moto below, queues and providers in memory, a clock that the test moves."""

from collections.abc import Callable, Mapping

import msgspec

import app
from chalicelib.audio.ports import Narrator
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.bootstrap import Adapters, Services
from chalicelib.domain.story import Story
from chalicelib.pipeline.delivering import Transport
from chalicelib.pipeline.step_context import Heartbeat, no_heartbeat_thread
from chalicelib.runtime import Runtime
from chalicelib.story.config import StoryConfig
from chalicelib.story.ports import Author
from chalicelib.timing import Timing
from tests.support.clock import CountedIds, ManualClock
from tests.support.deliveries import Deliveries
from tests.support.pictures import SMALL_JPEG
from tests.support.providers import WORDS_A_LINE, MemoryAuthor, MemoryNarrator
from tests.support.questions import short_chapters
from tests.support.queues import MemoryQueues
from tests.support.requests import USER, Requests
from tests.support.stage import settings

WORDS_A_CHAPTER = 2 * WORDS_A_LINE
"""As many words as three lines of a `MemoryAuthor` have, one of which is short."""


class TestApp:
    """The application as a test drives it: requests in, messages delivered one by one, state read back.

    It only puts together what stands beside it: `Requests`, `Deliveries`, `MemoryQueues`, the providers in memory, a
    `ManualClock`. A provider that is handed in takes the place of the one in memory; with `own_narrator` False, the
    narrator is the one that `env` asks for.
    """

    __test__ = False  # pytest would take it for a class of tests because of its name

    def __init__(
        self,
        *,
        config: StoryConfig | None = None,
        author: Author | None = None,
        narrator: Narrator | None = None,
        clock: ManualClock | None = None,
        ids: CountedIds | None = None,
        queues: MemoryQueues | None = None,
        ffmpeg: Ffmpeg | None = None,
        timing: Timing | None = None,
        heartbeat: Heartbeat = no_heartbeat_thread,
        threads: Threads | None = None,
        voices: VoicesConfig | None = None,
        env: Mapping[str, str] | None = None,
        own_narrator: bool = True,
        webhooks: Transport | None = None,
        draw_cover: Callable[[Story], bytes] | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.timing = timing or Timing()
        self.author = author if isinstance(author, MemoryAuthor) else MemoryAuthor(self.clock)
        self.narrator = narrator if isinstance(narrator, MemoryNarrator) else MemoryNarrator(self.clock)
        self.queues = queues or MemoryQueues(self.clock, self.timing)
        self._runtime = Runtime(self.clock, self.clock.advance, ids or CountedIds(), self.timing)
        self._adapters = Adapters(
            env=env or {},
            queues=self.queues,
            heartbeat=heartbeat,
            author=author or self.author,
            narrator=(narrator or self.narrator) if own_narrator else None,
            voices=voices or performing(load_voices()),
            ffmpeg=ffmpeg,
            threads=threads,
            webhooks=webhooks,
            # Drawing takes a second, which every story that is narrated here would take longer.
            draw_cover=draw_cover or (lambda _story: SMALL_JPEG),
            config=config or one_line_at_a_time(short_chapters(words=WORDS_A_CHAPTER)),
        )
        self.services = self.renew()
        self.tokens = {user: self.services.tokens.issue(user) for user in (USER, "bob")}

        requests = Requests(self.tokens)
        self.request = requests.send
        self.create = requests.create
        self.generate = requests.generate
        self.task = requests.task

        deliveries = Deliveries(lambda: self.services.worker, self.queues, self.clock)
        self.deliver = deliveries.deliver
        self.run = deliveries.run
        self.fail_dead_letter = deliveries.fail_dead_letter
        self.pauses_s = deliveries.pauses_s

    def renew(self) -> Services:
        """Start a fresh process, which has lost what the last one had in memory, and return its services."""
        self.services = Services(settings, runtime=self._runtime, adapters=self._adapters)
        app.use(self.services)
        return self.services


def performing(voices: VoicesConfig) -> VoicesConfig:
    """Return the voices with a model that performs tags, so that chapters are directed as they are with such a one."""
    change = msgspec.structs.replace
    return change(voices, models={**voices.models, voices.model: change(voices.traits, audio_tags=True)})


def one_line_at_a_time(config: StoryConfig) -> StoryConfig:
    """Return the configuration without concurrent lines, so that every run is the same."""
    change = msgspec.structs.replace
    return change(config, plan=change(config.plan, lines_at_once=1))


__all__ = ["USER", "TestApp", "one_line_at_a_time", "performing"]
