"""A user's months: counters of what was bought for each story, kept beside the budget of the month.

Records of versions that had no budgets are counted once, when a month is opened; those since then are counted in the
transaction that takes them out of the draw of their step.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pynamodb.transactions import TransactWrite

from chalicelib.domain.usage import COUNTS, Sums
from chalicelib.store.ledger_tables import BudgetItem, CounterItem
from chalicelib.store.outage import repository
from chalicelib.store.tables import UsageItem
from chalicelib.store.transactions import Write, conditional_write

PAGE = 2000
"""Records in one answer: the AWS of one machine answers nobody else while it collects them, for some 40 ms."""


def month_key(user_id: str) -> str:
    """Return the hash key of a user's months."""
    return f"month#{user_id}"


@repository
class Months:
    """The months of all users."""

    def read(self, user_id: str, month: str) -> Sums:
        """Return what the user's purchases of a month such as `2026-11` add up to, by story: mostly by one query."""
        is_open, sums = _read(user_id, month)
        if is_open or not (old := _old_records(user_id, month)):
            return sums
        self.open(user_id, month, old)
        return _read(user_id, month)[1]

    def open(self, user_id: str, month: str, old: Mapping[str, Sequence[int]] | None = None) -> None:
        """Create the month, unless it is there, from the records of versions that did not count them.

        `old` are their sums, by story, where they are known.
        """
        if old is None and _is_open(user_id, month):
            return
        old = _old_records(user_id, month) if old is None else old
        # The counters first, each only where there is none: after a crash the next reader does the rest, and once
        # the month is there, and purchases are counted, none of them is written again.
        for story_id, numbers in old.items():
            named: dict[str, Any] = dict(zip(COUNTS, numbers, strict=True))
            counter = CounterItem(month_key(user_id), f"{month}#{story_id}", **named)
            conditional_write(partial(counter.save, condition=CounterItem.user_id.does_not_exist()))
        spent = sum(numbers[-1] for numbers in old.values())
        item = BudgetItem(month_key(user_id), month, committed=spent, spent=spent)
        conditional_write(partial(item.save, condition=BudgetItem.user_id.does_not_exist()))

    def count(self, user_id: str, month: str, story_id: str, numbers: Sequence[int]) -> Write:
        """Add the numbers of COUNTS to a story's counters."""
        actions = [
            getattr(CounterItem, name).add(number) for name, number in zip(COUNTS, numbers, strict=True) if number
        ]
        item = CounterItem(month_key(user_id), f"{month}#{story_id}")

        def write(transaction: TransactWrite) -> None:
            transaction.update(item, actions=actions)

        return write

    def forget(self, user_id: str) -> None:
        """Remove a user's months."""
        with BudgetItem.batch_write() as batch:
            for item in BudgetItem.query(month_key(user_id)):
                batch.delete(item)


def _is_open(user_id: str, month: str) -> bool:
    try:
        BudgetItem.get(month_key(user_id), month, consistent_read=True)
    except BudgetItem.DoesNotExist:
        return False
    return True


def _read(user_id: str, month: str) -> tuple[bool, dict[str, list[int]]]:
    """Return whether the month is open, and its counters by story."""
    is_open, sums = False, dict[str, list[int]]()
    items = CounterItem.query(month_key(user_id), CounterItem.time_id.startswith(month), consistent_read=True)
    for item in items:
        _, counter, story_id = item.time_id.partition("#")
        if not counter:
            is_open = True
            continue
        sums[story_id] = [int(getattr(item, name) or 0) for name in COUNTS]
    return is_open, sums


def _old_records(user_id: str, month: str) -> dict[str, list[int]]:
    """Return the sums of the records of a month that no counter holds, by story."""
    sums: dict[str, list[int]] = {}
    wanted = UsageItem.time_id.between(month, f"{month}~")
    records = UsageItem.query(user_id, wanted, UsageItem.month.does_not_exist(), consistent_read=True, page_size=PAGE)
    for record in records:
        tokens = [int(record.input_tokens), int(record.cached_tokens), int(record.output_tokens)]
        cost = round(float(record.cost_usd) * 1e6)
        numbers = [1, int(bool(record.uncertain)), *tokens, int(record.characters), cost]
        so_far = sums.get(record.story_id)
        sums[record.story_id] = numbers if so_far is None else [a + b for a, b in zip(so_far, numbers, strict=True)]
    return sums
