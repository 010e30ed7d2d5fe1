"""Being asked to stop, by Ctrl-C, by a supervisor or by a terminal that closes: in order first, at once if repeated."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):  # a person's wish, no fault
    """A signal asked this process to stop in order."""


class StopNow(BaseException):
    """A second signal: whoever waits for something waits no longer. `status` is the program's exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Stopping:
    """Notes the first signal, says so at once, and raises StopNow in the main thread at the second."""

    def __init__(self, said: str = "Stopping.") -> None:
        self._said = said
        self._event = threading.Event()
        self._number = 0
        self._now = False

    def listen(self) -> "Stopping":
        """Take the signals over; for the main thread alone."""
        for number in SIGNALS:
            signal.signal(number, self._note)
        return self

    @property
    def requested(self) -> bool:
        """Whether a signal has come."""
        return self._event.is_set()

    @property
    def status(self) -> int:
        """The exit status of a program that a signal has ended, as shells have it: 130 for Ctrl-C."""
        return 128 + self._number

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a signal, `seconds` at most; whether one has come."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise StopRequested once a signal has come."""
        if self.requested:
            raise StopRequested

    def then(self, act: Callable[[], object]) -> None:
        """Have `act` called, by a thread of its own, as soon as a signal has come."""

        def wait() -> None:
            self._event.wait()
            act()

        threading.Thread(target=wait, name="stopping", daemon=True).start()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._now:
            return  # the end is under way, and takes a moment
        if self.requested:
            self._now = True
            raise StopNow(self.status)
        self._number = number
        self._event.set()
        # By the system call: `print` may be what the signal has interrupted.
        with suppress(OSError, ValueError):
            start = "\n" if sys.stdout.isatty() else ""
            os.write(sys.stdout.fileno(), f"{start}{self._said}\n".encode())
