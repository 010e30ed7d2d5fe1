"""The limit on lines that a step may narrate at once, shared fairly with other chapters and other users."""

import threading
from typing import Protocol

from chalicelib.domain.fairness import Grant, owner_of
from chalicelib.errors import Reschedule
from chalicelib.pipeline.step_context import StepContext
from chalicelib.runtime import Runtime
from chalicelib.timing import MASTERING_S, NARRATOR_CALL_S

PATIENCE_S = 1.0
"""Seconds that a worker which is not next in line waits for its first permit. A second of the narrator's function costs
as much as rescheduling does: with 832 MB $0.000011, against some 15 requests and writes."""

ROOM_S = 2.0
"""Seconds until the step of such a worker is delivered again, the first time."""

LOOK_S = 0.25
LONGEST_LOOK_S = 0.5
"""Seconds between two attempts of a waiting worker to get a permit: at first, and after some seconds."""

TOP_UP_S = 0.5
"""Seconds between two checks of a working step for its present share of permits."""


class Semaphore(Protocol):
    """The permits of one provider account, shared by all workers."""

    def acquire(self, owner: str, user: str, want: int, running: int, seconds: float) -> Grant:
        """Hold up to `want` permits for `seconds`, and at least the `running` ones in use."""

    def release(self, owner: str) -> None:
        """Hold none any more."""


class SemaphoreLimiter:
    """The concurrency limiter of one step: its permits for lines, adjusted to what other steps want."""

    def __init__(self, *, semaphore: Semaphore, context: StepContext, want: int, runtime: Runtime) -> None:
        self._semaphore = semaphore
        # Named after the step, not the worker: a redelivery inherits what a dead worker held.
        self._owner = owner_of(context.task.story_id, context.lease.step)
        self._user = context.task.user_id
        self._context = context
        self._want = want
        self._seconds = runtime.timing.lease_s
        self._clock = runtime.clock
        self._wait = runtime.wait
        # Until the first answer: none held. Next in line, since nothing is known of others yet.
        self._held = self._share = self._short = 0
        self._next_in_line = True
        self._asked = 0.0
        self._lock = threading.Lock()  # the heartbeat renews the permits from a thread of its own
        context.on_heartbeat(self._renew)

    def lines(self, running: int, left: int) -> int:
        """Return how many lines may run at once, waiting for a first permit if there is none.

        `running` of the `left` remaining lines are running now. Raises Reschedule if no permit comes free in time.
        """
        shrinking = self._share < self._held  # the permit of a line that ends is given back at once
        # Asking reads and may write the shared item. Twice a second is enough while nothing is to be given back.
        if self._held and not shrinking and self._clock() - self._asked < TOP_UP_S:
            return self._held
        began = self._clock()
        # Never more than lines are left: what the last lines do not use is free for other chapters at once.
        while self._take(min(self._want, left), running) == 0:
            self._wait_on(self._clock() - began)
        self._asked = self._clock()
        return self._held

    @property
    def look_again_s(self) -> float | None:
        """Seconds until the next check although no call has ended; None if all wanted permits are held.

        Without it, permits that others give back would be idle for as long as a line takes.
        """
        return TOP_UP_S if self._short else None

    def shrink(self, running: int) -> bool:
        """Halve the number of permits from now on; return False if it is one already."""
        if self._held <= 1:
            return False
        # Lowered for the rest of the step: the provider has just shown that the account takes fewer than the plan says.
        self._want = self._held // 2
        self._take(self._want, running)
        return True

    def close(self) -> None:
        """Give all permits back."""
        with self._lock:
            if self._held:
                self._held = 0
                self._semaphore.release(self._owner)

    def _wait_on(self, waited_s: float) -> None:
        """Wait a little for a permit, or raise Reschedule.

        Workers that are next in line stay for as long as a chapter can be finished in what is left of their time, so
        that a permit that comes free is used at once; there are no more of them than could run. All others would cost
        money for nothing, and hold a function that another user could have.
        """
        if not self._next_in_line and waited_s >= PATIENCE_S:
            raise Reschedule(ROOM_S, "permit")
        try:
            # This also renews the lease, and stops for a task that has ended.
            self._context.ensure_may_continue(NARRATOR_CALL_S + MASTERING_S)
        except Reschedule:
            # Out of time, but because of the permit: counted as such, of which 300 in a row are allowed and not five.
            raise Reschedule(0.0, "permit") from None
        self._wait(min(LONGEST_LOOK_S, LOOK_S + waited_s / 10))

    def _take(self, want: int, running: int) -> int:
        with self._lock:
            # Under the lock: a renewal between this call and the assignment would write the old number back.
            granted = self._semaphore.acquire(self._owner, self._user, want, running, self._seconds)
            self._held, self._share, self._next_in_line = granted.permits, granted.share, granted.next_in_line
            self._short = max(0, want - self._held)
            return self._held

    def _renew(self) -> None:
        with self._lock:
            if self._held:
                self._semaphore.acquire(self._owner, self._user, self._held, self._held, self._seconds)
