"""The HTTP API through Chalice, on moto: what it answers, whom it answers, and what it refuses."""

from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib.store.connections import connection
from chalicelib.store.tables import ALL
from tests.support.sizes import task_size
from tests.support.testapp import TestApp

UNKNOWN = "0" * 32


def routes() -> Iterator[tuple[str, str]]:
    """Every method and path of the app that needs a token."""
    for path, methods in app.app.routes.items():
        for method, entry in methods.items():
            if entry.authorizer is not None:
                yield method, path


def test_a_new_story_is_a_draft_with_the_configured_defaults(testapp: TestApp) -> None:
    response = testapp.request("POST", "/stories", {"prompt": "A whale that sings"})
    story = response.json_body
    assert response.status_code == 201
    assert story["status"] == "draft"
    assert story["num_chapters"] == testapp.services.config.defaults.num_chapters
    assert [chapter["status"] for chapter in story["chapters"]] == ["pending"] * story["num_chapters"]
    assert testapp.request("GET", f"/stories/{story['story_id']}").json_body == story


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "  \n "}, "prompt"),
        ({"prompt": "x" * 4001}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "x", "num_chapters": 0}, "num_chapters"),
        ({"prompt": "x", "num_chapters": 51}, "num_chapters"),
        ({"prompt": "x", "num_chapters": "3"}, "num_chapters"),
        ({"prompt": "x", "num_chapters": True}, "num_chapters"),
        ({"prompt": "x", "enhance": 1}, "enhance"),
        ({"prompt": "x", "language": "not a language"}, "language"),
        ({"prompt": "x", "voices": {"Ada": "../../v1/user"}}, "voices"),
        ({"prompt": "x", "title": ""}, "title"),
        ({"prompt": "x", "colour": "red"}, "colour"),
        ([], "object"),
        (b'{"prompt": "\\ud800"}', "JSON"),
        (b'{"prompt": "\xff"}', "JSON"),
        (b"{" * 100_000, ""),
        (b'{"prompt": ' + b"[" * 100_000, ""),
        (b'{"prompt": "' + b"x" * 2_100_000 + b'"}', "2048 KB"),
        (b"not json", "JSON"),
    ],
)
def test_bad_input_is_refused_with_the_field_named(testapp: TestApp, body: Any, named: str) -> None:
    response = testapp.request("POST", "/stories", body)
    assert response.status_code == 400
    assert response.json_body["Code"] == "BadRequestError"
    assert named in response.json_body["Message"]
    assert testapp.request("GET", "/stories").json_body["stories"] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=1e1", "limit"),
        ("cursor=zz", "cursor"),
    ],
)
def test_bad_paging_is_refused(testapp: TestApp, query: str, named: str) -> None:
    response = testapp.request("GET", f"/stories?{query}")
    assert (response.status_code, named in response.json_body["Message"]) == (400, True)


def test_stories_are_paged_newest_first(testapp: TestApp) -> None:
    created = [testapp.create(prompt=f"Story {n}") for n in range(7)]
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        page = testapp.request("GET", f"/stories?limit=2{cursor}").json_body
        seen += [story["story_id"] for story in page["stories"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert seen == created[::-1]


def test_every_route_without_or_with_an_unknown_token_is_refused(testapp: TestApp) -> None:
    testapp.tokens["eve"] = "not-a-token"
    for method, path in routes():
        for user in (None, "eve"):
            where = path.replace("{story_id}", UNKNOWN).replace("{task_id}", UNKNOWN).replace("{number}", "1")
            assert testapp.request(method, where, {}, user=user).status_code in {401, 403}, (method, path, user)


def test_every_route_hides_what_is_another_users(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    testapp.run()
    at = "2026-11-23T20:00:00Z"
    bodies: dict[str, Any] = {
        "place": {"chapter": 1, "seconds": 1, "at": at},
        "bookmarks": {"bookmarks": [], "at": at},
    }
    for method, path in routes():
        if "{" not in path:
            continue
        where = path.replace("{story_id}", story_id).replace("{task_id}", task_id).replace("{number}", "1")
        body = bodies.get(path.rpartition("/")[2], {"lines": []}) if method == "PUT" else {}
        response = testapp.request(method, where, body, user="bob")
        assert response.status_code == 404, (method, path, response.body)
        assert response.json_body["Code"] == "NotFoundError"
    assert testapp.request("GET", "/stories", user="bob").json_body["stories"] == []
    assert testapp.request("GET", "/usage", user="bob").json_body["stories"] == []
    assert testapp.task(task_id)["status"] == "completed"


def test_the_same_key_and_body_is_one_story_and_one_task(testapp: TestApp) -> None:
    key = {"Idempotency-Key": "abc"}
    first = testapp.request("POST", "/stories", {"prompt": "x"}, headers=key)
    again = testapp.request("POST", "/stories", {"prompt": "x"}, headers=key)
    assert again.json_body == first.json_body
    assert len(testapp.request("GET", "/stories").json_body["stories"]) == 1
    path = f"/stories/{first.json_body['story_id']}/generate"
    task = testapp.request("POST", path, {"audio": True}, headers=key)
    assert testapp.request("POST", path, {"audio": True}, headers=key).json_body == task.json_body
    testapp.run()
    assert testapp.request("POST", path, {"audio": True}, headers=key).json_body == task.json_body
    assert set(testapp.author.bought.values()) == {1}


def test_the_same_key_on_another_story_is_another_request(testapp: TestApp) -> None:
    key = {"Idempotency-Key": "abc"}
    first, second = (testapp.create() for _ in range(2))
    answers = [testapp.request("POST", f"/stories/{story}/generate", {}, headers=key) for story in (first, second)]
    assert [answer.status_code for answer in answers] == [202, 202]
    tasks = [testapp.task(answer.json_body["task_id"]) for answer in answers]
    assert [task["story_id"] for task in tasks] == [first, second]


def test_the_same_key_with_another_body_is_refused(testapp: TestApp) -> None:
    key = {"Idempotency-Key": "abc"}
    testapp.request("POST", "/stories", {"prompt": "x"}, headers=key)
    response = testapp.request("POST", "/stories", {"prompt": "y"}, headers=key)
    assert (response.status_code, response.json_body["Code"]) == (422, "UnprocessableEntityError")
    assert testapp.request("POST", "/stories", {"prompt": "y"}, headers=key, user="bob").status_code == 201


def test_a_key_is_forgotten_after_a_day(testapp: TestApp) -> None:
    key = {"Idempotency-Key": "abc"}
    first = testapp.request("POST", "/stories", {"prompt": "x"}, headers=key).json_body["story_id"]
    testapp.clock.advance(86_401)
    assert testapp.request("POST", "/stories", {"prompt": "y"}, headers=key).json_body["story_id"] != first


def test_a_refused_request_leaves_its_key_free(testapp: TestApp) -> None:
    story_id, key = testapp.create(), {"Idempotency-Key": "abc"}
    assert testapp.request("POST", f"/stories/{story_id}/audio", {}, headers=key).status_code == 409
    testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.request("POST", f"/stories/{story_id}/audio", {}, headers=key).status_code == 202


def test_a_second_task_is_refused_and_the_running_one_is_named(testapp: TestApp) -> None:
    story_id = testapp.create()
    task_id = testapp.generate(story_id)
    response = testapp.request("POST", f"/stories/{story_id}/generate", {})
    assert (response.status_code, task_id in response.json_body["Message"]) == (409, True)


def test_chapters_show_script_enhanced_script_and_sound(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    chapter = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body
    assert chapter["status"] == "completed"
    lines = chapter["script"]["lines"]
    assert {"line_id", "speaker", "text"} <= set(lines[0])
    assert [line["text"] for line in chapter["enhanced"]["lines"]] == [line["text"] for line in lines]
    assert chapter["enhanced"]["lines"][0]["tags"] == ["whispers"]
    assert chapter["audio"]["content_type"] == "audio/mpeg"
    sound = testapp.request("GET", f"/stories/{story_id}/chapters/1/audio")
    assert sound.status_code == 302
    assert "chapters/001-" in sound.headers["Location"]
    assert testapp.request("GET", f"/stories/{story_id}/chapters/3").status_code == 404


def test_sound_is_not_found_until_it_exists(testapp: TestApp) -> None:
    story_id = testapp.create()
    response = testapp.request("GET", f"/stories/{story_id}/chapters/1/audio")
    assert (response.status_code, response.json_body["Code"]) == (404, "NotFoundError")


def test_chosen_chapters_are_narrated(testapp: TestApp) -> None:
    story_id = testapp.create()
    testapp.generate(story_id, audio=False)
    testapp.run()
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert [chapter["status"] for chapter in story["chapters"]] == ["script_ready"] * 3
    response = testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1, 3]})
    assert response.status_code == 202
    testapp.run()
    assert testapp.task(response.json_body["task_id"])["kind"] == "audio"
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert [chapter["status"] for chapter in story["chapters"]] == ["completed", "script_ready", "completed"]
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [4]}).status_code == 400


def test_a_deleted_story_leaves_nothing(testapp: TestApp) -> None:
    story_id = testapp.create()
    task_id = testapp.generate(story_id)
    testapp.run()
    assert testapp.request("DELETE", f"/stories/{story_id}").status_code == 204
    for path in (f"/stories/{story_id}", f"/tasks/{task_id}", f"/stories/{story_id}/chapters/1"):
        assert testapp.request("GET", path).status_code == 404
    testapp.run()
    assert not list(testapp.services.objects.keys(f"stories/{story_id}/"))
    kept = {"usage", "tokens", "keys"}
    for model in ALL:
        if not any(model.full_name().endswith(name) for name in kept):
            rows = [item for item in model.scan() if "permits" not in str(item.serialize())]
            assert rows == [], model
    assert testapp.request("DELETE", f"/stories/{story_id}").status_code == 404


def test_usage_adds_up(testapp: TestApp) -> None:
    story_id = testapp.create()
    testapp.generate(story_id)
    testapp.run()
    usage = testapp.request("GET", "/usage?month=2026-11").json_body
    (story,) = usage["stories"]
    assert story["story_id"] == story_id
    calls = sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    assert story["calls"] == usage["total"]["calls"] == calls
    directions = 3 * len("[whispers] ")  # a line of each chapter has one
    assert story["characters"] == sum(len(text) for text, _ in testapp.narrator.bought) + directions
    assert story["cost_usd"] > 0
    assert testapp.request("GET", "/usage?month=2026-10").json_body["stories"] == []
    assert testapp.request("GET", "/usage?month=2026-13").status_code == 400


def test_a_task_is_one_get_item_of_less_than_a_kilobyte(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=50)
    task_id = testapp.generate(story_id)
    task = testapp.services.flow.task_of("ann", task_id)
    for step in task.plan:
        testapp.services.tasks.complete_step(task, step)
    testapp.services.tasks.record_heartbeat(task, "Mastering chapter 50 of 50" * 3)
    assert testapp.task(task_id)["progress"] == 99
    assert task_size(task_id) < 1024
    calls: list[str] = []
    client = connection().client

    def note(model: Any, **_rest: Any) -> None:
        calls.append(model.name)

    client.meta.events.register("before-call.dynamodb", note)
    app.services.task_service.task("ann", task_id)
    client.meta.events.unregister("before-call.dynamodb", note)
    assert calls == ["GetItem"]


def test_voices_and_health(testapp: TestApp) -> None:
    voices = testapp.request("GET", "/voices").json_body["voices"]
    assert sum(voice["narrator"] for voice in voices) == 1
    assert testapp.request("GET", "/health", user=None).json_body == {"status": "ok", "version": "0.2.0"}
