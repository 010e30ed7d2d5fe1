"""The items of the ledger. They share the table of the records, under hash keys that no user has.

    month#<user>      2026-11             a user's month: what is committed and spent of it
                      2026-11#<story>     the counters of one story in that month
    budget#story      <story>             what is committed and spent of a story
    budget#stage      2026-11-26          what all users committed and spent on a day
    holds             <task>:<attempt>    what an attempt at a task holds
    draws#<task>:<attempt>    <step>      what one of its steps has drawn

`committed` is spent and held together: one number, so that one condition bounds both.
"""

from typing import Any, ClassVar

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.domain.budgets import Account
from chalicelib.store.connections import Table, Where
from chalicelib.store.tables import UsageItem

HOLDS = "holds"


class LedgerTable(Table):
    """What the items of the ledger share: the keys of their table."""

    user_id = UnicodeAttribute(hash_key=True)
    time_id = UnicodeAttribute(range_key=True)


class BudgetItem(LedgerTable):
    """A budget, in micro-dollars."""

    class Meta(Where):
        table_name = UsageItem.Meta.of_stage

    committed = NumberAttribute(null=True)
    spent = NumberAttribute(null=True)


class CounterItem(LedgerTable):
    """What a user's purchases for one story add up to in a month: the numbers of COUNTS."""

    class Meta(Where):
        table_name = UsageItem.Meta.of_stage

    calls = NumberAttribute(null=True)
    uncertain_calls = NumberAttribute(null=True)
    input_tokens = NumberAttribute(null=True)
    cached_tokens = NumberAttribute(null=True)
    output_tokens = NumberAttribute(null=True)
    characters = NumberAttribute(null=True)
    cost_micro_usd = NumberAttribute(null=True)


class AccountTable(LedgerTable):
    """What the items that hold money share: the account whose money it is."""

    owner = UnicodeAttribute()
    story_id = UnicodeAttribute()
    month = UnicodeAttribute()
    day = UnicodeAttribute()

    @property
    def account(self) -> Account:
        """The account whose money it is."""
        return Account(self.owner, self.story_id, self.month, self.day)


def columns(account: Account) -> dict[str, Any]:
    """Return an account as the attributes of `AccountTable`."""
    return {"owner": account.user_id, "story_id": account.story_id, "month": account.month, "day": account.day}


class HoldItem(AccountTable):
    """What an attempt at a task holds; `shares` are those of its quote, by step code."""

    class Meta(Where):
        table_name = UsageItem.Meta.of_stage

    shares: JSONAttribute = JSONAttribute()
    left = NumberAttribute()
    room = NumberAttribute()
    closed = BooleanAttribute(null=True)


class DrawItem(AccountTable):
    """What a step has drawn. `calls` are the calls under way, at their worst case, by the id of their record."""

    class Meta(Where):
        table_name = UsageItem.Meta.of_stage

    worker = UnicodeAttribute()
    money = NumberAttribute()
    extra = NumberAttribute()
    spent = NumberAttribute()
    counts: JSONAttribute = JSONAttribute()
    calls: JSONAttribute = JSONAttribute()
    version = NumberAttribute()
    touched = NumberAttribute()

    when_missing: ClassVar[dict[str, Any]] = {"extra": 0, "spent": 0, "calls": {}, "touched": 0}
