"""Writes that must happen together, and writes that may meet another writer."""

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.store.connections import connection
from chalicelib.store.outage import translated
from chalicelib.store.tables import CONDITION_FAILED

T = TypeVar("T")

Write = Callable[[TransactWrite], object]
"""A write that has not been made yet: called with a transaction, it adds itself to it."""

_CONFLICTS = {"TransactionConflictException", "TransactionInProgressException"}
# With pauses of 0.9 s at most in all: a conflict ends with the other transaction, within milliseconds, but all of a
# user's tasks meet at their budget.
_TRIES = 10


def transact(*writes: Write) -> bool:
    """Make all the writes, or none. Return False if a condition did not hold.

    DynamoDB refuses a transaction that meets another one on the same item and its SDKs do not try again; here it is
    tried again after a few random milliseconds. Every try carries the same token, so none can be applied twice.
    """
    # One token for all tries. DynamoDB remembers it for ten minutes, and refuses it with another content.
    token = secrets.token_hex(16)

    def write() -> bool:
        try:
            with TransactWrite(connection=connection(), client_request_token=token) as transaction:
                for add in writes:
                    add(transaction)
        except TransactWriteError as error:
            # Before the conflicts: where both are among the reasons, trying again would meet the condition again.
            if "ConditionalCheckFailed" in _reasons(error):
                return False
            raise
        return True

    return _past_conflicts(write)


commit = translated(transact)
"""The end of a unit of work, for those above the store."""


def conditional_write(write: Callable[[], object]) -> bool:
    """Write one item under a condition. False if the condition did not hold, and nothing was written."""

    def attempt() -> bool:
        try:
            write()
        except PynamoDBException as error:
            if error.cause_response_code == CONDITION_FAILED:
                return False
            raise
        return True

    return _past_conflicts(attempt)


def _past_conflicts(write: Callable[[], T]) -> T:
    for tries in range(1, _TRIES):
        try:
            return write()
        except PynamoDBException as error:
            if not _is_conflict(error):
                raise
            time.sleep((1 + secrets.randbelow(20)) * tries / 1000)  # milliseconds: two writers met on one item
    return write()


def _is_conflict(error: PynamoDBException) -> bool:
    if isinstance(error, TransactWriteError) and "TransactionConflict" in _reasons(error):
        return True
    return error.cause_response_code in _CONFLICTS


def _reasons(error: TransactWriteError) -> set[str]:
    if error.cause_response_code != "TransactionCanceledException":
        return set()  # never reached DynamoDB: there is nothing to read reasons from
    return {reason.code for reason in error.cancellation_reasons if reason is not None}
