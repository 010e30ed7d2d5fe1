"""Who may use how much of a provider account at once: one item, shared by all workers.

The account allows a number of calls at the same time. A worker takes as many permits as it wants and the account,
and its user's fair share, still have; it renews them with its lease and gives them back. The share is the account
divided among the users who hold or wait for permits now, so a user who is alone has all of it, and a second user
gets a half as soon as the first one's calls return.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.errors import FiresideError
from chalicelib.store.tables import LeaseItem
from chalicelib.store.transactions import conditionally

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Holding:
    """A worker's permits (0 while it waits for the first), whose story it works on, and until when."""

    user: str
    permits: int
    until: float


Holdings = Mapping[str, Holding]
"""Holdings by owner."""


def grant(holdings: Holdings, owner: str, user: str, want: int, total: int, now: float) -> int:
    """How many permits `owner` may hold now, of the `want` it asks for: never fewer than it has already.

    The law: granted permits of all owners never pass `total`.
    """
    live = {name: held for name, held in holdings.items() if held.until >= now}
    mine = live[owner].permits if owner in live else 0
    free = total - sum(held.permits for held in live.values())
    users = {held.user for held in live.values()} | {user}
    share = math.ceil(total / len(users))
    of_user = sum(held.permits for held in live.values() if held.user == user)
    return mine + max(0, min(want - mine, free, share - of_user))


class Permits:
    """The permits of one provider account (`pool`), `total` in all."""

    def __init__(self, pool: str, total: int, clock: Clock) -> None:
        self._pool = pool
        self.total = total
        self._clock = clock

    def take(self, owner: str, user: str, want: int, seconds: float) -> int:
        """Hold up to `want` permits for `seconds`; fewer than held before gives some back. How many there are."""

        def change(holdings: dict[str, Holding], now: float) -> int:
            held = holdings[owner].permits if owner in holdings and holdings[owner].until >= now else 0
            permits = want if want < held else grant(holdings, owner, user, want, self.total, now)
            holdings[owner] = Holding(user, permits, now + seconds)
            return permits

        return self._change(change)

    def give_back(self, owner: str) -> None:
        """Hold none any more."""

        def change(holdings: dict[str, Holding], _now: float) -> int:
            holdings.pop(owner, None)
            return 0

        self._change(change)

    def _change(self, change: Callable[[dict[str, Holding], float], int]) -> int:
        for _ in range(_TRIES):
            now = self._clock()
            item = next(iter(LeaseItem.query("permits", LeaseItem.name == self._pool, consistent_read=True)), None)
            version = int(item.version) if item is not None else None
            holdings = {
                owner: Holding(*fields)
                for owner, fields in (item.holders if item is not None else {}).items()
                if fields[2] >= now
            }
            answer = change(holdings, now)
            unchanged = LeaseItem.version.does_not_exist() if version is None else LeaseItem.version == version
            actions: list[Action] = [
                LeaseItem.holders.set({o: [h.user, h.permits, h.until] for o, h in holdings.items()}),
                LeaseItem.version.set((version or 0) + 1),
            ]
            fresh = LeaseItem("permits", self._pool)
            if conditionally(lambda: fresh.update(actions, condition=unchanged)) is not None:  # noqa: B023 # called here
                return answer
        raise FiresideError(f"The permits of {self._pool} are contended beyond {_TRIES} tries.")
