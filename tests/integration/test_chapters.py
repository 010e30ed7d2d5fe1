"""Editing, rewriting, captions and estimates: through Chalice, on moto."""

from typing import Any

import pytest

from chalicelib.domain.script import Script
from tests.support.testapp import TestApp


@pytest.fixture
def told(testapp: TestApp) -> str:
    """Make a narrated story of three chapters; return its id."""
    story_id = testapp.create(num_chapters=3)
    testapp.generate(story_id)
    testapp.run()
    return story_id


def chapter(testapp: TestApp, story_id: str, number: int = 1) -> Any:
    return testapp.request("GET", f"/stories/{story_id}/chapters/{number}").json_body


def edit(testapp: TestApp, story_id: str, lines: list[Any], number: int = 1, **more: Any) -> Any:
    return testapp.request("PUT", f"/stories/{story_id}/chapters/{number}/script", {"lines": lines, **more})


def estimate(testapp: TestApp, story_id: str, *, audio: bool = True) -> Any:
    response = testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": audio})
    assert response.status_code == 200, response.body
    return response.json_body


def plain(lines: list[Any]) -> list[dict[str, str]]:
    return [{name: line[name] for name in ("line_id", "speaker", "text")} for line in lines]


def test_an_edited_line_is_the_only_one_that_is_bought_again(testapp: TestApp, told: str) -> None:
    before = chapter(testapp, told)
    lines = plain(before["script"]["lines"])
    lines[1]["text"] = "Something quite different."
    answer = edit(testapp, told, lines, version=before["version"])
    assert answer.status_code == 200, answer.body
    after = answer.json_body
    assert after["script"]["lines"][1]["text"] == "Something quite different."
    assert after["audio"]["out_of_date"]
    assert after["status"] == "script_ready"
    assert [line["tags"] for line in after["enhanced"]["lines"]] == [
        line["tags"] for line in before["enhanced"]["lines"]
    ]
    assert after["script"] == chapter(testapp, told)["script"]
    assert estimate(testapp, told)["characters"] == len("Something quite different.")
    path = f"/stories/{told}/estimate"
    of_chapters = [testapp.request("POST", path, {"chapters": [n]}).json_body["characters"] for n in (1, 2)]
    assert of_chapters == [len("Something quite different."), 0]
    bought = testapp.narrator.bought.copy()
    testapp.request("POST", f"/stories/{told}/audio", {"chapters": [1]})
    testapp.run()
    testapp.narrator.bought.subtract(bought)
    assert +testapp.narrator.bought == {
        ("Something quite different.", after_voice(testapp, told, lines[1]["speaker"])): 1
    }
    assert not chapter(testapp, told)["audio"]["out_of_date"]
    assert estimate(testapp, told)["characters"] == 0


def after_voice(testapp: TestApp, story_id: str, speaker: str) -> str:
    return str(testapp.request("GET", f"/stories/{story_id}").json_body["voices"][speaker])


def test_an_edit_marks_the_chapters_that_follow_and_writing_them_again_unmarks_them(
    testapp: TestApp, told: str
) -> None:
    def marked() -> list[bool]:
        story = testapp.request("GET", f"/stories/{told}").json_body
        assert [chapter(testapp, told, n)["based_on_older"] for n in (1, 2, 3)] == [
            one["based_on_older"] for one in story["chapters"]
        ]
        return [one["based_on_older"] for one in story["chapters"]]

    assert marked() == [False, False, False]
    lines = plain(chapter(testapp, told)["script"]["lines"])
    edit(testapp, told, [{**lines[0], "text": "It began otherwise."}, *lines[1:]])
    assert marked() == [False, True, True]
    for number in (2, 3):
        answer = testapp.request("POST", f"/stories/{told}/chapters/{number}/rewrite", {"remark": "Follow chapter 1."})
        assert answer.status_code == 202
        assert answer.json_body["kind"] == "story"
        testapp.run()
    assert marked() == [False, False, False]
    assert testapp.author.bought["summary1"] == 1


def test_an_edit_that_changes_nothing_leaves_the_sound_as_it_is(testapp: TestApp, told: str) -> None:
    before = chapter(testapp, told)
    after = edit(testapp, told, before["script"]["lines"]).json_body
    assert (after["version"], after["status"]) == (before["version"], "completed")


def test_an_edit_is_refused_while_a_task_runs_and_of_an_older_text(testapp: TestApp, told: str) -> None:
    before = chapter(testapp, told)
    lines = plain(before["script"]["lines"])
    assert edit(testapp, told, [{**lines[0], "text": "Mine."}, *lines[1:]]).status_code == 200
    late = edit(testapp, told, [{**lines[0], "text": "Yours."}, *lines[1:]], version=before["version"])
    assert (late.status_code, "version" in late.json_body["Message"]) == (409, True)
    task = testapp.request("POST", f"/stories/{told}/audio", {}).json_body["task_id"]
    running = edit(testapp, told, lines)
    assert (running.status_code, task in running.json_body["Message"]) == (409, True)
    testapp.run()
    assert chapter(testapp, told)["script"]["lines"][0]["text"] == "Mine."


def test_an_edit_that_meets_a_task_keeps_nothing(testapp: TestApp, told: str) -> None:
    """The task begins between the edit's look at the story and its write."""
    story = testapp.services.stories.get("ann", told)
    kept = testapp.services.chapters.get(told, 1) or pytest.fail("no chapter")
    task = testapp.request("POST", f"/stories/{told}/audio", {}).json_body["task_id"]
    assert not testapp.services.chapters.edit(story, 1, Script([]), None, if_version=kept.script_version or "")
    assert chapter(testapp, told)["script"] is not None
    assert testapp.task(task)["status"] == "queued"


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "lines"),
        ([{"line_id": "001", "speaker": "Nobody", "text": "Hm."}], "lines[0].speaker"),
        ([{"line_id": "001", "speaker": "Ada", "text": "   "}], "lines[0].text"),
        ([{"line_id": "001", "speaker": "Ada", "text": "x" * 5001}], "lines[0].text"),
        ([{"line_id": "001", "speaker": "Ada", "text": "a"}] * 2, "lines[1].line_id"),
        ([{"line_id": "<b>", "speaker": "Ada", "text": "a"}], "line_id"),
        ([{"line_id": "001", "speaker": "Ada", "text": "a", "tags": []}], "tags"),
        ([{"line_id": f"{n}", "speaker": "Ada", "text": "x" * 4000} for n in range(40)], "lines"),
    ],
)
def test_a_script_that_cannot_be_is_refused_with_the_line_named(
    testapp: TestApp, told: str, lines: list[Any], named: str
) -> None:
    before = chapter(testapp, told)["script"]
    response = edit(testapp, told, lines)
    assert (response.status_code, named in response.json_body["Message"]) == (400, True), response.json_body
    assert chapter(testapp, told)["script"] == before


def test_what_is_not_written_can_neither_be_edited_nor_rewritten(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    line = {"line_id": "001", "speaker": "Narrator", "text": "a"}
    assert edit(testapp, story_id, [line]).status_code == 409
    assert edit(testapp, story_id, [line], number=2).status_code == 404
    path = f"/stories/{story_id}/chapters/1/rewrite"
    refused = testapp.request("POST", path, {"remark": "Again."}, headers={"Idempotency-Key": "k"})
    assert refused.status_code == 409
    testapp.generate(story_id, audio=False)
    testapp.run()
    again = testapp.request("POST", path, {"remark": "Again."}, headers={"Idempotency-Key": "k"})
    assert again.status_code == 202
    assert (
        testapp.request("POST", path, {"remark": "Again."}, headers={"Idempotency-Key": "k"}).json_body["task_id"]
        == again.json_body["task_id"]
    )
    testapp.run()
    assert testapp.author.bought["chapter1"] == 2


@pytest.mark.parametrize("body", [{"remark": ""}, {"remark": " \n"}, {"remark": "x" * 2001}, {"remark": 3}])
def test_a_remark_says_something(testapp: TestApp, told: str, body: Any) -> None:
    response = testapp.request("POST", f"/stories/{told}/chapters/1/rewrite", body)
    assert (response.status_code, "remark" in response.json_body["Message"]) == (400, True)


def test_a_cancelled_rewrite_leaves_the_chapter_and_a_retry_writes_it(testapp: TestApp, told: str) -> None:
    before = chapter(testapp, told)["script"]
    task = testapp.request("POST", f"/stories/{told}/chapters/1/rewrite", {"remark": "More rain."}).json_body["task_id"]
    testapp.request("POST", f"/tasks/{task}/cancel")
    testapp.run()
    assert chapter(testapp, told)["script"] == before
    assert testapp.request("GET", f"/stories/{told}").json_body["last_task_id"] == task
    testapp.request("POST", f"/tasks/{task}/retry")
    testapp.run()
    assert "More rain." in chapter(testapp, told)["script"]["lines"][0]["text"]


def test_captions_are_there_when_the_sound_is(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    path = f"/stories/{story_id}/chapters/1/captions"
    testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.request("GET", path).status_code == 404
    testapp.request("POST", f"/stories/{story_id}/audio", {})
    testapp.run()
    response = testapp.request("GET", path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/vtt; charset=utf-8")
    told = chapter(testapp, story_id)
    cues = response.body.decode().removesuffix("\n").split("\n\n")[1:]
    # A line that is too long to be read at once has several cues: "003", "003.2".
    of_lines = dict.fromkeys(cue.split("\n")[0].partition(".")[0] for cue in cues)
    assert list(of_lines) == [line["line_id"] for line in told["script"]["lines"]]
    assert testapp.request("GET", path, user="bob").status_code == 404


def test_an_estimate_falls_to_nothing_as_the_story_is_made(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=3)
    draft, words_only = estimate(testapp, story_id), estimate(testapp, story_id, audio=False)
    assert draft["characters"] > 3 * 1300
    assert (words_only["characters"], words_only["audio_seconds"]) == (0, 0)
    assert 0 < words_only["cost_usd"] < draft["cost_usd"]
    testapp.generate(story_id, audio=False)
    testapp.run()
    written = estimate(testapp, story_id)
    result = {
        (line["text"], line["speaker"]) for n in (1, 2, 3) for line in chapter(testapp, story_id, n)["script"]["lines"]
    }
    assert written["characters"] == sum(len(text) for text, _ in result) + 3 * len("[whispers] ")
    assert (written["input_tokens"], written["output_tokens"]) == (0, 0)
    testapp.request("POST", f"/stories/{story_id}/audio", {})
    testapp.run()
    assert set(estimate(testapp, story_id).values()) == {0}
    assert testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": True}, user="bob").status_code == 404


def test_a_list_of_stories_says_how_much_can_be_heard(testapp: TestApp, told: str) -> None:
    [listed] = testapp.request("GET", "/stories").json_body["stories"]
    whole = testapp.request("GET", f"/stories/{told}").json_body
    assert (listed["chapters_ready"], whole["chapters_ready"]) == (3, 3)
    assert listed["audio_seconds"] == pytest.approx(sum(one["audio"]["duration"] for one in whole["chapters"]))
    assert whole["cast"] == ["Narrator", "Ada", "Bruno"]


def test_usage_names_the_stories_that_are_still_there(testapp: TestApp, told: str) -> None:
    [used] = testapp.request("GET", "/usage?month=2026-11").json_body["stories"]
    assert (used["story_id"], used["title"]) == (told, "The Lamp")
    testapp.request("DELETE", f"/stories/{told}")
    [left] = testapp.request("GET", "/usage?month=2026-11").json_body["stories"]
    assert (left["story_id"], left["title"], left["cost_usd"]) == (told, None, used["cost_usd"])
