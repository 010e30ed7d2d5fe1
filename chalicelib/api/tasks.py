"""The operations behind the routes of a task: show it, start it again, cancel it."""

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.pipeline.flow import Flow


class TaskService:
    """The API's operations on tasks."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def task(self, user_id: str, task_id: str) -> responses.Task:
        """Return a task, by one read of its item; raise NotFound."""
        return rendering.render_task(self._flow.task_of(user_id, task_id))

    def retry(self, user_id: str, task_id: str, once: Once[responses.Task]) -> responses.Task:
        """Start the open steps of a failed or cancelled task again; raise NotFound or Conflict."""

        def retry(record: IdempotencyRecord) -> responses.Task:
            task = self._flow.task_of(user_id, task_id)
            if not record.done:
                task = self._flow.retry(task, again=record.again)
            return rendering.render_task(task)

        # Stored, since the task moves on: made anew, the answer to the same request would be another.
        return once(retry, keep=True)

    def cancel(self, user_id: str, task_id: str, once: Once[responses.Task]) -> responses.Task:
        """End a task before it is done; raise NotFound, or Conflict if it has ended already."""

        def cancel(record: IdempotencyRecord) -> responses.Task:
            task = self._flow.task_of(user_id, task_id)
            if not record.done:
                task = self._flow.cancel(task, again=record.again)
            return rendering.render_task(task)

        return once(cancel, keep=True)
