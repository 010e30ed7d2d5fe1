"""The writer of the state: a thread that makes changes durable, all that wait at once, before anybody hears of them."""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local.embedded.database import Row

RETRY_S = 0.5
"""Pause between two attempts to write what could not be written."""


class Unwritable(Exception):
    """The state cannot be written now; the message is a sentence for a person."""


class Store(Protocol):
    """Where rows go; `local.embedded.database.Database` is one."""

    def commit(self, rows: Iterable[Row]) -> None:
        """Write the rows, all or none, durably."""
        ...


@dataclass(slots=True)
class Changes:
    """What a call has changed: entries, and files and directories that must be on the disk before it is answered."""

    rows: list[Row] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.files)


Waiting = tuple[Changes, Callable[[str | None], None]]
"""Changes, and who is told once they are durable, or why they are not."""


class Journal:
    """Writes changes in the order they were made; `say` is told when that fails, and when it works again.

    What could not be written is kept and tried again before anything that came later: it is in the memory of the
    services already. Until then `failure` says why, and whoever changes something should be refused.
    """

    def __init__(self, store: Store, say: Callable[[str], None], retry_s: float = RETRY_S) -> None:
        self.failure: str | None = None
        self._store = store
        self._say = say
        self._retry_s = retry_s
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._left: list[Row] = []
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def write(self, changes: Changes) -> None:
        """Return when `changes` are durable. Raises Unwritable when they are not yet."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str | None] = loop.create_future()

        def settle(failure: str | None) -> None:
            if not done.done():  # a caller that has gone has cancelled it
                done.set_result(failure)

        def tell(failure: str | None) -> None:
            loop.call_soon_threadsafe(settle, failure)

        self._queue.put((changes, tell))
        if failure := await done:
            raise Unwritable(failure)

    def close(self) -> None:
        """Write what waits and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            batch = self._next()
            rows = [*self._left, *(row for changes, _ in batch for row in changes.rows)]
            try:
                for path in dict.fromkeys(path for changes, _ in batch for path in changes.files):
                    sync(path)
                if rows:
                    self._store.commit(rows)
            except (OSError, sqlite3.Error) as error:
                self._left = rows
                self._failed(str(error))
            else:
                self._left = []
                self._works()
            for _, settle in batch:
                settle(self.failure)
            if self._ending:
                return

    def _next(self) -> list[Waiting]:
        """Everything that waits; nothing, after a while, where something is left to be tried again."""
        batch: list[Waiting] = []
        wait_s = self._retry_s if self._left else None
        with suppress(queue.Empty):
            while True:
                waiting = self._queue.get_nowait() if batch else self._queue.get(timeout=wait_s)
                if waiting is None:
                    self._ending = True
                    break
                batch.append(waiting)
        return batch

    def _failed(self, reason: str) -> None:
        if self.failure is None:
            self._say(
                f"The state cannot be written ({reason}). Nothing is lost: changes are refused until it can, and what "
                "was begun goes on then."
            )
        self.failure = f"The state cannot be written: {reason}."

    def _works(self) -> None:
        if self.failure is not None:
            self.failure = None
            self._say("The state can be written again.")


def sync(path: Path) -> None:
    """Put a file's bytes, or a directory's names, on the disk. One that has gone meanwhile needs it no more."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
