"""A response that was stored under an Idempotency-Key, read back as the struct it is."""

import msgspec
import pytest

from chalicelib.api.idempotency import ApiRequest, Once
from chalicelib.api.responses import Started
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.store.access import IdempotencyKeys
from tests.support.clock import CountedIds, ManualClock

SENT = ApiRequest("ann", "POST /tasks/1/retry", "key", b"{}")


@pytest.fixture
def keys(memory_aws: None) -> IdempotencyKeys:
    return IdempotencyKeys(ManualClock(), CountedIds())


def started(record: IdempotencyRecord) -> Started:
    return Started(task_id=record.resource_id, status="queued")


def test_a_kept_response_is_given_again_and_nothing_is_done(keys: IdempotencyKeys) -> None:
    def never(_record: IdempotencyRecord) -> Started:
        raise AssertionError("carried out twice")

    first = Once(keys, SENT, Started)(started, keep=True)
    assert Once(keys, SENT, Started)(never, keep=True) == first


def test_one_that_a_newer_version_has_kept_may_have_more_fields(keys: IdempotencyKeys) -> None:
    newer = msgspec.defstruct("Newer", [("task_id", str), ("status", str), ("priority", int)])
    Once(keys, SENT, newer)(lambda record: newer(record.resource_id, "queued", 1), keep=True)
    known = Once(keys, SENT, Started)(started, keep=True)
    assert msgspec.to_builtins(known).keys() == {"task_id", "status"}
