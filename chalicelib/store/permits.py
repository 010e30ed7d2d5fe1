"""Who may use how much of a provider account at once: one item, shared by all workers.

The account allows a number of calls at the same time. Every worker says how many it wants, and holds what it is
allotted as soon as others have given theirs back; it renews that with its lease. The account is divided among the
users first and among each user's workers then, so nobody waits for another to finish, and nothing is left idle that
somebody wants.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.errors import FiresideError
from chalicelib.store.tables import LeaseItem
from chalicelib.store.transactions import conditionally

WAITING_S = 6.0
"""How long the wish of a worker without permits counts: it asks again every two seconds."""

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Holding:
    """A worker's permits (0 while it waits for the first), whose story it works on, until when, and its wish."""

    user: str
    permits: int
    until: float
    want: int


Holdings = Mapping[str, Holding]
"""Holdings by owner."""


def allot(wishes: Mapping[str, tuple[str, int]], total: int) -> dict[str, int]:
    """Permits by owner, for the (user, want) of each: one at a time to the user, and the worker, with the fewest."""
    allotted = dict.fromkeys(sorted(wishes), 0)
    of_user = {user: 0 for user, _ in wishes.values()}
    for _ in range(total):
        unmet = [owner for owner, permits in allotted.items() if permits < wishes[owner][1]]
        if not unmet:
            break
        owner = min(unmet, key=lambda o: (of_user[wishes[o][0]], allotted[o], o))
        allotted[owner] += 1
        of_user[wishes[owner][0]] += 1
    return allotted


def grant(holdings: Holdings, owner: str, user: str, want: int, running: int, total: int, now: float) -> int:
    """How many permits `owner` holds from now on, of the `want` it asks for: never fewer than its `running` calls.

    The law: as long as nobody runs more calls than it holds, the permits of all owners never pass `total`.
    """
    others = {name: held for name, held in holdings.items() if held.until >= now and name != owner}
    wishes = {name: (held.user, max(held.want, held.permits)) for name, held in others.items()}
    mine = allot({**wishes, owner: (user, want)}, total)[owner]
    free = total - sum(held.permits for held in others.values())
    return max(running, min(mine, free))


class Permits:
    """The permits of one provider account (`pool`), `total` in all."""

    def __init__(self, pool: str, total: int, clock: Clock) -> None:
        self._pool = pool
        self.total = total
        self._clock = clock

    def take(self, owner: str, user: str, want: int, running: int, seconds: float) -> int:
        """Hold up to `want` permits for `seconds`, and at least the `running` ones in use. How many there are."""

        def change(holdings: dict[str, Holding], now: float) -> int:
            permits = grant(holdings, owner, user, want, running, self.total, now)
            holdings[owner] = Holding(user, permits, now + (seconds if permits else WAITING_S), want)
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
                LeaseItem.holders.set({owner: astuple(held) for owner, held in holdings.items()}),
                LeaseItem.version.set((version or 0) + 1),
            ]
            fresh = LeaseItem("permits", self._pool)
            if conditionally(lambda: fresh.update(actions, condition=unchanged)) is not None:  # noqa: B023 # called here
                return answer
        raise FiresideError(f"The permits of {self._pool} are contended beyond {_TRIES} tries.")
