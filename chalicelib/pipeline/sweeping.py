"""The sweeper: every few minutes it sends the open steps of tasks without a heartbeat again.

A crash between a write and a send, or a lost message, leaves a task that no worker works on. Sending a step again does
no harm: the worker that holds its lease keeps it, and results that are stored already are found.
"""

import logging

from chalicelib import log
from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.budgets import Draw
from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.domain.task import Task
from chalicelib.pipeline.flow import Flow
from chalicelib.pipeline.funds import take_over
from chalicelib.pipeline.ports import LedgerRepository, Repositories, StepQueues, TaskRepository
from chalicelib.runtime import Runtime
from chalicelib.timing import AUTHOR_CALL_S, MARGIN_S, Timing

TOLD_PERCENT = 50
"""From this share of the day's budget on it is told. Alarms ring at 80 and 100: see infra/fireside.yaml."""

ABANDONED_S = AUTHOR_CALL_S + MARGIN_S
"""A draw that was not touched for so long has no worker any more: no call takes longer."""


class Sweeper:
    """The sweeper of silent tasks, those without a heartbeat for `silence_s` seconds."""

    def __init__(self, *, flow: Flow, tasks: TaskRepository, queues: StepQueues, timing: Timing) -> None:
        self._flow = flow
        self._tasks = tasks
        self._queues = queues
        self._timing = timing

    def sweep(self) -> int:
        """Send the open steps of all silent tasks, fail those that stay silent, and return how many were silent.

        While messages wait for a free worker, silence proves nothing, and is not counted against a task.
        """
        silent = 0
        # Asked once, before the tasks: it is a call per queue, and the answer is approximate anyway.
        busy = any(self._queues.waiting(queue) for queue in (AUTHORING, NARRATION))
        for task in self._tasks.silent():
            silent += 1
            self._sweep(task, busy=busy)
        return silent

    def _sweep(self, task: Task, *, busy: bool) -> None:
        if task.sweeps >= self._timing.sweeps and not busy:
            self._flow.give_up(task)
        # The write also puts off the next sweep of this task, and is refused if it has ended since it was found.
        elif swept := self._tasks.count_sweep(task, against=not busy):
            log.event("task_swept", task_id=swept.task_id, sweeps=swept.sweeps)
            self._flow.send_open_steps(swept)
            self._flow.complete_if_done(swept)  # a crash may have come after its last step was marked done


class SpendingWatch:
    """Says how much of the budget of the day is spent, or held by running tasks, once that is most of it."""

    def __init__(self, *, ledger: LedgerRepository, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def look(self) -> None:
        """Log the percentage if it is worth telling: a metric costs money in every hour in which it is written."""
        committed, limit = self._ledger.spent_of_day(rfc3339(self._clock())[: len("2026-11-26")])
        if limit is None or committed * 100 < limit * TOLD_PERCENT or not committed:
            return
        log.event("day_spent", level=logging.WARNING, percent=100 * committed // limit if limit else 100)


class AbandonedMoney:
    """The money of tasks that have ended: what a crash kept from being given back."""

    def __init__(self, *, repositories: Repositories, runtime: Runtime) -> None:
        self._tasks = repositories.tasks
        self._ledger = repositories.ledger
        self._usage = repositories.usage
        self._commit = repositories.commit
        self._clock = runtime.clock
        self._ids = runtime.ids

    def sweep(self) -> int:
        """Release what ended tasks hold, and close what their dead workers have drawn; return how many were found."""
        found = 0
        for hold in self._ledger.holds():
            task = self._tasks.get(hold.attempt_id.partition(":")[0])
            if task is not None and task.is_open and task.attempt_id == hold.attempt_id:
                continue
            found += 1
            self._ledger.release(hold.attempt_id)
            for draw in self._ledger.draws(hold.attempt_id):
                if self._clock() - draw.touched >= ABANDONED_S:
                    self._close(draw)
                    log.event("money_swept", attempt_id=hold.attempt_id, step=draw.step)
            # After the release nothing new is drawn from it.
            if not self._ledger.draws(hold.attempt_id):
                self._ledger.forget(hold.attempt_id)
        return found

    def _close(self, draw: Draw) -> None:
        taken = take_over(draw, f"sweeper-{self._ids()}", self._ledger, self._usage, self._commit)
        if taken is not None:
            self._ledger.close(taken)
