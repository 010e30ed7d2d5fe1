"""Clocks that a test controls, and ids that are the same in every run."""

import threading
import time
from itertools import count


class ManualClock:
    """A clock in seconds since the epoch that only a test moves; it starts in the evening of 2026-11-23."""

    def __init__(self, now: float = 1_795_464_000.0) -> None:
        self.now = now
        self._moving = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        with self._moving:
            self.now += seconds


class WallClock(ManualClock):
    """The real time, for tests of threads that wait for it: `advance` waits."""

    def __call__(self) -> float:
        return time.time()

    def advance(self, seconds: float) -> None:
        threading.Event().wait(seconds)


class CountedIds:
    """A source of ids that sort by age and are the same in every run."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)

    def __call__(self) -> str:
        return f"{next(self._numbers):032x}"
