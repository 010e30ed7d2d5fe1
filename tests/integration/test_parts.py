"""A long chapter, which is written in parts, and a chapter that its author reads once more."""

from typing import Any

import msgspec
import pytest

from chalicelib.errors import ContentRefused, ProviderFault
from chalicelib.story.config import StoryConfig
from chalicelib.story.ports import Completion, CompletionRequest
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor
from tests.support.questions import short_chapters
from tests.support.testapp import WORDS_A_CHAPTER, TestApp, one_line_at_a_time

LINES = 16


def revising(words: int = WORDS_A_CHAPTER) -> StoryConfig:
    config = one_line_at_a_time(short_chapters(words=words))
    return msgspec.structs.replace(config, writing=msgspec.structs.replace(config.writing, revise=True))


def long_story(testapp: TestApp, **fields: Any) -> tuple[str, str]:
    story_id = testapp.create(num_chapters=2, minutes_per_chapter=30, enhance=False, **fields)
    return story_id, testapp.generate(story_id, audio=False)


def lines_of(testapp: TestApp, story_id: str, number: int = 1) -> list[Any]:
    return list(testapp.request("GET", f"/stories/{story_id}/chapters/{number}").json_body["script"]["lines"])


def test_a_chapter_of_half_an_hour_is_written_in_three_parts(memory_aws: None) -> None:
    clock = ManualClock()
    testapp = TestApp(clock=clock, author=MemoryAuthor(clock, lines=LINES))
    story_id, task_id = long_story(testapp)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert testapp.author.bought == {"outline": 1, "chapter1": 3, "chapter2": 3}
    first, second, third = [told for name, told in testapp.author.asked if name == "chapter"][:3]
    assert [told["part"]["number"] for told in (first, second, third)] == [1, 2, 3]
    assert first["written"] == ""
    assert third["written"].startswith(second["written"])
    assert [told["words"] for told in (first, second, third)] == [1696] * 3
    lines = lines_of(testapp, story_id)
    assert [line["line_id"] for line in lines] == [f"{n:03d}" for n in range(1, 3 * LINES + 1)]
    assert len({line["text"] for line in lines}) == 3 * (LINES - 1) + 1
    assert [line["line_id"] for line in lines if line["scene_break"]] == ["003", "017", "019", "033", "035"]
    after = next(told for name, told in testapp.author.asked if told.get("chapter", {}).get("number") == 2)
    # One of each part, and nothing of it is lost.
    assert len(after["memory"]) == 3
    quoted = testapp.request("POST", f"/stories/{story_id}/estimate", {"rewrite": 1, "audio": False}).json_body
    assert quoted["output_tokens"] > 6000


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_parts_that_are_there_are_not_bought_again(memory_aws: None, fails_at: int) -> None:
    clock = ManualClock()
    author = MemoryAuthor(clock, lines=LINES)
    author.fails = lambda what: (
        ProviderFault("OpenAI", "status", status=400)
        if what == "chapter1" and author.bought[what] == fails_at - 1
        else None
    )
    testapp = TestApp(clock=clock, author=author)
    story_id, task_id = long_story(testapp)
    testapp.run()
    assert testapp.task(task_id)["status"] == "failed"
    chapter = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body
    assert (chapter["status"], chapter["script"]) == ("failed", None)
    author.fails = lambda _what: None
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert author.bought["chapter1"] == 3
    assert len(lines_of(testapp, story_id)) == 3 * LINES


class Reviser(MemoryAuthor):
    """An author that corrects the first line of every chapter, or does something else with it."""

    correction: Any = None

    def ask(self, request: CompletionRequest) -> Completion:
        if (
            "replacements" in request.schema["properties"]
            or "`lines` is the chapter." in request.messages[0]["content"]
        ):
            self.bought["revision"] += 1
            if isinstance(self.correction, Exception):
                raise self.correction
            return Completion(msgspec.json.encode({"lines": self.correction}).decode(), 10, 0, 10)
        return super().ask(request)


@pytest.mark.parametrize(
    ("correction", "calls"),
    [
        ([{"line_id": "001", "text": "It rained [softly] at 7:30."}, {"line_id": "999", "text": "No."}], 1),
        ([], 1),
        ([{"line_id": "002", "text": ""}], 1),
        ("none", 2),
        (ContentRefused("the chapter"), 1),
    ],
)
def test_a_revision_changes_lines_and_can_lose_nothing(memory_aws: None, correction: Any, calls: int) -> None:
    clock = ManualClock()
    author = Reviser(clock)
    author.correction = correction
    testapp = TestApp(clock=clock, author=author, config=revising())
    story_id = testapp.create(num_chapters=1, enhance=False)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    first, second, *_ = lines_of(testapp, story_id)
    corrected = isinstance(correction, list) and bool(correction) and correction[0]["text"] != ""
    assert (first["text"] == "It rained at seven thirty.") is corrected
    assert second["text"].startswith("Chapter one, line one.")
    assert author.bought == {"outline": 1, "chapter1": 1, "revision": calls}


def test_a_chapter_that_waits_for_its_revision_is_not_written_again(memory_aws: None) -> None:
    clock = ManualClock()
    author = Reviser(clock)
    author.correction = ProviderFault("OpenAI", "status", status=400)
    testapp = TestApp(clock=clock, author=author, config=revising())
    story_id = testapp.create(num_chapters=1, enhance=False)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "failed"
    author.correction = [{"line_id": "001", "text": "It rained."}]
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    testapp.run()
    assert lines_of(testapp, story_id)[0]["text"] == "It rained."
    assert author.bought["chapter1"] == 1
