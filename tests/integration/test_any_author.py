"""A whole book by each of the servers that speak OpenAI's protocol in their own way, through the real SDK."""

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
import pytest

from bench.author import FillingAuthor
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.providers.author import OpenAIAuthor
from chalicelib.story.config import AuthorConfig, Models, StoryConfig
from local.author import AuthorServer
from tests.support.questions import OUTLINE, WORDS, ask, short_chapters
from tests.support.servers import (
    Azure,
    Choosy,
    CompatibleServer,
    DeepSeek,
    Gemini,
    Groq,
    LlamaCpp,
    LmStudio,
    Mistral,
    NewOllama,
    NewVllm,
    OldGroq,
    Ollama,
    OpenRouter,
    SilentGemini,
    Vllm,
    WrappedMistral,
)
from tests.support.testapp import TestApp, one_line_at_a_time
from tests.support.wire import without_certificates

CHAPTERS = 3
LINES = 4
TIMEOUT_S = 20.0


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    without_certificates(monkeypatch)


def author(server: AuthorServer) -> OpenAIAuthor:
    """Return the author at a server that is taken for OpenAI: it is sent everything, and has to refuse it."""
    return OpenAIAuthor(lambda: "sk-test", server.base_url, TIMEOUT_S, AuthorConfig(provider="openai"))


def config(most: int | None = None) -> StoryConfig:
    """Return a configuration for short chapters, with another limit for what a call may write."""
    found = one_line_at_a_time(short_chapters())
    change = msgspec.structs.replace
    return change(found, limits=change(found.limits, max_completion_tokens=most)) if most else found


def book(
    server: AuthorServer, most: int | None = None, *, audio: bool = False, **story: Any
) -> tuple[TestApp, dict[str, Any]]:
    """Have a server write a book (and the narrator in memory speak it); return the app and the task's end."""
    with closing(author(server)) as openai:
        testapp = TestApp(author=openai, config=config(most))
        task_id = testapp.generate(testapp.create(num_chapters=CHAPTERS, **story), audio=audio)
        testapp.run()
        return testapp, testapp.task(task_id)


WHOLE: dict[str, tuple[Callable[[], CompatibleServer], set[str], set[str]]] = {
    # A server; the parameters that its last call lacks; what it refused, each of which once.
    "groq": (lambda: Groq(lines=LINES), {"store"}, {"store", "minItems", "maxItems"}),
    "gemini": (lambda: Gemini(lines=LINES), {"store"}, {"store", "schema"}),
    "azure": (lambda: Azure(lines=LINES), set(), {"minItems", "maxItems"}),
    "mistral": (lambda: Mistral(lines=LINES), {"store", "max_completion_tokens"}, {"store max_completion_tokens"}),
    "wrapped mistral": (
        lambda: WrappedMistral(lines=LINES),
        {"store", "max_completion_tokens"},
        {"store max_completion_tokens"},
    ),
    "deepseek": (lambda: DeepSeek(lines=LINES), set(), {"response_format"}),
    "openrouter": (lambda: OpenRouter(lines=LINES), set(), set()),
    "lm studio": (lambda: LmStudio(lines=LINES), set(), set()),
    "ollama": (lambda: Ollama(lines=LINES), set(), set()),
    "new ollama": (lambda: NewOllama(lines=LINES), set(), set()),
    "llama.cpp": (lambda: LlamaCpp(lines=LINES), set(), set()),
    "choosy": (
        lambda: Choosy(lines=LINES),
        {"store", "max_completion_tokens"},
        {"store", "max_completion_tokens", "response_format", "safety_identifier", "prompt_cache_key"},
    ),
    "old groq": (
        lambda: OldGroq(lines=LINES),
        {"store", "max_completion_tokens"},
        {"store", "max_completion_tokens", "response_format", "minItems", "maxItems"},
    ),
    "silent gemini": (lambda: SilentGemini(lines=LINES), {"store"}, {"store", "schema"}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_book_is_written_and_directed(memory_aws: None, name: str) -> None:
    make, left_out, refusals = WHOLE[name]
    with make() as server:
        _, task = book(server)
        assert (task["status"], task["error"]) == ("completed", None), (task, server.refused)
        # A parameter that was refused is remembered: it is not tried with each call anew.
        assert set(server.refused) <= refusals
        assert bool(server.refused) == bool(refusals), "the imitation refused nothing: it proves nothing"
        assert max(server.refused.values(), default=1) == 1, server.refused
        # What a server takes is not left out: a schema that it enforces is worth more than one in the prompt.
        assert server.left_out() - {"response_format"} == left_out
        assert calls(server) == ["chapter"] * CHAPTERS + ["enhancement"] * CHAPTERS + ["outline"]


def test_a_book_of_a_server_that_refuses_much_is_narrated(memory_aws: None) -> None:
    with Groq(lines=LINES) as server:
        testapp, task = book(server, audio=True)
        assert (task["status"], task["progress"], task["error"]) == ("completed", 100, None), task
        assert set(testapp.narrator.bought.values()) == {1}


def calls(server: AuthorServer) -> list[str]:
    """Return the questions that were billed, in order of the alphabet."""
    return sorted(call["name"] for call in server.ledger.calls)


@pytest.mark.parametrize("make", [Mistral, OldGroq, Choosy])
def test_the_limit_of_what_a_call_may_cost_stays_under_its_older_name(make: type[CompatibleServer]) -> None:
    with make(lines=LINES) as server, closing(author(server)) as openai:
        outcome = ask(openai, "chapter")
        assert outcome.failure is None, outcome
        assert [body.get("max_tokens") for body in server.accepted] == [config().limits.max_completion_tokens]


def test_what_a_model_does_not_take_another_model_of_the_server_may() -> None:
    other = msgspec.structs.replace(config(), models=Models(*["gpt-6-luna"] * 4))
    with Groq(lines=LINES) as server, closing(author(server)) as openai:
        for configured in (config(), config(), other, other, config()):
            outcome = ask(openai, "summary", configured)
            assert outcome.failure is None, outcome
        # Of a server that is known for it the second model may be spared the try; the first is not tried anew.
        assert server.refused["store"] <= 2
        assert [body["model"] for body in server.accepted] == [
            configured.models.summary for configured in (config(), config(), other, other, config())
        ]


@pytest.mark.parametrize("make", [Groq, Gemini, Azure])
def test_a_schema_is_kept_without_what_a_server_does_not_take(make: type[CompatibleServer]) -> None:
    with make(lines=LINES) as server, closing(author(server)) as openai:
        outcome = ask(openai, "chapter")
        assert outcome.failure is None, outcome
        # In the prompt or as a parameter, but not nowhere: `CompatibleServer` answers in a shape of its own then.
        assert len(server.accepted) == 1


@pytest.mark.parametrize("make", [Vllm, NewVllm])
def test_a_small_context_is_asked_for_less_or_the_sentence_names_the_setting(
    memory_aws: None, make: type[CompatibleServer]
) -> None:
    with make(lines=LINES) as server:
        _, task = book(server)
        if task["status"] != "completed":
            assert "limits.max_completion_tokens" in task["error"], task
            assert (task["error_code"], calls(server)) == ("provider_rejected", [])
            assert sum(server.refused.values()) == 1, "a request that does not fit is not sent again as it is"


@pytest.mark.parametrize("make", [Vllm, NewVllm])
def test_with_a_limit_that_fits_a_small_context_the_book_is_written(
    memory_aws: None, make: type[CompatibleServer]
) -> None:
    with make(lines=LINES) as server:
        _, task = book(server, most=4000)
        assert (task["status"], task["error"]) == ("completed", None), task
        assert not server.refused


def test_an_upstream_that_is_overloaded_is_waited_for(memory_aws: None) -> None:
    with OpenRouter(lines=LINES, overloaded=3) as server:
        testapp, task = book(server)
        assert (task["status"], task["error"]) == ("completed", None), task
        assert any(pause >= testapp.timing.retry_delays_s[0] for pause in testapp.pauses_s)
        assert len(calls(server)) == 2 * CHAPTERS + 1


def test_an_upstream_that_stays_overloaded_ends_the_task_with_its_sentence(memory_aws: None) -> None:
    with OpenRouter(lines=LINES, overloaded=1000) as server:
        _, task = book(server)
        assert (task["status"], task["error_code"]) == ("failed", "provider_unavailable"), task
        assert task["error"].endswith("Retry the task later.")
        assert calls(server) == []


def test_what_moderation_flags_is_content_and_no_wrong_key(memory_aws: None) -> None:
    with OpenRouter(lines=LINES) as server:
        server.flagged = "duel at dawn"
        _, task = book(server, prompt="A duel at dawn, told as a duel at dawn")
        assert (task["status"], task["error_code"]) == ("failed", "content_refused"), task
        assert calls(server) == []


def test_nothing_is_billed_for_a_call_that_was_refused(memory_aws: None) -> None:
    with Groq(lines=LINES) as server:
        testapp, task = book(server)
        assert task["status"] == "completed", task
        usage = testapp.request("GET", "/usage").json_body["total"]
        assert usage["calls"] == len(server.ledger.calls)
        assert usage["input_tokens"] == sum(call["input_tokens"] for call in server.ledger.calls)


def test_the_stand_in_of_openai_takes_what_fireside_sends(memory_aws: None) -> None:
    with FillingAuthor(lines=LINES) as server:
        _, task = book(server)
        assert (task["status"], task["error"]) == ("completed", None), task
        # Seven questions, and not one that was sent a second time.
        assert server.ledger.report()["arrived"] == len(calls(server)) == 2 * CHAPTERS + 1


@pytest.mark.parametrize("make", [Azure, Gemini])
def test_a_chapter_of_more_lines_than_an_enum_may_have_is_directed_all_the_same(make: type[CompatibleServer]) -> None:
    lines = [ScriptLine(f"{number:03d}", "Ada", f"Step {number}!") for number in range(1, 601)]
    with make() as server, closing(author(server)) as openai:
        outcome = ask(openai, lambda writer: writer.enhance_chapter(OUTLINE, 1, Script(lines)))
        assert outcome.failure is None, outcome
        assert len(server.accepted) == 1
        assert any(line.tags for line in outcome.result.lines)


def test_a_model_that_is_not_told_the_schema_answers_in_a_shape_of_its_own() -> None:
    """The imitations are strict: a fallback that leaves the schema out, instead of putting it in the prompt, fails."""
    with DeepSeek(lines=LINES) as server:
        data = json.dumps({"language": "en", "num_chapters": CHAPTERS, "words": WORDS})
        body = {"model": "m", "messages": [{"role": "user", "content": data}]}
        assert server.form(body, json.loads(data))[0] == "guessed"
