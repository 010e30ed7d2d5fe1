"""SQS may deliver every message twice: one after the other, in either order, or while the first is being worked on."""

from dataclasses import replace
from random import Random

import pytest

from chalicelib.domain.message import StepMessage
from chalicelib.pipeline.step_context import threaded_heartbeat
from chalicelib.timing import Timing
from tests.support.clock import ManualClock, WallClock
from tests.support.queues import MemoryQueues
from tests.support.testapp import TestApp

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
def twice(testapp: TestApp) -> TestApp:
    return TestApp(clock=testapp.clock, queues=TwiceQueues(testapp.clock, testapp.timing))


def check(testapp: TestApp, task_id: str) -> None:
    """Check that the story is complete and every paid call was made once."""
    assert testapp.task(task_id)["status"] == "completed"
    assert set(testapp.author.bought.values()) == set(testapp.narrator.bought.values()) == {1}
    assert len(testapp.author.bought) == 7  # outline, three chapters, three enhancements
    bought = sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    assert testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"] == bought


@pytest.mark.parametrize("newest_first", [False, True])
def test_one_after_the_other_in_either_order(twice: TestApp, newest_first: bool) -> None:
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
def test_at_the_same_time(twice: TestApp, seed: int) -> None:
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


def test_while_the_first_is_in_a_call_of_twice_the_lease(memory_aws: None) -> None:
    """With real heartbeats, in real time: the second receive has made the first one's handle invalid."""
    timing = replace(Timing(), lease_s=1.2)
    testapp = TestApp(clock=WallClock(), timing=timing, heartbeat=threaded_heartbeat(timing.heartbeat_check_s))
    twice: set[int] = set()
    refused: list[bool] = []

    def again(_what: str) -> None:
        """Far in the call, when a lease that nobody has renewed is over."""
        (number,) = working
        testapp.clock.advance(1.5 * timing.lease_s)
        if number not in twice:
            twice.add(number)
            (message,) = [message for message in testapp.queues.messages if message.number == number]
            message.visible_at = 0.0
            testapp.queues.messages.sort(key=lambda other: other is not message)  # the one that is delivered twice
            received = testapp.queues.receive()
            assert received is message
            sent = testapp.queues.sent
            assert testapp.deliver(message)
            refused.append(testapp.queues.sent == sent + 1)  # a fresh message in its place, for later
        testapp.clock.advance(0.5 * timing.lease_s)

    testapp.author.fails = again
    testapp.narrator.fails = lambda text: again(text) if text == "Good night." else None
    testapp.generate(testapp.create(num_chapters=1))
    working: list[int] = []
    while testapp.queues.messages:
        if message := testapp.queues.receive():
            working[:] = [message.number]
            testapp.deliver(message)
        else:
            testapp.clock.advance(0.05)
    assert refused == [True] * 4  # outline, write, enhance, narrate
    assert set(testapp.author.bought.values()) == set(testapp.narrator.bought.values()) == {1}
    assert (len(testapp.author.bought), len(testapp.narrator.bought)) == (3, 4)
