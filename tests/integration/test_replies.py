"""Odd replies of servers that speak OpenAI's protocol, through the real SDK: what is used, what is not, and its price.

The cases stand in tests/cases: replies.json are those that once failed, each tried on the questions that it names;
more_replies.json are further reports, each with its source. A call that brought a completion is one that is billed.
"""

import json
import re
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.author import FillingAuthor
from chalicelib.providers.author import OpenAIAuthor
from local.author import AuthorServer
from tests.support.questions import QUESTIONS, Outcome, ask, short_chapters
from tests.support.scripted import Case, ScriptedServer
from tests.support.testapp import TestApp, one_line_at_a_time
from tests.support.wire import without_certificates

CASES = Path(__file__).parent.parent / "cases"
TIMEOUT_S = 20.0
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text of a story may hold: control characters, and halves of characters."""


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    without_certificates(monkeypatch)


def author(base_url: str, timeout_s: float = TIMEOUT_S) -> OpenAIAuthor:
    return OpenAIAuthor(lambda: "sk-test", base_url, timeout_s)


def answered(case: Case, kind: str) -> tuple[Outcome, ScriptedServer]:
    """Ask one question of a server that answers as the case says."""
    with ScriptedServer(case) as server, closing(author(server.base_url)) as openai:
        return ask(openai, kind), server


def load(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((CASES / name).read_text(encoding="utf-8"))
    return cases


def billed_as(outcome: Outcome) -> list[tuple[int, int]]:
    return [(completion.input_tokens, completion.output_tokens) for completion in outcome.completions]


# The cases that once failed, in the form that `ScriptedServer` understands where they say it in words, and what is
# wanted. What they want of a whole task stands at the end of this module.
REPORTED: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "parts": ({}, {"calls": 1}),
    "message_absent": ({}, {"calls_most": 2, "codes": ["invalid_output"], "billed": True}),
    "usage_total_only": ({}, {"calls": 1, "tokens": [0, 0]}),
    "fence": ({}, {"calls": 1}),
    "reasoning_empty_str": ({}, {"calls": 1}),
    "raw_newline": ({"content": "<valid JSON>", "text": "raw line feeds"}, {"calls": 1}),
    "or_200_error_502": ({}, {"calls": 0, "kind": "transient", "codes": ["provider_unavailable"]}),
    "groq_store": ({}, {"calls": 1}),
    "min_items": ({}, {"calls_most": 1, "codes": ["used", "provider_rejected"], "sentence": "response_format"}),
    "vllm_context": (
        {"when": "more than 8192 tokens"},
        {"calls_most": 1, "codes": ["used", "provider_rejected"], "sentence": "limits.max_completion_tokens"},
    ),
    "or_403_moderation": ({}, {"calls": 0, "kind": "permanent", "codes": ["content_refused"]}),
    "invalid_prompt": ({}, {"calls": 0, "requests": 1, "kind": "permanent", "codes": ["content_refused"]}),
    "speaker_case": ({"edit": "speakers in capitals"}, {"calls": 1}),
    "nul_text": ({"edit": "NUL in every text"}, {"calls": 1, "clean": True}),
}


def every_case() -> Iterator[Any]:
    for case in load("replies.json"):
        if case["case"] in REPORTED:
            more, want = REPORTED[case["case"]]
            for kind in case.get("kinds", QUESTIONS):
                yield pytest.param({**case, **more}, kind, want, id=f"{case['case']}-{kind}")
    for case in load("more_replies.json"):
        # An error does not depend on the question; a reply may.
        kinds = ["summary"] if "status" in case or "body" in case else case.get("kinds", ["outline", "chapter"])
        for kind in kinds:
            yield pytest.param(case, kind, case["want"], id=f"{case['case']}-{kind}")


@pytest.mark.parametrize(("case", "kind", "want"), list(every_case()))
def test_an_odd_reply_is_used_or_ends_as_a_sentence(case: Case, kind: str, want: Mapping[str, Any]) -> None:
    outcome, server = answered(case, kind)
    assert_wanted(outcome, server, want)


def assert_wanted(outcome: Outcome, server: ScriptedServer, want: Mapping[str, Any]) -> None:
    """Check what a case wants.

    - `codes`: the task's error codes that are right, `used` among them if the reply may be used; without it, it must be
    - `calls` (exactly), `calls_most`: billed calls; `requests`, `requests_most`: calls with those that were refused
    - `kind`, `sentence`, `sentence_not`, `retry_after_s`: of the failure, if it failed
    - `tokens`: input and output, as booked; `billed`: that there are any; `clean`: no text has control characters
    """
    failure = outcome.failure
    if failure:
        assert failure.kind != "ours", outcome
    code = failure.code if failure else "used"
    assert code in want.get("codes", ["used"]), outcome
    calls, requests = server.answered_calls, len(server.requests)
    assert calls <= want.get("calls_most", want.get("calls", 2)), f"{calls} calls are billed"
    assert calls >= want.get("calls", 0), f"{calls} calls are billed"
    # A call repeated for each of three parameters and the schema, and as much again for the repair: no more than that.
    assert requests <= want.get("requests_most", want.get("requests", 10)), f"{requests} calls were made"
    if failure:
        assert failure.kind in want.get("kind", failure.kind)
        assert want.get("sentence", "") in failure.sentence
        assert want.get("sentence_not", "\0") not in failure.sentence
        assert failure.retry_after_s == pytest.approx(want.get("retry_after_s", failure.retry_after_s))
    for completion in outcome.completions:
        counts = completion.input_tokens, completion.cached_tokens, completion.output_tokens
        assert all(type(count) is int and count >= 0 for count in counts), counts
    if "tokens" in want:
        assert billed_as(outcome) == [tuple(want["tokens"])]
    if want.get("billed"):
        assert all(read > 0 and written > 0 for read, written in billed_as(outcome))
    if want.get("clean"):
        odd = [text for text in texts_in(msgspec.to_builtins(outcome.result)) if CONTROL.search(text)]
        assert not odd


def texts_in(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts_in(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from texts_in(value)


def test_every_reported_case_is_tried() -> None:
    of_tasks = {"loop_varied", "huge_chapter 8000", "loop_enum 500", "dribble [150, 1]"}
    assert {case["case"] for case in load("replies.json")} == of_tasks | set(REPORTED)
    names = [case["case"] for case in load("more_replies.json")]
    assert len(names) == len(set(names)) > 30
    assert all(case["source"] for case in load("more_replies.json"))


def test_speakers_are_named_as_the_cast_is() -> None:
    for edit in ("speakers in capitals", "speakers in small letters"):
        outcome, _ = answered({"edit": edit}, "chapter")
        assert outcome.failure is None, outcome
        script = outcome.result.script
        assert {line.speaker for line in script.lines} <= {"Narrator", "Ada", "Bruno"}


class Telling(FillingAuthor):
    """An author whose chapters, or directions, are what the test makes of them."""

    def __init__(self, **made: Any) -> None:
        super().__init__(lines=4)
        self._made = made

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return the stand-in's reply with some of its fields replaced."""
        reply = super().reply(schema, data)
        return {**reply, **{name: value for name, value in self._made.items() if name in reply and _is_meant(data)}}

    def calls(self, name: str) -> int:
        return sum(call["name"] == name for call in self.ledger.calls)


def _is_meant(data: Mapping[str, Any]) -> bool:
    return "previous_text" in data  # the question for a chapter


def line(text: str, speaker: str = "Narrator") -> dict[str, Any]:
    return {"speaker": speaker, "text": text, "scene_break": False}


@contextmanager
def written_by(server: AuthorServer, words: int) -> Iterator[tuple[TestApp, str]]:
    """Order a story of one chapter of so many words, which is told and narrated; give the app and the task's id."""
    with server, closing(author(server.base_url)) as openai:
        testapp = TestApp(author=openai, config=one_line_at_a_time(short_chapters(words=words)))
        task_id = testapp.generate(testapp.create(num_chapters=1))
        testapp.run()
        yield testapp, task_id


def test_lines_that_differ_in_a_number_alone_are_not_narrated_without_a_word(memory_aws: None) -> None:
    """loop_varied: 550 lines, 60,000 characters of JSON for the 900 words that were ordered."""
    verse = "The lamp went out, and Ada lit it again for {} minutes."
    server = Telling(lines=[line(verse.format(number)) for number in range(550)])
    with written_by(server, 900) as (testapp, task_id):
        task = testapp.task(task_id)
        assert (task["status"], task["error_code"]) == ("failed", "invalid_output"), task
        assert server.calls("chapter") <= 2
        assert not testapp.narrator.bought


def test_a_chapter_of_thousands_of_words_is_bought_twice_at_most(memory_aws: None) -> None:
    """huge_chapter 8000: 290 KB of Malayalam, which is more than an item of DynamoDB may have beside others."""
    word = "മലയാളത്തിലുള്ള"
    text = [" ".join([word + str(number * 20 + part) for part in range(20)]) for number in range(400)]
    server = Telling(lines=[line(part) for part in text])
    with written_by(server, 5000) as (testapp, task_id):
        task = testapp.task(task_id)
        assert task["error_code"] != "internal", task
        assert server.calls("chapter") <= 2
        if task["status"] != "completed":
            assert task["error_code"] == "invalid_output"


@pytest.mark.parametrize("cut_off", [False, True])
def test_directions_in_a_loop_leave_the_chapter_whole(memory_aws: None, cut_off: bool) -> None:
    """loop_enum 500: the directions name the same lines again and again, whole or up to the limit of tokens."""

    class Looping(FillingAuthor):
        def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
            reply = super().reply(schema, data)
            if set(reply) == {"lines"}:
                first = [{"line_id": each["line_id"], "tags": ["whispers", "slowly"]} for each in data["lines"]]
                # So many characters for each of the tokens that a call may have: the server ends the longer one early.
                reply = {"lines": (first * 500)[: 2_000 if cut_off else 500]}
            return reply

    server = Looping(lines=4)
    with written_by(server, 900) as (testapp, task_id):
        task = testapp.task(task_id)
        assert (task["status"], task["error"]) == ("completed", None), task
        assert sum(call["name"] == "enhancement" for call in server.ledger.calls) <= 2


def test_no_control_characters_reach_the_script_the_voices_or_an_edit(memory_aws: None) -> None:
    """nul_text, over HTTP: what is shown can be sent back, and nothing has changed then."""
    server = ScriptedServer({"edit": "NUL in every text"})
    with written_by(server, 100) as (testapp, task_id):
        task = testapp.task(task_id)
        assert task["status"] == "completed", task
        story = testapp.request("GET", f"/stories/{task['story_id']}").json_body
        path = f"/stories/{task['story_id']}/chapters/1"
        before = testapp.request("GET", path).json_body
        assert not [text for text in texts_in([story, before]) if CONTROL.search(text)]
        assert not [text for text, _ in testapp.narrator.bought if CONTROL.search(text)]
        lines = [{name: each[name] for name in ("line_id", "speaker", "text")} for each in before["script"]["lines"]]
        answer = testapp.request("PUT", f"{path}/script", {"lines": lines, "version": before["version"]})
        assert answer.status_code == 200, answer.body
        after = testapp.request("GET", path).json_body
        assert (after["version"], after["status"]) == (before["version"], before["status"])
        assert not after["audio"]["out_of_date"]


MOST_S = 6.0
"""The longest that a dribbling server goes on, so that a client that waits for ever fails the test."""


class Dribbling(socketserver.BaseRequestHandler):
    """Answer a request with white space, byte by byte, until the client closes or `MOST_S` are over.

    So does a proxy that keeps a connection alive: no read takes long, and no answer comes.
    """

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    more = b" "

    def handle(self) -> None:
        self.request.recv(65_536)
        ended = threading.Event()
        deadline = time.monotonic() + MOST_S
        with suppress(OSError):
            self.request.sendall(self.head)
            while time.monotonic() < deadline:
                self.request.sendall(self.more)
                ended.wait(0.05)


class DribblingHeaders(Dribbling):
    head = b"HTTP/1.1 200 OK\r\n"
    more = b"X-Wait: 1\r\n"


@pytest.mark.parametrize("handler", [Dribbling, DribblingHeaders])
def test_an_answer_that_dribbles_ends_as_a_timeout(handler: type[Dribbling]) -> None:
    """dribble [150, 1]: a byte a second for longer than a call may take."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        began = time.monotonic()
        with closing(author(f"http://127.0.0.1:{server.server_address[1]}/v1", timeout_s=0.5)) as openai:
            outcome = ask(openai, "chapter")
        took_s = time.monotonic() - began
        server.shutdown()
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.code) == ("transient", "timeout"), outcome
    assert took_s < MOST_S / 2
