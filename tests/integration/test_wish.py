"""What a listener wishes for, from the request to the author and back; who tells the story, and in whose voice."""

from typing import Any

import pytest

from chalicelib.domain.outline import NARRATOR
from chalicelib.story.config import load_config
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor, outline_reply
from tests.support.testapp import TestApp, one_line_at_a_time

WISH = {
    "prompt": "A dragon who is afraid of heights",
    "num_chapters": 1,
    "minutes_per_chapter": 2,
    "audience": "a girl of four",
    "tone": "silly, with rhymes",
    "point_of_view": "first",
    "language": "de-AT",
}


def create(testapp: TestApp, **fields: Any) -> Any:
    response = testapp.request("POST", "/stories", {"prompt": "A lighthouse", "num_chapters": 1, **fields})
    assert response.status_code == 201, response.json_body
    return response.json_body


def test_a_wish_is_kept_shown_and_told_to_every_call(testapp: TestApp) -> None:
    story = create(testapp, **WISH)
    assert {name: story[name] for name in WISH} == WISH
    testapp.generate(story["story_id"])
    testapp.run()
    assert [name for name, _ in testapp.author.asked] == ["outline", "chapter", "enhancement"]
    for _, told in testapp.author.asked:
        told_too = {"prompt", "audience", "tone", "point_of_view", "language"}
        assert {name: told[name] for name in told_too} == {name: WISH[name] for name in told_too}
    words = testapp.author.asked[1][1]["words"]
    assert words == testapp.author.asked[0][1]["words_per_chapter"] == 340
    seen = testapp.request("GET", f"/stories/{story['story_id']}").json_body
    assert {name: seen[name] for name in WISH} == WISH


def test_a_longer_chapter_costs_more(testapp: TestApp) -> None:
    costs = []
    for minutes in (2, 20):
        story = create(testapp, minutes_per_chapter=minutes)["story_id"]
        costs.append(testapp.request("POST", f"/stories/{story}/estimate", {}).json_body["cost_usd"])
    assert costs[1] > 5 * costs[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes_per_chapter", 0),
        ("minutes_per_chapter", 31),
        ("minutes_per_chapter", 2.5),
        ("audience", ""),
        ("audience", " \u200b"),
        ("audience", "x" * 201),
        ("tone", "\n"),
        ("tone", "x" * 401),
        ("point_of_view", "second"),
        *(("language", tag) for tag in ("xx", "zz-ZZ", "und", "zxx", "mul", "qaa", "english", "x-private")),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_by_name(testapp: TestApp, field: str, value: Any) -> None:
    response = testapp.request("POST", "/stories", {"prompt": "A lighthouse", field: value})
    assert response.status_code == 400
    assert response.json_body["Message"].startswith(f"{field}: ")


@pytest.mark.parametrize("tag", ["en", "de-AT", "pt-BR", "zh-Hant-TW", "ml", "haw", "eng"])
def test_a_language_that_people_speak_is_taken(testapp: TestApp, tag: str) -> None:
    assert create(testapp, language=tag)["language"] == tag


class Outlining(MemoryAuthor):
    """An author whose outline has some fields of its own."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(ManualClock())
        self._fields = fields

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        return super()._reply(name, data) | (self._fields if name == "outline" else {})


@pytest.mark.usefixtures("memory_aws")
def test_without_a_language_the_story_is_told_in_the_prompts_own() -> None:
    testapp = TestApp(author=(author := Outlining(language="de")))
    story_id = create(testapp, prompt="Ein Leuchtturm, der sich im Dunkeln f\u00fcrchtet")["story_id"]
    testapp.generate(story_id)
    testapp.run()
    assert [told["language"] for _, told in author.asked] == [None, "de", "de"]
    assert testapp.request("GET", f"/stories/{story_id}").json_body["language"] == "de"


@pytest.mark.usefixtures("memory_aws")
def test_the_bible_names_teller_and_style_and_those_who_were_left_out() -> None:
    people = [
        {**outline_reply(1)["cast"][0], "name": name}
        for name in ["Ada", "Bo", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida"]
    ]
    style = {"audience": "grown-ups", "mood": "dark", "prose": "short", "running_gags": ["the goat"], "avoid": ["rain"]}
    testapp = TestApp(author=(author := Outlining(cast=people, style=style)))
    story_id = create(testapp)["story_id"]
    testapp.generate(story_id)
    testapp.run()
    bible = author.asked[1][1]["bible"]
    assert bible["style"] == style
    assert bible["left_out"] == ["Hal", "Ida"]
    seen = testapp.request("GET", f"/stories/{story_id}").json_body
    assert seen["left_out"] == ["Hal", "Ida"]
    assert seen["cast"] == [NARRATOR, "Ada", "Bo", "Cleo", "Dan", "Eve", "Fay", "Gus"]


@pytest.mark.usefixtures("memory_aws")
def test_in_the_first_person_narration_and_that_character_share_a_voice() -> None:
    testapp = TestApp(author=Outlining(narrator={"person": "first", "character": "Bruno"}))
    story_id = create(testapp)["story_id"]
    testapp.generate(story_id, audio=True)
    testapp.run()
    voices = testapp.request("GET", f"/stories/{story_id}").json_body["voices"]
    assert voices["Narrator"] == voices["Bruno"] != voices["Ada"]
    lines = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]["lines"]
    told = {line["speaker"]: line["text"] for line in lines}
    spoken = dict(testapp.narrator.bought.keys())
    assert spoken[told["Narrator"]] == spoken[told["Bruno"]]


def test_later_chapters_are_told_the_memory_the_edges_and_the_plans_that_follow(testapp: TestApp) -> None:
    story_id = create(testapp, num_chapters=4)["story_id"]
    testapp.generate(story_id)
    testapp.run()
    third = next(told for name, told in testapp.author.asked if name == "chapter" and told["chapter"]["number"] == 3)
    assert [note["id"] for note in third["memory"]] == ["1.1", "2.1"]
    assert third["memory"][0] == {
        "id": "1.1",
        "kind": "planted",
        "about": "the key",
        "note": "Ada hides the key of chapter 1.",
        "open": True,
    }
    script = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]["lines"]
    first = third["chapters_so_far"][0]
    assert first["title"] == "Part 1"
    assert script[0]["text"].startswith(first["opening"].rstrip("\u2026"))
    assert script[-1]["text"] == first["ending"]
    assert third["next_chapter"]["number"] == 4
    second = next(told for name, told in testapp.author.asked if name == "chapter" and told["chapter"]["number"] == 2)
    assert second["later_chapters"] == ["4. Part 4: They wait."]


def test_a_chapter_that_a_person_changed_is_remembered_as_it_is_now(testapp: TestApp) -> None:
    story_id = create(testapp, num_chapters=2)["story_id"]
    testapp.generate(story_id)
    testapp.run()
    lines = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]["lines"]
    lines[0]["text"] = "Ada is dead."
    assert testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines}).status_code == 200
    testapp.request("POST", f"/stories/{story_id}/chapters/2/rewrite", {"remark": "Go on from there."})
    testapp.run()
    name, summarized = testapp.author.asked[-3]
    assert (name, summarized["lines"][0]["text"]) == ("summary", "Ada is dead.")
    rewritten = testapp.author.asked[-2][1]
    assert rewritten["memory"][0]["kind"] == "changed"
    assert rewritten["chapters_so_far"][0]["opening"] == "Ada is dead."


class OfWords(MemoryAuthor):
    """An author that writes so many words, whatever was ordered."""

    words = 0

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        return super()._reply(name, {**data, "words": self.words} if name == "chapter" else data)


@pytest.mark.parametrize(
    ("words", "calls", "status"),
    [(250, 2, "completed"), (900, 1, "completed"), (4000, 2, "failed"), (200, 2, "failed")],
)
def test_nine_hundred_words_are_ordered(memory_aws: None, words: int, calls: int, status: str) -> None:
    """One repair names the count. What comes then is taken from a quarter to three times, or nothing is spoken."""
    clock = ManualClock()
    author = OfWords(clock, lines=40)
    author.words = words
    testapp = TestApp(clock=clock, author=author, config=one_line_at_a_time(load_config()))
    story = testapp.create(num_chapters=1, enhance=False)
    task = testapp.task(testapp.generate(story, audio=True))
    testapp.run()
    task = testapp.task(task["task_id"])
    assert task["status"] == status, task
    assert author.bought["chapter1"] == calls
    assert bool(testapp.narrator.bought) is (status == "completed")
    if status == "failed":
        assert task["error_code"] == "invalid_output"
        assert "about 900 were ordered" in task["error"]
