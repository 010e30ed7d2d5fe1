"""Every few minutes: tasks that have gone silent have their open steps sent again.

A crash between a write and a send, or a message that was lost, leaves a task that nobody works on. Sending a step
again harms nothing: whoever has it keeps it, and what is done is found.
"""

from chalicelib import log
from chalicelib.pipeline.failure import INTERNAL
from chalicelib.pipeline.flow import Flow
from chalicelib.store.queues import AUTHORING, NARRATION, Queues
from chalicelib.store.tasks import Tasks
from chalicelib.timing import Timing


class Sweeper:
    """Finds silent tasks."""

    def __init__(self, flow: Flow, tasks: Tasks, queues: Queues, timing: Timing) -> None:
        self._flow = flow
        self._tasks = tasks
        self._queues = queues
        self._timing = timing

    def sweep(self) -> int:
        """Send the open steps of all silent tasks; one that stays silent is failed. How many were silent.

        While messages wait for a free worker, silence proves nothing: then it is not counted against a task.
        """
        silent = 0
        busy = any(self._queues.waiting(queue) for queue in (AUTHORING, NARRATION))
        for task in self._tasks.silent():
            silent += 1
            if task.sweeps >= self._timing.sweeps and not busy:
                self._flow.fail(task, None, INTERNAL.sentence, INTERNAL.code)
            elif now := self._tasks.count_sweep(task, against=not busy):
                log.event("task_swept", task_id=now.task_id, sweeps=int(now.sweeps))
                self._flow.send_open_steps(now)
                self._flow.complete_if_done(now)
        return silent
