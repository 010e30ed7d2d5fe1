"""Idempotent POST requests: carried out once per Idempotency-Key in 24 hours, answered the same every time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from chalicelib.domain.idempotency import IdempotencyKeys, IdempotencyRecord
from chalicelib.errors import Conflict, Invalid, NotFound, PaymentRequired

T = TypeVar("T")

Handler = Callable[[IdempotencyRecord], T]
"""Carries out a request, or the rest of an interrupted one; returns the response."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request with a body: its user, its method and path, its Idempotency-Key and its body."""

    user_id: str
    route: str
    key: str | None
    body: bytes


class Once(Generic[T]):
    """The wrapper that carries out one request once per Idempotency-Key; `response` is the type of its response."""

    def __init__(self, keys: IdempotencyKeys, request: ApiRequest, response: type[T]) -> None:
        self._keys = keys
        self._request = request
        self._response = response

    def __call__(self, handler: Handler[T], *, keep: bool = False) -> T:
        """Carry out the request, or return the response that it had before; a refused request frees its key.

        Raises what the handler raises, and KeyReused. `keep` stores the response itself, for one that cannot be made
        again because it describes a task that moves on. Such a response must hold no text of the user: keys outlive a
        story by a day.
        """
        request = self._request
        # Before anything is done: of two requests with one key that come at once, both get the same id to create.
        record = self._keys.begin(request.user_id, request.route, request.key, request.body)
        if record.response is not None:
            return msgspec.json.decode(record.response, type=self._response)
        try:
            response = handler(record)
        except (Invalid, Conflict, NotFound, PaymentRequired):
            # Nothing was created, so the same key may be used again, for instance when the running task has ended.
            self._keys.release(record)
            raise
        # After the handler: a crash in between has the next request finish the work under the same id.
        self._keys.complete(record, msgspec.json.encode(response).decode() if keep else None)
        return response
