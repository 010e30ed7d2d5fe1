"""Tasks: polled, retried, cancelled."""

from chalicelib.api import responses
from chalicelib.api.idempotency import Once
from chalicelib.api.requests import Nothing
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import TaskId, UserId


@route("GET", "/tasks/{task_id}")
def task(api: ApiServices, user_id: UserId, task_id: TaskId) -> responses.Task:
    """Return a task."""
    return api.task_service.task(user_id, task_id)


@route("POST", "/tasks/{task_id}/retry", status=202, refuses=(402, 409))
def retry(
    api: ApiServices, user_id: UserId, task_id: TaskId, _body: Nothing, once: Once[responses.Task]
) -> responses.Task:
    """Start the open steps of a failed or cancelled task again."""
    return api.task_service.retry(user_id, task_id, once)


@route("POST", "/tasks/{task_id}/cancel", status=202, refuses=(409,))
def cancel(
    api: ApiServices, user_id: UserId, task_id: TaskId, _body: Nothing, once: Once[responses.Task]
) -> responses.Task:
    """Cancel a task: no further paid call is started."""
    return api.task_service.cancel(user_id, task_id, once)
