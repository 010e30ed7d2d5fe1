"""The OpenAPI document: every route is in it, and every answer is what it says."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import app
from chalicelib.api.endpoints import ROUTES
from chalicelib.api.endpoints.site import web
from chalicelib.api.web import TYPES
from chalicelib.audio.voices import load_voices
from chalicelib.domain.voice import AccountVoice, Roster
from chalicelib.store.rosters import Rosters
from tests.support.hooks import ENV, OWN, MemoryReceivers, notifying
from tests.support.testapp import TestApp

Sent = tuple[str, str, Any]


@pytest.fixture
def document(testapp: TestApp) -> Any:
    return testapp.request("GET", "/openapi.json", user=None).json_body


def test_it_is_valid_and_has_every_route(document: Any) -> None:
    validate(document)
    routes = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    assert routes == {(route.method, route.path) for route in ROUTES}
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == routes


def conversation(testapp: TestApp) -> Iterator[tuple[str, Sent]]:
    """Yield requests to every route, with its pattern: those that go well, and those that are refused."""
    yield "/", ("GET", "/", None)
    yield "/openapi.json", ("GET", "/openapi.json", None)
    yield "/health", ("GET", "/health", None)
    version = web.version
    for name in ("app.js", "style.css", "icon.svg", "nothing.js"):
        yield "/assets/{version}/{name}", ("GET", f"/assets/{version}/{name}", None)
    voice = load_voices().voices[1]
    listed = AccountVoice(voice, preview_url="https://voices.example/sample.mp3")
    Rosters(lambda: testapp.services.objects).put(Roster(testapp.clock(), {voice.voice_id: listed}))
    yield "/voices", ("GET", "/voices", None)
    yield "/voices/{voice_id}/preview", ("GET", "/voices/nobody/preview", None)
    yield "/usage", ("GET", "/usage?month=2026-13", None)
    yield "/stories", ("POST", "/stories", {"prompt": ""})
    yield (
        "/stories",
        ("POST", "/stories", {"prompt": "A lamp", "num_chapters": 2, "voices": {"Ada": "21m00Tcm4TlvDq8ikWAM"}}),
    )
    story = testapp.request("GET", "/stories").json_body["stories"][0]["story_id"]
    here = f"/stories/{story}"
    yield "/stories/{story_id}/estimate", ("POST", f"{here}/estimate", {"audio": True})
    yield "/stories/{story_id}/estimate", ("POST", f"{here}/estimate", {"audio": "yes"})
    yield "/stories/{story_id}/audio", ("POST", f"{here}/audio", {})
    yield "/stories/{story_id}/chapters/{number}", ("GET", f"{here}/chapters/1", None)
    yield "/stories/{story_id}/chapters/{number}/audio", ("GET", f"{here}/chapters/1/audio", None)
    yield "/stories/{story_id}/generate", ("POST", f"{here}/generate", {"audio": True})
    yield "/stories/{story_id}/generate", ("POST", f"{here}/generate", {"audio": True})
    task = testapp.request("GET", here).json_body["task_id"]
    yield "/tasks/{task_id}", ("GET", f"/tasks/{task}", None)
    yield "/tasks/{task_id}/retry", ("POST", f"/tasks/{task}/retry", {})
    yield "/tasks/{task_id}/cancel", ("POST", f"/tasks/{task}/cancel", {})
    yield "/tasks/{task_id}/retry", ("POST", f"/tasks/{task}/retry", {})
    yield "/stories/{story_id}", ("GET", here, None)
    testapp.run()
    yield "/tasks/{task_id}", ("GET", f"/tasks/{task}", None)
    yield "/tasks/{task_id}/cancel", ("POST", f"/tasks/{task}/cancel", {})
    yield "/tasks/{task_id}", ("GET", f"/tasks/{'0' * 32}", None)
    yield "/stories", ("GET", "/stories", None)
    yield "/stories", ("GET", "/stories?limit=0", None)
    yield "/stories/{story_id}", ("GET", here, None)
    yield "/stories/{story_id}/chapters/{number}", ("GET", f"{here}/chapters/1", None)
    yield "/stories/{story_id}/chapters/{number}/audio", ("GET", f"{here}/chapters/1/audio", None)
    yield "/stories/{story_id}/chapters/{number}/captions", ("GET", f"{here}/chapters/1/captions", None)
    yield "/stories/{story_id}/chapters/{number}/captions", ("GET", f"{here}/chapters/3/captions", None)
    yield "/stories/{story_id}/book", ("POST", f"{here}/book", {})
    testapp.run()
    ids = {"story_id": story, "task_id": task, "number": "1", "version": version, "name": "app.js"}
    ids |= {"voice_id": voice.voice_id, "secret": "nobody's", "file": "1.mp3"}
    for route in ROUTES:  # each that only reads, whatever it is
        if route.method == "GET":
            yield route.path, ("GET", route.path.format_map(ids), None)
    yield from giving(testapp, here)
    yield from changing(testapp, here)
    yield from telling(testapp, here)
    yield from failing(testapp, here)


def giving(testapp: TestApp, here: str) -> Iterator[tuple[str, Sent]]:
    """Yield requests of somebody who has a link, and of who made it."""
    made = testapp.request("POST", f"{here}/shares", {}).json_body
    share_id, secret = made["share_id"], made["url"].rpartition("/")[2]
    for days in (1, 400):
        yield "/stories/{story_id}/shares", ("POST", f"{here}/shares", {"days": days})
    for method in ("GET", "HEAD"):
        for name in ("1.mp3", "1.vtt", "1.json", "story.json", "nothing.mp3"):
            yield "/feeds/{secret}/{file}", (method, f"/feeds/{secret}/{name}", None)
    for pattern in ("/listen/{secret}", "/feeds/{secret}"):
        yield pattern, ("GET", pattern.format(secret=secret), None)
    for _ in range(2):
        yield "/stories/{story_id}/shares/{share_id}", ("DELETE", f"{here}/shares/{share_id}", None)


def changing(testapp: TestApp, here: str) -> Iterator[tuple[str, Sent]]:
    """Yield requests of a person who changes a story that is written."""
    line = {"line_id": "001", "speaker": "Ada", "text": "Otherwise."}
    yield "/stories/{story_id}/chapters/{number}/script", ("PUT", f"{here}/chapters/1/script", {"lines": []})
    yield "/stories/{story_id}/chapters/{number}/script", ("PUT", f"{here}/chapters/1/script", {"lines": [line]})
    yield "/stories/{story_id}/chapters/{number}/rewrite", ("POST", f"{here}/chapters/2/rewrite", {"remark": "Rain."})
    yield "/stories/{story_id}/chapters/{number}/rewrite", ("POST", f"{here}/chapters/2/rewrite", {"remark": ""})
    yield "/stories/{story_id}", ("PATCH", here, {"title": "While a task runs"})
    testapp.run()
    yield "/stories/{story_id}", ("PATCH", here, {"title": "The Beam"})
    yield "/stories/{story_id}", ("PATCH", here, {"prompt": "Too late"})
    yield "/stories/{story_id}", ("PATCH", here, {"voices": {"Ada": "EXAVITQu4vr4xnSDxMaL"}})
    yield "/stories/{story_id}", ("PATCH", here, {"pronunciations": {"lamp": "lemp"}})
    yield "/stories/{story_id}/chapters/{number}", ("PATCH", f"{here}/chapters/1", {"title": "Dusk"})
    at = "2026-11-23T20:00:00Z"
    yield "/stories/{story_id}/place", ("PUT", f"{here}/place", {"chapter": 1, "seconds": 12.5, "at": at})
    yield "/stories/{story_id}/place", ("PUT", f"{here}/place", {"chapter": 1, "seconds": -1, "at": at})
    yield "/stories/{story_id}/place", ("GET", f"{here}/place", None)
    mark = {"chapter": 2, "seconds": 3.0, "note": "The lamp goes out"}
    yield "/stories/{story_id}/bookmarks", ("PUT", f"{here}/bookmarks", {"bookmarks": [mark], "at": at})
    yield "/stories/{story_id}/bookmarks", ("PUT", f"{here}/bookmarks", {"bookmarks": [mark]})
    yield "/stories/{story_id}/bookmarks", ("GET", f"{here}/bookmarks", None)
    kept = testapp.request("GET", f"{here}/chapters/1/versions").json_body["versions"][0]["version"]
    yield "/stories/{story_id}/chapters/{number}/restore", ("POST", f"{here}/chapters/1/restore", {"version": kept})
    yield "/stories/{story_id}/chapters/{number}/restore", ("POST", f"{here}/chapters/1/restore", {"version": "no"})


def telling(testapp: TestApp, here: str) -> Iterator[tuple[str, Sent]]:
    """Yield requests of a person who wants to be told what becomes of a story."""
    for url in ("https://127.0.0.1/", OWN):
        yield "/stories/{story_id}/webhook", ("PUT", f"{here}/webhook", {"url": url})
    yield "/stories/{story_id}", ("GET", here, None)
    yield "/stories/{story_id}/webhook", ("DELETE", f"{here}/webhook", None)


def failing(testapp: TestApp, here: str) -> Iterator[tuple[str, Sent]]:
    """Yield the last requests, about a task that fails and a story that is deleted."""
    yield "/stories/{story_id}/audio", ("POST", f"{here}/audio", {"chapters": [1]})
    yield "/stories/{story_id}", ("GET", here, None)
    testapp.author.fails = testapp.narrator.fails = lambda _what: RuntimeError("a bug")
    testapp.run()
    yield "/stories/{story_id}", ("GET", here, None)
    yield "/tasks/{task_id}", ("GET", f"/tasks/{testapp.request('GET', here).json_body['last_task_id']}", None)
    yield "/usage", ("GET", "/usage?month=2026-11", None)
    yield "/stories/{story_id}", ("DELETE", here, None)
    yield "/stories/{story_id}", ("GET", here, None)
    yield "/usage", ("GET", "/usage?month=2026-11", None)


def test_every_answer_of_every_route_is_what_the_document_says(testapp: TestApp, document: Any) -> None:
    webhooks = MemoryReceivers(testapp.clock)
    testapp = TestApp(
        clock=testapp.clock, config=notifying(testapp.services.config, operator=False), env=ENV, webhooks=webhooks
    )
    seen: dict[tuple[str, str], set[int]] = {}
    for pattern, (method, path, body) in conversation(testapp):
        response = testapp.request(method, path, body)
        seen.setdefault((method, pattern), set()).add(response.status_code)
        _hold(document, pattern, method, path, response)
    assert set(seen) == {(route.method, route.path) for route in ROUTES}
    for route in ROUTES:
        assert route.terms.status in seen[route.method, route.path], route.name


def test_without_a_token_no_answer_is_given(testapp: TestApp, document: Any) -> None:
    for route in ROUTES:
        method, pattern = route.method, route.path
        path = re.sub(r"{(?!number)\w+}", "0" * 32, pattern).replace("{number}", "1")
        answered = testapp.request(method, path, {}, user=None).status_code
        assert (answered == 401) == (app.app.routes[pattern][method].authorizer is not None), pattern
        described = document["paths"][pattern][method.lower()]
        assert ("401" in described["responses"]) == bool(described["security"]), pattern
        assert bool(described["security"]) == (app.app.routes[pattern][method].authorizer is not None)
        assert (route.signature.body is None) == ("requestBody" not in described)


def _hold(document: Any, pattern: str, method: str, path: str, response: Any) -> None:
    described = document["paths"][pattern][method.lower()]["responses"]
    status = str(response.status_code)
    assert status in described, (method, pattern, response.status_code, response.body)
    content = described[status].get("content", {})
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    named = (
        TYPES.get(PurePosixPath(path).suffix, "").partition(";")[0] if "text/*" in content and status == "200" else kind
    )
    assert kind == named and (kind in content or not content or {"text/*", "*/*"} & set(content)), (path, kind)
    assert set(described[status].get("headers", {})) <= set(response.headers)
    if schema := content.get(kind, {}).get("schema"):
        whole = {**schema, "components": document["components"]}
        errors = [error.message for error in Draft202012Validator(whole).iter_errors(response.json_body)]
        assert errors == [], (method, pattern)
