"""The providers' API keys: from the environment on one machine, from SSM Parameter Store on Lambda. Never logged."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from chalicelib.errors import NoParameter, Provider, ProviderFault
from chalicelib.settings import Settings

PROVIDERS: dict[str, Provider] = {
    "OPENAI_API_KEY": "OpenAI",
    "ELEVENLABS_API_KEY": "ElevenLabs",
    "SPEECH_API_KEY": "the speech server",
}

NO_KEY = "none"
"""What is sent to a server that needs no key: the SDKs want one."""

ABSENT_S = 300
"""How long a key that is not in Parameter Store is not looked for again; one that is there is kept as long."""

C = TypeVar("C")


def parameter_name(settings: Settings, name: str) -> str:
    """Return the name of a key in Parameter Store, such as `/fireside/dev/OPENAI_API_KEY`."""
    return f"/fireside/{settings.stage}/{name}"


def key(
    name: str, settings: Settings, parameter: Callable[[str], str], env: Mapping[str, str] = os.environ
) -> Callable[[], str]:
    """Return a function that reads the key `name` from the environment or, by `parameter`, from Parameter Store.

    Raises ProviderFault, as for a refused key, where there is none. Other errors of the store pass through.
    """

    def read() -> str:
        if value := env.get(name):
            return value
        try:
            return parameter(parameter_name(settings, name))
        except NoParameter as error:
            raise ProviderFault(PROVIDERS[name], "status", status=401, code=f"{error.reason}_api_key") from None

    return read


def optional_key(
    name: str,
    settings: Settings,
    parameter: Callable[[str], str],
    env: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[], str]:
    """Return a function that reads a key as `key` does, and returns NO_KEY where there is none."""
    absent_until = 0.0

    def found(parameter_name: str) -> str:
        nonlocal absent_until
        if clock() < absent_until:
            return NO_KEY
        try:
            return parameter(parameter_name)
        except NoParameter as error:
            if error.reason != "missing":
                raise
            absent_until = clock() + ABSENT_S
            return NO_KEY

    return key(name, settings, found, env)


class Keyed(Generic[C]):
    """A client made with a key, and made again when the key has been replaced."""

    def __init__(self, read: Callable[[], str], make: Callable[[str], C]) -> None:
        self._read = read
        self._make = make
        self._made: tuple[str, C] | None = None

    def get(self) -> C:
        """Return the client for the present key."""
        value = self._read()
        # Read once: `take` or another thread may replace it meanwhile. Two threads may each make a client; one stays.
        made = self._made
        if made is None or made[0] != value:
            self._made = made = (value, self._make(value))
        return made[1]

    def take(self) -> C | None:
        """Give up the client, if there is one, and return it; the next `get` makes another."""
        made, self._made = self._made, None
        return made[1] if made else None
