"""A limit by the clock on the wall. A client's time-out is for each read, and a server that sends a blank now and then
keeps it from ever passing."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_GRACE_S = 0.5
"""How much later than the client's own time-out, which knows whether the request was sent, a call is given up."""


class Deadline:
    """The moment when a call must have ended, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Seconds that are left, at least a hundredth."""
        return max(0.01, self._ends - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the moment has passed."""
        return time.monotonic() >= self._ends


class _Running(Generic[T]):
    """A call in a thread of its own, and what became of it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._value: list[T] = []
        self._error: BaseException | None = None
        # A daemon: one that waits for a server which never ends must not keep the process from ending.
        threading.Thread(target=self._run, name="provider-call", daemon=True).start()

    def _run(self) -> None:
        try:
            self._value.append(self._call())
        except BaseException as error:  # noqa: BLE001 # it is raised again where the call was made
            self._error = error
        finally:
            self._ended.set()

    def result(self, deadline: Deadline) -> T:
        if not self._ended.wait(deadline.left_s + _GRACE_S):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._value[0]


def within(deadline: Deadline, call: Callable[[], T]) -> T:
    """Return what `call` returns, or raise what it raises; raise TimeoutError at the deadline.

    A call that is still under way then is left alone: it ends with its next read or its own time-out, and what it
    brings is dropped.
    """
    return _Running(call).result(deadline)
