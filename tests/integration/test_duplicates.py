"""SQS may deliver every message twice: one after the other, in either order, or while the first is being worked on."""

from random import Random

import pytest

from chalicelib.store.queues import StepMessage
from chalicelib.timing import Timing
from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.queues import MemoryQueues

DEEP = 3
"""Workers at the same time, each in a paid call of the one before."""


class TwiceQueues(MemoryQueues):
    """Every message is there twice, but for those that a duplicate sends in its own place: they would be legion."""

    def __init__(self, clock: ManualClock, timing: Timing) -> None:
        super().__init__(clock, timing)
        self._known: set[StepMessage] = set()

    def send(self, queue: str, message: StepMessage, delay_s: float = 0.0) -> None:
        super().send(queue, message, delay_s)
        if message not in self._known:
            self._known.add(message)
            super().send(queue, message, delay_s)


@pytest.fixture
def twice(house: House) -> House:
    return House(clock=house.clock, queues=TwiceQueues(house.clock, house.timing))


def check(house: House, task_id: str) -> None:
    """The story is complete and every paid call was made once."""
    assert house.task(task_id)["status"] == "completed"
    assert set(house.author.bought.values()) == set(house.narrator.bought.values()) == {1}
    assert len(house.author.bought) == 7  # outline, three chapters, three enhancements
    bought = sum(house.author.bought.values()) + sum(house.narrator.bought.values())
    assert house.request("GET", "/usage?month=2026-11").json_body["total"]["calls"] == bought


@pytest.mark.parametrize("newest_first", [False, True])
def test_one_after_the_other_in_either_order(twice: House, newest_first: bool) -> None:
    task_id = twice.generate(twice.create())
    for _ in range(400):
        if newest_first:
            twice.queues.messages.reverse()
        message = twice.queues.receive()
        if message is None:
            if (at := twice.queues.next_at()) is None:
                break
            twice.clock.now = max(twice.clock.now, at)
        else:
            twice.deliver(message)
    check(twice, task_id)


@pytest.mark.parametrize("seed", range(4))
def test_at_the_same_time(twice: House, seed: int) -> None:
    """While one worker waits for a provider, others receive whatever is visible: mostly the same step's duplicate."""
    random, depth, together = Random(seed), 0, 0

    def meanwhile(_what: str) -> None:
        nonlocal depth, together
        message = twice.queues.receive(random) if depth < DEEP else None
        if message is None:
            return
        depth += 1
        together += 1
        twice.deliver(message)
        depth -= 1

    twice.author.fails = twice.narrator.fails = meanwhile
    task_id = twice.generate(twice.create())
    twice.run(random=random)
    assert together > 10
    check(twice, task_id)
