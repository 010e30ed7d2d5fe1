"""The ledger: what is held and spent of every budget, by whom, and for which calls.

Every change is one transaction whose conditions keep the law: no limit is passed by what is spent and held together.
The one exception is a purchase that cost more than was reserved for it: it is booked all the same, and nothing else
fits that budget then.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.budgets import Account, Draw, Hold, Limits, Quote, Scope, Standing
from chalicelib.domain.usage import Purchase
from chalicelib.store.ledger_tables import HOLDS, BudgetItem, DrawItem, HoldItem, columns
from chalicelib.store.months import Months, month_key
from chalicelib.store.outage import repository
from chalicelib.store.transactions import Write, conditional_write, transact

CALL = ("kind", "model", "cost_usd", "chapter", "input_tokens", "cached_tokens", "output_tokens", "characters")
"""What is stored of a call under way, in this order."""

SCOPES: tuple[Scope, ...] = ("user_month", "story", "stage_day")


@repository
class Ledger:
    """The budgets of all users, stories and days. `limits_of` returns a user's limits now, for None those of all."""

    def __init__(self, clock: Clock, months: Months, limits_of: Callable[[str | None], Limits]) -> None:
        self._clock = clock
        self._months = months
        self._limits_of = limits_of

    def account(self, user_id: str, story_id: str) -> Account:
        """Return the account that a task which begins now spends from."""
        now = rfc3339(self._clock())
        return Account(user_id, story_id, now[: len("2026-11")], now[: len("2026-11-26")])

    def standings(self, account: Account) -> list[Standing]:
        """Return what is held and spent of the budgets that apply to an account, with or without a limit.

        An account without a story has the user's month and the day alone.
        """
        limits = self._limits_of(account.user_id)
        found = []
        for scope in SCOPES if account.story_id else ("user_month", "stage_day"):
            committed, spent = _read_budget(*_budget_key(account, scope))
            found.append(Standing(scope, getattr(limits, scope), committed - spent, spent))
        return found

    def spent_of_day(self, day: str) -> tuple[int, int | None]:
        """Return what is held and spent on a day in all, and its limit."""
        committed, _ = _read_budget("budget#stage", day)
        return committed, self._limits_of(None).stage_day

    def hold(self, account: Account, attempt_id: str, quote: Quote) -> list[Write]:
        """Return the writes that hold a quote in every budget; they fail where it does not fit."""
        self._months.open(account.user_id, account.month)
        item = HoldItem(
            HOLDS, attempt_id, shares=dict(quote.shares), left=quote.total, room=quote.room, **columns(account)
        )

        def save(transaction: TransactWrite) -> None:
            transaction.save(item, condition=HoldItem.user_id.does_not_exist())

        return [save, *(self._moves(account, committed=quote.total, limited=True) if quote.total else [])]

    def find(self, attempt_id: str) -> Hold | None:
        """Return the hold of an attempt at a task, or None."""
        try:
            return _hold(HoldItem.get(HOLDS, attempt_id, consistent_read=True))
        except HoldItem.DoesNotExist:
            return None

    def holds(self) -> Iterator[Hold]:
        """Return all holds."""
        yield from map(_hold, HoldItem.query(HOLDS, consistent_read=True))

    def draw_of(self, attempt_id: str, step: str) -> Draw | None:
        """Return what a step has drawn, or None."""
        try:
            return _draw(DrawItem.get(_draws(attempt_id), step, consistent_read=True))
        except DrawItem.DoesNotExist:
            return None

    def draws(self, attempt_id: str) -> list[Draw]:
        """Return what the steps of an attempt at a task have drawn."""
        return [_draw(item) for item in DrawItem.query(_draws(attempt_id), consistent_read=True)]

    def begin(self, draw: Draw) -> bool:
        """Store a new draw, and take its money from the hold, its `extra` from what is left of the budgets.

        Returns False if the step has one, the task has ended, or there is too little.
        """
        share = draw.money - draw.extra
        taken: list[Action] = [HoldItem.left.add(-share)]
        taken += [HoldItem.room.add(-draw.extra)] if draw.extra else []
        condition: Condition = HoldItem.closed.does_not_exist() & (HoldItem.left >= share)
        condition &= HoldItem.room >= draw.extra
        moved = self._moves(draw.account, committed=draw.extra, limited=True) if draw.extra else []
        return transact(self._insert(draw), _on_hold(draw.attempt_id, taken, condition), *moved)

    def top_up(self, before: Draw, after: Draw) -> bool:
        """Store a draw that takes more than its share; return False where there is too little, or it was taken over."""
        extra = after.extra - before.extra
        condition: Condition = HoldItem.closed.does_not_exist() & (HoldItem.room >= extra)
        hold = _on_hold(before.attempt_id, [HoldItem.room.add(-extra)], condition)
        return transact(self.update(before, after), hold, *self._moves(before.account, committed=extra, limited=True))

    def change(self, before: Draw, after: Draw) -> bool:
        """Store a changed draw; return False if it was taken over."""
        item, actions = DrawItem(_draws(before.attempt_id), before.step), self._changes(before, after)
        return conditional_write(lambda: item.update(actions, condition=_unchanged(before)))

    def update(self, before: Draw, after: Draw) -> Write:
        """Return the write that stores a changed draw; it fails if the draw was taken over."""
        item, actions = DrawItem(_draws(before.attempt_id), before.step), self._changes(before, after)
        return lambda transaction: transaction.update(item, actions=actions, condition=_unchanged(before))

    def settlement(self, draw: Draw, *, committed: int = 0) -> list[Write]:
        """Return the writes that hand a draw's purchases over to the budgets and the month's counters.

        `committed` is what the budgets gain or lose by it besides: a limit may be passed by money that nobody had
        reserved.
        """
        if not (draw.spent or committed or any(draw.counts)):
            return []
        account = draw.account
        moves = self._moves(account, committed=committed, spent=draw.spent) if committed or draw.spent else []
        if not any(draw.counts):
            return moves
        return [*moves, self._months.count(account.user_id, account.month, account.story_id, draw.counts)]

    def close(self, draw: Draw) -> bool:
        """Remove a draw without calls under way: its purchases are settled, and what is unused goes back.

        Returns False if it was taken over.
        """
        back_to_room = min(draw.unused, draw.extra)
        back_to_hold = draw.unused - back_to_room
        item = DrawItem(_draws(draw.attempt_id), draw.step)

        def remove(transaction: TransactWrite) -> None:
            transaction.delete(item, condition=_unchanged(draw))

        back: list[Action] = [HoldItem.left.add(back_to_hold)] if back_to_hold else []
        back += [HoldItem.room.add(back_to_room)] if back_to_room else []
        is_open: Condition = HoldItem.closed.does_not_exist() & HoldItem.owner.exists()
        hold = [_on_hold(draw.attempt_id, back, is_open)] if back else []
        if transact(remove, *hold, *self.settlement(draw, committed=-back_to_room)):
            return True
        # The task has ended: what comes back is free, whichever part of the hold it came from.
        return transact(remove, *self.settlement(draw, committed=-draw.unused)) if back else False

    def release(self, attempt_id: str) -> None:
        """Close the hold of an attempt that has ended, and free what no step has drawn. A second time changes nothing.

        The hold stays until `forget`: what steps have drawn from it is found by it.
        """
        while (hold := self.find(attempt_id)) is not None and not hold.closed:
            known: Condition = HoldItem.closed.does_not_exist() & (HoldItem.left == hold.left)
            closing = _on_hold(attempt_id, [HoldItem.closed.set(True), HoldItem.left.set(0)], known)
            free = self._moves(hold.account, committed=-hold.left) if hold.left else []
            transact(closing, *free)  # one whose `left` has changed meanwhile is read again

    def forget(self, attempt_id: str) -> None:
        """Remove a hold that is released, and that no step has a draw on any more."""
        HoldItem(HOLDS, attempt_id).delete()

    def _insert(self, draw: Draw) -> Write:
        facts = _facts(draw)
        facts |= {"worker": draw.owner, "version": 1, "touched": self._clock(), **columns(draw.account)}
        item = DrawItem(_draws(draw.attempt_id), draw.step, **facts)
        return lambda transaction: transaction.save(item, condition=DrawItem.user_id.does_not_exist())

    def _changes(self, before: Draw, after: Draw) -> list[Action]:
        old = _facts(before)
        changed = {name: value for name, value in _facts(after).items() if value != old[name]}
        changed |= {"worker": after.owner, "version": before.version + 1, "touched": self._clock()}
        return [getattr(DrawItem, name).set(value) for name, value in changed.items()]

    def _moves(self, account: Account, *, committed: int, spent: int = 0, limited: bool = False) -> list[Write]:
        """Return the writes that add to every budget; with `limited` they fail where a limit would be passed."""
        limits = self._limits_of(account.user_id) if limited else Limits()
        return [_move(*_budget_key(account, scope), committed, spent, getattr(limits, scope)) for scope in SCOPES]


def _move(user_id: str, time_id: str, committed: int, spent: int, limit: int | None) -> Write:
    actions: list[Action] = [BudgetItem.committed.add(committed)]
    actions += [BudgetItem.spent.add(spent)] if spent else []
    condition: Condition | None = None
    if limit is not None:
        # A budget without an item is one that nobody has used yet.
        unused: Condition = BudgetItem.committed.does_not_exist()
        condition = BudgetItem.committed <= limit - committed
        condition = condition | unused if committed <= limit else condition

    def write(transaction: TransactWrite) -> None:
        transaction.update(BudgetItem(user_id, time_id), actions=actions, condition=condition)

    return write


def _budget_key(account: Account, scope: Scope) -> tuple[str, str]:
    if scope == "user_month":
        return month_key(account.user_id), account.month
    return ("budget#story", account.story_id) if scope == "story" else ("budget#stage", account.day)


def _read_budget(user_id: str, time_id: str) -> tuple[int, int]:
    try:
        item = BudgetItem.get(user_id, time_id, consistent_read=True)
    except BudgetItem.DoesNotExist:
        return 0, 0
    return int(item.committed or 0), int(item.spent or 0)


def _on_hold(attempt_id: str, actions: list[Action], condition: Condition) -> Write:
    item = HoldItem(HOLDS, attempt_id)

    def write(transaction: TransactWrite) -> None:
        transaction.update(item, actions=actions, condition=condition)

    return write


def _unchanged(draw: Draw) -> Condition:
    known: Condition = (DrawItem.version == draw.version) & (DrawItem.worker == draw.owner)
    return known


def _draws(attempt_id: str) -> str:
    return f"draws#{attempt_id}"


def _facts(draw: Draw) -> dict[str, Any]:
    return {
        "money": draw.money,
        "extra": draw.extra,
        "spent": draw.spent,
        "counts": list(draw.counts),
        # By position: a draw with its calls should stay below 1 KB, which is what one write unit pays for.
        "calls": {call_id: [getattr(call, name) for name in CALL] for call_id, call in draw.calls.items()},
        "version": draw.version,
    }


def _hold(item: HoldItem) -> Hold:
    shares = {step: int(share) for step, share in item.shares.items()}
    return Hold(item.time_id, item.account, shares, int(item.left), int(item.room), bool(item.closed))


def _draw(item: DrawItem) -> Draw:
    return Draw(
        attempt_id=item.user_id.removeprefix("draws#"),
        step=item.time_id,
        owner=item.worker,
        account=item.account,
        money=int(item.money),
        extra=int(item.extra),
        spent=int(item.spent),
        counts=[int(number) for number in item.counts],
        calls={key: Purchase(**dict(zip(CALL, call, strict=True))) for key, call in item.calls.items()},
        version=int(item.version),
        touched=float(item.touched),
    )
