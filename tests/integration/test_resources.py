"""What `local` creates on an empty AWS, also when several processes create it at once."""

from typing import Any

import pytest
from pynamodb.exceptions import TableError

from chalicelib.store.tables import ALL, TokenItem
from chalicelib.timing import Timing
from local.resources import create_missing
from tests.support.stage import s3, settings, sqs


def test_creating_twice_changes_nothing(memory_aws: None) -> None:
    TokenItem("hash", user_id="ann", created_at="2026-11-24T00:00:00.000Z").save()
    create_missing(settings, Timing(), sqs(), s3())
    assert TokenItem.get("hash").user_id == "ann"
    assert all(model.exists() for model in ALL)


def test_a_table_that_another_process_makes_meanwhile_is_taken_as_it_is(
    memory_aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_yet(*_: Any) -> bool:
        return False  # asked a moment before the other process made it

    monkeypatch.setattr(TokenItem, "exists", not_yet)
    with pytest.raises(TableError):
        TokenItem.create_table()
    create_missing(settings, Timing(), sqs(), s3())
