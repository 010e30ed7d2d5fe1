"""Idempotent POST requests: carried out once per Idempotency-Key in 24 hours, answered the same every time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.store.access import IdempotencyKeys, IdempotencyRecord

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request with a body: its user, its method and path, its Idempotency-Key and its body."""

    user_id: str
    route: str
    key: str | None
    body: bytes


Handler = Callable[[IdempotencyRecord], Json]
"""Carries out a request, or what an interrupted one has left to do; returns the response."""


class Idempotency:
    """The wrapper that carries out a request once per Idempotency-Key."""

    def __init__(self, keys: IdempotencyKeys) -> None:
        self._keys = keys

    def __call__(self, request: ApiRequest, handler: Handler, *, keep: bool = False) -> Json:
        """Carry out a request, or return the response that it had before; a refused request frees its key.

        Raises what the handler raises, and KeyReused. `keep` stores the response itself, for one that cannot be made
        again because it describes a task that moves on. Such a response must hold no text of the user: keys outlive a
        story by a day.
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
