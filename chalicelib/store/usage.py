"""The repository of paid calls: one record each, for `GET /usage`."""

import secrets
from collections.abc import Iterator
from itertools import islice

import msgspec
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.budgets import Account
from chalicelib.domain.usage import LINE, Purchase, Sums, UsageRecord
from chalicelib.errors import Provider
from chalicelib.store.months import Months
from chalicelib.store.outage import repository
from chalicelib.store.tables import UsageItem
from chalicelib.store.transactions import Write, transact

RECORDS_AT_ONCE = 40
"""Records that change their owner in one transaction: two writes each, of the hundred that DynamoDB allows."""


@repository
class UsageLog:
    """The records of all users."""

    def __init__(self, clock: Clock, months: Months) -> None:
        self._clock = clock
        self._months = months

    def new_id(self) -> str:
        """Return the id of the record of a call that is made now."""
        return f"{rfc3339(self._clock())}#{secrets.token_hex(8)}"

    def record(self, account: Account, record_id: str, purchase: Purchase) -> Write:
        """Return the write that stores the record of a purchase."""
        return _saving(UsageRecord(account.user_id, record_id, account.story_id, purchase, account.month))

    def has_sold(self, user_id: str, provider: Provider, within_s: float) -> bool:
        """Return whether the provider has sold this user anything within the last `within_s` seconds."""
        since = rfc3339(self._clock() - within_s)
        lines = UsageItem.kind == LINE
        # A record names its kind, not the provider; lines are all that a narrator sells.
        of_provider = ~lines if provider == "OpenAI" else lines
        newest = UsageItem.query(
            user_id,
            UsageItem.time_id > since,
            of_provider & UsageItem.uncertain.does_not_exist(),  # silence is no answer
            scan_index_forward=False,
            consistent_read=True,
            limit=1,
            # The filter applies to pages already read: in pages of one, each record that does not match costs a
            # request.
            page_size=100,
        )
        return next(newest, None) is not None

    def month(self, user_id: str, month: str) -> Sums:
        """Return what the user's purchases of a month such as `2026-11` add up to, by story."""
        return self._months.read(user_id, month)

    def of_user(self, user_id: str) -> Iterator[UsageRecord]:
        """Return all records of a user, oldest first."""
        return map(_record, UsageItem.query(user_id))

    def first(self, user_id: str) -> UsageRecord | None:
        """Return the oldest record of a user, or None."""
        return next(map(_record, UsageItem.query(user_id, limit=1)), None)

    def anonymize(self, user_id: str) -> int:
        """Move the user's records to an anonymous owner, so that a stage's totals stay right; return their number.

        Each record changes its owner in one transaction, so a crash neither counts one twice nor loses one.
        """
        nobody, count, records = f"forgotten-{secrets.token_hex(8)}", 0, iter(list(UsageItem.query(user_id)))
        while some := list(islice(records, RECORDS_AT_ONCE)):
            transact(*(_renaming(item, nobody) for item in some))
            count += len(some)
        # Last: a reader in between sums what is left, and that is forgotten with the rest.
        self._months.forget(user_id)
        return count


def _saving(record: UsageRecord) -> Write:
    return lambda transaction: transaction.save(_item(record))


def _renaming(item: UsageItem, user_id: str) -> Write:
    def write(transaction: TransactWrite) -> None:
        transaction.save(UsageItem(**{**item.attribute_values, "user_id": user_id}))
        transaction.delete(UsageItem(item.user_id, item.time_id))

    return write


def _item(record: UsageRecord) -> UsageItem:
    numbers = {**msgspec.structs.asdict(record.purchase), "uncertain": record.purchase.uncertain or None}
    return UsageItem(record.user_id, record.time_id, story_id=record.story_id, month=record.month or None, **numbers)


def _record(item: UsageItem) -> UsageRecord:
    purchase = Purchase(
        kind=item.kind,
        model=item.model,
        cost_usd=float(item.cost_usd),
        chapter=int(item.chapter or 0),
        input_tokens=int(item.input_tokens),
        cached_tokens=int(item.cached_tokens),
        output_tokens=int(item.output_tokens),
        characters=int(item.characters),
        uncertain=bool(item.uncertain),
    )
    return UsageRecord(item.user_id, item.time_id, item.story_id, purchase, item.month or "")
