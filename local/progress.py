"""How far a task is: a bar on a terminal, a line for each change in a pipe or a file."""

import os
import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from local.client import Json

STRIDE = 5
"""Percent after which a pipe is told again."""


class PatientConsole(Console):
    """A console that goes quiet when nobody reads it any more (`make run | head`); the work goes on."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from now on; rich's own answer is to exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class ProgressLine:
    """Shows a task while it is used as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[str] = set()
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

    def update(self, task: Json) -> None:
        """Show how the task is now."""
        if self._bar is not None:
            self._bar.update(self._row, completed=task["progress"], description=task["message"])
            return
        # In a pipe a line for what begins, and one now and then; chapters that are narrated side by side take turns.
        doing = task["message"].partition(":")[0]
        if doing not in self._said or task["progress"] >= self._percent + STRIDE:
            self._said.add(doing)
            self._percent = task["progress"]
            self._console.print(f"{task['progress']:3d} % {task['message']}")
