"""Steps whose rest goes to a new message: how often, how far apart, and that none does so for ever."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.fairness import owner_of
from chalicelib.domain.lease import Lease
from chalicelib.errors import Awaited, Reschedule
from chalicelib.pipeline.failure import GIVEN_UP
from chalicelib.pipeline.step_context import StepContext
from chalicelib.store.semaphore import FairSemaphore
from chalicelib.timing import MARGIN_S, MASTERING_S, Timing
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.questions import short_chapters
from tests.support.testapp import TestApp, one_line_at_a_time

pytestmark = pytest.mark.no_cover  # whole stories, many times, through lines that other tests cover

ATTEMPT = "task:1"


def narrated(testapp: TestApp, **fields: int) -> str:
    """Order a task that is to narrate a written chapter."""
    story_id = testapp.create(num_chapters=1, **fields)
    testapp.generate(story_id, audio=False)
    testapp.run()
    return str(testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"])


def broken(awaited: Awaited) -> Callable[[StepContext, object], None]:
    """Return a step that never gets what it needs."""

    def rescheduled(_context: StepContext, _step: object) -> None:
        raise Reschedule(2.0 if awaited != "time" else 0.0, awaited)

    return rescheduled


@pytest.mark.parametrize("awaited", ["time", "permit"])
def test_a_step_that_gets_nowhere_ends_with_a_sentence(testapp: TestApp, awaited: Awaited) -> None:
    task_id = narrated(testapp)
    testapp.services.workflow.narrate = broken(awaited)  # type: ignore[assignment, method-assign]
    deliveries = testapp.run()
    task = testapp.task(task_id)
    most, failure = GIVEN_UP[awaited]
    assert (deliveries, task["status"], task["error"]) == (most + 1, "failed", failure.sentence)
    assert task["error_code"] != "internal"
    if awaited == "time":
        testapp.request("POST", f"/tasks/{task_id}/retry")
        assert testapp.run() == most + 1  # counted afresh


def test_a_chapter_that_cannot_be_mastered_in_a_functions_time_ends(testapp: TestApp) -> None:
    task_id = narrated(testapp)
    for _ in range(20):
        if (message := testapp.queues.receive()) is None:
            break
        testapp.deliver(message, remaining_s=MASTERING_S + MARGIN_S - 1)  # enough for the lines, never for the rest
    assert (testapp.task(task_id)["status"], testapp.task(task_id)["error_code"]) == ("failed", "timeout")
    assert set(testapp.narrator.bought.values()) == {1}


def test_a_long_chapter_that_gets_on_is_never_given_up(testapp: TestApp) -> None:
    author, narrator = MemoryAuthor(testapp.clock, lines=60), MemoryNarrator(testapp.clock, seconds=50)
    # The stand-in's tone is too short for each of these lines alike, and so for none of them.
    config = one_line_at_a_time(short_chapters(words=1200))
    testapp = TestApp(clock=testapp.clock, author=author, narrator=narrator, config=config)
    task_id = narrated(testapp)
    assert testapp.run() > 2 * GIVEN_UP["time"][0]
    assert testapp.task(task_id)["status"] == "completed"
    assert set(narrator.bought.values()) == {1}


def test_a_worker_that_is_next_in_line_waits_for_as_long_as_it_can_finish_a_chapter(testapp: TestApp) -> None:
    task_id = narrated(testapp)
    semaphore = FairSemaphore("narration", testapp.services.config.plan.narrations_at_once, testapp.clock)
    semaphore.acquire(owner_of("0", "n1"), "bob", 100, 0, 10_000)  # somebody has them all, and no heart beats
    message = testapp.queues.receive() or pytest.fail("no message")
    began = testapp.clock()
    assert testapp.deliver(message)
    assert 100 < testapp.clock() - began < 150
    [sent] = testapp.queues.messages
    assert sent.visible_at == testapp.clock()  # it goes on at once, with all of a function's time
    lease = testapp.services.leases
    assert lease.working_on(str(testapp.task(task_id)["story_id"])) == set()
    semaphore.release(owner_of("0", "n1"))
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"


def test_a_waiting_worker_stops_when_its_task_is_cancelled(testapp: TestApp) -> None:
    task_id = narrated(testapp)
    semaphore = FairSemaphore("narration", testapp.services.config.plan.narrations_at_once, testapp.clock)
    semaphore.acquire(owner_of("0", "n1"), "bob", 100, 0, 10_000)
    looks: list[float] = []

    def wait(seconds: float) -> None:
        looks.append(seconds)
        testapp.clock.advance(seconds)
        if len(looks) == 10:
            testapp.request("POST", f"/tasks/{task_id}/cancel")

    testapp.services.narration._runtime = replace(testapp.services.runtime, wait=wait)
    message = testapp.queues.receive() or pytest.fail("no message")
    assert testapp.deliver(message)
    assert len(looks) == 10
    assert testapp.queues.messages == []


def test_the_pauses_grow_with_what_has_been_waited(testapp: TestApp) -> None:
    pauses = [Timing().reschedule_delay_s(2.0, times) for times in range(1, 13)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2.0, 30.0)
    waited = 2.0
    for pause in pauses[1:]:
        assert pause <= 2 * waited
        waited += pause
    assert Timing().reschedule_delay_s(0.0, 300) == 0.0


def test_reschedules_are_counted_by_what_is_lacking_until_something_is_kept(testapp: TestApp) -> None:
    leases, counter = testapp.services.leases, testapp.services.repositories.failures

    def rescheduled(awaited: Awaited, *, progressed: bool = False, attempt: str = ATTEMPT) -> int:
        lease = Lease("story", "n1", testapp.services.runtime.ids())
        assert leases.acquire(lease, 60)
        return counter.count_reschedule(lease, attempt, awaited, progressed=progressed)

    assert [rescheduled("permit"), rescheduled("line"), rescheduled("time"), rescheduled("permit")] == [1, 2, 1, 3]
    assert [rescheduled("permit", progressed=True), rescheduled("time"), rescheduled("permit")] == [0, 1, 1]
    assert [rescheduled("permit", attempt="task:2"), rescheduled("permit", attempt="task:2")] == [1, 2]
    lost = Lease("story", "n1", "somebody else")
    assert counter.count_reschedule(lost, ATTEMPT, "time", progressed=False) == 0
