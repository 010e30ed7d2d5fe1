"""The failures and reschedules of each step, counted in one attempt at its task, and its last failure.

They are stored in the item of the step's lease (chalicelib.store.leases). So one write counts a reschedule and gives
the lease back, under the condition that the lease is still held; and with the lease of a step that is done, they go.
"""

from typing import cast

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.lease import Lease
from chalicelib.domain.task import ErrorCode
from chalicelib.errors import Awaited
from chalicelib.store.lease_tables import StepFailuresItem
from chalicelib.store.leases import expiry, held_by, released, step_key
from chalicelib.store.outage import repository
from chalicelib.store.transactions import conditional_write


@repository
class FailureCounter:
    """The counters of the steps of all stories."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def count_failure(self, lease: Lease, attempt: str, error: str, error_code: str) -> int:
        """Count a failure of the step, store its sentence and code, and return their number in this attempt."""
        item = _item(lease)
        told: list[Action] = [
            StepFailuresItem.error.set(error),
            StepFailuresItem.error_code.set(error_code),
            StepFailuresItem.expires.set(expiry(self._clock())),
        ]
        # Added by DynamoDB, not read and written back: a redelivery may count its own failure at the same time.
        again = [*told, StepFailuresItem.failures.add(1)]
        if not conditional_write(lambda: item.update(again, condition=StepFailuresItem.attempt == attempt)):
            # The item is of an earlier attempt, or new. The lease may have run out: the failure counts all the same.
            item.update([*told, StepFailuresItem.failures.set(1), StepFailuresItem.attempt.set(attempt)])
        return int(item.failures)

    def count_reschedule(self, lease: Lease, attempt: str, awaited: Awaited, *, progressed: bool) -> int:
        """Give the step back, for another message to continue it.

        Return how many times in a row this was for the same reason and without progress, in this attempt at its task.
        """
        item = _item(lease)
        mine, freed = held_by(lease), released()
        counter, other = StepFailuresItem.cut_short, StepFailuresItem.waits
        if awaited != "time":
            counter, other = other, counter
        if progressed:
            afresh = [*freed, StepFailuresItem.cut_short.remove(), StepFailuresItem.waits.remove()]
            conditional_write(lambda: item.update(afresh, condition=mine))
            return 0
        # Counting and giving back are one write: a crash in between would leave a reschedule uncounted, for ever.
        again = [*freed, counter.add(1)]
        if not conditional_write(lambda: item.update(again, condition=mine & (StepFailuresItem.attempt == attempt))):
            first = [*freed, counter.set(1), other.remove(), StepFailuresItem.attempt.set(attempt), *_forgotten()]
            if not conditional_write(lambda: item.update(first, condition=mine)):
                return 0  # the lease was lost: its present holder counts
        return int(item.cut_short if awaited == "time" else item.waits)

    def last_failure(self, story_id: str, step: str, attempt: str) -> tuple[str, ErrorCode] | None:
        """Return the sentence and code of the step's last failure in this attempt, or None if it had none."""
        same = StepFailuresItem.name == step_key(step)
        # A query, since a step that is done has no item, for which `get` would raise.
        for item in StepFailuresItem.query(story_id, same, consistent_read=True):
            if item.attempt == attempt and item.error and item.error_code:
                return item.error, cast(ErrorCode, item.error_code)
        return None


def _item(lease: Lease) -> StepFailuresItem:
    return StepFailuresItem(lease.story_id, step_key(lease.step))


def _forgotten() -> list[Action]:
    """Return the changes that forget what an earlier attempt failed with: it does not count in this one."""
    return [StepFailuresItem.failures.remove(), StepFailuresItem.error.remove(), StepFailuresItem.error_code.remove()]
