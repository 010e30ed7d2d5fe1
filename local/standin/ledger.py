"""The record of a stand-in's billed calls: one entry per call, and how many calls ran at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Entry = dict[str, Any]


class Ledger:
    """Counts calls as a provider's bill would. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Entry] = []
        self._running = 0
        self._peak = 0
        self._arrived = 0

    def arrive(self) -> int:
        """Return the number of a new call, counted from 1 in the order of arrival."""
        with self._lock:
            self._arrived += 1
            return self._arrived

    @contextmanager
    def running(self, most: int | None = None) -> Iterator[bool]:
        """Count a call as running inside the block, unless `most` run already; give whether it may run."""
        with self._lock:
            allowed = most is None or self._running < most
            self._running += allowed
            self._peak = max(self._peak, self._running)
        try:
            yield allowed
        finally:
            with self._lock:
                self._running -= allowed

    def sold(self, entry: Entry) -> None:
        """Record a billed call."""
        with self._lock:
            self._calls.append(entry)

    @property
    def in_flight(self) -> int:
        """The number of calls that run now."""
        with self._lock:
            return self._running

    @property
    def calls(self) -> list[Entry]:
        """Every billed call so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def report(self) -> Entry:
        """Return the body of `GET /_ledger`."""
        with self._lock:
            return {"calls": list(self._calls), "arrived": self._arrived, "peak_concurrency": self._peak}
