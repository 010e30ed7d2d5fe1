"""The permits of one provider account: one item, shared by all workers.

Every worker states how many it wants, and holds its share (chalicelib.domain.fairness) as soon as others have
given theirs back; it renews that with its lease.
"""

from collections.abc import Callable
from dataclasses import astuple

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.fairness import Grant, Holder, grant
from chalicelib.errors import FiresideError
from chalicelib.store.lease_tables import SemaphoreItem
from chalicelib.store.outage import repository, translated
from chalicelib.store.transactions import conditional_write

PERMITS = "permits"
"""The hash key of all semaphores."""

WAITING_S = 6.0
"""Seconds for which the request of a waiting worker counts: it is repeated about every second."""

# Each lost race means that another worker's write succeeded: 20 in a row mean that something else is wrong.
_TRIES = 20


@repository
class FairSemaphore:
    """The permits of one provider account (`pool`), `total` in all."""

    def __init__(self, pool: str, total: int, clock: Clock) -> None:
        self._pool = pool
        self.total = total
        self._clock = clock

    def acquire(self, owner: str, user: str, want: int, running: int, seconds: float) -> Grant:
        """Hold up to `want` permits for `seconds`, and at least the `running` ones in use."""

        def change(holdings: dict[str, Holder], now: float) -> Grant:
            granted = grant(holdings, owner, user, want, running, self.total, now)
            before, lasts = holdings.get(owner), seconds if granted.permits else WAITING_S
            # Most calls come twice a second and change nothing: the item is written again only when a quarter of its
            # time is over.
            same = before is not None and (before.user, before.permits, before.want) == (user, granted.permits, want)
            if before is None or not same or before.until < now + 0.75 * lasts:  # else there is nothing to write
                holdings[owner] = Holder(user, granted.permits, now + lasts, want)
            return granted

        return self._change(change)

    def release(self, owner: str) -> None:
        """Hold none any more."""

        def change(holdings: dict[str, Holder], _now: float) -> Grant:
            holdings.pop(owner, None)
            return Grant(0, 0)

        self._change(change)

    def _change(self, change: Callable[[dict[str, Holder], float], Grant]) -> Grant:
        for _ in range(_TRIES):
            now = self._clock()
            item = next(
                iter(SemaphoreItem.query(PERMITS, SemaphoreItem.name == self._pool, consistent_read=True)), None
            )
            version = int(item.version) if item is not None else None
            kept = {
                owner: Holder(*fields[:4])  # a later version may add fields
                for owner, fields in (item.holders if item is not None else {}).items()
                # Permits of workers that died come free here, without anybody cleaning up.
                if fields[2] >= now
            }
            # A copy to compare with: what has merely run out is not written.
            holdings = dict(kept)
            answer = change(holdings, now)
            if holdings == kept:
                return answer
            # Optimistic: `change` is pure, so if another worker was faster it is applied to the new item.
            unchanged = SemaphoreItem.version.does_not_exist() if version is None else SemaphoreItem.version == version
            actions: list[Action] = [
                SemaphoreItem.holders.set({owner: astuple(held) for owner, held in holdings.items()}),
                SemaphoreItem.version.set((version or 0) + 1),
            ]
            fresh = SemaphoreItem(PERMITS, self._pool)
            if conditional_write(lambda: fresh.update(actions, condition=unchanged)):  # noqa: B023 # called here
                return answer
        raise FiresideError(f"The permits of {self._pool} are contended beyond {_TRIES} tries.")


@translated
def clear_semaphores() -> None:
    """Take all permits back, held or not: only for a moment when no worker runs."""
    for item in SemaphoreItem.query(PERMITS, consistent_read=True):
        item.delete()
