"""Each way a provider can fail for good, through the real SDKs and the whole engine: the task ends at once, and says
what to do; when that is done, a retry finishes the story."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from bench.author import FillingAuthor
from chalicelib.providers.author import OpenAIAuthor
from chalicelib.providers.narrator import ElevenLabsNarrator
from local.author import AuthorServer
from local.http_messages import HttpResponse
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.standin.server import json_answer
from tests.support.questions import short_chapters
from tests.support.testapp import TestApp, one_line_at_a_time

LINES = 5

Reply = Callable[[Mapping[str, Any]], HttpResponse]


def openai(status: int, code: str) -> Reply:
    return lambda _body: json_answer(status, {"error": {"message": "no", "type": code, "param": None, "code": code}})


def elevenlabs(status: int, code: str) -> Reply:
    return lambda _body: json_answer(status, {"detail": {"status": code, "message": "no"}})


def completion(content: str | None, finish: str = "stop", refusal: str | None = None) -> Reply:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": refusal},
        "finish_reason": finish,
        "logprobs": None,
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    return lambda body: json_answer(
        200,
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [choice],
            "usage": usage,
        },
    )


def sound(data: bytes) -> Reply:
    return lambda _body: HttpResponse(200, {"Content-Type": ["audio/mpeg"], "character-cost": ["9"]}, data)


@pytest.fixture
def author() -> Iterator[AuthorServer]:
    with FillingAuthor(lines=LINES) as server:
        yield server


@pytest.fixture
def narrator() -> Iterator[NarratorServer]:
    with NarratorServer(speech=Hum()) as server:
        yield server


@pytest.fixture
def testapp(memory_aws: None, author: AuthorServer, narrator: NarratorServer) -> Iterator[TestApp]:
    with (
        closing(OpenAIAuthor(lambda: "sk", author.base_url, 20)) as written,
        closing(ElevenLabsNarrator(lambda: "xi", narrator.url, 20)) as result,
    ):
        yield TestApp(author=written, narrator=result, config=one_line_at_a_time(short_chapters()))


CASES: list[tuple[str, Reply, str, str, int]] = [
    ("author", openai(401, "invalid_api_key"), "invalid_credentials", "OPENAI_API_KEY", 1),
    ("author", openai(429, "insufficient_quota"), "quota_exceeded", "Top it up", 1),
    ("author", openai(404, "model_not_found"), "provider_rejected", "configs/", 1),
    ("author", completion(None, refusal="I cannot help with that."), "content_refused", "Change the prompt", 1),
    ("author", completion(None, finish="content_filter"), "content_refused", "Change the prompt", 1),
    ("author", completion('{"title": "Cut', finish="length"), "invalid_output", "max_completion_tokens", 1),
    ("author", completion("Once upon a time"), "invalid_output", "another model", 2),
    ("author", completion(json.dumps({"title": 7})), "invalid_output", "another model", 2),
    ("narrator", elevenlabs(401, "invalid_api_key"), "invalid_credentials", "ELEVENLABS_API_KEY", 1),
    ("narrator", elevenlabs(401, "quota_exceeded"), "quota_exceeded", "Top it up", 1),
    ("narrator", elevenlabs(402, "insufficient_credits"), "quota_exceeded", "Top it up", 1),
    # One voice after the other, until none of the eight is left. Refused calls are not billed.
    ("narrator", elevenlabs(404, "voice_not_found"), "provider_rejected", "Choose a voice", 8),
    # Looks like MP3 until it is decoded, while the next lines are being spoken.
    ("narrator", sound(b"\xff\xfb" + b"not a frame" * 40), "invalid_output", "not audio", 2 * LINES),
]


@pytest.mark.parametrize(("who", "reply", "code", "says", "calls"), CASES)
def test_a_failure_for_good_ends_the_task_at_once_and_retry_finishes_it(
    testapp: TestApp,
    author: AuthorServer,
    narrator: NarratorServer,
    who: str,
    reply: Reply,
    code: str,
    says: str,
    calls: int,
) -> None:
    server: AuthorServer | NarratorServer = author if who == "author" else narrator
    server.fault = lambda _number, body: reply(body)
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    began = testapp.clock()
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", code)
    assert says in task["error"]
    assert testapp.clock() - began < testapp.timing.retry_delays_s[0]  # nothing was waited for
    assert 1 <= server.ledger.report()["arrived"] <= calls
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert (story["status"], story["error"]) == ("failed", task["error"])
    server.fault = lambda _number, _body: None
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert len(author.ledger.calls) == 3  # outline, chapter, enhancement: each once, whoever failed
