"""Directories in build/ that several commands may make at the same time."""

import shutil
from pathlib import Path


def put_in_place(being_made: Path, ready: Path) -> None:
    """Rename the finished directory `being_made` to `ready`, or drop it where another process was faster.

    Both have made the same, since the name of `ready` holds a digest of what it is made from.
    """
    try:
        being_made.replace(ready)
    except OSError:
        if not ready.exists():
            raise
        shutil.rmtree(being_made)
