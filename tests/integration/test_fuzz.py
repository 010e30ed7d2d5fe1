"""Whatever is sent to whatever route: no 5xx, and every error says what is wrong. `make fuzz` sends 10,000 requests."""

import json
import os
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

import app
from chalicelib.api.endpoints.shares import HTML
from local.gateway import Gateway
from local.http_messages import HttpRequest
from tests.support.testapp import TestApp

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "700"))
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
ROUTES = [(method, pattern) for pattern, entries in app.app.routes.items() for method in entries]

texts = st.text(st.characters(), max_size=60)  # lone surrogates and NUL included
words = st.sampled_from(
    ["", "de", "en-GB", "2026-11", "0", "-1", "1e9", "\ud800", "x" * 5000, "null", "☃", "../..", "%00", "1.0"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | words
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.just("A lamp") | values,
        "title": st.just("T") | values,
        "num_chapters": st.integers(-2, 60) | values,
        "enhance": st.booleans() | values,
        "language": st.sampled_from(["en", "de-AT", "xx-"]) | values,
        "voices": st.just({"Ada": "21m00Tcm4TlvDq8ikWAM"}) | values,
        "audio": st.booleans() | values,
        "chapters": st.lists(st.integers(-1, 5), max_size=4) | values,
        "lines": st.lists(st.fixed_dictionaries({}, optional={"line_id": texts, "speaker": texts, "text": texts}))
        | values,
        "remark": texts | values,
        "chapter": st.integers(-1, 5) | values,
        "seconds": st.floats() | values,
        "at": st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()) | values,
        "bookmarks": st.lists(st.fixed_dictionaries({"chapter": st.just(1), "seconds": st.floats(0, 1)})) | values,
        "days": st.integers(-1, 400) | values,
        "url": st.sampled_from(["https://example.com/", "http://[::1", "https://é:0/", "https://127.0.0.1/"]) | values,
        "more": values,
    },
)
odd_bodies = st.sampled_from(
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"prompt": "\\ud800"}',
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b'{"prompt": 1e999}',
        b"0" * 300_000,
        b"NaN",
    ]
)
bodies = (
    (fields | values).map(lambda body: json.dumps(body).encode("utf-8", "surrogatepass"))
    | odd_bodies
    | st.binary(max_size=80)
)
queries = st.dictionaries(st.sampled_from(["limit", "cursor", "month", "x"]), words | texts, max_size=3)
header_texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
keys = st.dictionaries(st.sampled_from(["Idempotency-Key", "Content-Type", "Accept"]), words | header_texts, max_size=2)


def percent(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def known(testapp: TestApp) -> dict[str, list[str]]:
    """Return ids for the run: of drafts, a finished story, another user's, an ended task and a waiting one."""
    story, draft = testapp.create(), testapp.create(num_chapters=1)
    done = testapp.generate(story)
    testapp.run()
    waiting = testapp.generate(testapp.create())
    share = testapp.request("POST", f"/stories/{story}/shares", {}).json_body
    foreign = testapp.request("POST", "/stories", {"prompt": "Mine"}, user="bob").json_body["story_id"]
    return {
        "{story_id}": [story, draft, foreign],
        "{task_id}": [done, waiting],
        "{number}": ["1", "2", "0", "51", "x"],
        "{secret}": [share["url"].rpartition("/")[2], "A" * 43],
        "{share_id}": [share["share_id"]],
        "{file}": ["1.mp3", "1.vtt", "1.json", "51.vtt", "cover.jpg", "story.json"],
        "{voice_id}": ["21m00Tcm4TlvDq8ikWAM", "nobody"],
    }


@pytest.fixture
def gateway(testapp: TestApp) -> Gateway:
    """Return a gateway that requests are handed to: it needs no socket."""
    bound = Gateway.bind(app.app)
    bound.stop()
    return bound


@given(data=st.data())
@settings(
    max_examples=REQUESTS,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_no_request_breaks_the_api(
    testapp: TestApp, gateway: Gateway, known: dict[str, list[str]], data: st.DataObject
) -> None:
    method, pattern = data.draw(st.sampled_from(ROUTES), label="route")
    if data.draw(st.integers(0, 9)) == 0:
        method = data.draw(st.sampled_from(METHODS))
    path = pattern
    for name, ids in known.items():
        if name in path:
            chosen = st.sampled_from(ids) if data.draw(st.integers(0, 3)) else texts.filter(bool) | words.filter(bool)
            path = path.replace(name, percent(data.draw(chosen)))
    token = data.draw(st.sampled_from([testapp.tokens["ann"]] * 6 + [testapp.tokens["bob"], "", "nonsense", "é"]))
    headers = {"Content-Type": "application/json", **(data.draw(keys) if data.draw(st.integers(0, 4)) == 0 else {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    query = "&".join(f"{name}={percent(value)}" for name, value in data.draw(queries).items())
    body = data.draw(bodies) if method in {"POST", "PUT", "PATCH"} else b""
    answer = gateway.answer(HttpRequest(method, path, query, list(headers.items()), body, "127.0.0.1"))
    event(f"{answer.status}")
    if answer.status == 204:  # deleted: another takes its place
        known["{story_id}"] = [*known["{story_id}"][1:], testapp.create()]
    assert answer.status < 500, answer.body
    if answer.status >= 400 and list(answer.headers.get("Content-Type", ())) == [HTML]:
        # For a person who opens a link.
        assert (pattern, answer.status) == ("/listen/{secret}", 404)
        assert b"<h1" in answer.body
    elif answer.status >= 400:
        error = json.loads(answer.body)
        assert set(error) >= {"Code", "Message"}
        assert error["Message"]
