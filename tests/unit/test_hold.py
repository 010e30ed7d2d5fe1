"""The heartbeat beats while its worker waits, survives a store that is away, and ends with the work."""

import threading
from typing import cast

from pynamodb.exceptions import PutError

from chalicelib.pipeline.hold import Hold, between_calls_only, threaded_heartbeat


class Beaten:
    """Counts its renewals; the first one finds the store away."""

    def __init__(self) -> None:
        self.beats = 0
        self.enough = threading.Event()

    def touch(self) -> None:
        self.beats += 1
        if self.beats == 1:
            raise PutError
        if self.beats == 3:
            self.enough.set()


def test_the_heartbeat_renews_until_the_work_is_done() -> None:
    beaten = Beaten()
    with threaded_heartbeat(0.001)(cast(Hold, beaten)):
        assert beaten.enough.wait(10)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_without_a_thread_nothing_beats() -> None:
    beaten = Beaten()
    with between_calls_only(cast(Hold, beaten)):
        assert beaten.beats == 0
