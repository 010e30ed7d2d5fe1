"""Limits of single users, on moto."""

from chalicelib.store.access import TokenStore
from chalicelib.store.tables import TokenItem
from chalicelib.store.user_limits import UserLimits
from tests.support.clock import ManualClock


def test_a_user_has_no_limit_until_one_is_given_and_the_last_one_counts(memory_aws: None) -> None:
    limits = UserLimits()
    assert limits.get("ann") is None
    limits.put("ann", 5_000_000)
    limits.put("ann", 7_500_000)
    limits.put("bob", 0)
    assert (limits.get("ann"), limits.get("bob")) == (7_500_000, 0)
    assert limits.of_all() == {"ann": 7_500_000, "bob": 0}


def test_a_limit_is_taken_away_by_none_or_by_removing_it_once_or_again(memory_aws: None) -> None:
    limits = UserLimits()
    limits.put("ann", 1)
    limits.put("ann", None)
    limits.put("bob", 1)
    for _ in range(2):
        limits.remove("bob")
    assert limits.of_all() == {}


def test_a_limit_is_no_token_and_a_token_no_limit(memory_aws: None) -> None:
    limits, tokens = UserLimits(), TokenStore(ManualClock())
    limits.put("ann", 1)
    tokens.issue("bob")
    assert tokens.users() == {"bob"}
    assert tokens.issued_to("ann") == []
    assert tokens.revoke_all("ann") == 0
    assert limits.of_all() == {"ann": 1}
    for guess in ("limit#ann", "ann"):
        assert tokens.user_of(guess) is None
    assert len(list(TokenItem.scan())) == 2
