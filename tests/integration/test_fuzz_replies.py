"""Whatever a server answers: no fault of ours, two billed calls at most, and counts that are counts.

Valid completions are changed at random, in their data, their text and their bytes; some calls are refused, or break.
`FUZZ_REPLIES=20000` tries more of them than the tests do.
"""

import copy
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from bench.author import filled_in
from chalicelib.errors import FiresideError
from chalicelib.providers.author import OpenAIAuthor
from local.author.server import question
from tests.support.questions import QUESTIONS, ask
from tests.support.servers.base import expected_form
from tests.support.wire import Answer, answer_instead

REPLIES = int(os.environ.get("FUZZ_REPLIES", "300"))
MOST_REQUESTS = 12
"""Calls for one question, refused ones included: a parameter less each time, and the schema in the prompt."""

Change = tuple[str, str, int, Any]
"""A change: of the content's data, the content's text, the body or its bytes; which; where; with what."""

texts = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["", "\0", "\ud83d", "\x1b[0m", "\x85", "\ufeff", "null", "true", "12", "-1", "x" * 3000, "Ada", "NARRATOR", "stop"]
)
numbers = st.integers() | st.floats() | st.sampled_from([0, -1, 2**63, 10**400, 1e308, 12.5])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
odd_texts = st.sampled_from(
    [
        *("```json\n", "\n```", "<think>", "</think>", "{", "}", "[", "]", ",", '"', "\\", "\\ud83d", "\\u0000", "\n"),
        *("{}", "null", "NaN", "Here it is: ", "\ufeff", "\0", "'", "[" * 2_000, '{"a":' * 2_000),
    ]
)
odd_bytes = st.binary(max_size=4) | st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\n\n   \n", b"data: ", b"\x00"])
places = st.integers(0, 10_000)
tree_changes = st.sampled_from(
    ["delete", "wrap in a list", "wrap in an object", "as a text", "twice", "rename", "empty"]
)
changes = st.one_of(
    st.tuples(st.sampled_from(["data", "body"]), tree_changes, places, st.none()),
    st.tuples(st.sampled_from(["data", "body"]), st.just("replace"), places, values),
    st.tuples(st.just("text"), st.sampled_from(["cut", "drop", "twice"]), places, st.none()),
    st.tuples(st.just("text"), st.just("insert"), places, odd_texts | texts),
    st.tuples(st.just("bytes"), st.sampled_from(["cut", "drop", "twice"]), places, st.none()),
    st.tuples(st.just("bytes"), st.just("insert"), places, odd_bytes),
)
errors = st.fixed_dictionaries(
    {},
    optional={
        "message": st.sampled_from(["Unknown parameter: 'store'.", "Slow down", "minItems is not permitted"]) | values,
        "code": st.sampled_from([429, "429", 502, "unknown_parameter", "context_length_exceeded", "content_filter"])
        | values,
        "type": st.just("invalid_request_error") | values,
        "param": st.sampled_from(["store", "response_format", "messages", "model", "max_completion_tokens"]) | values,
        "metadata": values,
        "innererror": values,
    },
)
error_bodies = st.one_of(
    st.fixed_dictionaries({"error": errors | values}),
    errors,
    st.lists(st.fixed_dictionaries({"error": errors}), max_size=2),
    st.fixed_dictionaries({"detail": values}),
    values,
)
statuses = st.sampled_from([400, 400, 400, 401, 402, 403, 404, 408, 409, 413, 422, 422, 429, 500, 502, 503, 524, 529])
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "retry-after-ms", "Content-Type", "x-should-retry"]),
    st.sampled_from(["0", "1.5", "-1", "inf", "nan", "1e400", "9" * 30, "text/html", "text/event-stream", "true", ""]),
    max_size=2,
)
broken = st.sampled_from([httpx2.ReadTimeout, httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ReadError])
plans = st.one_of(
    # Twice: most calls bring a completion, and most of those have few changes.
    st.fixed_dictionaries({"changes": st.lists(changes, max_size=2)}),
    st.fixed_dictionaries({"changes": st.lists(changes, max_size=2)}),
    st.fixed_dictionaries({"changes": st.lists(changes, min_size=1, max_size=6), "headers": headers}),
    st.fixed_dictionaries({"status": st.just(200) | statuses, "error": error_bodies, "headers": headers}),
    st.fixed_dictionaries({"status": statuses, "error": error_bodies}),
    st.fixed_dictionaries({"broken": broken}),
)
"""What is done with one call."""


class Wire:
    """Answers requests by plans, the last one again and again; counts the completions that a provider would bill."""

    def __init__(self, chosen: Sequence[Mapping[str, Any]]) -> None:
        self._plans = chosen
        self.requests = 0
        self.billed = 0

    def reply(self, request: bytes) -> Answer:
        plan = self._plans[min(self.requests, len(self._plans) - 1)]
        self.requests += 1
        if "broken" in plan:
            return Answer(broken=plan["broken"])
        sent = plan.get("headers", {})
        if "error" in plan:
            return Answer(json.dumps(plan["error"]).encode(), plan["status"], sent)
        body = changed(valid_content(json.dumps(json.loads(request)["messages"])), plan["changes"])
        self.billed += holds_a_choice(body)
        return Answer(body, headers=sent)


def holds_a_choice(body: bytes) -> bool:
    """Return whether a body brings something that was written; one that is an error, or nothing, is not billed."""
    try:
        completion = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(completion, dict) and bool(completion.get("choices")) and not completion.get("error")


@cache
def valid_content(messages: str) -> str:
    """Return the content of a valid reply to a request's messages."""
    data = question(json.loads(messages))
    form = expected_form(data)
    assert form is not None
    return json.dumps(filled_in(form[1], data, 4))


def changed(content: str, chosen: Sequence[Change]) -> bytes:
    """Return the body of a completion with that content, after the changes: its data first, its bytes last."""
    data: Any = json.loads(content)
    of = {level: [change for change in chosen if change[0] == level] for level in ("data", "text", "body", "bytes")}
    for _, kind, where, value in of["data"]:
        data = change_tree(data, kind, where, value)
    text = json.dumps(data)
    for _, kind, where, value in of["text"]:
        text = change_sequence(text, kind, where, value)
    message = {"role": "assistant", "content": text, "refusal": None}
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 10},
    }
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body: Any = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }
    for _, kind, where, value in of["body"]:
        body = change_tree(body, kind, where, value)
    raw = json.dumps(body).encode()
    for _, kind, where, value in of["bytes"]:
        raw = change_sequence(raw, kind, where, value)
    return raw


def change_sequence(text: Any, kind: str, where: int, value: Any) -> Any:
    """Return a text, or bytes, changed at a place."""
    at = where % (len(text) + 1)
    if kind == "cut":
        return text[:at]
    if kind == "drop":
        return text[:at] + text[at + 1 + where % 7 :]
    if kind == "twice":
        return text[at:] + text
    return text[:at] + value + text[at:]


def change_tree(tree: Any, kind: str, where: int, value: Any) -> Any:
    """Return a tree of JSON with one of its nodes changed."""
    nodes: list[tuple[Any, Any]] = [(None, None)]
    _collect(tree, nodes)
    parent, key = nodes[where % len(nodes)]
    found = tree if parent is None else parent[key]
    if parent is not None and kind == "delete":
        del parent[key]
        return tree
    if isinstance(parent, dict) and kind == "rename":
        parent[str(key).upper()] = parent.pop(key)
        return tree
    # A copy: the same value may be put into itself, and what is shown of a failure must be what was tried.
    new = copy.deepcopy(NODES.get(kind, lambda _node: value)(found))
    if parent is None:
        return new
    parent[key] = new
    return tree


NODES: Mapping[str, Callable[[Any], Any]] = {
    "wrap in a list": lambda node: [node],
    "wrap in an object": lambda node: {"result": node},
    "as a text": json.dumps,
    "twice": lambda node: node * 2 if isinstance(node, list | str) else [node, node],
    "empty": lambda node: type(node)() if node is not None else None,
    "delete": lambda _node: None,
    "rename": lambda node: node,
}


def _collect(tree: Any, nodes: list[tuple[Any, Any]]) -> None:
    keys: Any = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        nodes.append((tree, key))
        _collect(tree[key], nodes)


@settings(
    max_examples=REPLIES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(kind=st.sampled_from(sorted(QUESTIONS)), chosen=st.lists(plans, min_size=1, max_size=3))
def test_no_reply_is_a_fault_of_ours(kind: str, chosen: list[dict[str, Any]]) -> None:
    wire = Wire(chosen)
    with pytest.MonkeyPatch.context() as patch:
        answer_instead(patch, wire.reply)
        with closing(OpenAIAuthor(lambda: "sk-test", "http://127.0.0.1:9/v1", 20)) as author:
            outcome = ask(author, kind)
    event(outcome.failure.code if outcome.failure else "used")
    if outcome.failure:
        assert isinstance(outcome.error, FiresideError), outcome
        assert outcome.failure.kind != "ours", outcome
        assert outcome.failure.retry_after_s >= 0
    else:
        # What is used can be stored and sent: no half of a character is in it.
        msgspec.json.encode(msgspec.to_builtins(outcome.result))
    assert wire.billed <= 2
    assert wire.requests <= MOST_REQUESTS
    for completion in outcome.completions:
        counts = completion.input_tokens, completion.cached_tokens, completion.output_tokens
        assert all(type(count) is int and count >= 0 for count in counts), counts
        assert isinstance(completion.content, str)
