"""Every waiting time of the engine, in one place, with the relations between them.

All values are seconds. On AWS they are used as they stand; on one machine `scaled` divides the waiting (never the
working) times, so that a failure plays out in seconds. `tests/unit/test_timing.py` checks them against each other and
against `.chalice/config.json`.
"""

from dataclasses import dataclass, replace

AUTHOR_CALL_S = 120.0
"""The longest an author call may take; a chapter of 1,500 words takes 20 to 60 s."""

NARRATOR_CALL_S = 60.0
"""The longest a narrator call may take; a line of 600 characters takes 2 to 10 s."""

ASKING_S = 5.0
"""The longest that an answer about the narrator's voices may take: no story waits for it for long."""

MASTERING_S = 120.0
"""The longest mastering and upload may take. With the narrator's 832 MB, less than half a vCPU, ten minutes of audio
need 18 s, forty minutes (the longest chapter that is accepted) 82 s, and an hour 123 s (measured; CPU seconds / 0.47,
with the AAC for the book, which is a quarter of it).
"""

BINDING_S = 120.0
"""The longest that making and storing one file of a book may take. Of 50 chapters of ten minutes the M4B and the EPUB
(307 MB each) need 30 s of the narrator's share of a processor together, beside S3's time (`python -m bench.binding`).
"""

MARGIN_S = 20.0
"""What must be left of a function's time after a call, for storing its result and rescheduling the step."""

FUNCTION_S = {"write_chapter": 300, "narrate_chapter": 300, "dead_letters": 60, "sweep": 60}
"""Function time-outs, as in .chalice/config.json. A write step may need two author calls: the second repairs."""

LONGEST_AUTHOR_CALL_S = (FUNCTION_S["write_chapter"] - MARGIN_S) / 2
"""The longest that may be configured for an author call: a reply and its repair must fit one invocation, since a reply
that waits for its repair is kept nowhere else."""

RECURSIVE = frozenset({"write_chapter", "narrate_chapter"})
"""Functions that AWS must allow to invoke themselves repeatedly through messages that they send: a story of 50
chapters is a chain of 51 invocations, and by default AWS's recursive loop detection stops the 17th. infra.recursion
configures this on AWS, local.lineage imitates it."""

AUTHORIZED_S = 45
"""How long API Gateway answers from its cache whose a token is. A token that is revoked must be refused within a
minute, so this is less than API Gateway's default of 300: the read before it may be eventually consistent."""

RECEIVES = 5
"""Deliveries before a message becomes a dead letter: enough that throttled polls alone cannot make it one."""

VISIBILITY_S = 6 * max(FUNCTION_S.values())
"""The queues' visibility time-out: AWS recommends six times the function time-out. Workers shorten it per message."""

SHORTEST_LEASE_S = 8.0
"""Scaling never goes below this: a worker whose store is unavailable for three seconds must not lose its lease."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The waiting times in force."""

    lease_s: float = 60.0
    """The duration of a step's lease. Its holder renews it every third of it; a dead worker's step is free after it."""

    retry_delays_s: tuple[float, ...] = (60.0, 120.0)
    """The waits after transient failures of a step: two retries, or more while the provider answers other calls."""

    patience_s: float = 300.0
    """A provider that has answered the user within this time is busy, not down: the step is retried further, up to
    `max_failures`, at the last of the delays. So a provider that fails one call in three seldom ends a story, and one
    that answers no call ends the task after the two retries."""

    max_failures: int = 8
    """The number of failures of one step that ends its task, however often the provider answers other calls."""

    longest_delay_s: float = 900.0
    """SQS's longest message delay, and so the longest Retry-After that can be honoured."""

    longest_wait_s: float = 30.0
    """The longest pause before a step checks again for what it waits for. A chapter takes about that long: with 60 s,
    freed permits are idle for a quarter of the time (50 chapters on a plan of three, in
    tests/unit/pipeline/test_limiter.py), with 30 s for a twentieth."""

    silence_s: float = 300.0
    """After this long without a heartbeat, a task has its open steps sent again."""

    sweeps: int = 3
    """The number of sweeps in a row without progress that ends a task as failed."""

    claim_s: float = 900.0
    """How long a line stays claimed by the step that buys it: longer than any step runs in one invocation."""

    webhook_delays_s: tuple[float, ...] = (30.0, 300.0, 900.0, 3600.0, 7200.0, 14_400.0, 28_800.0)
    """The waits between attempts to tell a webhook; the last is used again. All but the first are the sweeper's."""

    webhook_for_s: float = 86_400.0
    """How long after an event the last attempt is made to tell of it."""

    visibility_s: float = VISIBILITY_S
    """The visibility time-out of a message whose worker died before it could shorten it."""

    def reschedule_delay_s(self, first_s: float, times: int) -> float:
        """Return the seconds until a step that was rescheduled `times` times in a row runs again.

        Each pause is half as long again as the one before, up to `longest_wait_s`: a long wait costs few messages, and
        a pause is at most half of the time that the step has waited already.
        """
        return min(self.longest_wait_s, first_s * 1.5 ** min(max(0, times - 1), 20))

    @property
    def heartbeat_interval_s(self) -> float:
        """Seconds between two renewals of a lease."""
        return self.lease_s / 3

    @property
    def heartbeat_check_s(self) -> float:
        """Seconds between two checks whether a renewal is due: a failed renewal is tried again after this."""
        return self.heartbeat_interval_s / 4

    @property
    def held_visibility_s(self) -> int:
        """Visibility time-out in seconds of a message in work: its redelivery finds a dead worker's lease expired."""
        return int(self.lease_s) + 2

    def scaled(self, by: float) -> "Timing":
        """Return these times with the waiting times divided by `by` (LOCAL_CLOCK_SCALE)."""
        return replace(
            self,
            lease_s=max(SHORTEST_LEASE_S, self.lease_s / by),
            retry_delays_s=tuple(delay / by for delay in self.retry_delays_s),
            patience_s=self.patience_s / by,
            longest_delay_s=self.longest_delay_s / by,
            webhook_delays_s=tuple(delay / by for delay in self.webhook_delays_s),
            webhook_for_s=self.webhook_for_s / by,
            silence_s=max(4 * SHORTEST_LEASE_S, self.silence_s / by) if by > 1 else self.silence_s,
            visibility_s=max(30.0, self.visibility_s / by),
        )
