"""The composition root of the workers."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.core import Core
from chalicelib.timing import AUTHOR_CALL_S, NARRATOR_CALL_S

if TYPE_CHECKING:
    from chalicelib.audio.ports import Narrator
    from chalicelib.pipeline.binding import Binding
    from chalicelib.pipeline.narrating import Narration
    from chalicelib.pipeline.sweeping import AbandonedMoney, SpendingWatch, Sweeper
    from chalicelib.pipeline.worker import Worker
    from chalicelib.pipeline.workflow import Workflow
    from chalicelib.pipeline.writing import Writing


class WorkerServices(Core):
    """What messages are carried out with. Imports and objects that one kind of step needs wait for its first step."""

    @cached_property
    def sweeper(self) -> "Sweeper":
        """The sweeper that resumes silent tasks."""
        from chalicelib.pipeline.sweeping import Sweeper  # noqa: PLC0415

        return Sweeper(flow=self.flow, tasks=self.tasks, queues=self.queues, timing=self.runtime.timing)

    @cached_property
    def abandoned_money(self) -> "AbandonedMoney":
        """The sweeper of money that a crash kept from being given back."""
        from chalicelib.pipeline.sweeping import AbandonedMoney  # noqa: PLC0415

        return AbandonedMoney(repositories=self.repositories, runtime=self.runtime)

    @cached_property
    def spending_watch(self) -> "SpendingWatch":
        """The watch on the budget of the day."""
        from chalicelib.pipeline.sweeping import SpendingWatch  # noqa: PLC0415

        return SpendingWatch(ledger=self.ledger, clock=self.runtime.clock)

    @cached_property
    def writing(self) -> "Writing":
        """The work of the author. The OpenAI SDK is imported with the first call."""
        from chalicelib.pipeline.casting import CastingDirector  # noqa: PLC0415
        from chalicelib.pipeline.writing import Writing  # noqa: PLC0415
        from chalicelib.providers.author import OpenAIAuthor, provider_at  # noqa: PLC0415
        from chalicelib.providers.keys import key  # noqa: PLC0415

        env = self.adapters.env
        api_key = key("OPENAI_API_KEY", self.settings, self.parameters.get, env)
        base_url, config = env.get("OPENAI_BASE_URL"), self.config
        moderated = config.safety.mode_with(provider_at(base_url, config.author)) == "moderation"
        author = self.adapters.author or OpenAIAuthor(
            api_key, base_url, AUTHOR_CALL_S, config.author, moderated=moderated
        )
        return Writing(
            author=author,
            repositories=self.repositories,
            config=self.config,
            voices=self.voices,
            casting=CastingDirector(self.voices, self.roster),
        )

    @cached_property
    def narrator(self) -> "Narrator":
        """ElevenLabs, or the server at SPEECH_BASE_URL if that is set. The SDK is imported with the first call."""
        env = self.adapters.env
        if base_url := env.get("SPEECH_BASE_URL"):
            from chalicelib.providers.speech_endpoint import SpeechEndpointNarrator  # noqa: PLC0415

            return SpeechEndpointNarrator(self.narrator_key, base_url, NARRATOR_CALL_S)
        from chalicelib.providers.narrator import ElevenLabsNarrator  # noqa: PLC0415

        return ElevenLabsNarrator(self.narrator_key, env.get("ELEVENLABS_BASE_URL"), NARRATOR_CALL_S)

    @cached_property
    def narration(self) -> "Narration":
        """The work of the narrator; raises ToolFailed without ffmpeg, whose layer that one function alone has."""
        from chalicelib.audio.audiobook import AudiobookGenerator  # noqa: PLC0415
        from chalicelib.audio.threads import SystemThreads  # noqa: PLC0415
        from chalicelib.audio.tools import Ffmpeg  # noqa: PLC0415
        from chalicelib.pipeline.failure import retry_decision  # noqa: PLC0415
        from chalicelib.pipeline.narrating import Narration  # noqa: PLC0415
        from chalicelib.pipeline.substitutes import Substitutes  # noqa: PLC0415
        from chalicelib.store.semaphore import FairSemaphore  # noqa: PLC0415

        generator = AudiobookGenerator(
            narrator=self.adapters.narrator or self.narrator,
            ffmpeg=self.adapters.ffmpeg or Ffmpeg.find(),
            retry_decision=retry_decision,
            threads=self.adapters.threads or SystemThreads(),
        )
        substitutes = Substitutes(
            stories=self.stories, roster=self.roster, voices=self.voices, provider=self.narrator_name
        )
        return Narration(
            generator=generator,
            substitutes=substitutes,
            repositories=self.repositories,
            sounds=self.objects,
            semaphore=FairSemaphore("narration", self.config.plan.narrations_at_once, self.runtime.clock),
            config=self.config,
            runtime=self.runtime,
        )

    @cached_property
    def binding(self) -> "Binding":
        """The making of books; raises ToolFailed without ffmpeg."""
        from chalicelib.audio.tools import Ffmpeg  # noqa: PLC0415
        from chalicelib.pipeline.binding import Binding, draw_cover  # noqa: PLC0415

        return Binding(
            ffmpeg=self.adapters.ffmpeg or Ffmpeg.find(),
            repositories=self.repositories,
            sounds=self.objects,
            files=self.book_files,
            draw_cover=self.adapters.draw_cover or draw_cover,
            voices=lambda: self.voices.with_others(one.voice for one in self.roster.known().voices.values()),
        )

    @cached_property
    def workflow(self) -> "Workflow":
        """The steps of a story."""
        from chalicelib.pipeline.workflow import Workflow  # noqa: PLC0415

        return Workflow(
            repositories=self.repositories,
            sounds=self.objects,
            book_files=self.book_files,
            writing=lambda: self.writing,
            narration=lambda: self.narration,
            outbox=self.notifying.outbox,
            binding=lambda: self.binding,
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
            deliver_event=self.notifying.deliver,
        )
