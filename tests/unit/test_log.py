"""A log line is JSON, and never holds what an exception quotes."""

import json
import logging

import pytest

from chalicelib import log
from chalicelib.errors import StoreUnavailable


def raise_with_text() -> None:
    raise ValueError("the user's secret story")


def test_an_event_is_one_json_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="fireside")
    log.event("task_queued", task_id="t1", count=3)
    assert json.loads(caplog.messages[0]) == {"event": "task_queued", "task_id": "t1", "count": 3}


def test_a_quiet_logger_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="fireside")
    log.event("task_queued", task_id="t1")
    assert caplog.messages == []


def test_a_bug_is_logged_by_type_and_place_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise_with_text()
    except ValueError as error:
        log.bug("step_broke", error, step="w1")
    line = json.loads(caplog.messages[0])
    assert (line["error"], line["step"]) == ("ValueError", "w1")
    assert "test_log.py" in line["stack"]
    assert "raise_with_text" in line["stack"]
    assert "secret" not in caplog.text


def test_a_bug_that_was_raised_from_another_names_both_and_where_the_first_was_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    try:
        try:
            raise_with_text()
        except ValueError as error:
            raise StoreUnavailable(type(error).__name__) from error
    except StoreUnavailable as error:
        log.bug("step_broke", error)
    line = json.loads(caplog.messages[0])
    assert (line["error"], line["cause"]) == ("StoreUnavailable", "ValueError")
    assert line["stack"].index("raise_with_text") < line["stack"].index("test_a_bug")
    assert "secret" not in caplog.text
