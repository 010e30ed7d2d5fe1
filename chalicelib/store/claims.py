"""The claims on lines: one buyer per line. Two chapters may hold the same words in the same voice."""

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.lease import Lease
from chalicelib.store.lease_tables import LineClaimItem
from chalicelib.store.leases import expiry
from chalicelib.store.outage import repository
from chalicelib.store.transactions import conditional_write

LINES = "line#"
"""The prefix of the sort keys of lines."""


@repository
class LineClaims:
    """The claims of steps on the lines that they buy."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def claim(self, lease: Lease, key: str, seconds: float) -> bool:
        """Claim the purchase of a line; return False while another step buys it or has just bought it.

        A claim is in the name of the step, not of its worker: the holder of the step's lease may buy what a dead
        worker of the same step had claimed.
        """
        now = self._clock()
        # The last part also covers our own write, whose answer was lost and which botocore sent again.
        free = LineClaimItem.step.does_not_exist() | (LineClaimItem.until < now) | (LineClaimItem.step == lease.step)
        actions: list[Action] = [
            LineClaimItem.step.set(lease.step),
            LineClaimItem.until.set(now + seconds),
            LineClaimItem.expires.set(expiry(now)),
        ]
        item = _item(lease, key)
        return conditional_write(lambda: item.update(actions, condition=free))

    def release(self, lease: Lease, key: str) -> None:
        """Give up a claim whose purchase failed, so that another step need not wait for it to run out."""
        item = _item(lease, key)
        # Only our own: a claim that ran out may be another step's by now, which is paying for the line.
        conditional_write(lambda: item.delete(condition=LineClaimItem.step == lease.step))


def _item(lease: Lease, key: str) -> LineClaimItem:
    return LineClaimItem(lease.story_id, LINES + key)
