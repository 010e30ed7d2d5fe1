"""Every declared endpoint, whichever they are: its document, its caller, its body and its path are checked."""

import re
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from chalicelib.api.endpoints import ROUTES
from chalicelib.api.idempotency import Once
from chalicelib.api.openapi import document
from chalicelib.api.requests import Generate
from chalicelib.api.responses import Started
from chalicelib.api.routes import Route, route
from chalicelib.api.signatures import InPath, OwnStory, TaskId, UserId, signature_of
from tests.support.testapp import TestApp

DESCRIBED = document(ROUTES)
every_route = pytest.mark.parametrize("declared", ROUTES, ids=lambda declared: declared.name)


def operation(declared: Route) -> Any:
    return DESCRIBED["paths"][declared.path][declared.method.lower()]


def send(testapp: TestApp, declared: Route, body: Any, **how: Any) -> Any:
    """Send a request that names nothing that is there."""
    path = re.sub(r"{\w+}", "0" * 32, declared.path)
    return testapp.request(declared.method, path, body, **how)


@every_route
def test_its_operation_is_described(declared: Route) -> None:
    described = operation(declared)
    assert described["operationId"] == declared.function.__name__
    assert described["summary"].endswith(".")
    named = {one["name"] for one in described["parameters"] if one["in"] == "path"}
    assert named == set(re.findall(r"{(\w+)}", declared.path))
    for one in described["parameters"]:
        Draft202012Validator.check_schema(one["schema"])


def test_no_two_endpoints_share_a_name_or_a_path() -> None:
    assert len({declared.name for declared in ROUTES}) == len(ROUTES)
    assert len({(declared.method, declared.path) for declared in ROUTES}) == len(ROUTES)


@every_route
def test_who_is_not_known_is_refused_unless_it_is_public(testapp: TestApp, declared: Route) -> None:
    answered = send(testapp, declared, {}, user=None)
    assert (answered.status_code == 401) == (not declared.terms.public)
    assert ("401" in operation(declared)["responses"]) == (not declared.terms.public)


@every_route
def test_what_does_not_exist_is_not_found(testapp: TestApp, declared: Route) -> None:
    if "{" not in declared.path:
        return
    assert "404" in operation(declared)["responses"]
    if declared.method == "GET" or declared.signature.body == ("body", Generate):
        answered = send(testapp, declared, None if declared.method == "GET" else {})
        if declared.terms.media == "text/html":  # for a person
            assert (answered.status_code, answered.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        else:
            assert (answered.status_code, answered.json_body["Code"]) == (404, "NotFoundError")


@every_route
def test_a_body_that_is_no_json_is_refused(testapp: TestApp, declared: Route) -> None:
    if declared.signature.body is None:
        return
    testapp.create()
    path = declared.path.replace("{story_id}", testapp.create()).replace("{number}", "1").replace("{task_id}", "0" * 32)
    answered = testapp.request(declared.method, path, b"{")
    assert (answered.status_code, answered.json_body["Code"]) == (400, "BadRequestError")
    typed = testapp.request(declared.method, path, {"unheard_of": 1})
    assert typed.status_code == 400
    assert "unheard_of" in typed.json_body["Message"]
    assert testapp.request(declared.method, path, {}, headers={"Content-Type": "text/plain"}).status_code == 415
    assert testapp.request(declared.method, path, {}, headers={"Idempotency-Key": "é"}).status_code == 400


@every_route
def test_a_query_that_is_nonsense_is_refused(testapp: TestApp, declared: Route) -> None:
    for one in declared.signature.parameters:
        if not isinstance(one.source, InPath):
            answered = testapp.request(declared.method, f"{declared.path}?{one.name}=%00")
            assert answered.status_code == 400
            assert answered.json_body["Message"].startswith(f"{one.name}:")


def test_a_signature_says_all_that_a_function_takes() -> None:
    def generate(story: OwnStory, body: Generate, once: Once[Started]) -> Started:
        return once(lambda _record: Started(story.story_id, "queued"))

    read = signature_of(generate)
    assert [(one.name, one.argument) for one in read.parameters] == [("story_id", "story")]
    assert (read.body, read.once, read.response) == (("body", Generate), "once", Started)
    assert msgspec.json.schema(read.parameters[0].type) == {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def test_a_declaration_that_cannot_be_filled_is_refused_at_the_start() -> None:
    def of_nothing(user_id: UserId, other: int) -> None: ...

    def of_a_task(task_id: TaskId) -> None: ...

    def of_somebody(story: OwnStory) -> None: ...

    def once_without_a_body(once: Once[Started]) -> Started:
        return once(lambda record: Started(record.resource_id, "queued"))

    before = len(ROUTES)
    with pytest.raises(TypeError, match="no caller"):
        route("GET", "/stories/{story_id}/open", public=True)(of_somebody)
    with pytest.raises(TypeError, match="needs a body"):
        route("POST", "/once")(once_without_a_body)
    with pytest.raises(TypeError, match="other"):
        route("GET", "/nothing")(of_nothing)
    with pytest.raises(TypeError, match="task_id"):
        route("GET", "/tasks/{number}")(of_a_task)
    assert len(ROUTES) == before
