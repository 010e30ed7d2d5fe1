"""Which tasks are swept, on moto: those that are silent, and no other."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from chalicelib.domain.steps import parse_plan
from chalicelib.domain.task import Task
from chalicelib.pipeline.sweeping import Sweeper
from chalicelib.store.tasks import Tasks
from chalicelib.timing import Timing
from tests.support.clock import ManualClock
from tests.support.stories import draft, store_task

SILENCE_S = 300.0


class WatchedTasks(Tasks):
    """Tasks that note which of them were read; one in `lively` gives a sign of life before it is."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, SILENCE_S)
        self.read: list[str] = []
        self.lively: set[str] = set()

    def get(self, task_id: str) -> Task | None:
        self.read.append(task_id)
        if task_id in self.lively:
            self.record_heartbeat(task_named(task_id), "Narrating")
        return super().get(task_id)


class Around:
    """The flow and the queues of a sweeper: `sent` and `failed` are the tasks that it saw to."""

    def __init__(self, waiting: int = 0) -> None:
        self.sent: list[str] = []
        self.failed: list[str] = []
        self._waiting = waiting

    def waiting(self, _queue: str) -> int:
        return self._waiting

    def send_open_steps(self, task: Task) -> None:
        self.sent.append(task.task_id)

    def complete_if_done(self, _task: Task) -> None:
        """None is."""

    def give_up(self, task: Task) -> None:
        self.failed.append(task.task_id)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tasks(memory_aws: None, clock: ManualClock) -> Iterator[WatchedTasks]:
    """Two open tasks, `silent` and `alive`, of which one has given a sign of life since they were made."""
    tasks = WatchedTasks(clock)
    for task_id in ("silent", "alive"):
        store_task(tasks.new(task_id, draft(story_id=f"story of {task_id}"), "story", parse_plan("o w1")))
    clock.advance(SILENCE_S)
    assert tasks.record_heartbeat(task_named("alive"), "Writing")
    clock.advance(1)
    yield tasks


def task_named(task_id: str) -> Task:
    return Tasks(ManualClock(), SILENCE_S).new(task_id, draft(), "story", parse_plan("o w1"))


def sweep(tasks: Tasks, around: Around) -> int:
    return Sweeper(flow=cast(Any, around), tasks=tasks, queues=cast(Any, around), timing=Timing()).sweep()


def test_a_task_that_is_alive_is_neither_swept_nor_read(tasks: WatchedTasks) -> None:
    around = Around()
    assert sweep(tasks, around) == 1
    assert (around.sent, around.failed, tasks.read) == (["silent"], [], ["silent"])


def test_a_task_that_shows_life_after_the_index_was_read_is_left_alone(tasks: WatchedTasks) -> None:
    """The index is behind the table, by milliseconds as a rule."""
    tasks.lively = {"silent"}
    around = Around()
    assert sweep(tasks, around) == 0
    assert (around.sent, around.failed, tasks.read) == ([], [], ["silent"])


def test_a_task_that_has_been_swept_has_time_to_show_life(tasks: WatchedTasks, clock: ManualClock) -> None:
    around = Around()
    assert [sweep(tasks, around), sweep(tasks, around)] == [1, 0]
    clock.advance(SILENCE_S + 1)
    assert sweep(tasks, around) == 2  # by now the other one is silent, too
    assert sorted(around.sent) == ["alive", "silent", "silent"]


@pytest.mark.parametrize(("waiting", "failed"), [(0, ["silent"]), (1, [])])
def test_the_fourth_sweep_ends_a_silent_task_unless_messages_wait_for_a_worker(
    tasks: WatchedTasks, clock: ManualClock, waiting: int, failed: list[str]
) -> None:
    for _ in range(3):
        assert tasks.count_sweep(task_named("silent"), against=True)
    tasks.delete("alive")
    clock.advance(SILENCE_S + 1)
    around = Around(waiting)
    assert sweep(tasks, around) == 1
    assert around.failed == failed
