"""The secrets of a stage, from SSM Parameter Store."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from chalicelib.errors import NoParameter
from chalicelib.store.outage import repository, unavailable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SSMProvider
    from mypy_boto3_ssm import SSMClient

KEPT_S = 300
"""How long a parameter is used before it is read again: so long a replaced key stays in use."""

_REASONS: dict[str, Literal["missing", "unreadable"]] = {
    "ParameterNotFound": "missing",
    # A role that may not read or decrypt it: trying again would not help, a person must act.
    "AccessDeniedException": "unreadable",
}


@repository
class ParameterStore:
    """Parameter Store, whose client `connect` makes for the first read: on one machine there is none."""

    def __init__(self, connect: "Callable[[], SSMClient]") -> None:
        self._connect = connect

    @cached_property
    def _provider(self) -> "SSMProvider":
        from aws_lambda_powertools.utilities.parameters import SSMProvider  # noqa: PLC0415 # on Lambda alone

        return SSMProvider(boto3_client=self._connect())

    def get(self, name: str) -> str:
        """Return a decrypted parameter, read every KEPT_S seconds at most; raise NoParameter or StoreUnavailable."""
        from aws_lambda_powertools.utilities.parameters import GetParameterError  # noqa: PLC0415

        try:
            return str(self._provider.get(name, max_age=KEPT_S, decrypt=True))
        except GetParameterError as error:
            cause = error.__context__  # Powertools raises inside its `except`, and keeps the message alone
            if isinstance(cause, ClientError) and (reason := _REASONS.get(cause.response["Error"]["Code"])):
                raise NoParameter(reason) from None
            origin = cause if isinstance(cause, Exception) else error
            raise unavailable(origin) from origin
