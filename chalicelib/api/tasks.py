"""The operations behind the routes of a task: show it, start it again, cancel it."""

from typing import Protocol

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.task import Task
from chalicelib.pipeline.flow import Flow


class TaskChange(Protocol):
    """What a request does to a task; `again` if the same request was sent before, and may have done it."""

    def __call__(self, task: Task, *, again: bool = False) -> Task:
        """Return the changed task."""


class TaskService:
    """The API's operations on tasks."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def task(self, user_id: str, task_id: str) -> responses.Task:
        """Return a task, by one read of its item; raise NotFound."""
        return rendering.render_task(self._flow.task_of(user_id, task_id))

    def retry(self, user_id: str, task_id: str, once: Once[responses.Task]) -> responses.Task:
        """Start the open steps of a failed or cancelled task again; raise NotFound or Conflict."""
        return self._change(user_id, task_id, once, self._flow.retry)

    def cancel(self, user_id: str, task_id: str, once: Once[responses.Task]) -> responses.Task:
        """End a task before it is done; raise NotFound, or Conflict if it has ended already."""
        return self._change(user_id, task_id, once, self._flow.cancel)

    def _change(self, user_id: str, task_id: str, once: Once[responses.Task], change: TaskChange) -> responses.Task:
        """Change the task once per Idempotency-Key. The response is kept: it describes a task that moves on."""

        def handler(record: IdempotencyRecord) -> responses.Task:
            task = self._flow.task_of(user_id, task_id)
            if not record.done:
                task = change(task, again=record.again)
            return rendering.render_task(task)

        # Stored, since the task moves on: made anew, the answer to the same request would be another.
        return once(handler, keep=True)
