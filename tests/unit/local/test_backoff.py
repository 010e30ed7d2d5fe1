"""Waiting for a service that is away: longer each time, up to a limit, and one line in the log for an outage."""

import json
import logging
import threading

import pytest
from botocore.exceptions import ClientError

from local.backoff import Backoff


class Noted(threading.Event):
    """An event that notes for how long it was waited for, and lets nobody wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits_s: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits_s.append(timeout)
        return self.is_set()


def test_waits_double_up_to_two_seconds_and_begin_anew_after_a_success() -> None:
    stopped = Noted()
    backoff = Backoff("sqs", stopped)
    for _ in range(6):
        backoff.failed(OSError())
    backoff.succeeded()
    backoff.failed(OSError())
    assert stopped.waits_s == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 0.2]


def test_an_outage_is_logged_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    backoff = Backoff("sqs", Noted())
    refused = ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "secret"}}, "ReceiveMessage")
    with caplog.at_level(logging.INFO):
        backoff.succeeded()
        for error in (refused, refused, OSError("secret")):
            backoff.failed(error)
        backoff.succeeded()
        backoff.succeeded()
        backoff.failed(OSError("secret"))
    assert [json.loads(record.getMessage()) for record in caplog.records] == [
        {"event": "service.away", "service": "sqs", "error": "ServiceUnavailable"},
        {"event": "service.back", "service": "sqs"},
        {"event": "service.away", "service": "sqs", "error": "OSError"},
    ]
