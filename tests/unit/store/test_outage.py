"""Faults of the store become StoreUnavailable, and what a caller is told of them."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from inspect import isclass, isfunction
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError
from botocore.stub import Stubber
from pynamodb.exceptions import PutError, QueryError
from pynamodb.indexes import Index
from pynamodb.models import Model

from chalicelib import store
from chalicelib.api.http import handle_errors
from chalicelib.errors import Conflict, LeaseLost, StoreUnavailable
from chalicelib.store.chapters import Chapters
from chalicelib.store.connections import Where
from chalicelib.store.objects import ObjectStore
from chalicelib.store.outage import AWAY_SENTENCE, FULL_SENTENCE, repository, translated
from chalicelib.store.tables import ChapterItem
from chalicelib.store.texts import Texts
from tests.support.clock import ManualClock


class Death(BaseException):
    """The death of a worker, as the tests of crashes imitate it."""


def failed(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (failed("InsufficientStorage", 507), 503, FULL_SENTENCE),
        (PutError("no", failed("InsufficientStorage", 507)), 503, FULL_SENTENCE),
        (PutError("no", failed("InternalServerError", 500)), 503, AWAY_SENTENCE),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 503, AWAY_SENTENCE),
        (PutError("no", ReadTimeoutError(endpoint_url="http://127.0.0.1:1")), 503, AWAY_SENTENCE),
        (failed("ValidationException", 400), 500, None),
        (PutError("no", failed("ConditionalCheckFailedException", 400)), 500, None),
        (ParamValidationError(report="a bug"), 500, None),
        (ValueError("a bug"), 500, None),
    ],
)
def test_a_store_that_is_away_or_full_is_answered_with_503(error: Exception, status: int, message: str | None) -> None:
    @translated
    def view() -> Any:
        raise error

    response = handle_errors(view, lambda: "")()
    body = json.loads(json.dumps(response.body))
    assert response.status_code == status
    assert body["Message"] == (message or "Something went wrong inside Fireside; try again.")


@repository
class Rows:
    """A repository whose query fails after the first row, and whose other methods fail as they are told to."""

    def rows(self) -> Iterator[int]:
        yield 1
        raise QueryError("the next page", failed("InternalServerError", 500))

    def fail(self, error: BaseException) -> None:
        raise error

    def first(self) -> int:
        return next(self.rows())

    def _own(self) -> None:
        raise PutError


def test_a_query_that_fails_while_it_is_iterated_is_a_store_that_is_unavailable() -> None:
    rows = Rows().rows()
    assert next(rows) == 1
    with pytest.raises(StoreUnavailable) as caught:
        next(rows)
    assert (caught.value.fault, caught.value.sentence) == ("QueryError", AWAY_SENTENCE)
    assert isinstance(caught.value.__cause__, QueryError)
    assert "page" not in str(caught.value)


def test_what_the_reader_of_a_query_raises_is_none_of_the_stores_faults() -> None:
    with pytest.raises(PutError):
        for _ in Rows().rows():
            raise PutError
    assert Rows().first() == 1


@pytest.mark.parametrize("error", [Death(), ValueError("a bug"), Conflict("busy"), LeaseLost("gone")])
def test_other_errors_pass_through_the_store_as_they_are(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        Rows().fail(error)
    assert caught.value is error


def test_a_fault_within_the_store_is_still_the_clients_own() -> None:
    with pytest.raises(PutError):
        Rows()._own()


def adapters() -> Iterator[type[object]]:
    """Yield every class of the store but models and values: what the rest of the program calls."""
    for found in pkgutil.iter_modules(store.__path__, "chalicelib.store."):
        for cls in vars(importlib.import_module(found.name)).values():
            if not isclass(cls) or cls.__module__ != found.name or is_dataclass(cls):
                continue
            if not issubclass(cls, (Model, Index, Where, msgspec.Struct)):
                yield cls


def test_every_repository_and_adapter_stands_behind_the_translation() -> None:
    """One that does not would let errors of PynamoDB and botocore out of the store."""
    names = {cls.__name__ for cls in adapters()}
    assert {"StepLeases", "LineClaims", "FailureCounter", "FairSemaphore", "ObjectStore", "Queues"} <= names
    for cls in adapters():
        methods = {name: member for name, member in vars(cls).items() if isfunction(member) and name[0] != "_"}
        assert methods, cls
        assert [name for name, method in methods.items() if not hasattr(method, "__wrapped__")] == [], cls


def test_a_disk_that_is_full_says_so_through_s3(memory_aws: None) -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stubber:
        stubber.add_client_error("put_object", "InsufficientStorage", http_status_code=507)
        stubber.add_client_error("list_objects_v2", "InternalError", http_status_code=500)
        stubber.add_client_error("get_object", "AccessDenied", http_status_code=403)
        objects = ObjectStore(client, "bucket")
        with pytest.raises(StoreUnavailable) as full:
            objects.put("key", b"", {})
        with pytest.raises(StoreUnavailable) as away:
            list(objects.keys("stories/"))
        with pytest.raises(StoreUnavailable) as denied:
            objects.get("key")
    assert [error.value.sentence for error in (full, away, denied)] == [FULL_SENTENCE, AWAY_SENTENCE, None]
    assert all(isinstance(error.value.__cause__, ClientError) for error in (full, away, denied))


def test_objects_that_s3_does_not_delete_are_no_outage(memory_aws: None) -> None:
    """S3 reports them one by one in a reply that succeeds, so there is no status."""
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stubber:
        stubber.add_response("list_objects_v2", {"Contents": [{"Key": "stories/s/lines/a.mp3"}]})
        stubber.add_response("delete_objects", {"Errors": [{"Code": "AccessDenied"}]})
        with pytest.raises(StoreUnavailable) as caught:
            ObjectStore(client, "bucket").delete_story("s")
    assert caught.value.sentence is None


def test_a_table_that_is_not_there_is_a_store_that_is_unavailable(memory_aws: None) -> None:
    ChapterItem.delete_table()
    texts = Texts(lambda: pytest.fail("a list reads no texts"))
    chapters = Chapters(ManualClock(), texts).headers("story")
    with pytest.raises(StoreUnavailable) as caught:
        next(chapters)
    assert (caught.value.fault, caught.value.sentence) == ("QueryError", None)
