"""One id joins the access log, the function's log, the answer and what the page shows."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from local.gateway import Gateway
from local.http_messages import HttpRequest
from tests.support.testapp import TestApp

PAGE = Path(__file__).resolve().parent.parent.parent / "chalicelib" / "web" / "script" / "api.js"


def sent(path: str, token: str) -> HttpRequest:
    return HttpRequest("GET", path, "", [("Authorization", f"Bearer {token}")], b"", "127.0.0.1")


@pytest.fixture
def gateway(testapp: TestApp) -> Iterator[Gateway]:
    with Gateway.bind(app.app) as running:
        yield running


def test_the_answer_has_the_id_of_the_gateway(testapp: TestApp, gateway: Gateway) -> None:
    for path, status in (("/voices", 200), ("/stories/none", 404)):
        answer = gateway.answer(sent(path, testapp.tokens["ann"]))
        headers = {name.lower(): values for name, values in answer.headers.items()}
        assert answer.status == status
        assert headers["x-request-id"] == headers["x-amzn-requestid"]


def test_what_broke_is_logged_under_the_id_that_the_answer_has(
    testapp: TestApp, gateway: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testapp.services, "voices", None)
    with caplog.at_level(logging.ERROR):
        answer = gateway.answer(sent("/voices", testapp.tokens["ann"]))
    [id_] = next(values for name, values in answer.headers.items() if name.lower() == "x-request-id")
    assert answer.status == 500
    [line] = [json.loads(one.getMessage()) for one in caplog.records if "request_broke" in one.getMessage()]
    assert line["api_request_id"] == id_
    assert re.search(r'headers\.get\("x-request-id"\)', PAGE.read_text())


def test_who_cancels_and_deletes_is_in_the_log(testapp: TestApp, caplog: pytest.LogCaptureFixture) -> None:
    story_id = testapp.create()
    task_id = testapp.generate(story_id)
    with caplog.at_level(logging.INFO):
        testapp.request("POST", f"/tasks/{task_id}/cancel", {})
        testapp.request("DELETE", f"/stories/{story_id}")
    said = [json.loads(one.getMessage()) for one in caplog.records if one.name == "fireside"]
    by = {line["event"]: line.get("user_id") for line in said}
    assert (by["task_cancelled"], by["story_deleted"]) == ("ann", "ann")
