"""The heartbeat beats while its worker waits, survives a store that is away, and ends with the work; the lease is
renewed whatever becomes of the message."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.domain.lease import Lease
from chalicelib.errors import LeaseLost, Reschedule, StoreUnavailable
from chalicelib.pipeline.funds import StepFunds
from chalicelib.pipeline.step_context import Delivery, StepContext, no_heartbeat_thread, threaded_heartbeat
from chalicelib.runtime import Runtime
from chalicelib.timing import Timing
from tests.support.clock import ManualClock
from tests.support.repositories import all_of


class Beaten:
    """Counts its renewals; the first one finds the store away."""

    def __init__(self) -> None:
        self.beats = 0
        self.enough = threading.Event()

    def extend_message(self) -> None:
        """Nothing of interest here."""

    def heartbeat(self) -> None:
        self.beats += 1
        if self.beats == 1:
            raise StoreUnavailable("PutError")
        if self.beats == 3:
            self.enough.set()


def test_the_heartbeat_renews_until_the_work_is_done() -> None:
    beaten = Beaten()
    with threaded_heartbeat(0.001)(cast(StepContext, beaten)):
        assert beaten.enough.wait(10)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_without_a_thread_nothing_beats() -> None:
    beaten = Beaten()
    with no_heartbeat_thread(cast(StepContext, beaten)):
        assert beaten.beats == 0


class Store:
    """Leases and tasks that note what is renewed; `fails` of the first renewals find the store away."""

    def __init__(self, fails: int = 0) -> None:
        self.renewed: list[str] = []
        self._fails = fails

    def renew(self, lease: Lease, _seconds: float) -> bool:
        if self._fails:
            self._fails -= 1
            raise StoreUnavailable("PutError")
        self.renewed.append("lease")
        return True

    def record_heartbeat(self, _task: object, _message: str) -> bool:
        self.renewed.append("task")
        return True


def funds_of(fake: Any) -> StepFunds:
    """Return the money of a step that has bought nothing."""
    return StepFunds(repositories=all_of(fake), task=fake, lease=Lease("story", "w1", "me"), hold=lambda _task: None)


def context_of(store: Store, clock: ManualClock, delivery: Delivery) -> StepContext:
    return StepContext(
        lease=Lease("story", "w1", "me"),
        task=cast(Any, store),
        delivery=delivery,
        funds=funds_of(store),
        repositories=all_of(store),
        runtime=Runtime(clock),
    )


def invalid(_seconds: int) -> None:
    raise StoreUnavailable("ClientError")


def test_a_message_that_cannot_be_held_costs_no_lease() -> None:
    store, clock = Store(), ManualClock()
    context = context_of(store, clock, Delivery(lambda: 300.0, invalid))
    for _ in range(3):
        clock.advance(Timing().heartbeat_interval_s)
        context.heartbeat()
        context.extend_message()
    assert store.renewed == ["lease", "task"] * 3


def test_a_renewal_that_failed_is_due_at_once() -> None:
    store, clock = Store(fails=1), ManualClock()
    held: list[int] = []
    context = context_of(store, clock, Delivery(lambda: 300.0, held.append))
    clock.advance(Timing().heartbeat_interval_s)
    with pytest.raises(StoreUnavailable):
        context.heartbeat()
    clock.advance(Timing().heartbeat_check_s)
    context.heartbeat()
    assert store.renewed == ["lease", "task"]
    assert Timing().heartbeat_interval_s + 2 * Timing().heartbeat_check_s < Timing().lease_s


def test_a_message_is_held_at_once_and_then_every_beat() -> None:
    clock = ManualClock()
    held: list[int] = []
    context = context_of(Store(), clock, Delivery(lambda: 300.0, held.append))
    for _ in range(9):
        context.extend_message()
        clock.advance(Timing().heartbeat_check_s)
    assert held == [Timing().held_visibility_s] * 3


def asked(now: object, remaining_s: float = 300.0) -> StepContext:
    """Return a step of a task's second attempt, whose task is read as `now`."""
    anything: Any = SimpleNamespace(get=lambda _task_id: now)
    task: Any = SimpleNamespace(task_id="task", attempt=2)
    delivery = Delivery(lambda: remaining_s, lambda _seconds: None)
    return StepContext(
        lease=Lease("story", "w1", "me"),
        task=task,
        delivery=delivery,
        funds=funds_of(anything),
        repositories=all_of(anything),
        runtime=Runtime(ManualClock()),
    )


def test_a_step_may_make_a_paid_call_while_its_attempt_runs_and_time_is_left() -> None:
    running = SimpleNamespace(is_open=True, attempt=2)
    asked(running).ensure_may_continue(60.0)
    asked(running, remaining_s=80.0).ensure_may_continue(60.0)
    with pytest.raises(Reschedule):
        asked(running, remaining_s=79.0).ensure_may_continue(60.0)


@pytest.mark.parametrize(
    "now",
    [SimpleNamespace(is_open=True, attempt=3), SimpleNamespace(is_open=False, attempt=2), None],
    ids=["tried again since", "ended", "deleted"],
)
def test_no_paid_call_is_made_for_an_attempt_that_runs_no_more(now: object) -> None:
    with pytest.raises(LeaseLost):
        asked(now).ensure_may_continue(60.0)


def test_no_paid_call_is_made_for_a_step_whose_lease_was_lost() -> None:
    store, clock = Store(), ManualClock()
    anything: Any = SimpleNamespace(
        get=lambda _task_id: SimpleNamespace(is_open=True, attempt=2),
        renew=lambda *_: False,
        record_heartbeat=store.renew,
    )
    task: Any = SimpleNamespace(task_id="task", attempt=2)
    delivery = Delivery(lambda: 300.0, lambda _seconds: None)
    context = StepContext(
        lease=Lease("story", "w1", "me"),
        task=task,
        delivery=delivery,
        funds=funds_of(anything),
        repositories=all_of(anything),
        runtime=Runtime(clock),
    )
    clock.advance(Timing().heartbeat_interval_s)
    with pytest.raises(LeaseLost):
        context.ensure_may_continue(60.0)
    assert store.renewed == []
