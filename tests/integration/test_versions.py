"""A person's changes: drafts, titles, lines that are added, deleted and moved, and every text that was replaced."""

from typing import Any

import pytest

from tests.integration.test_chapters import chapter, edit, estimate, plain
from tests.support.testapp import TestApp


@pytest.fixture
def told(testapp: TestApp) -> str:
    """Make a narrated story of two chapters; return its id."""
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    return story_id


def versions(testapp: TestApp, story_id: str, number: int = 1) -> list[dict[str, Any]]:
    response = testapp.request("GET", f"/stories/{story_id}/chapters/{number}/versions")
    assert response.status_code == 200, response.body
    found: list[dict[str, Any]] = response.json_body["versions"]
    return found


def restore(testapp: TestApp, story_id: str, version: str) -> Any:
    return testapp.request("POST", f"/stories/{story_id}/chapters/1/restore", {"version": version})


def narrate(testapp: TestApp, story_id: str) -> int:
    """Narrate the first chapter, and return how many lines were bought for it."""
    before = sum(testapp.narrator.bought.values())
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]}).status_code == 202
    testapp.run()
    return sum(testapp.narrator.bought.values()) - before


def test_lines_are_added_deleted_and_moved_and_only_new_words_are_bought(testapp: TestApp, told: str) -> None:
    lines = chapter(testapp, told)["script"]["lines"]
    first, second, third, last = plain(lines)
    added = {"speaker": "Bruno", "text": "Who is there?"}
    answer = edit(testapp, told, [third, first, added, last])
    assert answer.status_code == 200, answer.body
    after = answer.json_body["script"]["lines"]
    assert [line["line_id"] for line in after if line["text"] != added["text"]] == [
        third["line_id"],
        first["line_id"],
        last["line_id"],
    ]
    new = after[2]["line_id"]
    assert new not in {line["line_id"] for line in lines}
    assert estimate(testapp, told)["characters"] == len(added["text"])
    assert narrate(testapp, told) == 1
    # The same request again, as after a lost answer, changes nothing more.
    assert edit(testapp, told, [third, first, added, last]).json_body["script"]["lines"] == after
    # Undo: each line that was there comes back with its sound.
    assert edit(testapp, told, [first, second, third, last]).status_code == 200
    assert narrate(testapp, told) == 0


def test_two_new_lines_of_the_same_words_are_two_lines(testapp: TestApp, told: str) -> None:
    added = {"speaker": "Ada", "text": "Again!"}
    lines = edit(testapp, told, [added, added, added]).json_body["script"]["lines"]
    assert len({line["line_id"] for line in lines}) == 3


def test_every_text_that_was_replaced_is_kept_and_comes_back_with_its_sound(testapp: TestApp, told: str) -> None:
    assert versions(testapp, told) == []
    before = chapter(testapp, told)
    lines = plain(before["script"]["lines"])
    testapp.clock.advance(60)
    edited = edit(testapp, told, [{**lines[0], "text": "Something else."}, *lines[1:]]).json_body
    (kept,) = versions(testapp, told)
    assert kept["version"] == before["version"]
    assert (kept["by"], kept["audio"]) == ("author", True)
    assert kept["words"] > 100
    testapp.clock.advance(60)
    narrate(testapp, told)
    testapp.request("POST", f"/stories/{told}/chapters/1/rewrite", {"remark": "More rain"})
    testapp.run()
    found = versions(testapp, told)
    assert [(one["version"], one["by"], one["audio"]) for one in found] == [
        (edited["version"], "person", True),
        (before["version"], "author", True),
    ]
    assert found[0]["made_at"] > found[1]["made_at"] >= "2026-11-23T20:00:00"

    answer = restore(testapp, told, before["version"])
    assert answer.status_code == 200, answer.body
    assert answer.json_body["script"] == before["script"]
    assert answer.json_body["enhanced"] == before["enhanced"]
    assert answer.json_body["summary"] == before["summary"]
    assert answer.json_body["version"] == before["version"]
    assert estimate(testapp, told)["characters"] == 0
    assert narrate(testapp, told) == 0
    assert chapter(testapp, told)["audio"]["duration"] == before["audio"]["duration"]
    # The rewrite is kept as well, and the text that is there now is in no list.
    assert len(versions(testapp, told)) == 3
    assert restore(testapp, told, before["version"]).json_body["version"] == before["version"]


def test_an_older_take_comes_back_with_its_text(testapp: TestApp, told: str) -> None:
    testapp.request("POST", f"/stories/{told}/audio", {"chapters": [1], "again": ["002"]})
    testapp.run()
    before = chapter(testapp, told)
    lines = plain(before["script"]["lines"])
    edit(testapp, told, [lines[0], {**lines[1], "text": "No."}, *lines[2:]])
    assert narrate(testapp, told) == 1
    restore(testapp, told, before["version"])
    # Its first and its second take are kept: the second one is heard again, and nothing is bought.
    assert narrate(testapp, told) == 0
    edit(testapp, told, [lines[0], {**lines[1], "text": "No."}, *lines[2:]])
    assert narrate(testapp, told) == 0


def test_a_restored_text_is_what_later_chapters_are_written_from(testapp: TestApp, told: str) -> None:
    before = chapter(testapp, told)
    edit(testapp, told, plain(before["script"]["lines"])[:2])
    assert chapter(testapp, told, 2)["based_on_older"]
    restore(testapp, told, before["version"])
    assert not chapter(testapp, told, 2)["based_on_older"]


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"version": "0" * 16}, 404, "version: Chapter 1 has no earlier text"),
        ({"version": ""}, 400, "version"),
        ({"version": "../../x"}, 404, "version"),
        ({}, 400, "version"),
        ({"version": 3}, 400, "version"),
    ],
)
def test_what_was_never_there_is_not_restored(testapp: TestApp, told: str, body: Any, status: int, named: str) -> None:
    response = testapp.request("POST", f"/stories/{told}/chapters/1/restore", body)
    assert response.status_code == status
    assert named in response.json_body["Message"]


def test_nobody_elses_versions_are_shown_and_none_of_a_deleted_story(testapp: TestApp, told: str) -> None:
    lines = plain(chapter(testapp, told)["script"]["lines"])
    edit(testapp, told, lines[:2])
    for path in (f"/stories/{told}/chapters/1/versions", f"/stories/{told}/chapters/9/versions"):
        assert testapp.request("GET", path, user="bob").status_code == 404
    assert testapp.request("GET", f"/stories/{told}/chapters/9/versions").status_code == 404
    assert testapp.request("DELETE", f"/stories/{told}").status_code == 204
    testapp.run()
    assert not list(testapp.services.objects.keys(f"stories/{told}/"))


def test_while_a_task_runs_nothing_is_restored_or_renamed(testapp: TestApp, told: str) -> None:
    before = chapter(testapp, told)
    edit(testapp, told, plain(before["script"]["lines"])[:2])
    testapp.request("POST", f"/stories/{told}/audio", {"chapters": [1]})
    assert restore(testapp, told, before["version"]).status_code == 409
    assert testapp.request("PATCH", f"/stories/{told}", {"title": "Other"}).status_code == 409
    assert testapp.request("PATCH", f"/stories/{told}/chapters/1", {"title": "Other"}).status_code == 409
    testapp.run()


def test_a_draft_is_changed_field_by_field_and_null_takes_a_wish_back(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1, audience="a girl of four", title="Old")
    path = f"/stories/{story_id}"
    change = {"prompt": "A whale", "num_chapters": 3, "tone": "dark", "audience": None, "title": None, "enhance": False}
    answer = testapp.request("PATCH", path, change)
    assert answer.status_code == 200, answer.body
    seen = answer.json_body
    assert {name: seen[name] for name in ("prompt", "num_chapters", "tone", "audience", "enhance")} == {
        "prompt": "A whale",
        "num_chapters": 3,
        "tone": "dark",
        "audience": None,
        "enhance": False,
    }
    assert seen["title"] == "A whale"
    assert len(seen["chapters"]) == 3
    assert seen == testapp.request("GET", path).json_body
    assert testapp.request("PATCH", path, {}).json_body == seen
    voice = testapp.request("GET", "/voices").json_body["voices"][1]["voice_id"]
    assert testapp.request("PATCH", path, {"voices": {"Ahab": voice}}).json_body["voices"] == {"Ahab": voice}
    assert testapp.request("PATCH", path, {"tone": None}).json_body["voices"] == {"Ahab": voice}
    testapp.generate(story_id, audio=False)
    testapp.run()
    told = testapp.author.asked[0][1]
    assert (told["prompt"], told["num_chapters"], told["audience"]) == ("A whale", 3, None)
    assert told["named_speakers"] == ["Ahab"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"num_chapters": 51}, "num_chapters"),
        ({"language": "xx"}, "language"),
        ({"voices": {"Ada": "nobody"}}, "voices"),
        ({"minutes_per_chapter": "ten"}, "minutes_per_chapter"),
        ({"status": "completed"}, "status"),
    ],
)
def test_a_draft_takes_no_nonsense(testapp: TestApp, change: Any, named: str) -> None:
    story_id = testapp.create()
    before = testapp.request("GET", f"/stories/{story_id}").json_body
    response = testapp.request("PATCH", f"/stories/{story_id}", change)
    assert response.status_code == 400
    assert named in response.json_body["Message"]
    assert testapp.request("GET", f"/stories/{story_id}").json_body == before


def test_a_story_and_its_chapters_are_renamed_and_nothing_is_bought(testapp: TestApp, told: str) -> None:
    bought = sum(testapp.narrator.bought.values())
    assert testapp.request("PATCH", f"/stories/{told}", {"title": " The  Beam "}).json_body["title"] == "The Beam"
    answer = testapp.request("PATCH", f"/stories/{told}/chapters/2", {"title": "The End"})
    assert answer.status_code == 200, answer.body
    assert answer.json_body["title"] == "The End"
    story = testapp.request("GET", f"/stories/{told}").json_body
    assert (story["title"], [one["title"] for one in story["chapters"]]) == ("The Beam", ["Part 1", "The End"])
    assert testapp.request("GET", "/stories").json_body["stories"][0]["title"] == "The Beam"
    assert testapp.request("PATCH", f"/stories/{told}", {"title": None}).json_body["title"] == "The Beam"
    assert sum(testapp.narrator.bought.values()) == bought
    assert testapp.request("PATCH", f"/stories/{told}", {"prompt": "Another"}).status_code == 409
    assert testapp.request("PATCH", f"/stories/{told}/chapters/2", {"title": ""}).status_code == 400
    assert testapp.request("PATCH", f"/stories/{told}/chapters/3", {"title": "x"}).status_code == 404


def test_a_chapter_of_a_draft_has_no_title_to_change(testapp: TestApp) -> None:
    response = testapp.request("PATCH", f"/stories/{testapp.create()}/chapters/1", {"title": "x"})
    assert response.status_code == 409
