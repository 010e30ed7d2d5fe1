"""Where a process was killed the next one goes on at once; where one lives it keeps what it holds."""

import fcntl
import os
import sys
import tempfile
from pathlib import Path

import pytest

from chalicelib.audio.tools import run
from chalicelib.clock import timestamp
from chalicelib.domain.lease import Lease
from chalicelib.store.semaphore import FairSemaphore
from local.lambda_context import LambdaContext
from local.ownership import Ownership, WorkersAlive
from local.revival import revive
from local.scratch import own_scratch
from tests.support.testapp import TestApp


def lose_the_next_message(testapp: TestApp) -> str:
    """Let a worker take a message and its step, and die; return the step's code."""
    message = testapp.queues.receive(None)
    assert message is not None
    step = str(message.body).split('"step":"')[1].split('"')[0]
    story_id = str(message.body).split('"story_id":"')[1].split('"')[0]
    assert testapp.services.leases.acquire(Lease(story_id, step, "dead"), 60.0)
    return step


def test_what_a_dead_worker_held_is_free_and_its_steps_are_sent(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    step = lose_the_next_message(testapp)
    semaphore = FairSemaphore("narration", 1, testapp.clock)
    assert semaphore.acquire("dead", "ann", 1, 0, 60.0).permits == 1
    began = testapp.clock()
    assert semaphore.acquire("alive", "ann", 1, 0, 1.0).permits == 0
    assert revive(testapp.services) == 1
    assert testapp.services.leases.acquire(Lease(story_id, step, "alive"), 1.0)
    testapp.services.leases.release(Lease(story_id, step, "alive"))
    assert semaphore.acquire("alive", "ann", 1, 0, 1.0).permits == 1
    semaphore.release("alive")
    testapp.run()
    task = testapp.task(task_id)
    assert task["status"] == "completed", task
    assert timestamp(task["updated_at"]) - began < 60.0  # no lease had to run out, and no message to come back


def test_tasks_that_have_ended_are_left_alone(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create(num_chapters=1))
    testapp.request("POST", f"/tasks/{task_id}/cancel")
    assert revive(testapp.services) == 0
    assert testapp.task(task_id)["status"] == "cancelled"


def test_one_process_owns_a_state_directory(tmp_path: Path) -> None:
    first, second = Ownership(tmp_path, "serve"), Ownership(tmp_path, "run")
    assert first.take()
    assert not second.take()
    assert second.holder() == f"`serve`, process {os.getpid()}"
    first.release()
    assert second.take()
    assert first.holder() == f"`run`, process {os.getpid()}"
    second.release()


def test_only_the_first_workers_are_alone(tmp_path: Path) -> None:
    alone: list[str] = []
    with (
        WorkersAlive(tmp_path).held(lambda: alone.append("first")),
        WorkersAlive(tmp_path).held(lambda: alone.append("second")),
    ):
        assert alone == ["first"]
    with WorkersAlive(tmp_path).held(lambda: alone.append("third")):
        assert alone == ["first", "third"]


def test_temporary_files_go_with_their_process_and_those_of_the_dead_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, living, foreign = (tmp_path / name for name in ("fireside-local-x", "fireside-local-y", "fireside-x"))
    for folder in (left, living, foreign):
        folder.mkdir()
    lock = os.open(living, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # as its process does for as long as it lives
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with own_scratch() as own:
        assert Path(tempfile.mkdtemp()).parent == own
        assert not left.exists()
    os.close(lock)
    assert {path.name for path in tmp_path.iterdir()} == {foreign.name, living.name}


def test_a_terminals_signal_does_not_reach_a_tool() -> None:
    printed = run([sys.executable, "-c", "import os; print(os.getpgrp())"], (), 30.0).stdout
    assert int(printed) != os.getpgrp()


def test_the_time_of_a_function_is_over_once_its_source_is_stopped() -> None:
    stopped = False
    context = LambdaContext("f", 60.0, clock=lambda: 0.0, stopped=lambda: stopped)
    assert context.get_remaining_time_in_millis() == 60_000
    stopped = True
    assert context.get_remaining_time_in_millis() == 0
