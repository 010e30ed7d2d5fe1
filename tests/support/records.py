"""Records of purchases that no step has made."""

from typing import TYPE_CHECKING

from chalicelib.domain.usage import Purchase
from chalicelib.store.tables import UsageItem
from chalicelib.store.transactions import commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.testapp import TestApp


def store_record(testapp: "TestApp", purchase: Purchase, user_id: str = "ann", story_id: str = "s") -> None:
    """Store the record of a purchase, which no budget holds."""
    usage = testapp.services.usage
    account = testapp.services.ledger.account(user_id, story_id)
    assert commit(usage.record(account, usage.new_id(), purchase))


def all_records() -> "Iterator[UsageItem]":
    """Return the records of all users: the table holds the items of the ledger, too, under other keys."""
    return (item for item in UsageItem.scan() if "#" in item.time_id and "#" not in item.user_id)
