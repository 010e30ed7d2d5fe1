"""Every waiting time of the engine, in one place, and how they follow from each other.

All values are seconds. On AWS they are used as they stand; on one machine `scaled` divides the waiting (never the
working) times so that a failure can be watched in seconds. `tests/unit/test_timing.py` holds them against each
other and against `.chalice/config.json`.
"""

from dataclasses import dataclass, replace

AUTHOR_CALL_S = 120.0
"""Longest an author call may take; a chapter of 1,500 words takes 20 to 60 s."""

NARRATOR_CALL_S = 60.0
"""Longest a narrator call may take; a line of 600 characters takes 2 to 10 s."""

MASTERING_S = 120.0
"""Longest mastering and upload may take. On the narrator's 832 MB, not half a vCPU, ten minutes of sound need 18 s,
forty, the longest chapter that is accepted, 75 s, and an hour 121 s (measured; processor seconds / 0.47)."""

MARGIN_S = 20.0
"""What must be left of a function's time after a call for storing its result and handing over."""

FUNCTION_S = {"write_chapter": 300, "narrate_chapter": 300, "dead_letters": 60, "sweep": 60}
"""Function time-outs, as in .chalice/config.json. A write step may need two author calls: the second repairs."""

RECURSIVE = frozenset({"write_chapter", "narrate_chapter"})
"""Functions that AWS must let be invoked again and again by messages which they have sent themselves: a story of 50
chapters is a chain of 51 invocations, and AWS stops the 17th where nobody asked for more. infra.recursion sets it on
AWS, local.lineage imitates it."""

RECEIVES = 5
"""Deliveries before a message goes to the dead letters: enough that throttled polls alone cannot send one there."""

VISIBILITY_S = 6 * max(FUNCTION_S.values())
"""The queues' own visibility: AWS's rule of six times the function time-out. Workers shorten it per message."""

SHORTEST_LEASE_S = 8.0
"""No scaling goes below this: a worker whose store is away for three seconds must not lose its lease."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The waiting times in force."""

    lease_s: float = 60.0
    """A step's lease; its holder renews it three times as often. A dead worker's step is free after this."""

    retry_delays_s: tuple[float, ...] = (60.0, 120.0)
    """How long a step waits after each transient failure: two retries, unless the provider still answers others."""

    patience_s: float = 300.0
    """A provider that has answered the user within this time is busy, not away: a step is tried further, up to
    `attempts`, at the last of the delays. So a provider that fails one call in three seldom ends a story, and one that
    answers nobody ends the task after the two retries."""

    max_failures: int = 8
    """Failures of one step that end its task, however often the provider answers others."""

    longest_delay_s: float = 900.0
    """SQS's longest message delay, so the longest Retry-After that can be honoured."""

    longest_wait_s: float = 30.0
    """Longest pause before a step looks again whether what it waits for is there. A chapter takes about that long: with
    60 s, permits that come free are idle for a quarter of the time (50 chapters on a plan of three, in
    tests/unit/test_limiter.py), with 30 s for a twentieth."""

    silence_s: float = 300.0
    """A task without a sign of life for this long has its open steps sent again."""

    sweeps: int = 3
    """Sweeps in a row without progress that end a task as failed."""

    claim_s: float = 900.0
    """How long a line stays claimed by the step that buys it: longer than any step works in one go."""

    visibility_s: float = VISIBILITY_S
    """Visibility time-out of a message whose worker never got to shorten it."""

    def reschedule_delay_s(self, first_s: float, times: int) -> float:
        """Seconds until a step that was handed over so many `times` in a row looks again, half as long again each time.

        So a long wait costs few messages, and the pause is at most half of what has been waited already.
        """
        return min(self.longest_wait_s, first_s * 1.5 ** min(max(0, times - 1), 20))

    @property
    def heartbeat_interval_s(self) -> float:
        """Time between two renewals of a lease."""
        return self.lease_s / 3

    @property
    def heartbeat_check_s(self) -> float:
        """Time between two looks whether a renewal is due: a renewal that failed is tried again so soon."""
        return self.heartbeat_interval_s / 4

    @property
    def held_visibility_s(self) -> int:
        """Visibility of a message in work: its redelivery finds the dead worker's lease run out."""
        return int(self.lease_s) + 2

    def scaled(self, by: float) -> "Timing":
        """The same times divided by `by` (LOCAL_CLOCK_SCALE)."""
        return replace(
            self,
            lease_s=max(SHORTEST_LEASE_S, self.lease_s / by),
            retry_delays_s=tuple(delay / by for delay in self.retry_delays_s),
            patience_s=self.patience_s / by,
            longest_delay_s=self.longest_delay_s / by,
            silence_s=max(4 * SHORTEST_LEASE_S, self.silence_s / by) if by > 1 else self.silence_s,
            visibility_s=max(30.0, self.visibility_s / by),
        )
