"""The log lines about a task, a story or a request, across functions and in order."""

import heapq
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_FUNCTIONS = ("", "-bearer", "-write_chapter", "-narrate_chapter", "-dead_letters", "-sweep")


def lines_about(client: "CloudWatchLogsClient", stage: str, about: str, hours: float) -> Iterator[str]:
    """Yield the lines of the last `hours` that hold the id `about`, in order: time, function, message."""
    groups = [f"/aws/lambda/fireside-{stage}{function}" for function in _FUNCTIONS]
    since = int((time.time() - hours * 3600) * 1000)
    for when, group, message in heapq.merge(*(_lines(client, group, about, since) for group in groups)):
        moment = datetime.fromtimestamp(when / 1000, UTC).isoformat(timespec="milliseconds")
        yield f"{moment} {group.rpartition('/')[2]}: {_short(message)}"


def _lines(client: "CloudWatchLogsClient", group: str, about: str, since: int) -> Iterator[tuple[int, str, str]]:
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=since, filterPattern=f'"{about}"'
    )
    try:
        for page in pages:
            for event in page["events"]:
                yield event["timestamp"], group, event["message"].rstrip()
    except client.exceptions.ResourceNotFoundException:
        return  # the function has not been deployed, so it has logged nothing


def _short(line: str) -> str:
    """Return the line's message, without the fields that every line has."""
    try:
        decoded = json.loads(line)
    except ValueError:
        return line
    message = decoded.get("message", decoded) if isinstance(decoded, dict) else decoded
    return json.dumps(message) if isinstance(message, dict | list) else str(message)
