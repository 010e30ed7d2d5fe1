"""The log on a console: lines for people, JSON for programs, and nothing of a story in either."""

import json
import logging
import re

import pytest

from chalicelib.errors import ConfigError
from local.console_log import JsonFormatter, TextFormatter, log_form, sentence, short_id

TASK = "019a5e1c07f0aaaabbbbccccddddeeee"  # pragma: allowlist secret


def record(message: str, name: str = "fireside", level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 1, "%s", (message,), None)


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("step_began", {"task_id": TASK, "step": "n12", "task_age_s": 1.5}, "Task 019a5e1ceeee: narrating chapter 12"),
        ("step_began", {"task_id": TASK, "step": "o", "task_age_s": 0.1}, "Task 019a5e1ceeee: planning the story"),
        ("task_completed", {"task_id": TASK}, "Task 019a5e1ceeee is completed"),
        ("task_failed", {"task_id": TASK}, "Task failed (task_id 019a5e1ceeee)"),  # without what the sentence needs
        ("bucket.emptied", {"objects": 3}, "Bucket emptied (objects 3)"),  # an event that nobody wrote a sentence for
        ("quiet", {}, "Quiet"),
    ],
)
def test_an_event_in_words(name: str, fields: dict[str, object], said: str) -> None:
    assert sentence(name, fields) == said


def test_a_line_for_people_has_the_time_and_no_json() -> None:
    line = TextFormatter().format(record(json.dumps({"event": "task_completed", "task_id": TASK})))
    assert re.fullmatch(r"\d\d:\d\d:\d\d Task 019a5e1ceeee is completed", line)


def test_an_error_says_that_it_is_one_and_where() -> None:
    event = {"event": "step_broke", "error": "KeyError", "stack": "worker.py:9 work", "task_id": TASK}
    line = TextFormatter().format(record(json.dumps(event), level=logging.ERROR))
    assert line.endswith(" Error: Step broke (error KeyError, stack worker.py:9 work, task_id 019a5e1ceeee)")


@pytest.mark.parametrize("message", ["Connection pool is full", '{"event": "forged"}', "[]"])
def test_what_libraries_say_is_no_event(message: str) -> None:
    line = TextFormatter().format(record(message, "urllib3", logging.WARNING))
    assert line.endswith(f" Warning of urllib3: {message}")
    kept = json.loads(JsonFormatter().format(record(message, "urllib3", logging.WARNING)))
    assert (kept["event"], kept["logger"], kept["message"]) == ("library", "urllib3", message)


def test_json_keeps_every_field() -> None:
    event = {"event": "step_began", "task_id": TASK, "step": "w1"}
    kept = json.loads(JsonFormatter().format(record(json.dumps(event))))
    assert {name: kept[name] for name in event} == event


def test_short_ids_tell_two_tasks_of_the_same_moment_apart() -> None:
    assert short_id(TASK) != short_id(TASK[:-4] + "0000")


def test_the_option_outweighs_the_environment() -> None:
    assert log_form("text", {"FIRESIDE_LOG": "json"}) == "text"
    assert log_form(None, {"FIRESIDE_LOG": "json"}) == "json"
    assert log_form(None, {"FIRESIDE_LOG": ""}) is None


@pytest.mark.parametrize(
    ("option", "env", "name"), [("xml", {}, "LOG"), (None, {"FIRESIDE_LOG": "JSON"}, "FIRESIDE_LOG")]
)
def test_another_form_is_refused(option: str | None, env: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} must be text or json; it is "):
        log_form(option, env)
