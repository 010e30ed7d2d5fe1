"""A request is carried out once per Idempotency-Key, and answered the same every time; a refused one frees its key."""

import msgspec
import pytest

from chalicelib.api.idempotency import ApiRequest, Once
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.errors import Conflict, Invalid, NotFound


class MemoryKeys:
    """One key in memory, as the table keeps it."""

    def __init__(self) -> None:
        self.record: IdempotencyRecord | None = None

    def begin(self, user_id: str, route: str, key: str | None, body: bytes) -> IdempotencyRecord:
        if self.record is None:
            self.record = IdempotencyRecord("id1", 0.0, done=False, key=key)
        return self.record

    def complete(self, attempt: IdempotencyRecord, answer: str | None = None) -> None:
        self.record = IdempotencyRecord(attempt.resource_id, 0.0, done=True, key=attempt.key, response=answer)

    def release(self, attempt: IdempotencyRecord) -> None:
        self.record = None


class Made(msgspec.Struct):
    """A response."""

    id: str
    number: int


class Handler:
    """Makes something else each time, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls = 0

    def __call__(self, record: IdempotencyRecord) -> Made:
        self.calls += 1
        if self.error:
            raise self.error
        return Made(record.resource_id, self.calls)


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def once(keys: MemoryKeys) -> Once[Made]:
    return Once(keys, ApiRequest("ann", "POST /stories", "k", b"{}"), Made)


def test_a_response_that_is_kept_is_given_again_without_the_handler(once: Once[Made]) -> None:
    handler = Handler()
    assert [once(handler, keep=True), once(handler, keep=True)] == [Made("id1", 1)] * 2
    assert handler.calls == 1


def test_a_response_that_is_not_kept_is_made_again_for_the_same_record(keys: MemoryKeys, once: Once[Made]) -> None:
    handler = Handler()
    assert once(handler).id == once(handler).id == "id1"
    assert keys.record == IdempotencyRecord("id1", 0.0, done=True, key="k")


@pytest.mark.parametrize("refusal", [Invalid("x"), Conflict("x"), NotFound("x")])
def test_a_refused_request_frees_its_key(keys: MemoryKeys, once: Once[Made], refusal: Exception) -> None:
    with pytest.raises(type(refusal)):
        once(Handler(refusal))
    assert keys.record is None
    assert once(Handler()) == Made("id1", 1)


def test_a_request_that_broke_holds_its_key_and_is_not_done(keys: MemoryKeys, once: Once[Made]) -> None:
    """Any part of it may be done: who sends it again must go on with the same id."""
    with pytest.raises(RuntimeError):
        once(Handler(RuntimeError("a bug")))
    assert keys.record == IdempotencyRecord("id1", 0.0, done=False, key="k")
