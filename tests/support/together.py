"""Functions that run at the same time, on a clock of their own: every run is the same, and takes no real time.

Each delivery has a thread, of which only one goes on at any moment: the others wait on the clock. Time passes when all
of them wait. A function may make one paid call at a time (House's `lines_at_once`), else its threads would be several.
"""

import heapq
import threading
from collections import Counter
from collections.abc import Mapping
from itertools import count

from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.queues import Waiting


class SharedClock(ManualClock):
    """A clock on which several threads may wait at once."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = False
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._numbers = count()
        self._going = 0
        self._changed = threading.Condition()

    def advance(self, seconds: float) -> None:
        if not self.shared:
            super().advance(seconds)
            return
        woken = threading.Event()
        with self._changed:
            heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
            self._stops()
        woken.wait()

    @property
    def next_at(self) -> float | None:
        """When the next thread goes on."""
        return self._sleepers[0][0] if self._sleepers else None

    def begins(self) -> None:
        """One more thread goes on."""
        with self._changed:
            self._going += 1

    def ends(self) -> None:
        """A thread has ended."""
        with self._changed:
            self._stops()

    def settle(self) -> None:
        """Return when every thread waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._going)

    def wake_next(self) -> None:
        """Let the next thread go on, and return when it waits again."""
        at, _, woken = heapq.heappop(self._sleepers)
        self.now = max(self.now, at)
        self.begins()
        woken.set()
        self.settle()

    def _stops(self) -> None:
        self._going -= 1
        self._changed.notify_all()


class Together:
    """Delivers a house's messages, as many at once as each queue has functions, until there is none."""

    def __init__(self, house: House, clock: SharedClock, functions: Mapping[str, int]) -> None:
        self.pauses_s: list[float] = []
        """How long no function ran though there was a message, each time."""
        self.deliveries: Counter[str] = Counter()
        self._house = house
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
            if self._free[queue] and (message := self._house.queues.receive(queue=queue)):
                self._start(message)
                return True
        self._house.bury()
        now = self._clock.now
        waking = self._clock.next_at
        arriving = min((m.visible_at for m in self._house.queues.messages if m.visible_at > now), default=None)
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
        self._clock.begins()
        threading.Thread(target=self._deliver, args=(message,), daemon=True).start()
        self._clock.settle()

    def _deliver(self, message: Waiting) -> None:
        try:
            self._house.deliver(message)
        except BaseException as error:  # noqa: BLE001 # raised again by run
            self._errors.append(error)
        finally:
            self._free[message.queue] += 1
            self._running -= 1
            self._clock.ends()
