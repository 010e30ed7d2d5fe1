"""Where a person and a worker meet in one chapter: nobody's work is lost, and nothing is sold as something else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.providers.author import Answer, Question
from tests.support.house import House


@pytest.fixture
def told(house: House) -> str:
    """A narrated story of two chapters; its id."""
    story_id = house.create(num_chapters=2)
    house.generate(story_id)
    house.run()
    return story_id


def chapter(house: House, story_id: str, number: int = 1) -> Any:
    return house.request("GET", f"/stories/{story_id}/chapters/{number}").json_body


def story(house: House, story_id: str) -> Any:
    return house.request("GET", f"/stories/{story_id}").json_body


def edit(house: House, story_id: str, text: str) -> None:
    lines = [{"line_id": "001", "speaker": "Ada", "text": text}]
    assert house.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines}).status_code == 200


def rewrite(house: House, story_id: str, remark: str, number: int = 1) -> str:
    answer = house.request("POST", f"/stories/{story_id}/chapters/{number}/rewrite", {"remark": remark})
    assert answer.status_code == 202, answer.body
    return str(answer.json_body["task_id"])


def cancel(house: House, task_id: str) -> None:
    assert house.request("POST", f"/tasks/{task_id}/cancel").status_code == 202


def cancelled_early(house: House) -> tuple[str, str]:
    """A story of three chapters whose task was cancelled when two were written; story and task."""
    story_id = house.create(num_chapters=3)
    task_id = house.generate(story_id, audio=False)
    for _ in range(3):
        house.deliver(house.queues.receive() or pytest.fail("no message"))
    cancel(house, task_id)
    house.run()
    return story_id, task_id


def while_it_writes(house: House, act: Callable[[], None]) -> None:
    """Have `act` done once while the worker is in a paid call of the author's, whose answer is on its way."""
    ask = house.author.ask

    def interrupted(question: Question) -> Answer:
        answer = ask(question)
        house.author.ask = ask  # type: ignore[method-assign]
        act()
        return answer

    house.author.ask = interrupted  # type: ignore[method-assign]


def test_a_cancelled_rewrite_does_not_overwrite_an_edit(house: House, told: str) -> None:
    task = rewrite(house, told, "More rain.")

    def act() -> None:
        cancel(house, task)
        edit(house, told, "My own hour of work.")

    while_it_writes(house, act)
    house.run()
    assert house.task(task)["status"] == "cancelled"
    assert chapter(house, told)["script"]["lines"][0]["text"] == "My own hour of work."
    assert house.author.bought["chapter1"] == 2  # paid for all the same, and on the bill
    calls = house.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == sum(house.author.bought.values()) + sum(house.narrator.bought.values())


def test_a_cancelled_rewrite_does_not_carry_out_the_next_one(house: House, told: str) -> None:
    first = rewrite(house, told, "Wrong remark.")
    second: list[str] = []

    def act() -> None:
        cancel(house, first)
        second.append(rewrite(house, told, "Right remark."))

    while_it_writes(house, act)
    house.run()
    assert house.task(second[0])["status"] == "completed"
    assert "Right remark." in chapter(house, told)["script"]["lines"][0]["text"]


def test_the_sound_of_a_cancelled_narration_is_never_that_of_another_text(house: House, told: str) -> None:
    edit(house, told, "Version A.")
    house.request("POST", f"/stories/{told}/audio", {})
    house.run()
    edit(house, told, "Version B.")
    task = str(house.request("POST", f"/stories/{told}/audio", {}).json_body["task_id"])
    put_file = house.services.objects.put_file

    def put_late(key: str, path: Path) -> None:
        cancel(house, task)
        edit(house, told, "Version A.")
        put_file(key, path)

    house.services.objects.put_file = put_late  # type: ignore[method-assign]
    house.run()
    now = chapter(house, told)
    assert (now["status"], now["audio"]["out_of_date"]) == ("completed", False)
    captions = house.request("GET", f"/stories/{told}/chapters/1/captions").body
    assert b"Version A." in captions
    sound = house.services.objects.get(f"stories/{told}/chapters/001-{now['version']}.mp3")
    assert sound is not None
    assert len(sound.data) == now["audio"]["bytes"]


def test_a_new_sound_takes_the_place_of_the_old(house: House, told: str) -> None:
    edit(house, told, "Another text.")
    house.request("POST", f"/stories/{told}/audio", {})
    house.run()
    kept = list(house.services.objects.keys(f"stories/{told}/chapters/001-"))
    version = chapter(house, told)["version"]
    assert sorted(kept) == [f"stories/{told}/chapters/001-{version}.{kind}" for kind in ("mp3", "vtt")]


def test_an_old_order_is_not_carried_out_on_a_newer_text(house: House, told: str) -> None:
    first = rewrite(house, told, "First remark.")
    cancel(house, first)
    rewrite(house, told, "Second remark.")
    house.run()
    refused = house.request("POST", f"/tasks/{first}/retry")
    assert (refused.status_code, "changed since" in refused.json_body["Message"]) == (409, True)
    third = rewrite(house, told, "Third remark.")
    cancel(house, third)
    edit(house, told, "Mine.")
    assert house.request("POST", f"/tasks/{third}/retry").status_code == 409
    house.run()
    assert chapter(house, told)["script"]["lines"][0]["text"] == "Mine."


def test_a_story_is_not_complete_before_all_of_it_is_written(house: House) -> None:
    story_id, task_id = cancelled_early(house)
    assert story(house, story_id)["status"] == "cancelled"
    rewrite(house, story_id, "Again.")
    house.run()
    assert story(house, story_id)["status"] == "cancelled"
    house.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]})
    house.run()
    assert story(house, story_id)["status"] == "cancelled"
    house.request("POST", f"/tasks/{task_id}/retry")
    house.run()
    assert story(house, story_id)["status"] == "completed"
    assert {one["status"] for one in story(house, story_id)["chapters"]} == {"completed", "script_ready"}


def test_a_rewrite_that_fails_leaves_a_chapter_that_can_be_heard(house: House, told: str) -> None:
    task = rewrite(house, told, "x")
    house.author.fails = lambda _what: RuntimeError("a bug")
    house.run()
    assert house.task(task)["status"] == "failed"
    now = chapter(house, told)
    assert (now["status"], now["audio"]["out_of_date"]) == ("completed", False)


def test_the_last_task_is_the_one_that_ran_last(house: House) -> None:
    story_id, first = cancelled_early(house)
    second = house.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]}).json_body["task_id"]
    house.run()
    assert story(house, story_id)["last_task_id"] == second
    house.request("POST", f"/tasks/{first}/retry")
    cancel(house, first)
    house.run()
    assert (story(house, story_id)["status"], story(house, story_id)["last_task_id"]) == ("cancelled", first)


def test_every_refusal_names_the_task_that_runs(house: House) -> None:
    story_id = house.create(num_chapters=3)
    task = house.generate(story_id)
    line = {"line_id": "001", "speaker": "Ada", "text": "x"}
    for answer in (
        house.request("POST", f"/stories/{story_id}/chapters/1/rewrite", {"remark": "x"}),
        house.request("POST", f"/stories/{story_id}/audio", {}),
        house.request("POST", f"/stories/{story_id}/generate", {}),
        house.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": [line]}),
    ):
        assert (answer.status_code, task in answer.json_body["Message"]) == (409, True), answer.json_body


def test_a_request_that_comes_again_is_answered_as_the_first_time(house: House, told: str) -> None:
    def send(path: str, body: Any, key: str) -> Any:
        return house.request("POST", path, body, headers={"Idempotency-Key": key}).json_body

    path = f"/stories/{told}/chapters/1/rewrite"
    ordered = send(path, {"remark": "x"}, "rewrite")
    stopped = send(f"/tasks/{ordered['task_id']}/cancel", {}, "cancel")
    retried = send(f"/tasks/{ordered['task_id']}/retry", {}, "retry")
    house.run()
    assert house.task(ordered["task_id"])["status"] == "completed"
    assert send(path, {"remark": "x"}, "rewrite") == ordered
    assert send(f"/tasks/{ordered['task_id']}/cancel", {}, "cancel") == stopped
    assert send(f"/tasks/{ordered['task_id']}/retry", {}, "retry") == retried
    estimates = f"/stories/{told}/estimate"
    assert "characters" in send(estimates, {"audio": True}, "estimate")
    assert send(estimates, {"audio": False}, "estimate")["Code"] == "UnprocessableEntityError"


def test_an_estimate_counts_the_summaries_that_an_edit_makes_necessary(house: House) -> None:
    story_id, _ = cancelled_early(house)

    def words() -> Any:
        return house.request("POST", f"/stories/{story_id}/estimate", {"audio": False}).json_body

    before = words()
    edit(house, story_id, "Changed.")
    assert words()["input_tokens"] > before["input_tokens"]
    house.generate(story_id, audio=False)
    house.run()
    assert house.author.bought["summary1"] == 1


def test_an_estimate_of_a_chapter_that_is_not_there_is_refused(house: House, told: str) -> None:
    refused = house.request("POST", f"/stories/{told}/estimate", {"chapters": [40]})
    assert (refused.status_code, "chapters" in refused.json_body["Message"]) == (400, True)
