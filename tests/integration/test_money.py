"""Whatever happens to tasks, in whatever order: no budget is passed, and every purchase is in the ledger, once.

The tasks, the ledger and the records are the real ones; the work of a step is replaced by purchases of any size, sold
by a provider that keeps its own books.
"""

import dataclasses
import itertools
import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto import mock_aws

from chalicelib.domain.budgets import Limits, Quote
from chalicelib.domain.lease import Lease
from chalicelib.domain.steps import Plan, Step, parse_plan
from chalicelib.domain.story import Story
from chalicelib.domain.task import Task
from chalicelib.domain.usage import COUNTS, Purchase, numbers_of
from chalicelib.errors import BudgetExceeded, Conflict, LeaseLost, NotFound, PaymentRequired, StoreUnavailable
from chalicelib.pipeline.flow import NO_TAKES, Flow, Takes
from chalicelib.pipeline.funds import StepFunds
from chalicelib.pipeline.sweeping import ABANDONED_S, AbandonedMoney
from chalicelib.store.ledger import Ledger
from chalicelib.store.ledger_tables import HOLDS, BudgetItem, CounterItem, DrawItem, HoldItem
from chalicelib.store.months import Months
from chalicelib.timing import Timing
from local.resources import create_missing
from tests.support.boundaries import Boundaries, Crash, Mode
from tests.support.stage import s3, sqs
from tests.support.stage import settings as fireside
from tests.support.stories import draft
from tests.support.testapp import TestApp

pytestmark = pytest.mark.no_cover  # the same lines many thousand times, which tracing makes half as fast again

MACHINES, STEPS = int(os.environ.get("MONEY_MACHINES", "6")), 100
USERS = ("ann", "bob")
PLAN = parse_plan("o w1 w2")
STEP_CODES = ("o", "w1", "w2")
DOLLAR = 1_000_000
LIMITS = st.none() | st.integers(0, 2 * DOLLAR)
SOME = st.integers(0, 10_000)


@dataclasses.dataclass
class Worker:
    """A worker on a step, with the calls that it has under way and what each may cost."""

    task: Task
    step: str
    funds: StepFunds
    calls: dict[str, int] = dataclasses.field(default_factory=dict)
    unanswered: int = 0
    """Reservations whose write was never answered: they may be stored, and no call was made."""


class Money(RuleBasedStateMachine):
    """Tasks of two users, the money they hold, draw, spend and give back, and a provider that sells."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.numbers = itertools.count(1)
        self.limits: dict[str, Limits] = {user: Limits(DOLLAR, DOLLAR, 2 * DOLLAR) for user in USERS}
        self.stories: list[Story] = []
        self.tasks: list[str] = []
        self.workers: list[Worker] = []
        self.quote = Quote()
        self.sold: dict[str, int] = {}
        """What each call cost, on the provider's books."""
        self.unsure: dict[str, int] = {}
        """Calls that were under way when a worker died or lost its step, or that timed out: their reservation."""
        self.untold = 0
        """Reservations that may be stored, of workers that ended before they knew."""
        self.committed: Counter[tuple[str, str]] = Counter()
        self.ignored = 0
        """What was sold beyond a reservation in this step."""

    @initialize()
    def begin(self) -> None:
        self.stack.enter_context(mock_aws())
        create_missing(fireside, Timing(), sqs(), s3())
        self.boundaries = Boundaries()
        self.testapp = TestApp()
        services, self.clock = self.testapp.services, self.testapp.clock
        self.ledger = Ledger(self.clock, Months(), lambda user_id: self.limits[user_id or USERS[0]])
        self.stores = dataclasses.replace(services.repositories, ledger=self.ledger)

        def quote(_story: Story, plan: Plan, done: frozenset[Step], takes: Takes = NO_TAKES) -> Quote:
            missing = {step.code for step in plan - done}
            shares = {code: share for code, share in self.quote.shares.items() if code in missing}
            return Quote(shares, self.quote.repairs)

        self.flow = Flow(
            repositories=self.stores,
            queues=self.testapp.queues,
            sounds=services.objects,
            quote=quote,
            outbox=services.notifying.outbox,
        )
        self.sweeper = AbandonedMoney(repositories=self.stores, runtime=services.runtime)
        self.stack.enter_context(self.boundaries.on_aws())
        for number, user in enumerate((*USERS, USERS[0])):
            self._new_story(user)
            self.submit(number, (100_000, 100_000, 50_000), 60_000)

    def _new_story(self, user: str) -> None:
        story = draft(story_id=f"story{next(self.numbers)}", user_id=user)
        self.testapp.services.stories.create(story)
        self.stories.append(story)

    def _do(self, operation: Callable[[], Any]) -> Any:
        """Carry out an operation that a crash may end; return its result, or the error that it met."""
        before = self.boundaries.struck
        try:
            with self.boundaries.counting():
                return operation()
        except (Conflict, PaymentRequired, BudgetExceeded, LeaseLost, NotFound, StoreUnavailable) as error:
            return error
        except Crash as crash:
            self.untold += 1
            return crash
        finally:
            if self.boundaries.struck != before:
                self.boundaries.at = 0

    def _dead(self, worker: Worker, outcome: Any) -> bool:
        """Bury a worker that has died or lost its step: nobody knows what became of its calls."""
        if not isinstance(outcome, (Crash, LeaseLost)):
            return False
        self.unsure |= worker.calls
        self.untold += worker.unanswered
        if worker in self.workers:
            self.workers.remove(worker)
        return True

    def _not_reserved(self, worker: Worker, outcome: Any) -> None:
        """Note why a call was not reserved, or not to the worker's knowledge."""
        worker.unanswered += isinstance(outcome, StoreUnavailable)
        self._dead(worker, outcome)

    @rule(ahead=st.integers(1, 8), mode=st.sampled_from(get_args(Mode)))
    def a_write_will_go_wrong(self, ahead: int, mode: Mode) -> None:
        if self.boundaries.at:
            return
        self.boundaries.at, self.boundaries.mode = ahead, mode
        self.boundaries.struck = self.boundaries._matched = 0

    @precondition(lambda self: len(self._idle()) > 0)
    @rule(which=SOME, shares=st.tuples(*[st.integers(0, 200_000)] * 3), repairs=st.integers(0, 200_000))
    def submit(self, which: int, shares: tuple[int, ...], repairs: int) -> None:
        idle = self._idle()
        story = idle[which % len(idle)]
        self.quote = Quote(dict(zip(STEP_CODES, shares, strict=True)), repairs)
        task_id = f"task{next(self.numbers)}"
        self._do(lambda: self.flow.submit(self._now(story), task_id, "story", PLAN))
        self.tasks.append(task_id)

    def _idle(self) -> list[Story]:
        return [story for story in map(self._now, self.stories) if story.task_id is None]

    def _now(self, story: Story) -> Story:
        return self.testapp.services.stories.get(story.user_id, story.story_id)

    def _task(self, which: int) -> Task | None:
        if not self.tasks:
            return None
        return self.stores.tasks.get(self.tasks[which % len(self.tasks)])

    @rule(which=SOME, step=st.sampled_from(STEP_CODES))
    def a_worker_begins(self, which: int, step: str) -> None:
        found = [task for task_id in self.tasks if (task := self.stores.tasks.get(task_id)) and task.is_open]
        if not found:
            return
        task = found[which % len(found)]
        if Step.parse(step) in task.done:
            return
        if any((other.task.task_id, other.step) == (task.task_id, step) for other in self.workers):
            return
        self._hire(task, step)

    def _hire(self, task: Task, step: str) -> None:
        lease = Lease(task.story_id, step, f"worker{next(self.numbers)}")
        self.workers.append(
            Worker(task, step, StepFunds(repositories=self.stores, task=task, lease=lease, hold=self.flow.held))
        )

    @precondition(lambda self: self.workers)
    @rule(which=SOME)
    def a_worker_is_superseded(self, which: int) -> None:
        """Begin a second worker on a step whose first one does not know that it has lost it."""
        worker = self.workers[which % len(self.workers)]
        self._hire(worker.task, worker.step)

    @precondition(lambda self: self.workers)
    @rule(which=SOME, worst=st.integers(1, 150_000))
    def call(self, which: int, worst: int) -> None:
        worker = self.workers[which % len(self.workers)]
        call_id = self._do(lambda: worker.funds.reserve(_line(worst)))
        if isinstance(call_id, str):
            worker.calls[call_id] = worst
        else:
            self._not_reserved(worker, call_id)

    @precondition(lambda self: self.workers)
    @rule(which=SOME, worsts=st.lists(st.integers(1, 20_000), min_size=1, max_size=14), share=st.floats(0, 1))
    def buy_many(self, which: int, worsts: list[int], share: float) -> None:
        """Buy lines one after the other, as a worker does that nobody disturbs: until it has settled some."""
        worker = self.workers[which % len(self.workers)]
        for worst in worsts:
            call_id = self._do(partial(worker.funds.reserve, _line(worst)))
            if not isinstance(call_id, str):
                self._not_reserved(worker, call_id)
                return
            worker.calls[call_id] = worst
            if not self._sold(worker, call_id, share, saved=True):
                return

    @precondition(lambda self: self.workers)
    @rule(which=SOME, most=st.integers(1, 20_000))
    def ask(self, which: int, most: int) -> None:
        worker = self.workers[which % len(self.workers)]
        found = self._do(lambda: worker.funds.reserve_tokens(_question, most))
        if isinstance(found, tuple):
            call_id, tokens = found
            assert tokens <= most
            worker.calls[call_id] = _question(tokens).micro
        else:
            self._not_reserved(worker, found)

    def _answered(self, which: int) -> tuple[Worker, str] | None:
        calling = [worker for worker in self.workers if worker.calls]
        if not calling:
            return None
        worker = calling[which % len(calling)]
        return worker, sorted(worker.calls)[which % len(worker.calls)]

    @rule(which=SOME, share=st.floats(0, 1), saved=st.booleans())
    def a_call_brings_something(self, which: int, share: float, saved: bool) -> None:
        self._sell(which, share, saved=saved)

    @rule(which=SOME, times=st.floats(1.1, 3))
    def a_server_ignores_the_limit_that_was_sent(self, which: int, times: float) -> None:
        self._sell(which, times, saved=True)

    def _sell(self, which: int, share: float, *, saved: bool) -> None:
        if (answered := self._answered(which)) is not None:
            self._sold(*answered, share, saved=saved)

    def _sold(self, worker: Worker, call_id: str, share: float, *, saved: bool) -> bool:
        """Let a call bring something; return whether the worker goes on."""
        if call_id in self.sold:
            return True  # answered, and not on record yet
        cost = round(worker.calls[call_id] * share)
        self.ignored += max(0, cost - worker.calls[call_id])
        self.sold[call_id] = cost
        worker.funds.bought(call_id, _line(cost))
        if not saved:
            return True
        outcome = self._do(worker.funds.save)
        if self._dead(worker, outcome):
            return False
        if not isinstance(outcome, StoreUnavailable):
            # On record: nothing that happens to the worker later makes it uncertain.
            for done in [call for call in worker.calls if call in self.sold]:
                worker.calls.pop(done)
        return True

    @rule(which=SOME, billed=st.booleans())
    def a_call_times_out(self, which: int, billed: bool) -> None:
        if (answered := self._answered(which)) is None:
            return
        worker, call_id = answered
        if call_id in self.sold:
            return  # answered, and not on record yet
        worst = worker.calls.pop(call_id)
        self.unsure[call_id] = worst
        if billed:
            self.sold[call_id] = worst
        worker.funds.bought(call_id, uncertain(_line(worst)))
        self._dead(worker, self._do(worker.funds.save))

    @rule(which=SOME)
    def a_call_costs_nothing(self, which: int) -> None:
        if (answered := self._answered(which)) is None:
            return
        worker, call_id = answered
        if call_id in self.sold:
            return
        # Until it is stored, a worker that dies leaves it behind as one that was under way.
        worker.funds.give_back(call_id)
        outcome = self._do(worker.funds.save)
        if not self._dead(worker, outcome) and not isinstance(outcome, StoreUnavailable):
            worker.calls.pop(call_id)

    @precondition(lambda self: self.workers)
    @rule(which=SOME)
    def a_worker_dies(self, which: int) -> None:
        self._dead(self.workers[which % len(self.workers)], Crash())

    @precondition(lambda self: self.workers)
    @rule(which=SOME, ending=st.sampled_from(["done", "failed", "later"]))
    def a_worker_ends(self, which: int, ending: str) -> None:
        worker = self.workers[which % len(self.workers)]

        def end() -> None:
            if ending == "later":
                worker.funds.settle()
                return
            worker.funds.close()
            if ending == "done":
                self.flow.complete_step(worker.task, Step.parse(worker.step))
            else:
                self.flow.fail(worker.task, Step.parse(worker.step), "It failed.", "internal")

        # A worker answers its calls before it ends: those that are left were never noticed.
        self.unsure |= worker.calls
        outcome = self._do(end)
        if worker in self.workers:
            if not self._dead(worker, outcome) and isinstance(outcome, StoreUnavailable):
                self.untold += worker.unanswered  # it gave up before it could give them back
            self.workers = [other for other in self.workers if other is not worker]

    @rule(which=SOME)
    def cancel(self, which: int) -> None:
        if task := self._task(which):
            self._do(lambda: self.flow.cancel(task))

    @rule(which=SOME)
    def retry(self, which: int) -> None:
        if task := self._task(which):
            self._do(lambda: self.flow.retry(task))

    @rule(which=SOME)
    def delete(self, which: int) -> None:
        story = self.stories[which % len(self.stories)]
        # The same request is sent again until it is carried out.
        while not isinstance(self._do(lambda: self.flow.delete(self._now(story))), (NotFound, type(None))):
            pass
        self.stories.remove(story)
        self._new_story(story.user_id)

    @rule(days=st.sampled_from([0.2, 1, 20]))
    def time_passes(self, days: float) -> None:
        self.clock.advance(days * 86400)

    @rule(user=st.sampled_from(USERS), month=LIMITS, story=LIMITS, day=LIMITS)
    def the_limits_change(self, user: str, month: int | None, story: int | None, day: int | None) -> None:
        self.limits[user] = Limits(month, story, day)
        self.limits = {name: with_day(limits, day) for name, limits in self.limits.items()}

    @rule()
    def sweep(self) -> None:
        self._do(self.sweeper.sweep)

    @invariant()
    def no_budget_is_passed(self) -> None:
        if not hasattr(self, "ledger"):
            return
        now = {key: committed for key, committed, _ in _budgets()}
        for key, committed in now.items():
            limit = self._limit_of(key)
            grew = committed > self.committed[key]
            assert not grew or limit is None or committed <= limit or self.ignored, (key, committed, limit)
        self.committed = Counter(now)
        self.ignored = 0

    def _limit_of(self, key: tuple[str, str]) -> int | None:
        kind, name = key
        if kind == "budget#stage":
            return self.limits[USERS[0]].stage_day
        if kind == "budget#story":
            found = [story for story in self.stories if story.story_id == name]
            return self.limits[found[0].user_id].story if found else None
        return self.limits[kind.removeprefix("month#")].user_month

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        try:
            self._end()
        finally:
            self.stack.close()

    def _end(self) -> None:
        self.boundaries.at = 0
        for worker in list(self.workers):
            self.unsure |= worker.calls
            self._do(worker.funds.close)
        for task_id in self.tasks:
            if (task := self.stores.tasks.get(task_id)) and task.is_open:
                self.flow.cancel(task)
        self.clock.advance(ABANDONED_S + 1)
        self.sweeper.sweep()
        self.no_budget_is_passed()
        self._everything_is_in_the_ledger()

    def _everything_is_in_the_ledger(self) -> None:
        assert list(HoldItem.query(HOLDS)) == []
        assert list(DrawItem.scan(DrawItem.user_id.startswith("draws#"))) == []
        for key, committed, whole in _budgets():
            assert committed == whole, key
        records = {record.time_id: record for user in USERS for record in self.testapp.services.usage.of_user(user)}
        assert self.sold.keys() <= records.keys(), "a purchase is not on record"
        unknown = 0
        for call_id, record in records.items():
            cost = record.purchase.micro
            if not record.purchase.uncertain:
                assert cost == self.sold[call_id]
            elif call_id in self.unsure:
                assert cost == self.unsure[call_id]
            else:
                unknown += 1
        assert unknown <= self.untold, "a worker that died before it knew that a call was reserved leaves that one"
        spent, counted = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
        for record in records.values():
            spent[record.user_id, record.month] += record.purchase.micro
            numbers = numbers_of(record.purchase)
            for name, number in zip(COUNTS, numbers, strict=True):
                counted[f"{record.user_id} {record.month}", record.story_id, name] += number
        months = {
            (kind.removeprefix("month#"), month): whole for (kind, month), _, whole in _budgets() if "month#" in kind
        }
        assert {key: value for key, value in months.items() if value} == {k: v for k, v in spent.items() if v}
        for kind in ("budget#story", "budget#stage"):
            assert sum(whole for (found, _), _, whole in _budgets() if found == kind) == sum(spent.values())
        assert _counters() == {key: value for key, value in counted.items() if value}


def with_day(limits: Limits, day: int | None) -> Limits:
    """Return the limits with the day that all users share."""
    return Limits(limits.user_month, limits.story, day)


def uncertain(purchase: Purchase) -> Purchase:
    """Return a purchase that may have been billed or not."""
    return Purchase(**{**_fields(purchase), "uncertain": True})


def _fields(purchase: Purchase) -> dict[str, Any]:
    return {name: getattr(purchase, name) for name in Purchase.__struct_fields__}


def _line(cost: int) -> Purchase:
    return Purchase("line", "m", cost / DOLLAR, 1, characters=cost)


def _question(tokens: int) -> Purchase:
    """Price a question of 1,000 micro-dollars, and 5 for each token of the answer."""
    return Purchase("chapter", "m", (1000 + 5 * tokens) / DOLLAR, 1, 500, 0, tokens)


def _budgets() -> list[tuple[tuple[str, str], int, int]]:
    """Return what is committed and spent of every budget."""
    return [
        ((item.user_id, item.time_id), int(item.committed or 0), int(item.spent or 0))
        for item in BudgetItem.scan()
        if item.user_id.startswith(("month#", "budget#")) and "#" not in item.time_id
    ]


def _counters() -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for item in CounterItem.scan():
        month, mark, story_id = item.time_id.partition("#")
        if item.user_id.startswith("month#") and mark:
            key = f"{item.user_id.removeprefix('month#')} {month}"
            found |= {(key, story_id, name): int(n) for name in COUNTS if (n := getattr(item, name))}
    return found


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=MACHINES,
    stateful_step_count=STEPS,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
