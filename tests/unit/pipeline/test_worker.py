"""What a worker does when a step fails, with fakes for everything that it talks to."""

from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest

from chalicelib.domain.lease import Lease
from chalicelib.domain.message import StepMessage
from chalicelib.domain.steps import parse_plan
from chalicelib.domain.task import Task
from chalicelib.errors import DiskFull, ProviderFault
from chalicelib.pipeline.flow import Flow, message_of
from chalicelib.pipeline.step_context import Delivery, no_heartbeat_thread
from chalicelib.pipeline.worker import Worker
from chalicelib.runtime import Runtime
from chalicelib.store.tasks import Tasks
from tests.support.clock import CountedIds, ManualClock
from tests.support.repositories import all_of
from tests.support.stories import draft

MOST_DELIVERIES = 50
"""A step that is delivered so often is never given up."""


class Engine:
    """A worker whose step always fails with one error, and what stands around it: one task, its lease and its queue.

    `answers` says whether the provider has answered the user lately.
    """

    def __init__(self, error: Exception, *, answers: bool) -> None:
        self.clock = ManualClock()
        self.task = Tasks(self.clock, 300).new("task", draft(), "story", parse_plan("o w1"))
        self.failed: list[str] = []
        self.delays: list[float] = []
        self._error, self._answers, self._failures = error, answers, 0
        this = cast(Any, self)
        self.worker = Worker(
            carry_out=self._break,
            flow=cast(Flow, this),
            repositories=all_of(this),
            queues=this,
            runtime=Runtime(self.clock, self.clock.advance, CountedIds()),
            heartbeat=no_heartbeat_thread,
            deliver_event=self.failed.append,
        )

    def deliveries_until_given_up(self) -> int:
        body = msgspec.json.encode(message_of(self.task, "o")).decode()
        for delivered in range(1, MOST_DELIVERIES + 1):
            self.worker.deliver(body, Delivery(lambda: 300.0, lambda _seconds: None))
            if self.failed:
                return delivered
        return MOST_DELIVERIES

    def _break(self, *_: object) -> None:
        raise self._error

    def get(self, _task_id: str) -> Task:
        return self.task

    def record_heartbeat(self, _task: Task, _message: str, _quiet_s: float) -> bool:
        return True

    def held(self, _task: Task) -> None:
        """Nothing is held for a step that breaks before it buys anything."""

    def draw_of(self, _attempt_id: str, _step: str) -> None:
        """Nothing was drawn: the step breaks before it buys anything."""

    def acquire(self, _lease: Lease, _seconds: float) -> bool:
        return True

    def release(self, _lease: Lease) -> None:
        """Nobody else wants it."""

    delete = release

    def count_failure(self, _lease: Lease, _attempt: str, _error: str, _code: str) -> int:
        self._failures += 1
        return self._failures

    def send(self, _queue: str, _message: StepMessage, delay_s: float) -> None:
        self.delays.append(delay_s)

    def has_sold(self, _user_id: str, _provider: str, _within_s: float) -> bool:
        return self._answers

    def fail(self, _task: Task, _step: object, _sentence: str, code: str) -> None:
        self.failed.append(code)


def sick() -> ProviderFault:
    return ProviderFault("ElevenLabs", "status", status=503)


def test_a_step_is_given_up_after_eight_failures_however_often_its_provider_answers_others() -> None:
    engine = Engine(sick(), answers=True)
    assert engine.deliveries_until_given_up() == 8
    assert engine.failed == ["provider_unavailable"]
    assert engine.delays == [60, 120, 120, 120, 120, 120, 120]


@pytest.mark.parametrize(
    ("error", "answers", "code"),
    [(sick, False, "provider_unavailable"), (lambda: DiskFull("full"), True, "internal")],
    ids=["its provider answers nobody", "no provider is at fault"],
)
def test_a_step_that_no_provider_vouches_for_is_given_up_after_two_retries(
    error: Callable[[], Exception], answers: bool, code: str
) -> None:
    engine = Engine(error(), answers=answers)
    assert engine.deliveries_until_given_up() == 3
    assert (engine.failed, engine.delays) == ([code], [60, 120])


def test_a_permanent_failure_is_not_tried_again() -> None:
    engine = Engine(ProviderFault("OpenAI", "status", status=402), answers=True)
    assert engine.deliveries_until_given_up() == 1
    assert (engine.failed, engine.delays) == (["quota_exceeded"], [])
