"""A process's own temporary directory, which goes with it, and with the next one if it was killed."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = re.compile(r"fireside-local-([0-9]+)-.*")


@contextmanager
def own_scratch() -> Iterator[Path]:
    """Have all temporary files of this process made in a directory of its own, removed at the end.

    Steps that are still at work when the process ends leave theirs behind otherwise; and what a killed process has
    left is found by its number.
    """
    before = tempfile.tempdir
    parent = Path(tempfile.gettempdir())
    clear_dead(parent)
    own = Path(tempfile.mkdtemp(prefix=f"fireside-local-{os.getpid()}-", dir=parent))
    tempfile.tempdir = str(own)
    try:
        yield own
    finally:
        tempfile.tempdir = before
        shutil.rmtree(own, ignore_errors=True)


def clear_dead(parent: Path) -> None:
    """Remove what processes that live no more have left in `parent`."""
    for path in parent.iterdir():
        match = _NAME.fullmatch(path.name)
        if match and not _lives(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)


def _lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        try:
            os.kill(pid, 0)
        except (PermissionError, OverflowError):
            return True  # somebody else's
        return True
    return False
