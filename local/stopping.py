"""Signals to stop, from Ctrl-C, a supervisor or a closing terminal: the first stops in order, the second at once."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):  # asked for by the user: no error
    """The request, by a signal, to stop this process in order."""


class StopNow(BaseException):
    """The request, by a second signal, to stop waiting and exit at once. `status` is the exit status to use."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Stopping:
    """A handler of signals: it notes and reports the first one, and raises StopNow in the main thread at the second."""

    def __init__(self, message: str = "Stopping.") -> None:
        self._message = message
        self._event = threading.Event()
        self._number = 0
        self._now = False

    def listen(self) -> "Stopping":
        """Install the signal handlers. Call this in the main thread."""
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
        """Wait for a signal, at most `seconds`, and return whether one has come."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise StopRequested once a signal has come."""
        if self.requested:
            raise StopRequested

    def then(self, act: Callable[[], object]) -> None:
        """Call `act` in a background thread as soon as a signal has come."""

        def wait() -> None:
            self._event.wait()
            act()

        threading.Thread(target=wait, name="stopping", daemon=True).start()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._now:
            return  # the process is already exiting
        if self.requested:
            self._now = True
            raise StopNow(self.status)
        self._number = number
        self._event.set()
        # os.write instead of print: the signal may have interrupted a print, and the buffer is not reentrant.
        with suppress(OSError, ValueError):
            start = "\n" if sys.stdout.isatty() else ""
            os.write(sys.stdout.fileno(), f"{start}{self._message}\n".encode())
