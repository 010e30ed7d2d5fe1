"""Writes that meet other writers, on moto, with DynamoDB's refusals put in its way."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from moto.core.models import botocore_stubber
from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from chalicelib.domain.script import Script, ScriptLine
from chalicelib.domain.steps import parse_plan
from chalicelib.domain.task import Ending
from chalicelib.store.chapters import Chapters
from chalicelib.store.connections import connection
from chalicelib.store.stories import Stories
from chalicelib.store.tables import ChapterItem, KeyItem, TokenItem
from chalicelib.store.tasks import Tasks
from chalicelib.store.texts import Texts
from chalicelib.store.transactions import conditional_write, transact
from tests.support.stories import draft

CONFLICT = (
    b'{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "Transaction cancelled", '
    b'"CancellationReasons": [{"Code": "TransactionConflict", "Message": "ongoing"}]}'
)
SINGLE_CONFLICT = b'{"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException", "Message": "ongoing"}'
INVALID = b'{"__type": "com.amazon.coral.validate#ValidationException", "Message": "no"}'


class Raw:
    """The body of a response, as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


@contextmanager
def refused(client: Any, body: bytes, times: int) -> Iterator[list[str]]:
    """Answer the next `times` calls of the client with an error; return a list of the tokens they carried."""
    seen: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        sent = request.body or b""
        seen.append(sent.decode() if isinstance(sent, bytes) else sent)
        botocore_stubber.enabled = len(seen) > times  # botocore asks every handler: moto must not carry it out
        if botocore_stubber.enabled:
            return None
        headers = HeadersDict({"content-type": "application/x-amz-json-1.0"})
        return AWSResponse(request.url, 400, headers, Raw(body))  # type: ignore[arg-type] # as botocore itself calls it

    client.meta.events.register_first("before-send.dynamodb.*", answer)
    try:
        yield seen
    finally:
        client.meta.events.unregister("before-send.dynamodb.*", answer)
        botocore_stubber.enabled = True


def token() -> TokenItem:
    return TokenItem("hash", user_id="ann", created_at="2026-11-24T00:00:00.000Z")


def save(transaction: TransactWrite) -> None:
    transaction.save(token(), condition=TokenItem.token_hash.does_not_exist())


def test_a_transaction_that_meets_another_is_tried_again_under_the_same_token(memory_aws: None) -> None:
    with refused(connection().client, CONFLICT, 3) as sent:
        assert transact(save)
    assert len(sent) == 4
    assert len(set(sent)) == 1  # the same token, the same writes
    assert TokenItem.get("hash").user_id == "ann"


def test_a_condition_that_does_not_hold_is_an_answer(memory_aws: None) -> None:
    assert transact(save)
    assert not transact(save)


def test_endless_conflicts_are_an_error(memory_aws: None) -> None:
    with refused(connection().client, CONFLICT, 100) as sent, pytest.raises(PynamoDBException):
        transact(save)
    assert 3 <= len(sent) <= 10


def test_another_error_is_not_tried_again(memory_aws: None) -> None:
    with refused(connection().client, INVALID, 100) as sent, pytest.raises(PynamoDBException):
        transact(save)
    assert len(sent) == 1


def test_a_single_write_that_meets_a_transaction_is_tried_again(memory_aws: None) -> None:
    with refused(connection().client, SINGLE_CONFLICT, 2) as sent:
        assert conditional_write(lambda: token().save(condition=TokenItem.token_hash.does_not_exist()))
    assert len(sent) == 3
    assert not conditional_write(lambda: token().save(condition=TokenItem.token_hash.does_not_exist()))


def test_a_single_write_that_is_wrong_is_an_error(memory_aws: None) -> None:
    with refused(connection().client, INVALID, 100), pytest.raises(PynamoDBException):
        conditional_write(lambda: KeyItem("k").delete(condition=KeyItem.key.exists()))


def test_a_task_and_an_edit_say_the_same_at_every_try(memory_aws: None) -> None:
    """Though time goes on between two tries: DynamoDB refuses the same token with other writes."""
    ticks = itertools.count(1_795_464_000.0)
    clock = lambda: next(ticks)  # noqa: E731
    story = draft("ann", "s")
    texts = Texts(lambda: pytest.fail("small texts stay in their items"))
    Stories(clock, texts).create(story)
    ChapterItem("s", 1, script="{}", script_version="v").save()
    tasks = Tasks(clock, 300)
    with refused(connection().client, CONFLICT, 2) as sent:
        assert Chapters(clock, texts).edit(story, 1, Script([ScriptLine("001", "Ada", "Hi.")]), None, if_version="v")
        assert len(set(sent)) == 1 < len(sent)
    with refused(connection().client, CONFLICT, 2) as sent:
        task = tasks.new("t", story, "story", parse_plan("o w1"))
        assert tasks.submit(task)
        assert len(set(sent)) == 1 < len(sent)
    assert tasks.end(task, Ending(status="cancelled", message="Cancelled"))
    with refused(connection().client, CONFLICT, 2) as sent:
        assert tasks.reopen(task)
        assert len(set(sent)) == 1 < len(sent)
