"""Who runs a state directory: one process has its embedded AWS and its workers, others join it.

Locks of the operating system say so: they end with their process, however that ends.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


class Ownership:
    """The right to run a state directory's AWS and workers. `command` is told to those who want it too."""

    def __init__(self, state_dir: Path, command: str) -> None:
        self._path = state_dir / ".owner"
        self._command = command
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take it if nobody has it; whether it is ours now. No child inherits it."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        """Give it back. Twice is harmless."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def holder(self) -> str:
        """Say who has it, such as "`serve`, process 4711"."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(self._path.read_text(encoding="utf-8"))
            return f"`{record['command']}`, process {record['pid']}"
        return "another process"


class WorkersAlive:
    """Says, for as long as it is held, that workers of this process are at work on the state directory's queues."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / ".workers"

    @contextmanager
    def held(self, alone: Callable[[], object]) -> Iterator[None]:
        """Hold it beside other processes' workers; `alone` is called first if there are none, and none can come."""
        with self._path.open("a", encoding="utf-8") as file:
            if _locked(file, fcntl.LOCK_EX):
                alone()
            fcntl.flock(file, fcntl.LOCK_SH)  # the others hold it shared: this waits for an `alone` at most
            yield


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
