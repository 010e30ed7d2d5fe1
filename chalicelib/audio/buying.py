"""The lines of a chapter: from the store if they are there, else bought, several at once, and decoded as they arrive.

A line that fails for the moment does not stop the others from being bought.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.audio.decoding import DecodedClip, decode_clip
from chalicelib.audio.ports import ClipStore, ConcurrencyLimiter, Narrator, RetryDecision, SpeechRequest
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import BudgetExceeded, FiresideError, NotAudio, ProviderFault, Reschedule

BOUGHT_ELSEWHERE_S = 2.0
"""Seconds until the next check for a line that another chapter's worker is buying."""

MOST_BILLED = 2
"""Calls that may be billed for a line and its second take: a page that was billed and an odd clip leave it at that."""

FAULTS_IN_A_ROW = 3
"""After this many failed lines in a row the narrator is left alone for a while."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the lines of a chapter are bought and decoded with.

    `ready` is called before every paid call and raises if none may start; `on_line` with the number of lines that are
    there, and of all.
    """

    narrator: Narrator
    ffmpeg: Ffmpeg
    retry_decision: Callable[[ProviderFault], RetryDecision]
    threads: Threads
    clip_store: ClipStore
    limiter: ConcurrencyLimiter
    ready: Callable[[], None]
    on_line: Callable[[int, int], None]
    workdir: Path
    callers: Executor
    decoders: Executor


class FirstTakes:
    """The lines of one chapter: those that wait, those that are being bought, and those that are being decoded."""

    def __init__(
        self,
        ports: Ports,
        wanted: Mapping[str, SpeechRequest],
        *,
        there_before: int = 0,
        billed_before: Mapping[str, int] | None = None,
    ) -> None:
        """`there_before`: how many lines of the chapter are there besides; `billed_before`: see `billed`."""
        self.clips: dict[str, DecodedClip | None] = {}
        """None for one that cannot be decoded."""
        self.faults = Faults()
        self.billed = Counter(billed_before)
        """How many calls were, or may have been, billed for each line, those of its first take included."""
        self._there_before = there_before
        self._bought_elsewhere = False
        self._wanted = wanted
        self._ports = ports
        self._clip_store = ports.clip_store
        self._waiting = deque(wanted)
        self._calling: dict[Future[bytes | None], str] = {}
        self._decoding: dict[Future[DecodedClip | None], str] = {}

    def carry_out(self, known: Collection[str]) -> None:
        """Get all lines that can be had; `known` are the stored ones. Raises Reschedule, and what `ready` raises."""
        limiter, all_lines = self._ports.limiter, self._there_before + len(self._wanted)
        try:
            self.fetch(known, limiter)
            while self.underway:
                self._ports.on_line(self._there_before + self.there, all_lines)
                if not self.call(limiter, self._ports.ready):
                    self._clip_store.flush()
                self.collect(limiter)
        except Reschedule:
            self.raise_any()  # the lines that failed want their delay
            raise
        finally:
            self.finish_running()
        if self._bought_elsewhere and not self.faults.of_lines:
            raise Reschedule(BOUGHT_ELSEWHERE_S, "line")

    def raise_any(self) -> None:
        """Raise why a line could not be had."""
        self.faults.raise_any()

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
        for key, data in zip(kept, self._ports.callers.map(self._clip_store.fetch, kept), strict=True):
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
            self._calling[self._ports.callers.submit(self._get, key)] = key
            called = True
        return called

    def collect(self, limiter: ConcurrencyLimiter) -> None:
        """Wait until a line has been bought or decoded, or more permits may be free."""
        underway: list[Future[Any]] = [*self._calling, *self._decoding]
        done = self._ports.threads.wait(underway, limiter.look_again_s if self._waiting else None)
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
                else:
                    self._bought_elsewhere = True

    def finish_running(self) -> None:
        """Wait for the calls under way, which store what they bring."""
        self._wait_for_all(self._calling)
        self._wait_for_all(self._decoding)

    def _wait_for_all(self, futures: Collection[Future[Any]]) -> None:
        while unfinished := [future for future in futures if not future.done()]:
            self._ports.threads.wait(unfinished)

    def _failed(self, key: str, fault: ProviderFault, limiter: ConcurrencyLimiter) -> None:
        decision = self._ports.retry_decision(fault)
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
        if first and decision == "once more" and self.billed[key] < MOST_BILLED:
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
            result = self._ports.narrator.speak(request)
        except ProviderFault as fault:
            try:
                if fault.uncertain:
                    self.billed[key] += 1
                    self._clip_store.record_uncertain(purchase, request)
                else:
                    self._clip_store.give_back(purchase)
            finally:
                self._clip_store.unclaim(key)
            raise
        self.billed[key] += 1
        # The claim is not given back: a step whose list of clips is older must find this one, not buy it again.
        self._clip_store.keep(purchase, key, request, result)
        return result.audio

    def _decode(self, key: str, data: bytes) -> None:
        def decoded() -> DecodedClip | None:
            try:
                return decode_clip(self._ports.ffmpeg, data, self._ports.workdir / f"{key}.pcm")
            except NotAudio:
                return None  # stays where it is stored until a second take is there: it was paid for

        self._decoding[self._ports.decoders.submit(decoded)] = key


class SecondTakes(FirstTakes):
    """Second takes of lines that came out odd: those that can be had. There are first ones to continue with.

    Too little money, or a narrator that fails, is no reason to fail, unless a first take is no sound at all.
    """

    reason: ProviderFault | BudgetExceeded | None = None
    """Why not all of them were bought."""

    def collect(self, limiter: ConcurrencyLimiter) -> None:
        """Wait likewise; after a failure buy no more of them."""
        try:
            super().collect(limiter)
        except (ProviderFault, BudgetExceeded) as error:
            self.reason = error
            self._waiting.clear()

    def finish_running(self) -> None:
        """Wait likewise; lines that failed are given up."""
        super().finish_running()
        self.reason = self.reason or next(iter(self.faults.of_lines.values()), None)
        self.faults.of_lines.clear()

    def raise_any(self) -> None:
        """Raise nothing."""


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
