"""Ownership of a state directory: one process runs its embedded AWS and its workers, others join that process.

It is held by locks of the operating system, which end with their process, however it ends.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


class Ownership:
    """The right to run a state directory's AWS and workers; `command` tells other processes what its holder runs."""

    def __init__(self, state_dir: Path, command: str) -> None:
        self._path = state_dir / ".owner"
        self._command = command
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Acquire it if it is free, and return whether this process has it. Child processes do not inherit it."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not truncated by opening: until the lock is ours, the file describes its present holder.
        file = self._path.open("a+", encoding="utf-8")
        if not _locked(file, fcntl.LOCK_EX):
            file.close()
            return False
        file.truncate(0)
        json.dump({"command": self._command, "pid": os.getpid()}, file)
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Release it. Calling this twice is harmless."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def holder(self) -> str:
        """Return a description of the holder, such as "`serve`, process 4711"."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(self._path.read_text(encoding="utf-8"))
            return f"`{record['command']}`, process {record['pid']}"
        return "another process"


class WorkersAlive:
    """A shared lock held as long as this process has workers on the state directory's queues."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / ".workers"

    @contextmanager
    def held(self, alone: Callable[[], object]) -> Iterator[None]:
        """Hold it alongside other processes' workers.

        If there are none, `alone` is called first, and no worker of another process can start until it returns.
        """
        with self._path.open("a", encoding="utf-8") as file:
            if _locked(file, fcntl.LOCK_EX):
                alone()
            # The others hold it shared, so this waits only while another process runs its `alone`.
            fcntl.flock(file, fcntl.LOCK_SH)
            yield


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
