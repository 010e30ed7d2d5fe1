"""The leases on steps: one worker per step, by a conditional write that sets an owner and an expiry.

A dead owner's lease runs out. A step's lease and the counters of its failures (chalicelib.store.failures) are stored
as one item, which is deleted when the step is done.
"""

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.lease import Lease
from chalicelib.store.lease_tables import LeaseTableItem, StepLeaseItem
from chalicelib.store.outage import repository
from chalicelib.store.transactions import Write, conditional_write

STEPS = "step#"
"""The prefix of the sort keys of steps."""

KEPT_S = 86_400
"""DynamoDB removes items that were never released after a day."""


def step_key(step: str) -> str:
    """Return the sort key under which a step's lease and failures are stored."""
    return STEPS + step


def held_by(lease: Lease) -> Condition:
    """Return the condition that a step's item is still held by the lease's owner."""
    return StepLeaseItem.owner == lease.owner


def released() -> list[Action]:
    """Return the changes to a step's item that give its lease back."""
    return [StepLeaseItem.owner.remove(), StepLeaseItem.until.remove()]


def expiry(now: float) -> int:
    """Return when DynamoDB may remove an item of this table that was written now."""
    return int(now + KEPT_S)


@repository
class StepLeases:
    """The leases on the steps of all stories."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def acquire(self, lease: Lease, seconds: float) -> bool:
        """Hold the step for `seconds`; return False while another worker holds it."""
        now = self._clock()
        free = (
            StepLeaseItem.owner.does_not_exist() | (StepLeaseItem.until < now) | held_by(lease)
        )  # the last: our own write, whose answer was lost
        actions: list[Action] = [
            StepLeaseItem.owner.set(lease.owner),
            StepLeaseItem.until.set(now + seconds),
            StepLeaseItem.expires.set(expiry(now)),
        ]
        item = _item(lease)
        return conditional_write(lambda: item.update(actions, condition=free))

    def renew(self, lease: Lease, seconds: float) -> bool:
        """Hold the step for another `seconds`; return False if it was lost."""
        item = _item(lease)
        # `expires` is a day ahead, longer than any step runs, so a renewal need not move it.
        actions: list[Action] = [StepLeaseItem.until.set(self._clock() + seconds)]
        return conditional_write(lambda: item.update(actions, condition=held_by(lease)))

    def held(self, lease: Lease) -> Write:
        """Return the check that lets a transaction through only while the lease is held."""
        key = step_key(lease.step)
        return lambda transaction: transaction.condition_check(
            StepLeaseItem, lease.story_id, key, condition=held_by(lease)
        )

    def release(self, lease: Lease) -> None:
        """Give the step back; what is known of its failures stays."""
        item = _item(lease)
        # A lease that ran out and was acquired by another worker stays: this worker may only give back its own.
        conditional_write(lambda: item.update(released(), condition=held_by(lease)))

    def delete(self, lease: Lease) -> None:
        """Give back a step that is done, and forget its failures, which are in the same item."""
        item = _item(lease)
        conditional_write(lambda: item.delete(condition=held_by(lease)))

    def working_on(self, story_id: str) -> set[str]:
        """Return the codes of the steps that a worker holds now."""
        now = self._clock()
        items = StepLeaseItem.query(story_id, StepLeaseItem.name.startswith(STEPS))
        return {item.name.removeprefix(STEPS) for item in items if item.owner and item.until and item.until >= now}

    def free(self, story_id: str) -> None:
        """Free every step of the story, held or not: only for a moment when no worker runs."""
        for item in StepLeaseItem.query(story_id, StepLeaseItem.name.startswith(STEPS), consistent_read=True):
            if item.owner:
                # Released, not deleted: the item also counts the step's failures, which a restart must not forgive.
                self.release(Lease(story_id, item.name.removeprefix(STEPS), item.owner))

    def delete_story(self, story_id: str) -> None:
        """Forget everything about a story's steps and lines."""
        with LeaseTableItem.batch_write() as batch:
            for item in LeaseTableItem.query(story_id, attributes_to_get=["story_id", "name"]):
                batch.delete(item)


def _item(lease: Lease) -> StepLeaseItem:
    return StepLeaseItem(lease.story_id, step_key(lease.step))
