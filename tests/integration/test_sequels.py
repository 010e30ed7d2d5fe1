"""The next book: what it is told of the one before, and whose voices it has."""

from typing import Any

import pytest

from chalicelib.domain.outline import NARRATOR
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor
from tests.support.testapp import TestApp

WISH = {"audience": "a girl of four", "tone": "silly", "minutes_per_chapter": 2, "point_of_view": "third"}


def first_book(testapp: TestApp, **fields: Any) -> str:
    story_id = testapp.create(num_chapters=2, **fields)
    testapp.generate(story_id, audio=False)
    testapp.run()
    return story_id


def sequel(testapp: TestApp, story_id: str, **fields: Any) -> Any:
    body = {"prompt": "They go to the sea", "num_chapters": 2, "sequel_of": story_id, **fields}
    return testapp.request("POST", "/stories", body)


def test_a_sequel_has_the_wishes_the_memory_and_the_voices_of_the_book_before(testapp: TestApp) -> None:
    first = first_book(testapp, **WISH, language="en-GB")
    book = testapp.request("GET", f"/stories/{first}").json_body
    draft = sequel(testapp, first, tone="sad").json_body
    assert draft["sequel_of"] == first
    assert {name: draft[name] for name in WISH} == {**WISH, "tone": "sad"}
    assert (draft["language"], draft["enhance"]) == ("en-GB", book["enhance"])
    testapp.author.asked.clear()
    testapp.generate(draft["story_id"], audio=False)
    testapp.run()
    plan = testapp.author.asked[0][1]
    earlier = plan["earlier_book"]
    assert [character["name"] for character in earlier["cast"]] == ["Ada", "Bruno"]
    assert earlier["summary"] == "Chapter 1: What happened in chapter 1.\nChapter 2: What happened in chapter 2."
    assert earlier["ending"] == "Good night."
    chapters = [told for name, told in testapp.author.asked if name == "chapter"]
    for told in chapters:
        assert told["earlier_book"]["title"] == book["title"]
        notes = {note["id"]: note["note"] for note in told["memory"]}
        assert notes["0.1"] == "Ada hides the key of chapter 1."
    assert {note["id"] for note in chapters[1]["memory"]} == {"0.1", "0.2", "1.1"}
    assert testapp.request("GET", f"/stories/{draft['story_id']}").json_body["voices"] == book["voices"]


class Others(MemoryAuthor):
    """An author whose second book has one of the people of the first, another spelling of her, and a teller."""

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(name, data)
        if name == "outline" and "earlier_book" in data:
            carl = {"name": "Carl", "gender": "male", "age": "old"}
            reply["cast"] = [{**reply["cast"][0], "name": "ADA"}, carl]
            reply["narrator"] = {"person": "first", "character": "Carl"}
        return reply


def test_who_returns_keeps_name_and_voice_and_another_teller_has_a_voice_of_their_own(memory_aws: None) -> None:
    clock = ManualClock()
    testapp = TestApp(clock=clock, author=Others(clock))
    first = first_book(testapp)
    before = testapp.request("GET", f"/stories/{first}").json_body["voices"]
    second = sequel(testapp, first).json_body["story_id"]
    testapp.generate(second, audio=False)
    testapp.run()
    voices = testapp.request("GET", f"/stories/{second}").json_body["voices"]
    assert list(voices) == [NARRATOR, "Ada", "Carl"]
    assert voices["Ada"] == before["Ada"]
    assert voices[NARRATOR] == voices["Carl"] != before[NARRATOR]


def test_only_a_finished_story_of_ones_own_can_be_continued(testapp: TestApp) -> None:
    first = first_book(testapp)
    unfinished = testapp.create()
    for story_id, status in (("0" * 32, 404), (unfinished, 409), ("not an id", 400)):
        response = sequel(testapp, story_id)
        assert response.status_code == status
        assert response.json_body["Message"].startswith("sequel_of: ")
    bob = testapp.request("POST", "/stories", {"prompt": "Mine", "sequel_of": first}, user="bob")
    assert bob.status_code == 404
    testapp.generate(first, audio=False)
    assert sequel(testapp, first).status_code == 409


@pytest.mark.parametrize("told", [False, True])
def test_a_sequel_of_a_deleted_story_says_so_before_anything_is_bought(testapp: TestApp, told: bool) -> None:
    first = first_book(testapp)
    second = sequel(testapp, first).json_body["story_id"]
    if told:
        testapp.generate(second, audio=False)
    assert testapp.request("DELETE", f"/stories/{first}").status_code == 204
    testapp.author.asked.clear()
    testapp.run()
    if told:
        # Deleted while it waited in the queue: it is told on its own.
        assert "earlier_book" not in testapp.author.asked[0][1]
        return
    refused = testapp.request("POST", f"/stories/{second}/generate", {})
    assert (refused.status_code, refused.json_body["Message"][:11]) == (409, "sequel_of: ")
    assert testapp.author.asked == []
    assert testapp.request("PATCH", f"/stories/{second}", {"sequel_of": None}).json_body["sequel_of"] is None
    assert testapp.request("POST", f"/stories/{second}/generate", {}).status_code == 202


def test_a_third_book_knows_the_second_and_what_that_knew(testapp: TestApp) -> None:
    story_id = first_book(testapp)
    for _ in range(2):
        story_id = sequel(testapp, story_id).json_body["story_id"]
        testapp.author.asked.clear()
        testapp.generate(story_id, audio=False)
        testapp.run()
    earlier = testapp.author.asked[0][1]["earlier_book"]
    # Two notes of the first book, and two of the second.
    assert len(earlier["memory"]["notes"]) == 4
