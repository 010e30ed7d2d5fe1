"""LOCAL_TOKEN counts for as long as it is set, and a token that is deleted for a minute at most."""

import hashlib

import pytest

import app
from chalicelib.errors import Invalid
from chalicelib.store.access import TokenStore
from chalicelib.store.tables import TokenItem
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
