"""Where a person and a worker meet in one chapter: nobody's work is lost, and nothing is sold as something else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.story.ports import Completion, CompletionRequest
from tests.support.testapp import TestApp


@pytest.fixture
def told(testapp: TestApp) -> str:
    """Make a narrated story of two chapters; return its id."""
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    return story_id


def chapter(testapp: TestApp, story_id: str, number: int = 1) -> Any:
    return testapp.request("GET", f"/stories/{story_id}/chapters/{number}").json_body


def story(testapp: TestApp, story_id: str) -> Any:
    return testapp.request("GET", f"/stories/{story_id}").json_body


def edit(testapp: TestApp, story_id: str, text: str) -> None:
    lines = [{"line_id": "001", "speaker": "Ada", "text": text}]
    assert testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines}).status_code == 200


def rewrite(testapp: TestApp, story_id: str, remark: str, number: int = 1) -> str:
    answer = testapp.request("POST", f"/stories/{story_id}/chapters/{number}/rewrite", {"remark": remark})
    assert answer.status_code == 202, answer.body
    return str(answer.json_body["task_id"])


def cancel(testapp: TestApp, task_id: str) -> None:
    assert testapp.request("POST", f"/tasks/{task_id}/cancel").status_code == 202


def cancelled_early(testapp: TestApp) -> tuple[str, str]:
    """Cancel a story's task when two of its three chapters are written; return story and task."""
    story_id = testapp.create(num_chapters=3)
    task_id = testapp.generate(story_id, audio=False)
    for _ in range(3):
        testapp.deliver(testapp.queues.receive() or pytest.fail("no message"))
    cancel(testapp, task_id)
    testapp.run()
    return story_id, task_id


def while_it_writes(testapp: TestApp, act: Callable[[], None]) -> None:
    """Have `act` done once while the worker is in a paid call of the author's, whose answer is on its way."""
    ask = testapp.author.ask

    def interrupted(request: CompletionRequest) -> Completion:
        answer = ask(request)
        testapp.author.ask = ask  # type: ignore[method-assign]
        act()
        return answer

    testapp.author.ask = interrupted  # type: ignore[method-assign]


def test_a_cancelled_rewrite_does_not_overwrite_an_edit(testapp: TestApp, told: str) -> None:
    task = rewrite(testapp, told, "More rain.")

    def act() -> None:
        cancel(testapp, task)
        edit(testapp, told, "My own hour of work.")

    while_it_writes(testapp, act)
    testapp.run()
    assert testapp.task(task)["status"] == "cancelled"
    assert chapter(testapp, told)["script"]["lines"][0]["text"] == "My own hour of work."
    assert testapp.author.bought["chapter1"] == 2  # paid for all the same, and on the bill
    calls = testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())


def test_a_cancelled_rewrite_does_not_carry_out_the_next_one(testapp: TestApp, told: str) -> None:
    first = rewrite(testapp, told, "Wrong remark.")
    second: list[str] = []

    def act() -> None:
        cancel(testapp, first)
        second.append(rewrite(testapp, told, "Right remark."))

    while_it_writes(testapp, act)
    testapp.run()
    assert testapp.task(second[0])["status"] == "completed"
    assert "Right remark." in chapter(testapp, told)["script"]["lines"][0]["text"]


def test_the_sound_of_a_cancelled_narration_is_never_that_of_another_text(testapp: TestApp, told: str) -> None:
    edit(testapp, told, "Version A.")
    testapp.request("POST", f"/stories/{told}/audio", {})
    testapp.run()
    edit(testapp, told, "Version B.")
    task = str(testapp.request("POST", f"/stories/{told}/audio", {}).json_body["task_id"])
    put_file = testapp.services.objects.put_file

    def put_late(key: str, path: Path) -> None:
        cancel(testapp, task)
        edit(testapp, told, "Version A.")
        put_file(key, path)

    testapp.services.objects.put_file = put_late  # type: ignore[method-assign]
    testapp.run()
    now = chapter(testapp, told)
    assert (now["status"], now["audio"]["out_of_date"]) == ("completed", False)
    captions = testapp.request("GET", f"/stories/{told}/chapters/1/captions").body
    assert b"Version A." in captions
    sound = testapp.services.objects.get(f"stories/{told}/chapters/001-{now['version']}.mp3")
    assert sound is not None
    assert len(sound.data) == now["audio"]["bytes"]


def test_a_new_sound_takes_the_place_of_the_old(testapp: TestApp, told: str) -> None:
    edit(testapp, told, "Another text.")
    testapp.request("POST", f"/stories/{told}/audio", {})
    testapp.run()
    kept = list(testapp.services.objects.keys(f"stories/{told}/chapters/001-"))
    version = chapter(testapp, told)["version"]
    assert sorted(kept) == [f"stories/{told}/chapters/001-{version}.{kind}" for kind in ("m4a", "mp3", "vtt")]


def test_an_old_order_is_not_carried_out_on_a_newer_text(testapp: TestApp, told: str) -> None:
    first = rewrite(testapp, told, "First remark.")
    cancel(testapp, first)
    rewrite(testapp, told, "Second remark.")
    testapp.run()
    refused = testapp.request("POST", f"/tasks/{first}/retry")
    assert (refused.status_code, "changed since" in refused.json_body["Message"]) == (409, True)
    third = rewrite(testapp, told, "Third remark.")
    cancel(testapp, third)
    edit(testapp, told, "Mine.")
    assert testapp.request("POST", f"/tasks/{third}/retry").status_code == 409
    testapp.run()
    assert chapter(testapp, told)["script"]["lines"][0]["text"] == "Mine."


def test_a_story_is_not_complete_before_all_of_it_is_written(testapp: TestApp) -> None:
    story_id, task_id = cancelled_early(testapp)
    assert story(testapp, story_id)["status"] == "cancelled"
    rewrite(testapp, story_id, "Again.")
    testapp.run()
    assert story(testapp, story_id)["status"] == "cancelled"
    testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]})
    testapp.run()
    assert story(testapp, story_id)["status"] == "cancelled"
    testapp.request("POST", f"/tasks/{task_id}/retry")
    testapp.run()
    assert story(testapp, story_id)["status"] == "completed"
    assert {one["status"] for one in story(testapp, story_id)["chapters"]} == {"completed", "script_ready"}


def test_a_rewrite_that_fails_leaves_a_chapter_that_can_be_heard(testapp: TestApp, told: str) -> None:
    task = rewrite(testapp, told, "x")
    testapp.author.fails = lambda _what: RuntimeError("a bug")
    testapp.run()
    assert testapp.task(task)["status"] == "failed"
    now = chapter(testapp, told)
    assert (now["status"], now["audio"]["out_of_date"]) == ("completed", False)


def test_the_last_task_is_the_one_that_ran_last(testapp: TestApp) -> None:
    story_id, first = cancelled_early(testapp)
    second = testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]}).json_body["task_id"]
    testapp.run()
    assert story(testapp, story_id)["last_task_id"] == second
    testapp.request("POST", f"/tasks/{first}/retry")
    cancel(testapp, first)
    testapp.run()
    assert (story(testapp, story_id)["status"], story(testapp, story_id)["last_task_id"]) == ("cancelled", first)


def test_every_refusal_names_the_task_that_runs(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=3)
    task = testapp.generate(story_id)
    line = {"line_id": "001", "speaker": "Ada", "text": "x"}
    for answer in (
        testapp.request("POST", f"/stories/{story_id}/chapters/1/rewrite", {"remark": "x"}),
        testapp.request("POST", f"/stories/{story_id}/audio", {}),
        testapp.request("POST", f"/stories/{story_id}/generate", {}),
        testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": [line]}),
    ):
        assert (answer.status_code, task in answer.json_body["Message"]) == (409, True), answer.json_body


def test_a_request_that_comes_again_is_answered_as_the_first_time(testapp: TestApp, told: str) -> None:
    def send(path: str, body: Any, key: str) -> Any:
        return testapp.request("POST", path, body, headers={"Idempotency-Key": key}).json_body

    path = f"/stories/{told}/chapters/1/rewrite"
    ordered = send(path, {"remark": "x"}, "rewrite")
    stopped = send(f"/tasks/{ordered['task_id']}/cancel", {}, "cancel")
    retried = send(f"/tasks/{ordered['task_id']}/retry", {}, "retry")
    testapp.run()
    assert testapp.task(ordered["task_id"])["status"] == "completed"
    assert send(path, {"remark": "x"}, "rewrite") == ordered
    assert send(f"/tasks/{ordered['task_id']}/cancel", {}, "cancel") == stopped
    assert send(f"/tasks/{ordered['task_id']}/retry", {}, "retry") == retried
    estimates = f"/stories/{told}/estimate"
    assert "characters" in send(estimates, {"audio": True}, "estimate")
    assert send(estimates, {"audio": False}, "estimate")["Code"] == "UnprocessableEntityError"


def test_an_estimate_counts_the_summaries_that_an_edit_makes_necessary(testapp: TestApp) -> None:
    story_id, _ = cancelled_early(testapp)

    def words() -> Any:
        return testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": False}).json_body

    before = words()
    edit(testapp, story_id, "Changed.")
    assert words()["input_tokens"] > before["input_tokens"]
    testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.author.bought["summary1"] == 1


def test_an_estimate_of_a_chapter_that_is_not_there_is_refused(testapp: TestApp, told: str) -> None:
    refused = testapp.request("POST", f"/stories/{told}/estimate", {"chapters": [40]})
    assert (refused.status_code, "chapters" in refused.json_body["Message"]) == (400, True)
