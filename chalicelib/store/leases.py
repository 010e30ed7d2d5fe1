"""Leases: one worker per step, one buyer per line. And what went wrong with a step, for whoever asks last.

A lease is an item with an owner and an expiry, taken by a conditional write. A dead owner's lease runs out.
"""

from typing import cast

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.lease import Lease
from chalicelib.domain.task import ErrorCode
from chalicelib.errors import Awaited
from chalicelib.store.tables import LeaseItem
from chalicelib.store.transactions import Write, conditional_write

STEPS = "step#"
LINES = "line#"
KEPT_S = 86_400
"""Items nobody released are dropped by DynamoDB after a day."""


class StepLeases:
    """Taking, renewing and giving back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def acquire(self, lease: Lease, seconds: float) -> bool:
        """Take the step for `seconds`; False while another worker holds it."""
        now = self._clock()
        free = (
            LeaseItem.owner.does_not_exist() | (LeaseItem.until < now) | (LeaseItem.owner == lease.owner)
        )  # the last: our own write, whose answer was lost
        actions: list[Action] = [
            LeaseItem.owner.set(lease.owner),
            LeaseItem.until.set(now + seconds),
            LeaseItem.expires.set(_ttl(now)),
        ]
        item = LeaseItem(lease.story_id, _name(lease))
        return conditional_write(lambda: item.update(actions, condition=free))

    def renew(self, lease: Lease, seconds: float) -> bool:
        """Hold the step for another `seconds`; False if it was lost."""
        item = LeaseItem(lease.story_id, _name(lease))
        actions: list[Action] = [LeaseItem.until.set(self._clock() + seconds)]
        return conditional_write(lambda: item.update(actions, condition=LeaseItem.owner == lease.owner))

    def held(self, lease: Lease) -> Write:
        """Return the check that lets a transaction through only while the lease is held."""
        mine = LeaseItem.owner == lease.owner
        return lambda transaction: transaction.condition_check(LeaseItem, lease.story_id, _name(lease), condition=mine)

    def release(self, lease: Lease) -> None:
        """Give the step back; what is known of its failures stays."""
        item = LeaseItem(lease.story_id, _name(lease))
        actions: list[Action] = [LeaseItem.owner.remove(), LeaseItem.until.remove()]
        conditional_write(lambda: item.update(actions, condition=LeaseItem.owner == lease.owner))

    def delete(self, lease: Lease) -> None:
        """Give back a step that is done."""
        item = LeaseItem(lease.story_id, _name(lease))
        conditional_write(lambda: item.delete(condition=LeaseItem.owner == lease.owner))

    def working_on(self, story_id: str) -> set[str]:
        """Return the codes of the steps that somebody holds now."""
        now = self._clock()
        items = LeaseItem.query(story_id, LeaseItem.name.startswith(STEPS))
        return {item.name.removeprefix(STEPS) for item in items if item.owner and item.until and item.until >= now}

    def free(self, story_id: str) -> None:
        """Free every step of the story, whoever holds it: for a moment when no worker lives."""
        for item in LeaseItem.query(story_id, LeaseItem.name.startswith(STEPS), consistent_read=True):
            if item.owner:
                self.release(Lease(story_id, item.name.removeprefix(STEPS), item.owner))

    def delete_story(self, story_id: str) -> None:
        """Forget everything about a story's steps and lines."""
        with LeaseItem.batch_write() as batch:
            for item in LeaseItem.query(story_id, attributes_to_get=["story_id", "name"]):
                batch.delete(item)


class LineClaims:
    """Claims."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def claim(self, lease: Lease, key: str, seconds: float) -> bool:
        """Claim the purchase of a line; False while another step buys it or has just bought it.

        Two chapters may hold the same words in the same voice. A claim left by a dead worker of the same step does
        not count: whoever holds the step's lease may buy.
        """
        now = self._clock()
        free = LeaseItem.owner.does_not_exist() | (LeaseItem.until < now) | (LeaseItem.owner == lease.step)
        item = LeaseItem(lease.story_id, LINES + key)
        actions: list[Action] = [
            LeaseItem.owner.set(lease.step),
            LeaseItem.until.set(now + seconds),
            LeaseItem.expires.set(_ttl(now)),
        ]
        return conditional_write(lambda: item.update(actions, condition=free))

    def release(self, lease: Lease, key: str) -> None:
        """Give up a claim whose purchase failed, so that another step need not wait for it to run out."""
        item = LeaseItem(lease.story_id, LINES + key)
        conditional_write(lambda: item.delete(condition=LeaseItem.owner == lease.step))


class FailureCounter:
    """Counter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def count_reschedule(self, lease: Lease, attempt: str, awaited: Awaited, *, progressed: bool) -> int:
        """Give the step back for another message to go on with.

        Return how many times in a row this was for the same reason and without progress, in this attempt at its task.
        """
        item, mine = LeaseItem(lease.story_id, _name(lease)), LeaseItem.owner == lease.owner
        counter = LeaseItem.cut_short if awaited == "time" else LeaseItem.waits
        freed: list[Action] = [LeaseItem.owner.remove(), LeaseItem.until.remove()]
        afresh: list[Action] = [LeaseItem.cut_short.remove(), LeaseItem.waits.remove()]
        if progressed:
            conditional_write(lambda: item.update([*freed, *afresh], condition=mine))
            return 0
        again = [*freed, counter.add(1)]
        if not conditional_write(lambda: item.update(again, condition=mine & (LeaseItem.attempt == attempt))):
            other = LeaseItem.waits if awaited == "time" else LeaseItem.cut_short
            first = [*freed, counter.set(1), other.remove(), LeaseItem.attempt.set(attempt)]
            # What an earlier run failed with does not count in this one.
            first += [LeaseItem.failures.remove(), LeaseItem.error.remove(), LeaseItem.error_code.remove()]
            if not conditional_write(lambda: item.update(first, condition=mine)):
                return 0  # the lease was lost: whoever has it counts
        return int(item.cut_short if awaited == "time" else item.waits)

    def count_failure(self, lease: Lease, attempt: str, error: str, error_code: str) -> int:
        """Count a failure of the step in this run of its task, keep what it was, and say how many there are."""
        item = LeaseItem(lease.story_id, _name(lease))
        told: list[Action] = [
            LeaseItem.error.set(error),
            LeaseItem.error_code.set(error_code),
            LeaseItem.expires.set(_ttl(self._clock())),
        ]
        again = [*told, LeaseItem.failures.add(1)]
        if not conditional_write(lambda: item.update(again, condition=LeaseItem.attempt == attempt)):
            item.update([*told, LeaseItem.failures.set(1), LeaseItem.attempt.set(attempt)])
        return int(item.failures)

    def last_failure(self, story_id: str, step: str, attempt: str) -> tuple[str, ErrorCode] | None:
        """Return the sentence and code of the step's last failure in this run, if it had one."""
        for item in LeaseItem.query(story_id, LeaseItem.name == STEPS + step, consistent_read=True):
            if item.attempt == attempt and item.error and item.error_code:
                return item.error, cast(ErrorCode, item.error_code)
        return None


def _name(lease: Lease) -> str:
    return STEPS + lease.step


def _ttl(now: float) -> int:
    return int(now + KEPT_S)
