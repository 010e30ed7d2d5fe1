"""Steps whose rest goes to a new message: how often, how far apart, and that none does so for ever."""

from collections.abc import Callable

import pytest

from chalicelib.errors import Awaited, HandOver
from chalicelib.pipeline.failure import GIVEN_UP
from chalicelib.pipeline.hold import Hold
from chalicelib.store.leases import Lease
from chalicelib.store.permits import Permits, owner_of
from chalicelib.timing import MARGIN_S, MASTERING_S, Timing
from tests.support.house import House
from tests.support.providers import MemoryAuthor, MemoryNarrator

RUN = "task:1"


def narrated(house: House, **fields: int) -> str:
    """A task that is to narrate a written chapter."""
    story_id = house.create(num_chapters=1, **fields)
    house.generate(story_id, audio=False)
    house.run()
    return str(house.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"])


def broken(awaited: Awaited) -> Callable[[Hold, object], None]:
    """A step that never gets what it needs."""

    def hand_over(_hold: Hold, _step: object) -> None:
        raise HandOver(2.0 if awaited != "time" else 0.0, awaited)

    return hand_over


@pytest.mark.parametrize("awaited", ["time", "permit"])
def test_a_step_that_gets_nowhere_ends_with_a_sentence(house: House, awaited: Awaited) -> None:
    task_id = narrated(house)
    house.services.narrating.narrate = broken(awaited)  # type: ignore[method-assign, assignment]
    deliveries = house.run()
    task = house.task(task_id)
    most, failure = GIVEN_UP[awaited]
    assert (deliveries, task["status"], task["error"]) == (most + 1, "failed", failure.sentence)
    assert task["error_code"] != "internal"
    if awaited == "time":
        house.request("POST", f"/tasks/{task_id}/retry")
        assert house.run() == most + 1  # counted afresh


def test_a_chapter_that_cannot_be_mastered_in_a_functions_time_ends(house: House) -> None:
    task_id = narrated(house)
    for _ in range(20):
        if (message := house.queues.receive()) is None:
            break
        house.deliver(message, remaining_s=MASTERING_S + MARGIN_S - 1)  # enough for the lines, never for the rest
    assert (house.task(task_id)["status"], house.task(task_id)["error_code"]) == ("failed", "timeout")
    assert set(house.narrator.bought.values()) == {1}


def test_a_long_chapter_that_gets_on_is_never_given_up(house: House) -> None:
    author, narrator = MemoryAuthor(house.clock, lines=60), MemoryNarrator(house.clock, seconds=50)
    house = House(clock=house.clock, author=author, narrator=narrator)
    task_id = narrated(house)
    assert house.run() > 2 * GIVEN_UP["time"][0]
    assert house.task(task_id)["status"] == "completed"
    assert set(narrator.bought.values()) == {1}


def test_a_worker_that_is_next_in_line_waits_for_as_long_as_it_can_finish_a_chapter(house: House) -> None:
    task_id = narrated(house)
    permits = Permits("narration", house.services.config.plan.narrations_at_once, house.clock)
    permits.take(owner_of("0", "n1"), "bob", 100, 0, 10_000)  # somebody has them all, and no heart beats
    message = house.queues.receive() or pytest.fail("no message")
    began = house.clock()
    assert house.deliver(message)
    assert 100 < house.clock() - began < 150
    [sent] = house.queues.messages
    assert sent.visible_at == house.clock()  # it goes on at once, with all of a function's time
    lease = house.services.leases
    assert lease.working_on(str(house.task(task_id)["story_id"])) == set()
    permits.give_back(owner_of("0", "n1"))
    house.run()
    assert house.task(task_id)["status"] == "completed"


def test_a_waiting_worker_stops_when_its_task_is_cancelled(house: House) -> None:
    task_id = narrated(house)
    permits = Permits("narration", house.services.config.plan.narrations_at_once, house.clock)
    permits.take(owner_of("0", "n1"), "bob", 100, 0, 10_000)
    looks: list[float] = []

    def wait(seconds: float) -> None:
        looks.append(seconds)
        house.clock.advance(seconds)
        if len(looks) == 10:
            house.request("POST", f"/tasks/{task_id}/cancel")

    house.services.narrating._wait = wait
    message = house.queues.receive() or pytest.fail("no message")
    assert house.deliver(message)
    assert len(looks) == 10
    assert house.queues.messages == []


def test_the_pauses_grow_with_what_has_been_waited(house: House) -> None:
    pauses = [Timing().hand_over_s(2.0, times) for times in range(1, 13)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2.0, 30.0)
    waited = 2.0
    for pause in pauses[1:]:
        assert pause <= 2 * waited
        waited += pause
    assert Timing().hand_over_s(0.0, 300) == 0.0


def test_hand_overs_are_counted_by_what_is_lacking_until_something_is_kept(house: House) -> None:
    leases = house.services.leases

    def hand_over(awaited: Awaited, *, progressed: bool = False, run: str = RUN) -> int:
        lease = Lease("story", "n1", house.services.ids())
        assert leases.take(lease, 60)
        return leases.hand_over(lease, run, awaited, progressed=progressed)

    assert [hand_over("permit"), hand_over("line"), hand_over("time"), hand_over("permit")] == [1, 2, 1, 3]
    assert [hand_over("permit", progressed=True), hand_over("time"), hand_over("permit")] == [0, 1, 1]
    assert [hand_over("permit", run="task:2"), hand_over("permit", run="task:2")] == [1, 2]
    lost = Lease("story", "n1", "somebody else")
    assert leases.hand_over(lost, RUN, "time", progressed=False) == 0
