"""Budgets as their users meet them: what fits, what is refused, what stops half-way, and what is said about it."""

import os
from collections import Counter
from contextlib import closing
from typing import Any

import msgspec
import pytest

from bench.author import FillingAuthor
from chalicelib.domain.money import micro
from chalicelib.domain.usage import COUNTS, numbers_of
from chalicelib.providers.author import OpenAIAuthor
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.store.tables import UsageItem
from chalicelib.story.config import Budgets, StoryConfig
from chalicelib.story.ports import Completion, CompletionRequest
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.boundaries import Boundaries
from tests.support.providers import MemoryAuthor, outline_reply, prose
from tests.support.questions import unframed
from tests.support.records import all_records
from tests.support.testapp import TestApp

MONTH = "2026-11"


def config(month: float | None = None, *, story: float | None = None, day: float | None = None) -> StoryConfig:
    """Return the shipped configuration with these budgets."""
    return msgspec.structs.replace(unframed(), budgets=Budgets(month, story, day))


def total(testapp: TestApp) -> Any:
    return testapp.request("GET", f"/usage?month={MONTH}").json_body["total"]


def budget(testapp: TestApp) -> Any:
    return testapp.request("GET", "/budget").json_body


def test_what_a_task_holds_is_spent_or_given_back(testapp: TestApp) -> None:
    testapp = TestApp(config=config(5.0), clock=testapp.clock)
    story_id = testapp.create(num_chapters=1)
    body = {"audio": True}
    quoted = testapp.request("POST", f"/stories/{story_id}/estimate", body).json_body["cost_usd"]
    testapp.generate(story_id)
    before = budget(testapp)
    assert before["held_usd"] == quoted
    assert (before["limit_usd"], before["spent_usd"], before["tightest"]) == (5.0, 0.0, "user_month")
    testapp.run()
    after = budget(testapp)
    assert (after["held_usd"], after["spent_usd"]) == (0.0, total(testapp)["cost_usd"])
    assert micro(after["remaining_usd"]) == 5_000_000 - micro(after["spent_usd"])
    assert budget_of(testapp, "bob") == {**before, "held_usd": 0.0, "remaining_usd": 5.0}


def budget_of(testapp: TestApp, user: str) -> Any:
    return testapp.request("GET", "/budget", user=user).json_body


def test_without_a_limit_nothing_is_refused_and_all_is_counted(testapp: TestApp) -> None:
    testapp = TestApp(config=config(), clock=testapp.clock)
    testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    now = budget(testapp)
    assert (now["limit_usd"], now["remaining_usd"], now["tightest"]) == (None, None, None)
    assert now["spent_usd"] == total(testapp)["cost_usd"] > 0


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (config(0.3), "Your budget for the month has $0.30 left of $0.30"),
        (config(story=0.2), "The budget of this story has $0.20 left of $0.20"),
        (config(day=0.1), "The budget that all listeners share for today has $0.10 left of $0.10"),
        (config(0.0), "Your budget for the month has $0.00 left of $0.00"),
    ],
    ids=["month", "story", "day", "nothing at all"],
)
def test_what_does_not_fit_is_refused_and_says_what_it_would_take(
    testapp: TestApp, limits: StoryConfig, name: str
) -> None:
    testapp = TestApp(config=limits, clock=testapp.clock)
    story_id = testapp.create(num_chapters=1)
    path, key = f"/stories/{story_id}/generate", {"Idempotency-Key": "k"}
    refused = testapp.request("POST", path, {"audio": True}, headers=key)
    assert (refused.status_code, refused.json_body["Code"]) == (402, "PaymentRequiredError")
    assert refused.json_body["Message"].startswith(name)
    assert "this takes about $0.50" in refused.json_body["Message"]
    assert budget(testapp)["held_usd"] == 0.0
    assert not list(testapp.queues.messages)
    # The refused request has used up neither its key nor the story.
    richer = TestApp(config=config(9.0), clock=testapp.clock)
    assert richer.request("POST", path, {"audio": True}, headers=key).status_code == 202


def test_a_running_task_is_named_before_money_is(testapp: TestApp) -> None:
    testapp = TestApp(config=config(0.8), clock=testapp.clock)
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    refused = testapp.request("POST", f"/stories/{story_id}/generate", {"audio": True})
    assert refused.status_code == 409
    assert task_id in refused.json_body["Message"]
    other = testapp.create(num_chapters=1)
    refused = testapp.request("POST", f"/stories/{other}/generate", {"audio": True})
    assert refused.status_code == 402
    assert "set aside for running tasks" in refused.json_body["Message"]
    assert testapp.request("POST", f"/tasks/{task_id}/cancel").status_code == 202
    assert budget(testapp)["held_usd"] == 0.0
    assert testapp.request("POST", f"/stories/{other}/generate", {"audio": True}).status_code == 202
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 402


def test_a_deleted_story_gives_back_what_its_task_held(testapp: TestApp) -> None:
    testapp = TestApp(config=config(0.8), clock=testapp.clock)
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    assert budget(testapp)["held_usd"] > 0
    testapp.request("DELETE", f"/stories/{story_id}")
    assert budget(testapp)["held_usd"] == 0.0


def test_counters_and_records_agree(testapp: TestApp) -> None:
    for chapters in (1, 2):
        testapp.generate(testapp.create(num_chapters=chapters))
    testapp.run()
    counted: Counter[tuple[str, str]] = Counter()
    for record in testapp.services.usage.of_user("ann"):
        for name, number in zip(COUNTS, numbers_of(record.purchase), strict=True):
            counted[record.story_id, name] += number
    usage = testapp.request("GET", f"/usage?month={MONTH}").json_body
    assert len(usage["stories"]) == 2
    for story in usage["stories"]:
        for name in COUNTS[:-1]:
            assert story[name] == counted[story["story_id"], name], name
        assert micro(story["cost_usd"]) == counted[story["story_id"], COUNTS[-1]]


RECORDS = int(os.environ.get("RECORDS", "1200"))
"""Calls of a month; RECORDS=10000 makes it the month of a busy user."""


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "of a version that counted nothing"])
def test_the_usage_of_many_calls_is_three_calls_of_ours(testapp: TestApp, counted: bool) -> None:
    story_id = testapp.create(num_chapters=1)
    with UsageItem.batch_write() as batch:
        for number in range(RECORDS):
            batch.save(old_record(number, story_id))
    assert total(testapp)["calls"] == RECORDS  # once, for records of a version without counters
    watched = Boundaries()
    with watched.on_aws(), watched.counting():
        assert total(testapp)["calls"] == RECORDS
    assert len([name for name in watched.names if name.startswith("dynamodb.")]) <= 3, watched.names
    if counted:
        testapp.generate(story_id)
        testapp.run()
        assert total(testapp)["calls"] == sum(1 for _ in all_records())


def old_record(number: int, story_id: str) -> UsageItem:
    return UsageItem(
        "ann",
        f"2026-11-{1 + number // 500:02d}T10:00:00.000Z#{number:05d}",
        story_id=story_id,
        kind="line",
        model="eleven_v3",
        input_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        characters=100,
        cost_usd=0.01,
    )


class Counting(MemoryAuthor):
    """An author that is paid for the tokens that its replies have, and stops at the limit that it is sent."""

    def __init__(self, clock: Any, chapter: list[str]) -> None:
        super().__init__(clock)
        self.requests: list[CompletionRequest] = []
        self._chapter = chapter

    def ask(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        answer = super().ask(request)
        told = sum(len(message["content"]) for message in request.messages) // 4
        return with_tokens(answer, told, min(len(answer.content) // 4, request.max_completion_tokens))

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        if name == "outline":
            return outline_reply(data["num_chapters"])
        if name != "chapter":
            return super()._reply(name, data)
        lines = [{"speaker": "Ada", "text": text, "scene_break": False} for text in self._chapter]
        return {"lines": lines, "summary": "It went on.", "seam": {"ending_state": "Here.", "open_question": "Why?"}}


def with_tokens(answer: Completion, told: int, answered: int) -> Completion:
    """Return an answer with other numbers of tokens."""
    return Completion(answer.content, told, 0, answered, answer.problem)


SIXTEEN_TIMES_4000 = [" ".join(prose(f"long {n}", 640)) for n in range(16)]
LOOP = [f"The wind blew over the sea, and Ada counted it: {n}." for n in range(550)]
THREE_LINES = ["It rained.", "Ada waited.", "Good night."]


@pytest.mark.parametrize(
    ("chapter", "said"),
    [
        (SIXTEEN_TIMES_4000, "The author wrote a longer chapter than can be narrated"),
        (LOOP, "It wrote nearly the same words again and again from line 1 on"),
        (THREE_LINES, "It wrote 6 words; about 900 were ordered."),
    ],
    ids=["sixteen lines of 4,000 characters", "550 nearly equal lines", "three lines for 900 words"],
)
def test_no_author_costs_more_than_one_and_a_half_times_the_quote(
    testapp: TestApp, chapter: list[str], said: str
) -> None:
    author = Counting(testapp.clock, chapter)
    testapp = TestApp(config=config(5.0), clock=testapp.clock, author=author)
    story_id = testapp.create(num_chapters=1)
    quoted = testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": True}).json_body["cost_usd"]
    task_id = testapp.generate(story_id)
    testapp.run()
    task, spent = testapp.task(task_id), total(testapp)["cost_usd"]
    print(f"quoted ${quoted}, spent ${spent}: {task['error']}")
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert said in task["error"]
    assert len([asked for asked in author.requests if asked.name == "chapter"]) == 2  # one repair, and no more
    assert testapp.narrator.bought == {}
    assert spent <= 1.5 * quoted
    assert budget(testapp)["held_usd"] == 0.0


def test_narration_that_costs_far_more_than_quoted_waits_for_a_person(testapp: TestApp) -> None:
    author = Counting(testapp.clock, [" ".join(prose(f"twice {n}", 50)) for n in range(36)])  # twice the order
    testapp = TestApp(config=config(9.0), clock=testapp.clock, author=author)
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    testapp.run()
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    task = testapp.task(task_id)
    assert (task["status"], [chapter["status"] for chapter in story["chapters"]]) == ("completed", ["script_ready"])
    assert testapp.narrator.bought == {}
    price = testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": True}).json_body["cost_usd"]
    assert task["message"].startswith("Written, but chapter 1 came out longer than planned and waits for you")
    assert f"${price:.2f}" in task["message"]
    assert testapp.request("POST", f"/stories/{story_id}/audio", {}).status_code == 202
    testapp.run()
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert [chapter["status"] for chapter in story["chapters"]] == ["completed"]


def test_a_task_that_runs_out_of_money_keeps_what_it_bought_and_goes_on_later(testapp: TestApp) -> None:
    # 1.4 times the order: its author is asked once to come nearer, and a person is not. It is more than what is left of
    # the month.
    author = Counting(testapp.clock, [" ".join(prose(f"more {n}", 35)) for n in range(36)])
    poor = TestApp(config=config(0.55), clock=testapp.clock, author=author)
    story_id = poor.create(num_chapters=1)
    task_id = poor.generate(story_id)
    poor.run()
    task = poor.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "budget_exceeded"), task
    assert "Your budget for the month has $" in task["error"]
    assert total(poor)["cost_usd"] <= 0.55
    assert budget(poor)["held_usd"] == 0.0
    bought = Counter(poor.narrator.bought)
    assert sum(bought.values()) > 3
    assert poor.request("POST", f"/tasks/{task_id}/retry").status_code == 402
    rich = TestApp(config=config(2.0), clock=poor.clock, author=author, narrator=poor.narrator)
    assert rich.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    rich.run()
    assert rich.task(task_id)["status"] == "completed", rich.task(task_id)
    assert max(poor.narrator.bought.values()) == 1
    assert len([asked for asked in author.requests if asked.name == "chapter"]) == 2


def test_a_server_that_ignores_the_limit_stops_everything_else_of_that_user(testapp: TestApp) -> None:
    class Deaf(MemoryAuthor):
        def ask(self, request: CompletionRequest) -> Completion:
            return with_tokens(super().ask(request), 1000, 200_000)

    testapp = TestApp(config=config(0.6), clock=testapp.clock, author=Deaf(testapp.clock, lines=9))
    task_id = testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    assert testapp.task(task_id)["error_code"] == "budget_exceeded"
    now = budget(testapp)
    assert now["spent_usd"] > now["limit_usd"]
    assert (now["remaining_usd"], now["held_usd"]) == (0.0, 0.0)
    refused = testapp.request("POST", f"/stories/{testapp.create(num_chapters=1)}/generate", {"audio": False})
    assert refused.status_code == 402


def test_a_rewrite_has_its_price(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=2)
    path = f"/stories/{story_id}/estimate"
    assert testapp.request("POST", path, {"rewrite": 1}).status_code == 409
    testapp.generate(story_id)
    testapp.run()
    words = testapp.request("POST", path, {"rewrite": 2, "audio": False}).json_body
    whole = testapp.request("POST", path, {"rewrite": 2}).json_body
    assert 0 < words["cost_usd"] < whole["cost_usd"]
    assert testapp.request("POST", path, {}).json_body["cost_usd"] == 0.0
    for body in ({"rewrite": 3}, {"rewrite": 0}, {"rewrite": 1, "chapters": [1]}):
        refused = testapp.request("POST", path, body)
        assert refused.status_code == 400
        assert "rewrite" in refused.json_body["Message"]


STORIES = {
    "A lighthouse keeper who is afraid of the dark": 1,
    "Two thieves steal the same clock on the same night": 2,
    "A bedtime story about a hedgehog who collects snow": 1,
    "The last letter of a polar expedition": 2,
    "A cook, a queen and a very old soup": 1,
}


@pytest.mark.no_cover  # whole stories through the real SDKs
@pytest.mark.parametrize("prompt", list(STORIES)[: int(os.environ.get("QUOTES", "1"))])
def test_a_quote_is_within_ten_percent_of_what_is_bought(testapp: TestApp, prompt: str) -> None:
    with (
        FillingAuthor() as openai,
        NarratorServer(speech=Hum()) as elevenlabs,
        closing(OpenAIAuthor(lambda: "sk-test", openai.base_url, 20)) as author,
        closing(ElevenLabsNarrator(lambda: "xi-test", elevenlabs.url, 20)) as narrator,
    ):
        testapp = TestApp(config=config(20.0), clock=testapp.clock, author=author, narrator=narrator)
        story_id = testapp.create(prompt=prompt, num_chapters=STORIES[prompt])
        testapp.generate(story_id)
        quoted = budget(testapp)["held_usd"]
        testapp.run()
        spent = total(testapp)["cost_usd"]
        print(f"{prompt}: quoted ${quoted}, spent ${spent}, {spent / quoted - 1:+.1%}")
        assert 0.9 <= spent / quoted <= 1.1
