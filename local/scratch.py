"""A process's own temporary directory, which goes with it, and with the next one if it was killed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.audio.workdir import work_directory


@contextmanager
def own_scratch() -> Iterator[Path]:
    """Have all temporary files of this process made in a directory of its own, removed at the end.

    Steps that are still at work when the process ends leave theirs behind otherwise.
    """
    before = tempfile.tempdir
    with work_directory("fireside-local-") as own:
        tempfile.tempdir = str(own)
        try:
            yield own
        finally:
            tempfile.tempdir = before
