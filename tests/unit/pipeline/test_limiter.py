"""Chapters that want the narrator at once, on a clock of their own: which is heard when, and what waiting takes."""

import heapq
from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from chalicelib.domain.fairness import Grant, Holder
from chalicelib.errors import Reschedule
from chalicelib.pipeline.limiter import SemaphoreLimiter
from chalicelib.pipeline.step_context import StepContext
from chalicelib.runtime import Runtime
from chalicelib.store.semaphore import FairSemaphore
from chalicelib.timing import Timing
from tests.support.together import SharedClock

LINE_S = 2.0
FUNCTIONS = 8
AT_ONCE = 4
"""Lines of a chapter that may be narrated at once."""


class MemorySemaphore(FairSemaphore):
    """The semaphore without a table."""

    def __init__(self, total: int, clock: SharedClock) -> None:
        super().__init__("narration", total, clock)
        self.most = 0
        self._holdings: dict[str, Holder] = {}

    def _change(self, change: Callable[[dict[str, Holder], float], Grant]) -> Grant:
        now = self._clock()
        self._holdings = {owner: held for owner, held in self._holdings.items() if held.until >= now}
        granted = change(self._holdings, now)
        self.most = max(self.most, sum(held.permits for held in self._holdings.values()))
        return granted


class Narration:
    """Narrates chapters of some lines each, in the order in which the queue delivers them."""

    def __init__(self, total: int, lines: int, uneven: float = 0.0) -> None:
        self.clock = SharedClock()
        self.semaphore = MemorySemaphore(total, self.clock)
        self.heard: dict[tuple[str, int], float] = {}
        self.deliveries = 0
        self.function_s = 0.0
        self._left: dict[tuple[str, int], int] = {}
        self._times: dict[tuple[str, int], int] = {}
        self._lines = lines
        self._random, self._uneven = Random(1), uneven
        self._queue: list[tuple[float, int, tuple[str, int]]] = []
        self._free = FUNCTIONS

    def run(self, chapters: Iterable[tuple[str, int]]) -> "Narration":
        """Narrate them; `heard` says after how many seconds each was done."""
        began = self.clock()
        for chapter in chapters:
            self._left[chapter], self._times[chapter] = self._lines, 0
            self._send(chapter, 0.0)
        self.clock.shared = True
        while self._step():
            pass
        self.heard = {chapter: at - began for chapter, at in self.heard.items()}
        return self

    def _send(self, chapter: tuple[str, int], delay_s: float) -> None:
        self.deliveries += 1
        heapq.heappush(self._queue, (self.clock() + delay_s, self.deliveries, chapter))

    def _step(self) -> bool:
        if self._free and self._queue and self._queue[0][0] <= self.clock():
            chapter = heapq.heappop(self._queue)[2]
            self._free -= 1
            self.clock.start(partial(self._deliver, chapter))
            return True
        arriving = self._queue[0][0] if self._queue else None
        waking = self.clock.next_at
        if waking is not None and (arriving is None or waking <= arriving or not self._free):
            self.clock.wake_next()
            return True
        if arriving is not None:
            self.clock.now = arriving
        return arriving is not None

    def _deliver(self, chapter: tuple[str, int]) -> None:
        began = self.clock()
        user, number = chapter
        context = SimpleNamespace(
            task=SimpleNamespace(story_id=f"story of {user}", user_id=user),
            lease=SimpleNamespace(step=f"n{number}"),
            on_heartbeat=lambda _renew: None,
            ensure_may_continue=lambda _call_s: self._in_time(began),
        )
        limiter = SemaphoreLimiter(
            semaphore=self.semaphore,
            context=cast(StepContext, context),
            want=AT_ONCE,
            runtime=Runtime(self.clock, self.clock.advance),
        )
        before = self._left[chapter]
        try:
            self._narrate(limiter, chapter)
            self.heard[chapter] = self.clock()
        except Reschedule as rest:
            self._times[chapter] = 0 if self._left[chapter] < before else self._times[chapter] + 1
            self._send(chapter, Timing().reschedule_delay_s(rest.delay_s, self._times[chapter]))
        finally:
            limiter.close()
            self.function_s += self.clock() - began
            self._free += 1

    def _in_time(self, began: float) -> None:
        if self.clock() - began > 130:
            raise Reschedule

    def _narrate(self, limiter: SemaphoreLimiter, chapter: tuple[str, int]) -> None:
        ends: list[float] = []
        try:
            while self._left[chapter] or ends:
                waiting = self._left[chapter] - len(ends)
                while waiting and len(ends) < limiter.lines(len(ends), len(ends) + waiting):
                    heapq.heappush(ends, self.clock() + LINE_S * (1 + self._uneven * self._random.uniform(-1, 1)))
                    waiting -= 1
                to_wait, look_again = max(0.0, ends[0] - self.clock()), limiter.look_again_s if waiting else None
                if look_again is not None and look_again < to_wait:
                    self.clock.advance(look_again)
                    continue
                self.clock.advance(to_wait)
                heapq.heappop(ends)
                self._left[chapter] -= 1
        finally:
            self._left[chapter] -= len(ends)  # what is being bought is kept


def chapters_of(user: str, numbers: Iterable[int]) -> list[tuple[str, int]]:
    return [(user, number) for number in numbers]


ORDERS = {"first": (1, 2, 3, 4, 5, 6), "last": (6, 5, 4, 3, 2, 1), "mixed": (4, 2, 6, 1, 3, 5)}
EQUAL_SHARES_S = 46.4
"""All six with equal shares for all of their chapters, in this model: 22 rounds of ten lines would be 44 s."""


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_the_first_of_six_chapters_is_heard_almost_as_soon_as_alone_and_all_as_soon_as_ever(
    order: Iterable[int],
) -> None:
    alone = Narration(10, 36).run(chapters_of("ann", [1])).heard["ann", 1]
    six = Narration(10, 36).run(chapters_of("ann", order))
    assert six.semaphore.most <= 10
    assert six.heard["ann", 1] <= 1.3 * alone
    assert min(six.heard, key=lambda chapter: six.heard[chapter]) == ("ann", 1)
    assert max(six.heard.values()) <= 1.02 * EQUAL_SHARES_S


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_so_it_is_with_lines_of_uneven_length(order: Iterable[int]) -> None:
    """A permit that others give back is used at once, not when one of the chapter's own lines has ended."""
    alone = Narration(10, 36, uneven=0.4).run(chapters_of("ann", [1])).heard["ann", 1]
    six = Narration(10, 36, uneven=0.4).run(chapters_of("ann", order))
    assert six.semaphore.most <= 10
    assert six.heard["ann", 1] <= 1.3 * alone
    assert max(six.heard.values()) <= 1.05 * EQUAL_SHARES_S


def test_users_share_fairly_whoever_came_first() -> None:
    both = Narration(10, 36).run([*chapters_of("ann", range(1, 7)), *chapters_of("bob", [1])])
    assert both.semaphore.most <= 10
    assert both.heard["bob", 1] <= 1.3 * 36 * LINE_S / AT_ONCE
    assert both.heard["ann", 1] <= 1.3 * 36 * LINE_S / AT_ONCE


def test_fifty_chapters_on_a_plan_of_three_hardly_pay_for_waiting() -> None:
    fifty = Narration(3, 36).run(chapters_of("ann", range(1, 51)))
    bound = 50 * 36 * LINE_S / 3
    assert max(fifty.heard.values()) <= 1.1 * bound
    assert fifty.function_s <= 3 * bound  # one that runs, one that is next, and short looks of all others
    assert fifty.deliveries <= 50 * 30


def test_a_plan_with_less_than_one_line_for_each_user_serves_all_of_them() -> None:
    many = Narration(2, 4).run([(f"user {n}", 1) for n in range(12)])
    assert len(many.heard) == 12
    assert max(many.heard.values()) <= 1.5 * 12 * 4 * LINE_S / 2
