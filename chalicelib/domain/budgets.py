"""Budgets and what is held and spent of them. All money is in whole micro-dollars.

A task holds its quote in every budget before it starts. Each of its steps draws its share of that hold, reserves the
worst case of each paid call before it is made, and turns it into spend with the record of the purchase. What is left
goes back when the step, and then the task, ends. The law: spent + held <= limit, of every budget, at any time.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from chalicelib.domain.usage import COUNTS, Purchase, numbers_of

Scope = Literal["user_month", "story", "stage_day"]
"""Whose money a budget bounds: a user's in a month, a story's, and that of all users in a day. Both are in UTC."""

OVERRUN = 1.5
"""How many times its quote a task may cost before a person is asked."""

REPAIR = 1.2
"""What a repair costs, in first calls: it sends the first reply back, too."""


class Account(msgspec.Struct, frozen=True):
    """Whom a task spends for, and the month and the day, such as `2026-11` and `2026-11-26`, whose money it is.

    They are those in which the money was held: a task that runs past midnight spends the money of the day before.
    """

    user_id: str
    story_id: str
    month: str
    day: str


class Limits(msgspec.Struct, frozen=True):
    """The limits of the budgets of one account; None where there is none."""

    user_month: int | None = None
    story: int | None = None
    stage_day: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """What is held and spent of one budget."""

    scope: Scope
    limit: int | None
    held: int
    spent: int

    @property
    def left(self) -> int | None:
        """What can still be held; None without a limit. After a limit was lowered, more may be spent than it allows."""
        return None if self.limit is None else max(0, self.limit - self.held - self.spent)


class Quote(msgspec.Struct, frozen=True):
    """What a task should cost: the share of each step, by its code."""

    shares: Mapping[str, int] = {}
    repairs: int = 0
    """The share of the dearest call, which may have to be made again: a question to the author, or a line."""

    @property
    def total(self) -> int:
        """The sum of all shares."""
        return sum(self.shares.values())

    @property
    def room(self) -> int:
        """What the task may spend beyond its quote: half of it, or what one repair takes."""
        return max(round(self.total * (OVERRUN - 1)), round(self.repairs * REPAIR))


class Hold(msgspec.Struct, frozen=True):
    """What one attempt at a task holds in all budgets of its account.

    `left` is what no step has drawn yet, `room` what steps may still take beyond the quote. `closed`: the task has
    ended, and what comes back is free again.
    """

    attempt_id: str
    account: Account
    shares: Mapping[str, int]
    left: int
    room: int
    closed: bool = False


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """The money that one step has drawn, of which `extra` beyond its share of the hold, and what became of it.

    `calls` are the paid calls under way, each at its worst case under the id of its record. `spent` and `counts` (the
    numbers of COUNTS) are of purchases that are on record but not yet in the budgets and the month's counters.
    `version` goes up with every change, and `owner` is the worker that may make one. `touched` is the time of the last.
    """

    attempt_id: str
    step: str
    owner: str
    account: Account
    money: int
    extra: int = 0
    spent: int = 0
    counts: Sequence[int] = (0,) * len(COUNTS)
    calls: Mapping[str, Purchase] = {}
    version: int = 1
    touched: float = 0.0

    @property
    def left(self) -> int:
        """What is neither spent nor reserved for a call under way."""
        return self.money - self.spent - sum(call.micro for call in self.calls.values())

    @property
    def unused(self) -> int:
        """What goes back when the step ends, at which no call is under way."""
        return self.money - self.spent

    def topped_up(self, extra: int) -> "Draw":
        """Return this with `extra` more money."""
        return msgspec.structs.replace(self, money=self.money + extra, extra=self.extra + extra)

    def reserving(self, call_id: str, worst: Purchase) -> "Draw":
        """Return this with a call under way."""
        return msgspec.structs.replace(self, calls={**self.calls, call_id: worst})

    def without(self, call_id: str) -> "Draw":
        """Return this without a call that cost nothing."""
        return msgspec.structs.replace(self, calls={key: call for key, call in self.calls.items() if key != call_id})

    def buying(self, call_id: str, purchase: Purchase) -> tuple["Draw", int]:
        """Return this with a call turned into a purchase, and the money that is missing for it, which it then has.

        More than was reserved is bought where a server ignores the limit that was sent with the call.
        """
        rest = self.without(call_id)
        counts = [a + b for a, b in zip(self.counts, numbers_of(purchase), strict=True)]
        bought = msgspec.structs.replace(rest, spent=self.spent + purchase.micro, counts=counts)
        missing = max(0, -bought.left)
        return msgspec.structs.replace(bought, money=bought.money + missing), missing

    def settled(self) -> "Draw":
        """Return this with its purchases handed over to the budgets and the counters."""
        none = (0,) * len(COUNTS)
        return msgspec.structs.replace(self, money=self.money - self.spent, spent=0, counts=none)


def scarcest(standings: Sequence[Standing]) -> Standing | None:
    """Return the budget with the least left; None if none has a limit."""
    return min(
        (standing for standing in standings if standing.left is not None), key=lambda s: s.left or 0, default=None
    )
