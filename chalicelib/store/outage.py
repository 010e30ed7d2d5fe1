"""The faults of DynamoDB, SQS, S3 and Parameter Store as one error, StoreUnavailable, and what to tell a caller.

No exception of PynamoDB or botocore leaves the store: `repository` (for a class) and `translated` (for a function)
wrap everything that the rest of the program calls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isfunction
from typing import ParamSpec, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from pynamodb.exceptions import PynamoDBException

from chalicelib.errors import StoreUnavailable

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

STORE_ERRORS = (PynamoDBException, BotoCoreError, ClientError)
"""What the AWS clients raise when their own retries are used up."""

FULL = "InsufficientStorage"
"""The error code with which the AWS of one machine (local/embedded) says that its disk is full."""

FULL_SENTENCE = "The disk that Fireside keeps its stories on is full. Nothing is lost: make room, then try again."
AWAY_SENTENCE = "Fireside's storage does not answer now. Nothing is lost: try again in a minute."


def unavailable(error: Exception) -> StoreUnavailable:
    """Return the error to raise from an AWS client's own `error`."""
    return StoreUnavailable(type(error).__name__, outage_sentence(error))


def outage_sentence(error: BaseException) -> str | None:
    """Return what to tell a caller whose request met `error`, or None where trying again would not help.

    The stores are away when they cannot be reached or answer with a status of 500 or more, after all tries.
    """
    cause = getattr(error, "cause", None) or error  # PynamoDB wraps what botocore raised
    if isinstance(cause, (NoConnection, HTTPClientError)):  # it could not be reached, sent to, or heard
        return AWAY_SENTENCE
    if not isinstance(cause, ClientError):
        return None
    if cause.response["Error"]["Code"] == FULL:
        return FULL_SENTENCE
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return AWAY_SENTENCE if status >= 500 else None


@contextmanager
def translating() -> Iterator[None]:
    """Raise StoreUnavailable for what the AWS clients raise in the block; any other error passes."""
    try:
        yield
    except STORE_ERRORS as error:
        raise unavailable(error) from error


def translated(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function raise StoreUnavailable, and the iterator that it may return: queries read page by page."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with translating():
            result = function(*args, **kwargs)
        return cast(R, _iterating(result)) if isinstance(result, Iterator) else result

    return call


def repository(cls: type[T]) -> type[T]:
    """Make every public method that a class defines raise StoreUnavailable."""
    for name, member in list(vars(cls).items()):
        if isfunction(member) and not name.startswith("_"):
            # Private methods pass the client's own errors to the public ones that call them, which may tell them apart.
            setattr(cls, name, translated(member))
    return cls


def _iterating(iterator: Iterator[T]) -> Iterator[T]:
    with translating():
        yield from iterator
