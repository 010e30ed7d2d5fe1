"""How many lines a step may narrate at once, while other chapters and other users want to as well."""

import threading

from chalicelib.clock import Clock, Wait
from chalicelib.errors import HandOver
from chalicelib.pipeline.hold import Hold
from chalicelib.store.permits import Permits

PATIENCE_S = 6.0
"""How long to wait for a first permit: long enough for a line of somebody else's to end, since a message that is sent
again stands at the end of the queue."""

ROOM_S = 2.0
"""When to come back if there was none."""

LOOK_S = 0.25
"""How often to look for it meanwhile."""

TOP_UP_S = 0.5
"""How often a worker looks what it is allotted now."""


class LineRoom:
    """How many lines one step may narrate at once: its permits, which follow what others want."""

    def __init__(self, permits: Permits, hold: Hold, want: int, seconds: float, clock: Clock, wait: Wait) -> None:
        self._permits = permits
        self._owner = f"{hold.task.story_id}/{hold.lease.step}"  # a redelivery finds what a dead worker held
        self._user = hold.task.user_id
        self._want = want
        self._seconds = seconds
        self._clock = clock
        self._wait = wait
        self._held = 0
        self._asked = 0.0
        self._lock = threading.Lock()  # the heartbeat renews from a thread of its own
        hold.renewed_with(self._renew)

    def lines(self, running: int, left: int) -> int:
        """The number of lines, while `running` of the `left` ones run; raises HandOver while there is no room."""
        if self._held and self._clock() - self._asked < TOP_UP_S:
            return self._held
        began = self._clock()
        while self._take(min(self._want, left), running) == 0:
            if self._clock() - began >= PATIENCE_S:
                raise HandOver(ROOM_S)
            self._wait(LOOK_S)
        self._asked = self._clock()
        return self._held

    def shrink(self, running: int) -> bool:
        """Make do with half as many from now on; False if it is one already."""
        if self._held <= 1:
            return False
        self._want = self._held // 2
        self._take(self._want, running)
        return True

    def close(self) -> None:
        """Give all permits back."""
        with self._lock:
            if self._held:
                self._held = 0
                self._permits.give_back(self._owner)

    def _take(self, want: int, running: int) -> int:
        with self._lock:
            self._held = self._permits.take(self._owner, self._user, want, running, self._seconds)
            return self._held

    def _renew(self) -> None:
        with self._lock:
            if self._held:
                self._permits.take(self._owner, self._user, self._held, self._held, self._seconds)
