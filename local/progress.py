"""Progress of a task: a bar on a terminal, a line for each change in a pipe or a file."""

import os
import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from local.client import ApiObject

STRIDE = 5
"""Percentage points after which a pipe gets another line."""


class PatientConsole(Console):
    """A console that goes quiet when its reader is gone (`make run | head`), so that the work continues."""

    def on_broken_pipe(self) -> None:
        """Discard output from now on; rich itself would exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class ProgressLine:
    """The display of a task's progress, shown while it is used as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed: set[str] = set()
        self._percent = -STRIDE
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.percentage:>3.0f} %"),
                BarColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=console,
            )
            self._row = self._bar.add_task("Starting", total=100)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, task: ApiObject) -> None:
        """Show the present progress of the task."""
        if self._bar is not None:
            self._bar.update(self._row, completed=task["progress"], description=task["message"])
            return
        # In a pipe, print a line for each new activity and one every `STRIDE` percent; chapters that are narrated in
        # parallel alternate in the message, so a line for each change of it would be too many.
        activity = task["message"].partition(":")[0]
        if activity not in self._printed or task["progress"] >= self._percent + STRIDE:
            self._printed.add(activity)
            self._percent = task["progress"]
            self._console.print(f"{task['progress']:3d} % {task['message']}")
