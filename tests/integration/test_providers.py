"""Both providers through their real SDKs, against servers that fail in every way the APIs are known to."""

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import pytest

from bench.author import FillingAuthor
from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.errors import ContentRefused, CutOff, ProviderFault, Unusable
from chalicelib.pipeline.failure import classify, retry_decision
from chalicelib.providers.author import OpenAIAuthor
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.story.ports import Completion, CompletionRequest
from chalicelib.story.replies import summary_schema
from local.http_messages import HttpResponse as HttpAnswer
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.standin.server import InjectedFaults, json_answer

QUESTION = CompletionRequest(
    "summary", "gpt-test", [{"role": "user", "content": '{"lines": []}'}], summary_schema(), 4000
)
UTTERANCE = SpeechRequest("Good night.", "21m00Tcm4TlvDq8ikWAM", "eleven_multilingual_v2", "mp3_44100_128", {})

Reply = Callable[[], HttpAnswer]
Ask = Callable[[Reply], tuple[Completion | SpeechResult, int]]


def hang_up() -> HttpAnswer:
    raise ConnectionAbortedError


def openai_error(status: int, code: str | None, kind: str = "invalid_request_error", **headers: str) -> Reply:
    body = {"error": {"message": "quotes the prompt", "type": kind, "param": None, "code": code}}
    return lambda: json_answer(status, body, headers)


def elevenlabs_error(status: int, detail: Any, **headers: str) -> Reply:
    return lambda: json_answer(status, {"detail": detail}, headers)


@pytest.fixture
def ask() -> Iterator[Callable[..., tuple[Completion, int]]]:
    """Ask the author one question; the server answers with `reply`. The answer, and the requests that arrived."""
    with ExitStack() as stack:

        def asked(reply: Reply | None = None, timeout_s: float = 20, key: str = "sk-test", **server: Any) -> Any:
            arrived: list[int] = []

            def fault(number: int, _body: Mapping[str, Any]) -> HttpAnswer | None:
                arrived.append(number)
                return reply() if reply else None

            running = stack.enter_context(FillingAuthor(faults=InjectedFaults(before_billing=fault), **server))
            author = stack.enter_context(closing(OpenAIAuthor(lambda: key, running.base_url, timeout_s)))
            try:
                return author.ask(QUESTION), len(arrived)
            finally:
                assert len(arrived) <= 1, "the SDK tried again by itself"

        yield asked


@pytest.fixture
def speak() -> Iterator[Callable[..., tuple[SpeechResult, int]]]:
    """Have the narrator speak one line; the same."""
    with ExitStack() as stack:

        def asked(
            reply: Reply | None = None,
            timeout_s: float = 20,
            key: str = "xi-test",
            request: SpeechRequest = UTTERANCE,
            **server: Any,
        ) -> Any:
            arrived: list[int] = []

            def fault(number: int, _body: Mapping[str, Any]) -> HttpAnswer | None:
                arrived.append(number)
                return reply() if reply else None

            running = stack.enter_context(
                NarratorServer(faults=InjectedFaults(before_billing=fault), speech=Hum(), **server)
            )
            narrator = stack.enter_context(closing(ElevenLabsNarrator(lambda: key, running.url, timeout_s)))
            try:
                return narrator.speak(request), len(arrived)
            finally:
                assert len(arrived) <= 1, "the SDK tried again by itself"

        yield asked


def test_the_author_answers_and_its_tokens_are_counted(ask: Callable[..., tuple[Completion, int]]) -> None:
    answer, arrived = ask()
    assert (answer.problem, arrived) == (None, 1)
    assert set(json.loads(answer.content)) == {"summary", "seam", "memory"}
    assert answer.input_tokens > 0 < answer.output_tokens


@pytest.mark.parametrize(
    ("reply", "kind", "code", "retry_after_s"),
    [
        (openai_error(401, "invalid_api_key"), "permanent", "invalid_credentials", 0),
        (openai_error(403, "unsupported_country_region_territory"), "permanent", "provider_rejected", 0),
        (openai_error(403, None), "permanent", "invalid_credentials", 0),
        (openai_error(429, "insufficient_quota", "insufficient_quota"), "permanent", "quota_exceeded", 0),
        (openai_error(429, None, "insufficient_quota"), "permanent", "quota_exceeded", 0),
        (
            openai_error(429, "rate_limit_exceeded", "requests", **{"retry-after": "7"}),
            "transient",
            "provider_unavailable",
            7,
        ),
        (openai_error(404, "model_not_found"), "permanent", "provider_rejected", 0),
        (openai_error(400, "content_policy_violation"), "permanent", "content_refused", 0),
        (openai_error(500, None, "server_error"), "transient", "provider_unavailable", 0),
        (
            lambda: HttpAnswer(503, {"Content-Type": ["text/html"]}, b"<html>busy"),
            "transient",
            "provider_unavailable",
            0,
        ),
        (
            lambda: HttpAnswer(429, {"Content-Type": ["text/plain"]}, b"slow down"),
            "transient",
            "provider_unavailable",
            0,
        ),
        (hang_up, "transient", "provider_unavailable", 0),
    ],
)
def test_what_goes_wrong_at_the_author_is_told_apart(
    ask: Callable[..., tuple[Completion, int]], reply: Reply, kind: str, code: str, retry_after_s: float
) -> None:
    with pytest.raises(ProviderFault) as caught:
        ask(reply)
    failure = classify(caught.value)
    assert (failure.kind, failure.code, failure.retry_after_s) == (kind, code, retry_after_s)
    assert "the author's server" in failure.sentence.casefold()
    assert "quotes the prompt" not in failure.sentence + str(caught.value)


def completion(content: str | None, finish: str = "stop", refusal: str | None = None) -> Reply:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return lambda: json_answer(200, body)


@pytest.mark.parametrize(
    ("reply", "problem", "paid"),
    [
        (completion(None, refusal="I cannot help with that."), ContentRefused, 5),
        (completion("", "content_filter"), ContentRefused, 5),
        (completion('{"summary": "Ad', "length"), CutOff, 5),
        (completion(None), Unusable, 5),
        (lambda: json_answer(200, {"choices": []}), Unusable, 0),
        (lambda: json_answer(200, {"hello": "world"}), Unusable, 0),
        (lambda: HttpAnswer(200, {"Content-Type": ["application/json"]}, b"{not json"), Unusable, 0),
        (lambda: HttpAnswer(200, {"Content-Type": ["text/plain"]}, b"Hello."), Unusable, 0),
    ],
)
def test_a_paid_reply_without_an_answer_says_why(
    ask: Callable[..., tuple[Completion, int]], reply: Reply, problem: type[Exception], paid: int
) -> None:
    answer, _ = ask(reply)
    assert type(answer.problem) is problem
    assert answer.output_tokens == paid


def test_an_author_that_does_not_answer_in_time(ask: Callable[..., tuple[Completion, int]]) -> None:
    with pytest.raises(ProviderFault) as caught:
        ask(timeout_s=0.2, latency=lambda _name: 2.0)
    assert (classify(caught.value).kind, classify(caught.value).code) == ("transient", "timeout")


def test_a_connection_closed_once_the_request_was_read_leaves_the_bill_uncertain(
    ask: Callable[..., tuple[Completion, int]], speak: Callable[..., tuple[SpeechResult, int]]
) -> None:
    for call in (ask, speak):
        with pytest.raises(ProviderFault) as caught:
            call(hang_up)
        assert (caught.value.cause, caught.value.uncertain) == ("connection", True)


class Breaking(socketserver.BaseRequestHandler):
    """Read a request, begin an answer with `begun`, and end the connection: reset it where it is not to be closed."""

    begun = b""

    def handle(self) -> None:
        head, _, body = self.request.recv(65_536).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self.request.recv(65_536)
        self.request.sendall(self.begun)
        if not self.begun:  # SO_LINGER of no seconds: close() sends RST (socket(7))
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()


class HalfAnswering(Breaking):
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"


@pytest.mark.parametrize("handler", [Breaking, HalfAnswering])
def test_a_connection_that_breaks_before_or_in_the_answer_leaves_the_bill_uncertain(handler: type[Breaking]) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        where = f"http://127.0.0.1:{server.server_address[1]}"
        with (
            closing(OpenAIAuthor(lambda: "sk-test", f"{where}/v1", 20)) as author,
            closing(ElevenLabsNarrator(lambda: "xi-test", where, 20)) as narrator,
        ):
            for call in (lambda: author.ask(QUESTION), lambda: narrator.speak(UTTERANCE)):
                with pytest.raises(ProviderFault) as caught:
                    call()
                assert (caught.value.cause, caught.value.uncertain) == ("connection", True)
        server.shutdown()


def test_a_call_that_timed_out_once_the_request_was_sent_leaves_the_bill_uncertain(
    ask: Callable[..., tuple[Completion, int]], speak: Callable[..., tuple[SpeechResult, int]]
) -> None:
    for call in (lambda: ask(timeout_s=0.2, latency=lambda _name: 2.0), lambda: speak(timeout_s=1, latency_s=3.0)):
        with pytest.raises(ProviderFault) as caught:
            call()
        assert (caught.value.cause, caught.value.uncertain) == ("timeout", True)


def test_a_refusal_leaves_the_bill_as_it_is(
    ask: Callable[..., tuple[Completion, int]], speak: Callable[..., tuple[SpeechResult, int]]
) -> None:
    for call in (ask, speak):
        with pytest.raises(ProviderFault) as caught:
            call(lambda: json_answer(503, {}))
        assert not caught.value.uncertain


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("host", [closed_port, lambda: "nobody.invalid"])  # RFC 6761: no such name, anywhere
def test_where_nobody_listens_nothing_is_on_the_bill(host: Callable[[], str]) -> None:
    where = f"http://{host()}"
    with (
        closing(OpenAIAuthor(lambda: "sk-test", f"{where}/v1", 5)) as author,
        closing(ElevenLabsNarrator(lambda: "xi-test", where, 5)) as narrator,
    ):
        for call in (lambda: author.ask(QUESTION), lambda: narrator.speak(UTTERANCE)):
            with pytest.raises(ProviderFault) as caught:
                call()
            assert (caught.value.cause, caught.value.uncertain) == ("connection", False)


def test_where_no_connection_comes_about_in_time_nothing_is_on_the_bill() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        where = f"127.0.0.1:{full.getsockname()[1]}"
        with ExitStack() as stack:
            for _ in range(4):  # nobody accepts: Linux answers no further SYN once the backlog is full
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            author = stack.enter_context(closing(OpenAIAuthor(lambda: "sk-test", f"http://{where}/v1", 0.5)))
            narrator = stack.enter_context(closing(ElevenLabsNarrator(lambda: "xi-test", f"http://{where}", 1)))
            for call in (lambda: author.ask(QUESTION), lambda: narrator.speak(UTTERANCE)):
                with pytest.raises(ProviderFault) as caught:
                    call()
                assert (caught.value.cause, caught.value.uncertain) == ("timeout", False)


def test_a_refused_key(
    ask: Callable[..., tuple[Completion, int]], speak: Callable[..., tuple[SpeechResult, int]]
) -> None:
    for call in (ask, speak):
        with pytest.raises(ProviderFault) as caught:
            call(key="invalid")
        assert classify(caught.value).code == "invalid_credentials"


def test_the_narrator_speaks_and_its_characters_are_counted(speak: Callable[..., tuple[SpeechResult, int]]) -> None:
    result, arrived = speak()
    assert (result.characters, arrived) == (len(UTTERANCE.text), 1)
    assert result.audio.startswith((b"ID3", b"\xff"))


def test_a_narrator_that_bills_without_a_header(speak: Callable[..., tuple[SpeechResult, int]]) -> None:
    result, _ = speak(lambda: HttpAnswer(200, {"Content-Type": ["audio/mpeg"]}, b"ID3..."))
    assert (result.audio, result.characters) == (b"ID3...", len(UTTERANCE.text))


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (elevenlabs_error(401, {"status": "invalid_api_key", "message": "no"}), "permanent", "invalid_credentials"),
        (elevenlabs_error(401, {"status": "quota_exceeded", "message": "no"}), "permanent", "quota_exceeded"),
        (elevenlabs_error(402, {"code": "insufficient_credits", "message": "no"}), "permanent", "quota_exceeded"),
        (elevenlabs_error(404, {"status": "voice_not_found", "message": "no"}), "permanent", "provider_rejected"),
        (elevenlabs_error(422, [{"loc": ["body"], "msg": "no"}]), "permanent", "provider_rejected"),
        (elevenlabs_error(429, {"status": "system_busy", "message": "no"}), "transient", "provider_unavailable"),
        (elevenlabs_error(429, "slow down"), "transient", "provider_unavailable"),
        (lambda: HttpAnswer(502, {"Content-Type": ["text/html"]}, b"<html>"), "transient", "provider_unavailable"),
        (hang_up, "transient", "provider_unavailable"),
    ],
)
def test_what_goes_wrong_at_the_narrator_is_told_apart(
    speak: Callable[..., tuple[SpeechResult, int]], reply: Reply, kind: str, code: str
) -> None:
    with pytest.raises(ProviderFault) as caught:
        speak(reply)
    failure = classify(caught.value)
    assert (failure.kind, failure.code) == (kind, code)
    assert retry_decision(caught.value) == ("once more" if kind == "transient" else "stop")


def test_a_narrator_that_does_not_answer_in_time(speak: Callable[..., tuple[SpeechResult, int]]) -> None:
    with pytest.raises(ProviderFault) as caught:
        speak(timeout_s=1, latency_s=3.0)
    assert (classify(caught.value).kind, classify(caught.value).code) == ("transient", "timeout")


def test_too_many_at_once_is_known_for_what_it_is(speak: Callable[..., tuple[SpeechResult, int]]) -> None:
    with pytest.raises(ProviderFault) as caught:
        speak(at_once=0)
    assert retry_decision(caught.value) == "fewer at once"
    assert classify(caught.value).kind == "transient"


def test_a_voice_the_account_does_not_have(speak: Callable[..., tuple[SpeechResult, int]]) -> None:
    stranger = SpeechRequest("Hi.", "nobody", UTTERANCE.model, UTTERANCE.output_format, {})
    with pytest.raises(ProviderFault) as caught:
        speak(request=stranger)
    assert "voice" in classify(caught.value).sentence
