"""The sweeper: every few minutes it sends the open steps of tasks without a heartbeat again.

A crash between a write and a send, or a lost message, leaves a task that no worker works on. Sending a step again does
no harm: the worker that holds its lease keeps it, and results that are stored already are found.
"""

from chalicelib import log
from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.domain.task import Task
from chalicelib.pipeline.failure import INTERNAL
from chalicelib.pipeline.flow import Flow
from chalicelib.pipeline.ports import StepQueues, TaskRepository
from chalicelib.timing import Timing


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
            self._flow.fail(task, None, INTERNAL.sentence, INTERNAL.code)
        # The write also puts off the next sweep of this task, and is refused if it has ended since it was found.
        elif swept := self._tasks.count_sweep(task, against=not busy):
            log.event("task_swept", task_id=swept.task_id, sweeps=swept.sweeps)
            self._flow.send_open_steps(swept)
            self._flow.complete_if_done(swept)  # a crash may have come after its last step was marked done
