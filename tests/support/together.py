"""Functions that run concurrently on a simulated clock: every run is the same, and takes no real time.

Each delivery has threads, and so has each of its calls and decodings. Only one of all these threads runs at any moment;
the others wait for the clock, for another thread, or for their turn. Turns are taken in the order in which they came
up, and time passes when no thread has one. So neither the machine's load nor its scheduler changes anything.
"""

import heapq
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from itertools import count
from typing import Any, ParamSpec, TypeVar

import msgspec

from chalicelib.domain.message import StepMessage
from tests.support.clock import ManualClock
from tests.support.queues import Waiting
from tests.support.testapp import TestApp

P = ParamSpec("P")
T = TypeVar("T")


class Turn:
    """A waiting thread. It may wait for several things: the first that happens gives it its turn."""

    def __init__(self) -> None:
        self.given = False
        self.taken = threading.Event()


class SharedClock(ManualClock):
    """A clock that several threads may wait on, of which one runs at a time; and those threads (`audio.threads`).

    Nothing here needs a lock: only the thread that runs touches it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shared = False
        self._sleepers: list[tuple[float, int, Turn]] = []
        self._numbers = count()
        self._turns: deque[Turn] = deque()
        self._nobody_goes_on = threading.Event()
        self._for_futures: dict[Turn, Collection[Future[Any]]] = {}

    def advance(self, seconds: float) -> None:
        if not self.shared:
            super().advance(seconds)
            return
        turn = Turn()
        self._wake_at(self.now + seconds, turn)
        self._pause(turn)

    @property
    def next_at(self) -> float | None:
        """The time at which the next thread continues; None if no thread sleeps."""
        while self._sleepers and self._sleepers[0][2].given:
            heapq.heappop(self._sleepers)  # something else woke it before its time
        return self._sleepers[0][0] if self._sleepers else None

    def wake_next(self) -> None:
        """Let the thread that sleeps until `next_at` run, and return when all wait again."""
        at, _, turn = heapq.heappop(self._sleepers)
        self.now = max(self.now, at)
        self._give(turn)
        self._settle()

    def start(self, work: Callable[[], None]) -> None:
        """Start a thread, and return when all wait."""
        self._begin(work)
        self._settle()

    def pool(self, at_once: int, name: str) -> Executor:
        """Return an executor without a limit: a chapter never asks for more calls at once than it may make."""
        del at_once, name
        return SharedPool(self)

    def wait(self, futures: Collection[Future[Any]], timeout_s: float | None = None) -> set[Future[Any]]:
        if not any(future.done() for future in futures):
            turn = Turn()
            self._for_futures[turn] = futures
            if timeout_s is not None:
                self._wake_at(self.now + timeout_s, turn)
            self._pause(turn)
            del self._for_futures[turn]
        return {future for future in futures if future.done()}

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Make a call on a thread of its own, when its turn comes."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 # raised again by `Future.result`
                future.set_exception(error)
            for turn, futures in self._for_futures.items():
                if future in futures:
                    self._give(turn)

        self._begin(work)
        return future

    def _begin(self, work: Callable[[], None]) -> None:
        turn = Turn()

        def run() -> None:
            turn.taken.wait()
            try:
                work()
            finally:
                self._pass_on()

        threading.Thread(target=run, daemon=True).start()
        self._give(turn)

    def _wake_at(self, at: float, turn: Turn) -> None:
        heapq.heappush(self._sleepers, (at, next(self._numbers), turn))

    def _give(self, turn: Turn) -> None:
        if not turn.given:
            turn.given = True
            self._turns.append(turn)

    def _pass_on(self) -> None:
        (self._turns.popleft().taken if self._turns else self._nobody_goes_on).set()

    def _pause(self, turn: Turn) -> None:
        self._pass_on()
        turn.taken.wait()

    def _settle(self) -> None:
        self._nobody_goes_on.clear()
        self._pass_on()
        self._nobody_goes_on.wait()


class SharedPool(Executor):
    """The threads of a shared clock as an executor."""

    def __init__(self, clock: SharedClock) -> None:
        self._clock = clock

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        return self._clock.submit(partial(fn, *args, **kwargs))

    def map(
        self, fn: Callable[..., T], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """Call `fn` one after another: the caller waits for all of them anyway."""
        del timeout, chunksize
        return map(fn, *iterables)


class Together:
    """A driver that delivers a TestApp's messages, as many at once as each queue has functions, until none is left."""

    def __init__(self, testapp: TestApp, clock: SharedClock, functions: Mapping[str, int]) -> None:
        self.pauses_s: list[float] = []
        """Seconds for which no function ran though there was a message, each time."""
        self.deliveries: Counter[str] = Counter()
        self.ended_at: dict[str, float] = {}
        """When the last delivery of each step ended, by step."""
        self._testapp = testapp
        self._clock = clock
        self._free = Counter(functions)
        self._running = 0
        self._errors: list[BaseException] = []

    def run(self) -> None:
        self._clock.shared = True
        while self._start_or_wait():
            if self._errors:
                raise self._errors[0]
        self._clock.shared = False

    def _start_or_wait(self) -> bool:
        for queue in self._free:
            if self._free[queue] and (message := self._testapp.queues.receive(queue=queue)):
                self._start(message)
                return True
        self._testapp.fail_dead_letter()
        now = self._clock.now
        waking = self._clock.next_at
        arriving = min((m.visible_at for m in self._testapp.queues.messages if m.visible_at > now), default=None)
        if waking is None and arriving is None:
            return False
        if waking is None or (arriving is not None and arriving < waking):
            assert arriving is not None
            if not self._running:
                self.pauses_s.append(arriving - now)
            self._clock.now = arriving
        else:
            self._clock.wake_next()
        return True

    def _start(self, message: Waiting) -> None:
        self._free[message.queue] -= 1
        self._running += 1
        self.deliveries[message.queue] += 1
        self._clock.start(partial(self._deliver, message))

    def _deliver(self, message: Waiting) -> None:
        try:
            self._testapp.deliver(message)
        except BaseException as error:  # noqa: BLE001 # raised again by run
            self._errors.append(error)
        finally:
            self._free[message.queue] += 1
            self._running -= 1
            self.ended_at[msgspec.json.decode(message.body, type=StepMessage).step] = self._clock.now
