"""What OpenAI's moderation rates too high, through the real SDK: the calls it costs, the sentence, and what is kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import pytest

from bench.author import FillingAuthor
from chalicelib.providers.author import MODERATION_MODEL, OpenAIAuthor
from chalicelib.story.config import AuthorConfig
from local.author import AuthorServer
from local.http_messages import HttpResponse
from local.standin.server import json_answer
from tests.support.questions import short_chapters
from tests.support.testapp import TestApp, one_line_at_a_time

Scores = Mapping[str, Mapping[str, float]]
SAFE: Scores = {"input": {"violence": 0.2}, "output": {"violence": 0.2}}


class Rating(FillingAuthor):
    """OpenAI with moderation in the call: the answer carries scores, as the SDK's `ChatCompletion.moderation` has them.

    `scores` are those of a question, by its name and its number among the questions of that name, from 1.
    """

    def __init__(self, scores: Callable[[str, int], Scores]) -> None:
        super().__init__(lines=4)
        self._scores = scores
        self.asked: list[str] = []
        self.bodies: list[Mapping[str, Any]] = []

    def response(self, body: Mapping[str, Any], completion: dict[str, Any]) -> HttpResponse:
        name = body["response_format"]["json_schema"]["name"]
        self.asked.append(name)
        self.bodies.append(body)
        found = self._scores(name, self.asked.count(name))
        completion["moderation"] = {side: rated(scores) for side, scores in found.items()}
        return json_answer(200, completion)


def rated(scores: Mapping[str, float]) -> dict[str, Any]:
    result = {
        "type": "moderation_result",
        "model": MODERATION_MODEL,
        "flagged": any(score > 0.5 for score in scores.values()),
        "categories": {name: score > 0.5 for name, score in scores.items()},
        "category_scores": dict(scores),
        "category_applied_input_types": {name: ["text"] for name in scores},
    }
    return {"type": "moderation_results", "model": MODERATION_MODEL, "results": [result]}


@contextmanager
def written_by(server: AuthorServer) -> Iterator[tuple[TestApp, str, dict[str, Any]]]:
    """Have a book of three chapters written and narrated; yield the app, the story's id and the task's end."""
    config = AuthorConfig(provider="openai")
    with server, closing(OpenAIAuthor(lambda: "sk-test", server.base_url, 20, config, moderated=True)) as author:
        testapp = TestApp(author=author, config=one_line_at_a_time(short_chapters()))
        story_id = testapp.create(num_chapters=3)
        task_id = testapp.generate(story_id)
        testapp.run()
        yield testapp, story_id, testapp.task(task_id)


def test_every_call_is_rated_by_scores_and_names_nobody(memory_aws: None) -> None:
    server = Rating(lambda _name, _number: SAFE)
    with written_by(server) as (_, _, task):
        assert (task["status"], task["error"]) == ("completed", None)
        for body in server.bodies:
            assert body["moderation"]["policy"] == {"input": {"mode": "score"}, "output": {"mode": "score"}}
            assert body["store"] is False
            assert "ann" not in body["safety_identifier"]
        assert len({body["safety_identifier"] for body in server.bodies}) == 1


@pytest.mark.parametrize(
    ("side", "part"), [("input", "the prompt"), ("output", "the plan that was made from the prompt")]
)
def test_a_refused_prompt_costs_one_call(memory_aws: None, side: str, part: str) -> None:
    server = Rating(lambda _name, _number: {side: {"sexual/minors": 0.8}})
    with written_by(server) as (testapp, _, task):
        assert (task["status"], task["error_code"]) == ("failed", "content_refused")
        assert task["error"].startswith(
            f"This story is not told here: {part} was rated as sexual content about minors."
        )
        assert server.asked == ["outline"]
        assert testapp.narrator.bought == {}
        assert testapp.request("GET", "/usage").json_body["total"]["calls"] == 1


def test_a_refused_answer_in_the_middle_keeps_what_was_written_before(memory_aws: None) -> None:
    unsafe: Scores = {"output": {"illicit/violent": 0.9}}
    server = Rating(lambda name, number: unsafe if (name, number) == ("chapter", 2) else SAFE)
    with written_by(server) as (testapp, story_id, task):
        assert (task["status"], task["error_code"]) == ("failed", "content_refused")
        assert "the chapter as it was written was rated as instructions for a violent crime" in task["error"]
        assert server.asked.count("chapter") == 2  # the refused one is not asked for again
        story = testapp.request("GET", f"/stories/{story_id}").json_body
        assert story["chapters"][0]["status"] in {"script_ready", "completed"}
        assert testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]["lines"]
        bought = list(server.asked)
        testapp.request("POST", f"/tasks/{task['task_id']}/retry")
        testapp.run()
        assert testapp.task(task["task_id"])["status"] == "completed"
        again = server.asked[len(bought) :]
        assert (again.count("outline"), again.count("chapter")) == (0, 2)  # the second, and the third


def test_a_server_that_takes_no_moderation_is_not_asked_without_it(memory_aws: None) -> None:
    class Unrated(FillingAuthor):
        def refusal(self, body: Mapping[str, Any]) -> HttpResponse | None:
            if "moderation" not in body:
                return None
            return self.error(400, "unknown_parameter", "Unknown parameter: 'moderation'.", "moderation")

    server = Unrated(lines=4)
    with written_by(server) as (_, _, task):
        assert (task["status"], task["error_code"]) == ("failed", "provider_rejected")
        assert "does not take moderation as it was sent" in task["error"]
        assert server.ledger.calls == []
