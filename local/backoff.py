"""Waiting for a service that is away, without flooding it or the log."""

import logging
import threading

from botocore.exceptions import ClientError

from chalicelib.log import event

FIRST_S = 0.2
LONGEST_S = 2.0


class Backoff:
    """Exponential backoff for one service: it is given each call's outcome, waits, and logs an outage once.

    Waits end early when `stopped` is set. Not thread-safe: use one per thread.
    """

    def __init__(self, service: str, stopped: threading.Event) -> None:
        self._service = service
        self._stopped = stopped
        self._next_s = FIRST_S
        self._away = False

    def failed(self, error: Exception) -> None:
        """Wait after a failed call: 0.2 s the first time, then twice as long each time, up to 2 s."""
        if not self._away:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            event("service.away", level=logging.WARNING, service=self._service, error=code)
        self._away = True
        self._stopped.wait(self._next_s)
        self._next_s = min(LONGEST_S, 2 * self._next_s)

    def succeeded(self) -> None:
        """Note that a call succeeded, which ends the outage if there was one."""
        if self._away:
            event("service.back", level=logging.WARNING, service=self._service)
        self._away = False
        self._next_s = FIRST_S
