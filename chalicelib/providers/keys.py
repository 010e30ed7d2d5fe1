"""The providers' API keys: from the environment on one machine, from SSM Parameter Store on Lambda. Never logged."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from botocore.exceptions import ClientError

from chalicelib.errors import ProviderFault
from chalicelib.settings import Settings
from chalicelib.store import aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SSMProvider

KEPT_S = 300
"""How long a key is used before it is read again: so long a replaced key stays in use."""

PROVIDERS: dict[str, Literal["OpenAI", "ElevenLabs"]] = {
    "OPENAI_API_KEY": "OpenAI",
    "ELEVENLABS_API_KEY": "ElevenLabs",
}

_NO_KEY = {"ParameterNotFound": "missing_api_key", "AccessDeniedException": "unreadable_api_key"}

C = TypeVar("C")


def parameter_name(settings: Settings, name: str) -> str:
    """Where a key is kept in Parameter Store, such as `/fireside/dev/OPENAI_API_KEY`."""
    return f"/fireside/{settings.stage}/{name}"


@cache
def _parameter_store(region: str) -> "SSMProvider":
    from aws_lambda_powertools.utilities.parameters import SSMProvider  # noqa: PLC0415 # on Lambda alone

    return SSMProvider(boto3_client=aws.ssm(region))


def key(name: str, settings: Settings, env: Mapping[str, str] = os.environ) -> Callable[[], str]:
    """Return a function that reads the key `name` from the store, every KEPT_S seconds at most.

    Raises ProviderFault, as for a refused key, where there is none. Any other trouble of the store passes through.
    """

    def read() -> str:
        if value := env.get(name):
            return value
        from aws_lambda_powertools.utilities.parameters import GetParameterError  # noqa: PLC0415

        try:
            found: Any = _parameter_store(settings.region).get(
                parameter_name(settings, name), max_age=KEPT_S, decrypt=True
            )
        except GetParameterError as error:
            cause = error.__context__  # Powertools raises inside its `except`, and keeps the message alone
            code = _NO_KEY.get(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else None
            if code is None:
                raise
            raise ProviderFault(PROVIDERS[name], "status", status=401, code=code) from None
        return str(found)

    return read


class Keyed(Generic[C]):
    """A client made with a key, and made anew when the key has been replaced."""

    def __init__(self, read: Callable[[], str], make: Callable[[str], C]) -> None:
        self._read = read
        self._make = make
        self._made: tuple[str, C] | None = None

    def get(self) -> C:
        """Return the client for the present key."""
        value = self._read()
        made = self._made
        if made is None or made[0] != value:
            self._made = made = (value, self._make(value))
        return made[1]

    def take(self) -> C | None:
        """Give up the client, if there is one, and return it; the next `get` makes another."""
        made, self._made = self._made, None
        return made[1] if made else None
