"""The providers' keys: where they are looked for, and what is said of one that is not there."""

from typing import Literal

import pytest

from chalicelib.errors import NoParameter, ProviderFault, StoreUnavailable
from chalicelib.providers.keys import ABSENT_S, NO_KEY, Keyed, key, optional_key
from tests.support.stage import settings

NAME = "OPENAI_API_KEY"


class Parameters:
    """Parameter Store with one value for every name; it notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, name: str) -> str:
        self.asked.append(name)
        return "stored"


def test_the_environment_goes_first_and_nothing_else_is_asked() -> None:
    parameters = Parameters()
    assert key(NAME, settings, parameters.get, {NAME: "given"})() == "given"
    assert parameters.asked == []


@pytest.mark.parametrize("env", [{}, {NAME: ""}])
def test_otherwise_it_is_a_parameter_of_the_stage(env: dict[str, str]) -> None:
    parameters = Parameters()
    assert key(NAME, settings, parameters.get, env)() == "stored"
    assert parameters.asked == ["/fireside/test/OPENAI_API_KEY"]


@pytest.mark.parametrize("reason", ["missing", "unreadable"])
@pytest.mark.parametrize(("name", "provider"), [(NAME, "OpenAI"), ("ELEVENLABS_API_KEY", "ElevenLabs")])
def test_no_key_is_told_like_a_refused_one(name: str, provider: str, reason: Literal["missing", "unreadable"]) -> None:
    def none(_name: str) -> str:
        raise NoParameter(reason)

    with pytest.raises(ProviderFault) as caught:
        key(name, settings, none, {})()
    assert (caught.value.provider, caught.value.status, caught.value.code) == (provider, 401, f"{reason}_api_key")


def test_a_store_that_is_away_is_no_fault_of_the_key() -> None:
    def away(_name: str) -> str:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        key(NAME, settings, away, {})()


def test_a_client_is_made_once_for_each_key() -> None:
    present, made = ["k1"], list[str]()

    def make(value: str) -> str:
        made.append(value)
        return f"client {len(made)}"

    keyed = Keyed(lambda: present[0], make)
    assert [keyed.get(), keyed.get()] == ["client 1"] * 2
    present[0] = "k2"
    assert keyed.get() == "client 2"
    assert made == ["k1", "k2"]


def test_a_client_that_was_given_up_is_not_used_again() -> None:
    keyed: Keyed[object] = Keyed(lambda: "k", lambda _value: object())
    assert keyed.take() is None
    first = keyed.get()
    assert keyed.take() is first
    assert keyed.take() is None
    assert keyed.get() is not first


SPEECH = "SPEECH_API_KEY"


def test_a_server_that_needs_no_key_gets_one_that_says_so() -> None:
    asked: list[str] = []
    now = [0.0]

    def none(name: str) -> str:
        asked.append(name)
        raise NoParameter("missing")

    read = optional_key(SPEECH, settings, none, {}, lambda: now[0])
    assert [read(), read()] == [NO_KEY] * 2
    assert asked == ["/fireside/test/SPEECH_API_KEY"]  # not once for each line
    now[0] = ABSENT_S
    assert read() == NO_KEY
    assert len(asked) == 2


def test_an_optional_key_that_is_there_is_used() -> None:
    assert optional_key(SPEECH, settings, Parameters().get, {SPEECH: "given"})() == "given"
    assert optional_key(SPEECH, settings, Parameters().get, {})() == "stored"


def test_an_optional_key_that_cannot_be_read_is_no_absent_one() -> None:
    def refused(_name: str) -> str:
        raise NoParameter("unreadable")

    with pytest.raises(ProviderFault) as caught:
        optional_key(SPEECH, settings, refused, {})()
    assert (caught.value.provider, caught.value.code) == ("the speech server", "unreadable_api_key")
