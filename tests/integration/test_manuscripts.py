"""A text that is told as it is: from the request to what is spoken, shown and paid for."""

import re
from typing import Any

import pytest

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.limits import MAX_TEXT
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor, MemoryNarrator, outline_reply
from tests.support.stage import s3, settings
from tests.support.testapp import TestApp
from tests.support.texts import novel, spoken

TEXT = """Chapter 1

The Rain

"Come in," said Ada. "It is 7:30."

He thought of the so-called "king" of chairs.

* * *

It rained.

Chapter 2

The Snow

It snowed *softly*."""


class Heard(MemoryNarrator):
    """A narrator that notes what it is given to speak, in order."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.texts: list[str] = []

    def speak(self, request: SpeechRequest) -> SpeechResult:
        self.texts.append(request.text)
        return super().speak(request)


def create(testapp: TestApp, **fields: Any) -> Any:
    response = testapp.request("POST", "/stories", fields)
    assert response.status_code == 201, response.json_body
    return response.json_body


def lines_of(testapp: TestApp, story_id: str, number: int) -> list[Any]:
    chapter = testapp.request("GET", f"/stories/{story_id}/chapters/{number}").json_body
    return list(chapter["script"]["lines"])


def test_a_text_is_spoken_by_those_whom_its_author_finds_in_it(testapp: TestApp) -> None:
    draft = create(testapp, text=TEXT)
    assert (draft["num_chapters"], draft["prompt"]) == (2, "")
    assert draft["title"].startswith("Chapter 1 The Rain")
    assert draft["manuscript"]["characters"] == sum(map(len, re.split(r"\n\n+", TEXT)))
    story_id = draft["story_id"]
    testapp.generate(story_id)
    testapp.run()
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert story["status"] == "completed", story
    assert [chapter["title"] for chapter in story["chapters"]] == ["Chapter 1: The Rain", "Chapter 2: The Snow"]
    assert story["cast"] == ["Narrator", "Ada", "Bruno", "The Owl"]
    lines = lines_of(testapp, story_id, 1)
    assert [(line["speaker"], line["text"]) for line in lines[2:5]] == [
        ("Narrator", '"Come in,"'),
        ("Ada", "said Ada."),
        ("The Owl", '"It is 7:30."'),
    ]
    assert [line["text"] for line in lines if line["scene_break"]] == ["It rained."]
    # What is read keeps its figures and its markup; what is spoken has them in words.
    assert [line["text"] for line in lines_of(testapp, story_id, 2)][-1] == "It snowed *softly*."
    bought = {text.split("] ")[-1] for text, _ in testapp.narrator.bought}
    assert {'"It is seven thirty."', "It snowed softly."} <= bought
    captions = testapp.request("GET", f"/stories/{story_id}/chapters/1/captions").body.decode()
    assert '"It is 7:30."' in captions
    assert [name for name, _ in testapp.author.asked].count("outline") == 1


def test_its_author_is_told_the_text_and_never_asked_to_write_it(testapp: TestApp) -> None:
    story_id = create(testapp, text=TEXT, prompt="My aunt wrote this", enhance=False)["story_id"]
    testapp.generate(story_id, audio=False)
    testapp.run()
    (_, plan), (_, first), (_, second) = testapp.author.asked
    assert plan["prompt"] == first["prompt"] == "My aunt wrote this"
    assert [chapter["title"] for chapter in plan["manuscript"]] == ["Chapter 1: The Rain", "Chapter 2: The Snow"]
    assert plan["manuscript"][0]["begins"].startswith("Chapter 1 The Rain")
    told = [piece["text"] for paragraph in first["paragraphs"] for piece in paragraph]
    assert "said Ada." in told
    assert "words" not in first
    assert [one["name"] for one in second["bible"]["cast"]] == ["Ada", "Bruno", "The Owl"]
    assert second["summary_so_far"] == "Chapter 1: What is told in chapter 1."


def test_every_character_of_a_long_text_is_spoken_once_and_in_order(memory_aws: None) -> None:
    """40,000 words with speech in every kind of mark."""
    clock = ManualClock()
    narrator = Heard(clock)
    testapp = TestApp(clock=clock, narrator=narrator)
    text = novel(40_000, 30)
    assert 200_000 < len(text) < MAX_TEXT
    story_id = create(testapp, text=text, enhance=False)["story_id"]
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    scripts = [lines_of(testapp, story_id, number) for number in range(1, 31)]
    assert spoken("".join(line["text"] for script in scripts for line in script)) == spoken(text)
    assert {line["speaker"] for script in scripts for line in script} == {"Narrator", "Ada", "The Owl"}
    # One chapter is narrated, too: what was bought is its text, in its order.
    narrator.texts.clear()
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [3]}).status_code == 202
    testapp.run()
    said = "".join(narrator.texts)
    # No line of it is said twice, so nothing is found bought already.
    assert spoken(said.replace("three", "3")) == spoken("".join(line["text"] for line in scripts[2]))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "prompt: Expected what the story should be about, or a text of your own in `text`."),
        ({"text": ""}, "text: "),
        ({"text": " \u200b\n"}, "text: Expected some text"),
        ({"text": "x" * (MAX_TEXT + 1)}, "text: "),
        ({"text": "One. Two.", "num_chapters": 9}, "num_chapters: The text is too short for so many chapters"),
        ({"text": "It rained. " * 9000, "num_chapters": 1}, "num_chapters: Chapter 1 would take longer"),
        ({"text": 7}, "text: "),
        ({"prompt": "A lamp", "text": "***"}, "text: Expected some text"),
    ],
)
def test_a_text_that_cannot_be_told_is_refused_by_name(testapp: TestApp, fields: Any, says: str) -> None:
    response = testapp.request("POST", "/stories", fields)
    assert (response.status_code, response.json_body["Message"][: len(says)]) == (400, says)


def test_the_longest_text_in_any_script_is_taken(testapp: TestApp) -> None:
    text = ("\u96e8\u304c\u964d\u3063\u305f\u3002" * 50 + "\n\n") * (MAX_TEXT // 302)
    draft = create(testapp, text=text)
    assert draft["num_chapters"] == 50
    assert draft["manuscript"]["characters"] > 0.98 * MAX_TEXT


def test_the_same_request_twice_makes_one_story_and_a_deleted_one_leaves_no_text(testapp: TestApp) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = (testapp.request("POST", "/stories", {"text": TEXT}, headers=headers).json_body for _ in range(2))
    assert first == second
    prefix = f"stories/{first['story_id']}/"
    assert "manuscript-" in "".join(testapp.services.objects.keys(prefix))
    assert testapp.request("DELETE", f"/stories/{first['story_id']}").status_code == 204
    testapp.run()
    assert s3().list_objects_v2(Bucket=settings.bucket, Prefix=prefix)["KeyCount"] == 0


def test_the_text_of_a_draft_can_be_changed_and_cut_anew(testapp: TestApp) -> None:
    story_id = create(testapp, text=TEXT)["story_id"]

    def change(**fields: Any) -> Any:
        response = testapp.request("PATCH", f"/stories/{story_id}", fields)
        assert response.status_code == 200, response.json_body
        return response.json_body

    assert change(title="Weather")["num_chapters"] == 2
    assert change(num_chapters=1)["num_chapters"] == 1
    assert change(num_chapters=None)["num_chapters"] == 2
    assert change(text="It was another text.")["num_chapters"] == 1
    refused = testapp.request("PATCH", f"/stories/{story_id}", {"text": None})
    assert refused.status_code == 400
    assert change(text=None, prompt="A lamp", num_chapters=3)["manuscript"] is None
    testapp.generate(story_id, audio=False)
    testapp.run()
    assert "manuscript" not in testapp.author.asked[0][1]


def test_its_price_is_that_of_its_characters(testapp: TestApp) -> None:
    story_id = create(testapp, text=novel(3000, 2), enhance=False)["story_id"]
    quoted = testapp.request("POST", f"/stories/{story_id}/estimate", {}).json_body
    testapp.generate(story_id)
    testapp.run()
    spent = testapp.request("GET", "/usage?month=2026-11").json_body["total"]
    assert abs(quoted["characters"] - spent["characters"]) < 0.05 * spent["characters"]


class Nobody(MemoryAuthor):
    """An author who finds nobody that speaks, forgets a chapter, and names pieces that are not there."""

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        if name == "outline":
            return {**outline_reply(1), "cast": []}
        lines = [{"line_id": "999", "speaker": "Narrator"}, {"line_id": "1", "speaker": "Somebody else"}]
        return {"lines": lines, "summary": "It rained."}


def test_a_text_in_which_nobody_speaks_is_read_by_the_narrator(memory_aws: None) -> None:
    clock = ManualClock()
    testapp = TestApp(clock=clock, author=Nobody(clock))
    story_id = create(testapp, text=TEXT, enhance=False)["story_id"]
    testapp.generate(story_id, audio=False)
    testapp.run()
    assert {line["speaker"] for line in lines_of(testapp, story_id, 1)} == {"Narrator"}
    assert testapp.author.bought == {"outline": 1, "chapter1": 2, "chapter2": 2}
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert [chapter["title"] for chapter in story["chapters"]] == ["Chapter 1: The Rain", "Chapter 2: The Snow"]


def test_a_chapter_of_a_text_can_be_written_again_and_restored(testapp: TestApp) -> None:
    story_id = create(testapp, text=TEXT, enhance=False)["story_id"]
    testapp.generate(story_id, audio=False)
    testapp.run()
    before = lines_of(testapp, story_id, 1)
    path = f"/stories/{story_id}/chapters/1"
    assert testapp.request("POST", f"{path}/rewrite", {"remark": "More owls"}).status_code == 202
    testapp.run()
    assert lines_of(testapp, story_id, 1) != before
    version = testapp.request("GET", f"{path}/versions").json_body["versions"][0]["version"]
    assert testapp.request("POST", f"{path}/restore", {"version": version}).status_code == 200
    assert lines_of(testapp, story_id, 1) == before
