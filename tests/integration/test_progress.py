"""How far a task is, as its owner sees it: lines count, it is one small item, and it never goes back."""

import re

import msgspec
import pytest

from chalicelib.domain.steps import Step
from chalicelib.errors import ProviderFault
from chalicelib.store.tables import TaskItem
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.sizes import task_size
from tests.support.testapp import USER, TestApp

LINES = 12


def with_lines(testapp: TestApp, lines: int = LINES) -> TestApp:
    return TestApp(
        clock=testapp.clock,
        author=MemoryAuthor(testapp.clock, lines=lines),
        narrator=MemoryNarrator(testapp.clock, seconds=3),
    )


def watched(testapp: TestApp, task_id: str) -> list[tuple[int, str]]:
    """Progress and message as they are at every paid line, until nothing is left to do."""
    seen: list[tuple[int, str]] = []

    def look(_text: str) -> None:
        task = testapp.task(task_id)
        seen.append((task["progress"], task["message"]))

    testapp.narrator.fails = look
    testapp.run()
    look("")
    return seen


def test_progress_moves_with_the_lines_of_a_chapter_and_says_which_one(testapp: TestApp) -> None:
    testapp = with_lines(testapp)
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    task_id = str(testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"])
    seen = watched(testapp, task_id)
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert len(set(percents)) > LINES / 2  # it is written down every two seconds at most
    assert (percents[0], percents[-1]) == (0, 100)
    told = [re.fullmatch(r"Narrating chapter 1 of 1: line (\d+) of 12", message) for _, message in seen[:-1]]
    numbers = [int(match[1]) for match in told if match]
    assert len(numbers) == LINES
    assert numbers == sorted(numbers)


def test_a_retry_after_an_edit_does_not_make_progress_go_back(testapp: TestApp) -> None:
    testapp = with_lines(testapp)
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    task_id = str(testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"])
    result = iter(range(100))
    no_credit = ProviderFault("ElevenLabs", "status", status=402, code="insufficient_credits")
    testapp.narrator.fails = lambda _text: no_credit if next(result) >= 9 else None
    testapp.run()
    failed = testapp.task(task_id)
    assert (failed["status"], failed["progress"] > 50) == ("failed", True)
    lines = [{"line_id": f"{n:03d}", "speaker": "Ada", "text": f"All of it anew, {n}."} for n in range(1, LINES + 1)]
    assert testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines}).status_code == 200
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    percents = [percent for percent, _ in watched(testapp, task_id)]
    assert [failed["progress"], *percents] == sorted([failed["progress"], *percents])
    assert percents[-1] == 100


def test_a_worker_that_is_behind_does_not_make_progress_go_back(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create(num_chapters=1))
    tasks = testapp.services.tasks
    before = tasks.get(task_id)
    assert before is not None
    tasks.record_progress(before, Step("narrate", 1), 60, "ahead")
    behind = testapp.services.flow.task_of(USER, task_id)
    behind = msgspec.structs.replace(behind, partly={})
    tasks.record_progress(behind, Step("narrate", 1), 20, "behind")
    now = tasks.get(task_id)
    assert now is not None
    assert (now.partly, now.message) == ({Step("narrate", 1): 60}, "ahead")


def test_the_task_that_threads_share_is_never_changed_under_them(testapp: TestApp) -> None:
    """PynamoDB empties an item before it fills it with what an update returned: a purchase then had no user.

    A task is no item any more, and frozen.
    """
    tasks, task_id = testapp.services.tasks, testapp.generate(testapp.create(num_chapters=1))
    shared = testapp.services.flow.task_of(USER, task_id)
    before = msgspec.structs.asdict(shared)
    tasks.record_progress(shared, Step("narrate", 1), 50, "Narrating")
    assert tasks.record_heartbeat(shared, "Still narrating")
    assert tasks.count_sweep(shared, against=True)
    assert tasks.complete_step(shared, Step("outline"))
    assert msgspec.structs.asdict(shared) == before
    with pytest.raises(AttributeError):
        shared.message = "changed"  # type: ignore[misc]


def test_a_task_of_a_version_that_counted_no_lines_is_carried_out(testapp: TestApp) -> None:
    testapp = with_lines(testapp, lines=3)
    task_id = testapp.generate(testapp.create(num_chapters=2))
    TaskItem(task_id).update([TaskItem.partly.remove()])
    percents = [percent for percent, _ in watched(testapp, task_id)]
    assert percents == sorted(percents)
    assert testapp.task(task_id)["status"] == "completed"


def test_a_task_of_fifty_chapters_that_are_all_under_way_stays_small(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create(num_chapters=50))
    tasks = testapp.services.tasks
    task = tasks.get(task_id)
    assert task is not None
    for number in range(1, 51):
        for kind in "we":
            tasks.complete_step(task, Step.parse(f"{kind}{number}"))
    tasks.complete_step(task, Step("outline"))
    for number in range(1, 43):
        tasks.complete_step(task, Step("narrate", number))
    for number in range(43, 51):
        tasks.record_progress(task, Step("narrate", number), 99, f"Narrating chapter {number} of 50: line 1000 of 1000")
    assert task_size(task_id) < 1024
    tasks.complete_step(task, Step("narrate", 43))
    now = tasks.get(task_id)
    assert now is not None
    assert set(now.partly or {}) == {Step("narrate", number) for number in range(44, 51)}
