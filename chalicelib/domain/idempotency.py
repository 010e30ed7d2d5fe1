"""A request that is carried out once per Idempotency-Key, and the port of the keys."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """A request under an Idempotency-Key: the id and time of what it creates, and whether it is done already, with its
    response if that was stored.

    `again`: it was sent before. Where it is not done all the same, any part of it may be.
    """

    resource_id: str
    created: float
    done: bool
    key: str | None
    response: str | None = None
    again: bool = False


class IdempotencyKeys(Protocol):
    """The Idempotency-Keys of the last 24 hours, each of one user and one route."""

    def begin(self, user_id: str, route: str, key: str | None, body: bytes) -> IdempotencyRecord:
        """Return the record of the first request under this key; raise KeyReused for one with another body."""

    def complete(self, attempt: IdempotencyRecord, answer: str | None = None) -> None:
        """Record that the request was carried out: from now on it is only answered."""

    def release(self, attempt: IdempotencyRecord) -> None:
        """Free the key of a refused request."""
