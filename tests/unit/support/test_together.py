"""The clock that threads share: what takes real time takes none of its time."""

import subprocess
import sys
from concurrent.futures import Future
from functools import partial
from typing import Any

from tests.support.together import SharedClock

CALL_S = 5.0


def chapter(clock: SharedClock, name: str, seen: list[tuple[str, float]]) -> None:
    """Make a call that takes time on the clock, beside a process that takes real time, as decoding does."""
    call = clock.pool(1, "line").submit(clock.advance, CALL_S)
    decoded = clock.pool(1, "decode").submit(subprocess.run, [sys.executable, "-c", ""], check=True)
    waiting: set[Future[Any]] = {call, decoded}
    while waiting:
        waiting -= clock.wait(waiting)
        seen.append((f"{name}, {len(waiting)} left", clock()))


def test_no_time_passes_while_a_thread_works_though_all_others_wait_for_the_clock() -> None:
    clock, seen = SharedClock(), list[tuple[str, float]]()
    clock.shared, began = True, clock()
    for name in ("first", "second"):
        clock.start(partial(chapter, clock, name, seen))
    assert seen == [("first, 1 left", began), ("second, 1 left", began)]
    while clock.next_at is not None:
        clock.wake_next()
    assert seen[2:] == [("first, 0 left", began + CALL_S), ("second, 0 left", began + CALL_S)]


def test_a_wait_ends_when_its_time_is_over_and_leaves_nothing_behind() -> None:
    clock, seen = SharedClock(), list[float]()
    clock.shared, began = True, clock()

    def work() -> None:
        call = clock.pool(1, "line").submit(clock.advance, CALL_S)
        while not clock.wait([call], 2.0):
            seen.append(clock() - began)

    clock.start(work)
    while clock.next_at is not None:
        clock.wake_next()
    assert (seen, clock() - began) == ([2.0, 4.0], CALL_S)
