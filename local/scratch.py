"""A process's own temporary directory, removed at its end, or by the next process if it was killed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.audio.workdir import work_directory


@contextmanager
def own_scratch() -> Iterator[Path]:
    """Create all temporary files of this process in a directory of its own, which is removed at the end.

    Otherwise steps that are still running when the process ends would leave theirs behind.
    """
    before = tempfile.tempdir
    with work_directory("fireside-local-") as own:
        tempfile.tempdir = str(own)
        try:
            yield own
        finally:
            tempfile.tempdir = before
