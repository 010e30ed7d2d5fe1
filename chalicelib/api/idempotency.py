"""A POST under its Idempotency-Key: carried out once in 24 hours, answered the same every time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.store.access import IdempotencyKeys, IdempotencyRecord

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request with a body: who sends it, where to, under which Idempotency-Key, and its body."""

    user_id: str
    route: str
    key: str | None
    body: bytes


Handler = Callable[[IdempotencyRecord], Json]
"""Carries the request out, or what is left of it: the answer."""


class Idempotency:
    """Acts on requests."""

    def __init__(self, keys: IdempotencyKeys) -> None:
        self._keys = keys

    def __call__(self, request: ApiRequest, handler: Handler, *, keep: bool = False) -> Json:
        """The answer to a request; one that is refused frees its key.

        `keep` the answer itself where it cannot be made again, since it tells of a task that moves on. It must hold no
        text of the user's: keys outlive a story by a day.
        """
        record = self._keys.begin(request.user_id, request.route, request.key, request.body)
        if record.response is not None:
            known: Json = msgspec.json.decode(record.response)
            return known
        try:
            answer = handler(record)
        except (Invalid, Conflict, NotFound):
            self._keys.release(record)
            raise
        self._keys.complete(record, msgspec.json.encode(answer).decode() if keep else None)
        return answer
