"""Temporary directories that a process holds, and the removal of those that dead processes have left."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WORK = "fireside-work-"
"""The prefix of the directories in which steps decode sound."""


@contextmanager
def work_directory(prefix: str = WORK) -> Iterator[Path]:
    """Make a directory of one's own, removed at the end; directories that dead processes have left go first.

    Lambda ends a function whose time is over without a word and keeps its /tmp for the next one (Lambda developer
    guide, "Execution environment lifecycle"): a few chapters later the disk would be full of abandoned sound.
    """
    parent = Path(tempfile.gettempdir())
    clear_left_over(parent, prefix)
    path, lock = _locked(parent, prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)  # a step that is done must not fail for what it leaves behind
        os.close(lock)


def clear_left_over(parent: Path, prefix: str = WORK) -> None:
    """Remove the directories in `parent` whose names begin so and that no living process holds.

    A directory is held by a lock, which ends with its process however that ends. The number of the process would not
    do: on Lambda the next process may have the same one, and containers that share a disk do not know each other's.
    """
    for path in parent.glob(f"{prefix}*"):
        with suppress(OSError):  # held by a live process, another user's, or gone already
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def _locked(parent: Path, prefix: str) -> tuple[Path, int]:
    """Return a new directory and the open lock on it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)  # another thread or process that was clearing came between the two calls
