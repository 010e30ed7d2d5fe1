"""What `run` does about a task that an earlier run has left, and that runs out of its quote."""

import io
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from local.arguments import Order
from local.client import Api
from local.orders import Begun, Orders
from local.run import StoryRun, Unfinished
from local.stopping import Stopping


class EmptyPurse:
    """An API whose every task ends as over its quote; `left` is the task that an earlier run has left."""

    def __init__(self, left: str | None) -> None:
        self._task = left
        self.posted: list[str] = []

    def get(self, path: str, **_: Any) -> Any:
        if path.startswith("/tasks/"):
            self._task = None
            return {
                "status": "failed",
                "error": "This would cost more.",
                "error_code": "budget_exceeded",
                "progress": 1,
                "message": "Failed",
            }
        chapters = [{"number": 1, "audio": None}]
        story = {"story_id": "a", "title": "T", "status": "failed", "last_task_id": "t", "chapters": chapters}
        return {**story, "task_id": self._task}

    def post(self, path: str, *_: Any) -> Any:
        self.posted.append(path)
        return {"task_id": "t"}


@pytest.mark.parametrize("left", ["t", None])
def test_what_a_dead_run_has_left_is_quoted_anew_once_and_what_it_began_itself_is_not(
    tmp_path: Path, left: str | None
) -> None:
    api, order, orders = EmptyPurse(left), Order("A lamp", 1, tmp_path / "out", new=False), Orders(tmp_path, {})
    orders.keep(order, Begun("k", "a"))
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        run = StoryRun(order, orders, cast(Api, api), Console(file=nowhere), Stopping())
        with pytest.raises(Unfinished, match="budget_exceeded"):
            run.make()
    assert api.posted == ["/tasks/t/retry"]


class WithoutBook:
    """An API with a story whose chapters are all there and whose book is not; its task ends as `status`."""

    def __init__(self, status: str) -> None:
        self._status = status
        self.posted: list[str] = []

    def get(self, path: str, **_: Any) -> Any:
        if path.startswith("/tasks/"):
            error = "There is no room on the disk." if self._status == "failed" else None
            return {"status": self._status, "error": error, "error_code": None, "progress": 1, "message": "Done"}
        story = {"story_id": "a", "title": "T", "status": "cancelled", "last_task_id": "t", "task_id": None}
        return {**story, "chapters": [], "book": None}

    def post(self, path: str, *_: Any) -> Any:
        self.posted.append(path)
        return {"task_id": "b"}


@pytest.mark.parametrize(("status", "sentence"), [("completed", ""), ("failed", "There is no room on the disk.")])
def test_a_book_that_an_earlier_run_was_stopped_before_is_made_and_fails_no_story(
    tmp_path: Path, status: str, sentence: str
) -> None:
    api, order, orders = WithoutBook(status), Order("A lamp", 1, tmp_path / "out", new=False), Orders(tmp_path, {})
    orders.keep(order, Begun("k", "a"))
    said = io.StringIO()
    assert StoryRun(order, orders, cast(Api, api), Console(file=said), Stopping()).make() == 0
    assert api.posted == ["/stories/a/book"]
    assert sentence in said.getvalue()
