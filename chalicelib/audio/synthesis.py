"""Narrated lines: from the store if they are there, else bought, several at once, and decoded as they arrive."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from chalicelib.audio.decoding import DecodedClip, decode_clip, looks_like_audio
from chalicelib.audio.narration import Segment
from chalicelib.audio.ports import ClipStore, ConcurrencyLimiter, Narrator, RetryDecision, SpeechRequest
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import FiresideError, NotAudio, ProviderFault, Reschedule

BOUGHT_ELSEWHERE_S = 2.0
"""Seconds until the next check for a line that another chapter's worker is buying."""

FAULTS_IN_A_ROW = 3
"""After this many failed lines in a row the narrator is left alone for a while."""

AT_ONCE = 8
"""Threads: more lines than this are never narrated at once, even if the plan allows more."""

DECODED_AT_ONCE = 2
"""Processes that decode beside the calls: a permit is held for as long as the provider works, and no longer."""


class SpeechSynthesizer:
    """Gets a chapter's lines from the narrator. `retry_decision` says what a fault of the
    provider means for the other lines."""

    def __init__(
        self,
        narrator: Narrator,
        ffmpeg: Ffmpeg,
        retry_decision: Callable[[ProviderFault], RetryDecision],
        threads: Threads,
    ) -> None:
        self.narrator = narrator
        self.ffmpeg = ffmpeg
        self.retry_decision = retry_decision
        self.threads = threads

    def clips(
        self,
        script: Iterable[Segment],
        known: Collection[str],
        clip_store: ClipStore,
        limiter: ConcurrencyLimiter,
        ready: Callable[[], None],
        on_line: Callable[[int, int], None],
        workdir: Path,
    ) -> dict[str, DecodedClip]:
        """Return a clip for every key of the script, decoded into `workdir`; `known` are the stored ones.

        `on_line` is called with the number of lines that are there, and of all.

        A line that fails for the moment does not stop the others from being bought. Raises ProviderFault and NotAudio
        for a line that could not be bought, Reschedule while another worker buys one, and what `ready` raises.
        """
        # By key, so that words which a chapter repeats in one voice are bought once.
        wanted = {segment.key: segment.request for segment in script if segment.request is not None}
        with (
            self.threads.pool(AT_ONCE, "line") as callers,
            self.threads.pool(DECODED_AT_ONCE, "decode") as decoders,
        ):
            run = _SynthesisRun(self, wanted, clip_store, workdir, callers, decoders)
            try:
                run.fetch(known, limiter)
                while run.underway:
                    on_line(run.there, len(wanted))
                    if not run.call(limiter, ready):
                        clip_store.flush()
                    run.collect(limiter)
            except Reschedule:
                run.faults.raise_any()  # the lines that failed want their delay
                raise
            finally:
                run.finish_running()
        run.faults.raise_any()
        if len(run.clips) < len(wanted):
            raise Reschedule(BOUGHT_ELSEWHERE_S, "line")
        return run.clips


class _SynthesisRun:
    """The lines of one chapter: those that wait, those that are being bought, and those that are being decoded."""

    def __init__(
        self,
        synthesizer: SpeechSynthesizer,
        wanted: Mapping[str, SpeechRequest],
        clip_store: ClipStore,
        workdir: Path,
        callers: Executor,
        decoders: Executor,
    ) -> None:
        self.clips: dict[str, DecodedClip] = {}
        self.faults = Faults()
        self._synthesizer = synthesizer
        self._wanted = wanted
        self._clip_store = clip_store
        self._workdir = workdir
        self._callers = callers
        self._decoders = decoders
        self._waiting = deque(wanted)
        self._calling: dict[Future[bytes | None], str] = {}
        self._decoding: dict[Future[DecodedClip], str] = {}

    @property
    def underway(self) -> bool:
        """Whether there is a line left to get."""
        return bool(self._waiting or self._calling or self._decoding)

    @property
    def there(self) -> int:
        """How many lines need not be bought any more."""
        return len(self._wanted) - len(self._waiting) - len(self._calling)

    def fetch(self, known: Collection[str], limiter: ConcurrencyLimiter) -> None:
        """Take from the store what is there, once there are permits for the rest: waiting should cost little."""
        if missing := len(self._wanted.keys() - set(known)):
            limiter.lines(0, missing)
        kept = [key for key in self._waiting if key in known]
        for key, data in zip(kept, self._callers.map(self._clip_store.fetch, kept), strict=True):
            if data is not None:
                self._waiting.remove(key)
                self._decode(key, data)

    def call(self, limiter: ConcurrencyLimiter, ready: Callable[[], None]) -> bool:
        """Buy as many of the waiting lines as there are permits for; return whether there was one."""
        called = False
        while self._waiting:
            running = len(self._calling)
            if running >= limiter.lines(running, running + len(self._waiting)):
                break
            # Before every call, not once per round: a cancelled task must not start one more.
            ready()
            key = self._waiting.popleft()
            self._calling[self._callers.submit(self._get, key)] = key
            called = True
        return called

    def collect(self, limiter: ConcurrencyLimiter) -> None:
        """Wait until a line has been bought or decoded, or more permits may be free."""
        underway: list[Future[Any]] = [*self._calling, *self._decoding]
        done = self._synthesizer.threads.wait(underway, limiter.look_again_s if self._waiting else None)
        # Decoded ones first: an error here is final, and `finish_running` still stores what the calls bring.
        for clip in done & self._decoding.keys():
            self.clips[self._decoding.pop(clip)] = clip.result()
        for call in done & self._calling.keys():
            key = self._calling.pop(call)
            try:
                data = call.result()
            except ProviderFault as fault:
                self._failed(key, fault, limiter)
            else:
                self.faults.answered(key)
                if data is not None:
                    self._decode(key, data)

    def finish_running(self) -> None:
        """Wait for the calls under way and store what they bring; what turns out not to be audio is set aside."""
        self._wait_for_all(self._calling)
        for call, key in self._calling.items():
            if call.exception() is None and (data := call.result()) is not None:
                self._decode(key, data)
        self._wait_for_all(self._decoding)

    def _wait_for_all(self, futures: Collection[Future[Any]]) -> None:
        while unfinished := [future for future in futures if not future.done()]:
            self._synthesizer.threads.wait(unfinished)

    def _failed(self, key: str, fault: ProviderFault, limiter: ConcurrencyLimiter) -> None:
        decision = self._synthesizer.retry_decision(fault)
        if decision == "fewer at once":
            if limiter.shrink(len(self._calling)):
                # At the front, and not counted as a fault: nothing is wrong with this line.
                self._waiting.appendleft(key)
                return
            # One line is all there is, so others have filled the account: it is busy for a moment, no more.
            decision = "others only" if fault.retry_after_s else "once more"
        first = key not in self.faults.of_lines
        if self.faults.note(key, fault) or decision == "stop":
            raise fault
        if first and decision == "once more":
            # At the end: the longer the provider has to recover, the better.
            self._waiting.append(key)

    def _get(self, key: str) -> bytes | None:
        if not self._clip_store.claim(key):
            self._clip_store.flush()  # nothing is reserved now, with which it would be done
            # Another step buys it or has just bought it; None if it is not there yet.
            return self._clip_store.fetch(key)
        request = self._wanted[key]
        try:
            purchase = self._clip_store.reserve(request)
        except FiresideError:
            self._clip_store.unclaim(key)  # else another chapter with these words waits until the claim runs out
            raise
        try:
            result = self._synthesizer.narrator.speak(request)
        except ProviderFault as fault:
            try:
                if fault.uncertain:
                    self._clip_store.record_uncertain(purchase, request)
                else:
                    self._clip_store.give_back(purchase)
            finally:
                self._clip_store.unclaim(key)
            raise
        if not looks_like_audio(result.audio):
            try:
                self._clip_store.record(purchase, request, result)
            finally:
                self._clip_store.unclaim(key)
            raise NotAudio("The narrator's reply is not audio.")
        # The claim is not given back: a step whose list of clips is older must find this one, not buy it again.
        self._clip_store.keep(purchase, key, request, result)
        return result.audio

    def _decode(self, key: str, data: bytes) -> None:
        def decoded() -> DecodedClip:
            try:
                return decode_clip(self._synthesizer.ffmpeg, data, self._workdir / f"{key}.pcm")
            except NotAudio:
                self._clip_store.set_aside(key)
                raise

        self._decoding[self._decoders.submit(decoded)] = key


class Faults:
    """The lines that failed for the moment."""

    def __init__(self) -> None:
        self.of_lines: dict[str, ProviderFault] = {}
        self._in_a_row = 0

    def note(self, key: str, fault: ProviderFault) -> bool:
        """Note a fault; return True when it is time to stop asking."""
        self.of_lines[key] = fault
        self._in_a_row += 1
        return self._in_a_row >= FAULTS_IN_A_ROW

    def answered(self, key: str) -> None:
        """Note that the narrator has answered for this line."""
        self.of_lines.pop(key, None)
        self._in_a_row = 0

    def raise_any(self) -> None:
        """Raise the fault with the longest wait, if there was one."""
        if self.of_lines:
            raise max(self.of_lines.values(), key=lambda fault: fault.retry_after_s)
