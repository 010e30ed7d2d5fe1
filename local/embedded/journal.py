"""The writer of the state: a thread that makes all waiting changes durable in one commit, before they are answered."""

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
"""Seconds between two attempts to write what could not be written."""


class Unwritable(Exception):
    """A state that cannot be written at present; the message is a sentence for the user."""


class Store(Protocol):
    """The destination of rows; `local.embedded.database.Database` is one."""

    def commit(self, rows: Iterable[Row]) -> None:
        """Write the rows durably, all or none."""
        ...


@dataclass(slots=True)
class Changes:
    """The changes of a call: entries, and files and directories that must be on the disk before it is answered."""

    rows: list[Row] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.files)


Waiting = tuple[Changes, Callable[[str | None], None]]
"""Changes, and a callback that gets None once they are durable, or the reason why they are not."""


class Journal:
    """Writes changes in the order they were made; `say` is called when that fails and when it works again.

    Changes that could not be written are already in the services' memory, so they are held and tried again before any
    later ones. Until that works, `failure` says why not, and calls that would change something should be refused.
    """

    def __init__(self, store: Store, say: Callable[[str], None], retry_s: float = RETRY_S) -> None:
        self.failure: str | None = None  # set by the journal's thread, read by the event loop's
        self._store = store
        self._say = say
        self._retry_s = retry_s
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._left: list[Row] = []
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def write(self, changes: Changes) -> None:
        """Wait until `changes` are durable. Raises Unwritable if writing failed; it is then tried again later."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str | None] = loop.create_future()

        def resolve(failure: str | None) -> None:
            if not done.done():  # the caller may have gone and cancelled it
                done.set_result(failure)

        def report(failure: str | None) -> None:  # runs on the journal's thread
            loop.call_soon_threadsafe(resolve, failure)

        self._queue.put((changes, report))
        if failure := await done:
            raise Unwritable(failure)

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            batch = self._next()
            # What could not be written goes first: entries must reach the disk in the order they were made in memory.
            rows = [*self._left, *(row for changes, _ in batch for row in changes.rows)]
            try:
                # Files before rows: after a power cut an entry must never name an object that is not there.
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
            # One commit for all that waited: syncing the disk costs milliseconds, whether for one call or for fifty.
            for _, report in batch:
                report(self.failure)
            if self._ending:
                return

    def _next(self) -> list[Waiting]:
        """Wait for changes and return all that are waiting.

        If some are left to be tried again, it waits at most `retry_s` seconds and may return none.
        """
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
                f"The state cannot be written ({reason}). Nothing is lost: changes are refused until it can, and then "
                "unfinished work continues."
            )
        self.failure = f"The state cannot be written: {reason}."

    def _works(self) -> None:
        if self.failure is not None:
            self.failure = None
            self._say("The state can be written again.")


def sync(path: Path) -> None:
    """Sync a file's bytes, or a directory's names, to the disk. Does nothing if it has been deleted meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
