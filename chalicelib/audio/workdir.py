"""Temporary directories for decoded sound, and what dead processes have left of them."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = re.compile(r"fireside-([0-9]+)-.*")
_in_use: set[str] = set()


@contextmanager
def work_directory() -> Iterator[Path]:
    """A directory of this step's own, removed at the end; what processes that live no more have left goes first.

    Lambda ends a function whose time is over without a word and keeps its /tmp for the next one (Lambda developer
    guide, "Execution environment lifecycle"): a few chapters later the disk would be full of nobody's sound. The next
    process may well have the number of the dead one, so of its own number it keeps only what it has made itself.
    """
    parent = Path(tempfile.gettempdir())
    clear_left_over(parent)
    with tempfile.TemporaryDirectory(prefix=f"fireside-{os.getpid()}-", dir=parent) as name:
        _in_use.add(Path(name).name)
        try:
            yield Path(name)
        finally:
            _in_use.discard(Path(name).name)


def clear_left_over(parent: Path) -> None:
    """Remove the work directories in `parent` that belong to no living process."""
    for path in parent.glob("fireside-*"):
        match = _NAME.fullmatch(path.name)
        if match and path.name not in _in_use and not _alive(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)  # somebody else may be clearing it too


def _alive(pid: int) -> bool:
    if pid == os.getpid():
        return False
    with suppress(ProcessLookupError):
        try:
            os.kill(pid, 0)
        except (PermissionError, OverflowError):
            return True  # another user's: not ours to judge
        return True
    return False
