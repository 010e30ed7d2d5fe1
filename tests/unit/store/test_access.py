"""Tokens, on moto: when they end, and the day of their last use."""

import threading
from typing import Any

import pytest

from chalicelib.clock import rfc3339
from chalicelib.store import access
from chalicelib.store.access import TokenStore, token_hash
from chalicelib.store.connections import connection
from chalicelib.store.outage import STORE_ERRORS
from chalicelib.store.tables import TokenItem
from tests.support.clock import ManualClock

DAY_S = 86_400


@pytest.fixture
def clock(memory_aws: None) -> ManualClock:
    return ManualClock()


@pytest.fixture
def writes(memory_aws: None) -> list[str]:
    """Collect the updates that DynamoDB is sent from now on."""
    sent: list[str] = []
    connection().client.meta.events.register(
        "before-call.dynamodb.UpdateItem", lambda model, **_rest: sent.append(model.name)
    )
    return sent


def test_a_token_ends_after_its_days_although_its_item_is_still_there(clock: ManualClock) -> None:
    tokens = TokenStore(clock)
    token, endless = tokens.issue("ann", days=90), tokens.issue("ann")
    clock.advance(90 * DAY_S - 1)
    assert tokens.user_of(token) == "ann"
    clock.advance(1)
    assert tokens.user_of(token) is None
    assert tokens.user_of(endless) == "ann"
    assert TokenItem.get(token_hash(token)).expires == int(clock())  # what DynamoDB removes it by


def test_the_day_of_the_last_use_is_recorded_once_a_day_for_each_token(clock: ManualClock, writes: list[str]) -> None:
    tokens = TokenStore(clock)
    token, other = tokens.issue("ann"), tokens.issue("ann")
    for _ in range(3):
        assert tokens.user_of(token) == "ann"
    assert len(writes) == 1
    [first] = {known.last_used for known in tokens.issued_to("ann")} - {None}
    clock.advance(DAY_S)
    for _ in range(3):
        tokens.user_of(token)
    tokens.user_of(other)
    assert len(writes) == 3
    [later] = {known.last_used for known in tokens.issued_to("ann")}
    assert (first, later) == (_day(clock() - DAY_S), _day(clock()))


def test_a_token_that_is_revoked_while_it_is_used_stays_revoked(clock: ManualClock) -> None:
    tokens = TokenStore(clock)
    token = tokens.issue("ann")
    item = TokenItem.get(token_hash(token))
    tokens.revoke(token)
    tokens._record_use(item)  # read before, written after
    assert list(TokenItem.scan()) == []


def test_a_failure_to_record_the_use_refuses_nothing(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = TokenStore(clock)
    token = tokens.issue("ann")

    def broken(*_args: Any, **_rest: Any) -> None:
        raise STORE_ERRORS[0]("no")

    monkeypatch.setattr(TokenItem, "update", broken)
    with caplog.at_level("INFO"):
        assert tokens.user_of(token) == "ann"
    assert "last_use_not_stored" in caplog.text
    assert token not in caplog.text
    assert token_hash(token) not in caplog.text


def test_a_request_does_not_wait_for_a_store_that_does_not_answer(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = TokenStore(clock)
    token = tokens.issue("ann")
    over = threading.Event()
    monkeypatch.setattr(access, "USE_S", 0.05)
    monkeypatch.setattr(TokenItem, "update", lambda *_args, **_rest: over.wait(10))
    try:
        assert tokens.user_of(token) == "ann"
        assert not over.is_set()
    finally:
        over.set()


def test_all_tokens_of_one_user_are_revoked_and_no_others(clock: ManualClock) -> None:
    tokens = TokenStore(clock)
    anns, bobs = [tokens.issue("ann") for _ in range(3)], tokens.issue("bob")
    assert tokens.revoke_all("ann") == 3
    assert [tokens.user_of(token) for token in [*anns, bobs]] == [None, None, None, "bob"]


def _day(moment: float) -> str:
    return rfc3339(moment)[:10]
