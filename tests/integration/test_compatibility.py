"""Versions meet: what a release kept is read for ever, and what a later one will keep is read by this one."""

import json
from typing import Any

import pytest

from chalicelib.domain.message import AUTHORING, StepMessage
from chalicelib.errors import Redeliver
from chalicelib.pipeline.step_context import Delivery
from chalicelib.store.tables import StoryItem, TaskItem
from tests.support.snapshot import KEYS, RELEASES, Item, Snapshot, attributes, put
from tests.support.testapp import TestApp

Json = dict[str, Any]


READ_BY = {"usage": "/usage", "tasks": "/tasks/", "tokens": "/stories?", "keys": "/stories?"}
"""What the addresses of those pages begin with that read a table; all others are read by the pages of stories."""


def looked_at(snapshot: Snapshot, how: str = "", *, beginning: str = "/") -> dict[str, Any]:
    """Look at every page of everything the snapshot holds, or of some of it; each answer is below 500."""
    testapp, facts = snapshot.testapp, snapshot.facts
    paths = ["/stories?limit=50", "/usage?month=2026-11"]
    for story in ("narrated", "edited", "failed", "cancelled", "draft", "running"):
        of_story = f"/stories/{facts[story]}"
        of_chapter = [f"{of_story}/chapters/{number}" for number in (1, 2)]
        paths += [of_story, *of_chapter, *(f"{path}/captions" for path in of_chapter)]
        paths += [f"{path}/audio" for path in of_chapter]
    paths += [f"/tasks/{facts[task]}" for task in ("failed_task", "cancelled_task", "running_task")]
    answers = {path: testapp.request("GET", path) for path in paths if path.startswith(beginning)}
    assert answers
    assert not {path: answer.body for path, answer in answers.items() if answer.status_code >= 500}, how
    return answers


@pytest.mark.parametrize("release", RELEASES)
def test_the_library_of_a_release_opens(release: str, memory_aws: None) -> None:
    snapshot = Snapshot(release)
    facts = snapshot.facts
    found = looked_at(snapshot)
    stories = {story["story_id"]: story for story in found["/stories?limit=50"].json_body["stories"]}
    assert set(stories) == {facts[name] for name in ("narrated", "edited", "failed", "cancelled", "draft", "running")}
    assert stories[facts["narrated"]]["audio_seconds"] > 10
    chapter = found[f"/stories/{facts['narrated']}/chapters/1"].json_body
    assert (chapter["status"], chapter["audio"]["out_of_date"]) == ("completed", False)
    assert [line["text"] for line in chapter["script"]["lines"]][-1] == "Good night."
    assert chapter["enhanced"]["lines"][0]["tags"] == ["whispers"]
    assert found[f"/stories/{facts['narrated']}/chapters/1/captions"].body.startswith(b"WEBVTT")
    assert found[f"/stories/{facts['edited']}/chapters/1"].json_body["script"]["lines"][0]["text"].startswith("Changed")
    failed = found[f"/tasks/{facts['failed_task']}"].json_body
    assert (failed["status"], failed["error_code"]) == ("failed", "invalid_credentials")
    assert found["/usage?month=2026-11"].json_body["total"]["calls"] == 27
    assert snapshot.testapp.services.tokens.user_of(facts["token"]) == "ann"


@pytest.mark.parametrize("release", RELEASES)
def test_the_work_of_a_release_goes_on_and_nothing_is_bought_twice(release: str, memory_aws: None) -> None:
    snapshot = Snapshot(release)
    testapp, facts = snapshot.testapp, snapshot.facts
    for task in ("failed_task", "cancelled_task"):
        assert testapp.request("POST", f"/tasks/{facts[task]}/retry", {}).status_code == 202
    testapp.run()
    for task in ("running_task", "failed_task", "cancelled_task"):
        assert testapp.task(facts[task])["status"] == "completed", testapp.task(facts[task])
    assert "outline" not in testapp.author.bought
    assert set(testapp.author.bought) == {
        "chapter2",
        *(what for what in testapp.author.bought if "enhancement" in what),
    }
    again = testapp.request("POST", f"/stories/{facts['narrated']}/audio", {}).json_body["task_id"]
    testapp.narrator.bought.clear()
    testapp.run()
    assert testapp.task(again)["status"] == "completed"
    assert not testapp.narrator.bought


@pytest.mark.parametrize("release", RELEASES)
def test_a_story_of_a_release_is_edited_narrated_and_written_again(release: str, memory_aws: None) -> None:
    snapshot = Snapshot(release)
    testapp, story = snapshot.testapp, snapshot.facts["narrated"]
    path = f"/stories/{story}/chapters/2"
    lines = testapp.request("GET", path).json_body["script"]["lines"]
    lines[0]["text"] = "Another beginning."
    edited = testapp.request("PUT", f"{path}/script", {"lines": lines})
    assert (edited.status_code, edited.json_body["audio"]["out_of_date"]) == (200, True)
    testapp.request("POST", f"/stories/{story}/audio", {"chapters": [2]})
    testapp.run()
    assert {text for text, _ in testapp.narrator.bought if "running" not in text} >= {"Another beginning."}
    assert testapp.request("GET", path).json_body["audio"]["out_of_date"] is False
    assert testapp.request("POST", f"{path}/rewrite", {"remark": "Shorter."}).status_code == 202
    testapp.run()
    assert "Shorter." in testapp.request("GET", path).json_body["script"]["lines"][0]["text"]
    assert testapp.request("DELETE", f"/stories/{story}").status_code == 204
    testapp.run()
    assert not list(testapp.services.objects.keys(f"stories/{story}/"))


@pytest.mark.no_cover  # the same lines many thousand times
@pytest.mark.parametrize("release", RELEASES[-1:])  # the newest has every attribute of those before it
def test_no_attribute_is_needed_to_open_the_library(release: str, memory_aws: None) -> None:
    snapshot = Snapshot(release)
    for table, name in attributes():
        items = snapshot.items(table)
        for item in items:
            put(table, {key: value for key, value in item.items() if key != name})
        looked_at(snapshot, f"without {table}.{name}", beginning=READ_BY.get(table, "/stories"))
        for item in items:
            put(table, item)


@pytest.mark.parametrize("release", RELEASES)
def test_items_of_keys_alone_are_no_server_error_either(release: str, memory_aws: None) -> None:
    looked_at(Snapshot(release, lambda table, item: {name: item[name] for name in KEYS[table]}))


@pytest.mark.parametrize("name", ["durations", "status_before", "whole", "run", "sweeps", "expected_by", "message"])
def test_work_goes_on_without_an_attribute_that_was_added_later(name: str, memory_aws: None) -> None:
    def change(_table: str, item: Item) -> Item:
        return {key: value for key, value in item.items() if key != name}

    snapshot = Snapshot(RELEASES[0], change)
    snapshot.testapp.run()
    assert snapshot.testapp.task(snapshot.facts["running_task"])["status"] == "completed"
    story = snapshot.testapp.request("GET", f"/stories/{snapshot.facts['running']}").json_body
    assert (story["status"], story["audio_seconds"] > 10) == ("completed", True)


def of_a_later_version(_table: str, item: Item) -> Item:
    """Return the item with an attribute, and fields in its texts, that nobody knows yet."""
    changed = {name: _extended(value) for name, value in item.items()}
    return {**changed, "added_later": {"M": {"any": {"L": [{"NULL": True}]}}}, "remarks": {"NULL": True}}


def _extended(value: Json) -> Json:
    text = value.get("S", "")
    if not text.startswith("{"):
        return value
    return {"S": json.dumps(_with_more(json.loads(text)))}


def _with_more(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_more(one) for one in value]
    if not isinstance(value, dict) or not value or ("speaker" not in value and not _is_struct(value)):
        return value
    return {**{name: _with_more(one) for name, one in value.items()}, "added_later": {"a": 1}}


def _is_struct(value: Json) -> bool:
    """Whether a JSON object has fields, and is no map from voices or workers."""
    return bool({"lines", "premise", "beats", "ending_state", "gender"} & set(value))


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_later_version_added_is_passed_over_and_left_alone(release: str, memory_aws: None) -> None:
    snapshot = Snapshot(release, of_a_later_version)
    for message in snapshot.testapp.queues.messages:
        message.body = json.dumps({**json.loads(message.body), "added_later": [1]})
    looked_at(snapshot)
    snapshot.testapp.run()
    assert snapshot.testapp.task(snapshot.facts["running_task"])["status"] == "completed"
    kept = StoryItem._get_connection().get_item("ann", snapshot.facts["running"])["Item"]
    assert "added_later" in kept


def test_a_message_that_cannot_be_read_comes_again_and_ends_among_the_dead_letters(testapp: TestApp) -> None:
    for body in (
        "no message of ours",
        '{"task_id": 7}',
        '{"task_id":"t","story_id":"s","user_id":"u","step":"b1","run":1}',
    ):
        extended: list[int] = []
        with pytest.raises(Redeliver):
            testapp.services.worker.deliver(body, Delivery(lambda: 100.0, extended.append))
        assert 0 < extended[0] * 5 < 1800
        with pytest.raises(Redeliver):
            testapp.services.worker.fail_dead_letter(body)


def test_a_deleted_story_that_could_not_be_removed_is_not_forgotten(testapp: TestApp) -> None:
    with pytest.raises(Redeliver):
        testapp.services.worker.fail_dead_letter('{"task_id":"","story_id":"s","user_id":"ann","step":"purge","run":0}')


def test_a_task_with_steps_of_a_later_version_is_neither_ended_nor_in_the_way(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create(num_chapters=1), audio=False)
    task = TaskItem.get(task_id)
    task.update([TaskItem.plan.set(f"{task.plan} film z1-3"), TaskItem.done.add({"cover"})])
    testapp.run()
    shown = testapp.task(task_id)
    assert (shown["status"], 0 < shown["progress"] < 100) == ("running", True)
    testapp.clock.advance(1000)
    assert testapp.services.sweeper.sweep() == 1


def test_a_message_of_this_version_is_read_by_the_last_release(testapp: TestApp) -> None:
    testapp.services.queues.send(AUTHORING, StepMessage("t", "s", "u", "w1", 1))
    known = {"task_id", "story_id", "user_id", "step", "run"}  # 0.1.0 throws a message with any other away
    assert set(json.loads(testapp.queues.messages[-1].body)) == known
