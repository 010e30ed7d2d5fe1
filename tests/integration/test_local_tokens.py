"""LOCAL_TOKEN counts for as long as it is set, and a token that is deleted for a minute at most."""

import hashlib

import msgspec
import pytest

import app
from chalicelib.errors import Invalid
from chalicelib.issuing import issue, listing, revoke, token_order
from chalicelib.store.access import TokenStore
from chalicelib.store.tables import TokenItem
from chalicelib.store.user_limits import UserLimits
from chalicelib.story.config import load_config
from local.authorization import Authorizer
from local.http_messages import Refusal
from local.lambda_context import LambdaContext
from local.lambda_events import EventConverter
from local.system import USER
from local.tokens import LocalTokens
from tests.support.clock import ManualClock
from tests.support.testapp import TestApp

WITHIN_S = 60.0
SET = "a token of the environment"


@pytest.fixture
def clock(memory_aws: None) -> ManualClock:
    return ManualClock()


def stored() -> int:
    return len(list(TokenItem.scan()))


def test_the_token_of_the_environment_is_accepted_and_stored_nowhere(clock: ManualClock) -> None:
    tokens = LocalTokens(clock)
    tokens.accept(SET, USER)
    assert tokens.user_of(SET) == USER
    assert stored() == 0
    assert LocalTokens(clock).user_of(SET) is None  # the next process, in whose environment it is no more


def test_what_an_earlier_version_stored_of_it_opens_nothing(clock: ManualClock) -> None:
    TokenStore(clock).accept(SET, USER)
    assert stored() == 1
    assert TokenStore(clock).user_of(SET) == USER
    assert LocalTokens(clock).user_of(SET) is None


def test_tokens_that_were_issued_and_those_of_other_users_stay_good(clock: ManualClock) -> None:
    issued = {user: TokenStore(clock).issue(user) for user in (USER, "ann")}
    TokenStore(clock).accept("ann's own", "ann")
    tokens = LocalTokens(clock)
    tokens.accept(SET, USER)
    assert {user: tokens.user_of(token) for user, token in issued.items()} == {USER: USER, "ann": "ann"}
    assert tokens.user_of("ann's own") == "ann"


@pytest.mark.parametrize("token", ["", SET + " ", SET[:-1], "\ud800", hashlib.sha256(SET.encode()).hexdigest()])
def test_no_other_token_opens_anything(clock: ManualClock, token: str) -> None:
    tokens = LocalTokens(clock)
    tokens.accept(SET, USER)
    assert tokens.user_of(token) is None


@pytest.mark.parametrize("token", ["", " \t"])
def test_an_empty_one_is_refused(clock: ManualClock, token: str) -> None:
    with pytest.raises(Invalid):
        LocalTokens(clock).accept(token, USER)


def test_a_deleted_token_ends_within_a_minute(testapp: TestApp) -> None:
    clock = ManualClock()
    authorizer = Authorizer(app.app, clock)
    header = {"authorization": f"Bearer {testapp.tokens['ann']}"}

    def ask() -> str:
        event = EventConverter(app.app).create_lambda_event("GET", "/stories", header)
        authorized, _ = authorizer.authorize("/stories", event, LambdaContext("fireside", 60.0))
        return str(authorized["requestContext"]["authorizer"]["principalId"])

    assert ask() == "ann"
    TokenItem(_key_of("ann")).delete()
    assert ask() == "ann"  # remembered, as API Gateway does
    clock.advance(WITHIN_S)
    with pytest.raises(Refusal) as refusal:
        ask()
    assert refusal.value.status == 401


def _key_of(user: str) -> str:
    [item] = [item for item in TokenItem.scan() if item.user_id == user]
    return str(item.token_hash)


def test_a_token_ends_after_its_days_and_is_used_once_a_day(clock: ManualClock) -> None:
    tokens, limits = TokenStore(clock), UserLimits()
    token, said = issue(token_order("ann", "5", "2"), tokens, limits)
    assert said == "ann may spend $5.00 a month. The token ends after 2 days."
    assert tokens.user_of(token) == "ann"
    [row] = [line.split() for line in listing(tokens, limits, clock) if line.startswith("ann")]
    assert row == ["ann", "$5.00", "2026-11-23", "2026-11-25", "2026-11-23"]
    clock.advance(86_400)
    assert tokens.user_of(token) == "ann"
    assert tokens.issued()[0].last_used == "2026-11-24"
    clock.advance(86_400)
    assert tokens.user_of(token) is None
    assert any("(ended)" in line for line in listing(tokens, limits, clock))


def test_a_later_token_replaces_the_limit_or_keeps_it_and_revoking_ends_them_all(clock: ManualClock) -> None:
    tokens, limits = TokenStore(clock), UserLimits()
    first, _ = issue(token_order("ann", "5", None), tokens, limits)
    second, said = issue(token_order("ann", None, None), tokens, limits)
    assert (limits.get("ann"), said) == (5_000_000, "ann may spend $5.00 a month, as before.")
    issue(token_order("ann", "7.50", None), tokens, limits)
    assert limits.get("ann") == 7_500_000
    issue(token_order("bob", None, None), tokens, limits)
    assert revoke("ann", tokens).startswith("ann: 3 tokens are revoked")
    assert [tokens.user_of(token) for token in (first, second)] == [None, None]
    assert [token.user_id for token in tokens.issued()] == ["bob"]
    assert revoke("ann", tokens) == "ann has no token."
    assert any("no token" in line for line in listing(tokens, limits, clock))
    issue(token_order("ann", "none", None), tokens, limits)
    assert limits.get("ann") is None


@pytest.mark.parametrize(
    ("limit", "days", "field"),
    [("x", None, "LIMIT"), ("-1", None, "LIMIT"), ("1e3", None, "LIMIT"), ("", None, "LIMIT"), ("1", "0", "DAYS"),
     ("1", "x", "DAYS"), (None, "4000", "DAYS")],
)  # fmt: skip
def test_a_bad_limit_or_number_of_days_is_named(limit: str | None, days: str | None, field: str) -> None:
    with pytest.raises(Invalid, match=field):
        token_order("ann", limit, days)


def test_a_users_own_limit_takes_the_place_of_the_one_for_all(testapp: TestApp) -> None:
    testapp.services.user_limits.put("ann", 100_000)
    assert testapp.request("GET", "/budget").json_body["limit_usd"] == 0.1
    assert testapp.request("GET", "/budget", user="bob").json_body["limit_usd"] is None
    story_id = testapp.create(num_chapters=1)
    assert testapp.request("POST", f"/stories/{story_id}/generate", {"audio": True}).status_code == 402


def test_only_configured_voices_can_be_chosen(testapp: TestApp) -> None:
    body = {"prompt": "A lamp", "voices": {"Ada": "somebody-elses-voice"}}
    refused = testapp.request("POST", "/stories", body)
    assert refused.status_code == 400
    assert refused.json_body["Message"].startswith("voices: somebody-elses-voice is not one of the configured voices")
    config = load_config()
    opened = msgspec.structs.replace(config, access=msgspec.structs.replace(config.access, any_voice=True))
    assert TestApp(config=opened, clock=testapp.clock).request("POST", "/stories", body).status_code == 201
