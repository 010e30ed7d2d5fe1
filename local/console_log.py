"""The log on a console: sentences for people, or JSON for programs."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from chalicelib.errors import ConfigError

Form = Literal["text", "json"]

NOISE = frozenset({"message_received", "paid"})
"""Events logged for every message and every line of a story; left out of the text form."""

_SENTENCES: Mapping[str, str] = {
    "task_queued": "Task {task_id} is queued: {kind} of story {story_id}",
    "task_completed": "Task {task_id} is completed",
    "task_failed": "Task {task_id} failed at {step}: {error_code}",
    "task_cancelled": "Task {task_id} is cancelled",
    "task_retried": "Task {task_id} continues, attempt {run}",
    "task_swept": "Task {task_id} was silent; its open steps are sent again",
    "task_revived": "Task {task_id} continues where a process that has ended left it",
    "step_began": "Task {task_id}: {step}",
    "step_failed": "Task {task_id}: {step} failed ({error_code}, {kind})",
    "step_superseded": "Task {task_id}: {step} is no longer this worker's",
    "chapter_written": "Task {task_id}: chapter {chapter} is written",
    "story_deleted": "Story {story_id} is deleted",
    "service.away": "{service} does not answer ({error}); trying again",
    "service.back": "{service} answers again",
}

_STEPS = {
    "o": "planning the story",
    "w": "writing",
    "e": "directing the voices of",
    "n": "narrating",
    "b": "making the book",
}
_STEP = re.compile(r"([owenb])([0-9]*)")
_ID = re.compile(r"[0-9a-f]{32}")


def short_id(whole: str) -> str:
    """Return the short form of a story or task id: its first 8 digits, which are its time, and its last 4."""
    return whole[:8] + whole[-4:]


def sentence(name: str, fields: Mapping[str, Any]) -> str:
    """Return an event as a sentence; for an event without a template, its name and fields."""
    shown = {field: _shown(field, value) for field, value in fields.items()}
    template = _SENTENCES.get(name)
    try:
        if template is not None:
            return template.format_map(shown)
    except KeyError:  # a field of the event was renamed but its template was not
        shown = dict(shown)
    words = re.sub(r"[._]", " ", name).capitalize()
    details = ", ".join(f"{field} {value}" for field, value in shown.items())
    return f"{words} ({details})" if details else words


def _shown(field: str, value: object) -> str:
    text = str(value)
    if field == "step" and (match := _STEP.fullmatch(text)):
        return f"{_STEPS[match[1]]}{f' chapter {match[2]}' if match[2] else ''}"
    return short_id(text) if _ID.fullmatch(text) else text


class TextFormatter(logging.Formatter):
    """A formatter of lines such as `09:15:02 Task 0193a5e1c07f: writing chapter 2`, in local time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        at = f"{datetime.fromtimestamp(record.created):%H:%M:%S}"  # local time, to compare with a clock
        event = _event(record)
        if event is None:
            return f"{at} {record.levelname.capitalize()} of {record.name}: {record.getMessage()}"
        name = event.pop("event")
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.capitalize()}: "
        return f"{at} {level}{sentence(str(name), event)}"


class JsonFormatter(logging.Formatter):
    """A formatter that gives one JSON object per line, also for what libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        event = _event(record) or {"event": "library", "logger": record.name, "message": record.getMessage()}
        return json.dumps({"time": round(record.created, 3), "level": record.levelname, **event})


def _event(record: logging.LogRecord) -> dict[str, Any] | None:
    """Return the event in one of Fireside's own records, or None for any other record."""
    if record.name != "fireside":
        return None
    try:
        event = json.loads(record.getMessage())
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def log_form(option: str | None, environment: Mapping[str, str]) -> Form | None:
    """Return the form that `--log` or else FIRESIDE_LOG sets, or None. Raises ConfigError for an unknown form."""
    name, text = ("LOG", option) if option is not None else ("FIRESIDE_LOG", environment.get("FIRESIDE_LOG") or None)
    if text is None:
        return None
    for form in get_args(Form):
        if text == form:
            return form  # type: ignore[no-any-return] # get_args knows no types
    raise ConfigError(f"{name} must be text or json; it is {text}.")


def log_to_console(form: Form, level: int) -> None:
    """Log to standard error in `form`: Fireside's own events from `level` up, libraries' from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    if form == "text":
        handler.setFormatter(TextFormatter())
        handler.addFilter(lambda record: (_event(record) or {}).get("event") not in NOISE)
    else:
        handler.setFormatter(JsonFormatter())
    # HTTP libraries log signed URLs at INFO, and while such a URL is valid it is as good as a key.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("fireside").setLevel(level)
