"""What an operator types for a token, and what the commands say, on moto."""

import pytest

from chalicelib.errors import Invalid
from chalicelib.issuing import TokenOrder, issue, listing, revoke, token_order
from chalicelib.store.access import TokenStore
from chalicelib.store.user_limits import UserLimits
from tests.support.clock import ManualClock

DAY_S = 86_400


@pytest.mark.parametrize(
    ("limit", "micro"),
    [("5", 5_000_000), ("7.50", 7_500_000), ("0.000001", 1), ("0", 0), (" 12 ", 12_000_000), ("1000000", 10**12)],
)
def test_a_limit_is_dollars(limit: str, micro: int) -> None:
    assert token_order("ann", limit, None) == TokenOrder("ann", sets_limit=True, limit=micro)


def test_none_takes_a_limit_away_and_nothing_leaves_it() -> None:
    assert token_order("ann", "none", None) == TokenOrder("ann", sets_limit=True, limit=None)
    assert token_order("ann", None, None) == TokenOrder("ann", sets_limit=False, limit=None)


@pytest.mark.parametrize(
    "limit", ["", "-1", "1e3", "nan", "inf", "five", "$5", "5,00", "1000000.01", "\u0665", "9" * 99]
)
def test_any_other_limit_is_named(limit: str) -> None:
    with pytest.raises(Invalid, match=r"^LIMIT must be dollars a month"):
        token_order("ann", limit, None)


@pytest.mark.parametrize("days", ["1", "90", "3650"])
def test_days_are_a_whole_number(days: str) -> None:
    assert token_order("ann", None, days).days == int(days)


@pytest.mark.parametrize("days", ["", "0", "-1", "1.5", "3651", "soon", "\u0665", "9" * 5000])
def test_any_other_days_are_named(days: str) -> None:
    with pytest.raises(Invalid, match=r"^DAYS must be a whole number, 1 to 3,650"):
        token_order("ann", None, days)


@pytest.mark.parametrize("name", ["", "a b", "limit#ann", "x" * 65])
def test_a_name_that_no_user_may_have_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"^The user's name"):
        token_order(name, None, None)
    with pytest.raises(Invalid, match=r"^The user's name"):
        revoke(name, TokenStore(ManualClock()))


def test_a_later_token_keeps_the_limit_or_replaces_it(memory_aws: None) -> None:
    tokens, limits = TokenStore(ManualClock()), UserLimits()

    def said(limit: str | None, days: str | None = None) -> str:
        token, sentence = issue(token_order("ann", limit, days), tokens, limits)
        assert tokens.user_of(token) == "ann"
        return sentence

    assert said(None) == ""
    assert said("5", "1") == "ann may spend $5.00 a month. The token ends after 1 day."
    assert said(None) == "ann may spend $5.00 a month, as before."
    assert said("7.5") == "ann may spend $7.50 a month."
    assert said("none", "2") == "ann has no limit of their own any more. The token ends after 2 days."
    assert limits.get("ann") is None


def test_the_list_has_who_what_and_when_and_no_token(memory_aws: None) -> None:
    clock = ManualClock()
    tokens, limits = TokenStore(clock), UserLimits()
    issued = [issue(token_order(*order), tokens, limits)[0] for order in (("bob", None, None), ("ann", "5", "1"))]
    limits.put("carol", 250_000)
    assert tokens.user_of(issued[1]) == "ann"
    made, used = (known.created_at[:10] for known in tokens.issued())
    clock.advance(2 * DAY_S)
    head, ann, bob, carol = listing(tokens, limits, clock)
    assert head.split("  ")[0] == "NAME"
    assert ann.split()[:3] == ["ann", "$5.00", made]
    assert ann.split()[4:] == ["(ended)", used]
    assert bob.split() == ["bob", "-", made, "never", "-"]
    assert carol.split() == ["carol", "$0.25", "no", "token", "-", "-"]
    assert not [token for token in issued if token in "".join((head, ann, bob, carol))]


def test_revoking_says_how_many_tokens_there_were(memory_aws: None) -> None:
    tokens, limits = TokenStore(ManualClock()), UserLimits()
    assert revoke("ann", tokens) == "ann has no token."
    issue(token_order("ann", "5", None), tokens, limits)
    assert revoke("ann", tokens).startswith("ann: 1 token is revoked, and refused within 45 seconds")
    assert limits.get("ann") == 5_000_000
