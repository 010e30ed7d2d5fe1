"""What one user may ask of the API in a second, so that nobody uses up the rate of the others.

API Gateway limits the rate of a client by its API key in a usage plan before it looks at the stage's own limit:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html ("How throttling limit
settings are applied"). With the key source AUTHORIZER the authorizer names the key (`usageIdentifierKey`), and a client
can choose no other: .../api-gateway-swagger-extensions-api-key-source.html.

A key for every user would have to be there before the first request under a new token, and be known everywhere in API
Gateway: until then that user is refused. So the keys are made by the deploy, as lanes, and each user has one of them by
a digest of the name. Two given users share a lane, and so its rate, once in a hundred.
"""

import hashlib
from typing import Any

from chalice.app import AuthRequest, AuthResponse

LANES = 100
"""An account and region has room for 10,000 API keys, and makes five a second."""

KEYS = LANES + 1
"""One key more: the last is for callers who are refused. Without a key API Gateway could say that one is missing before
it says that the token is not accepted."""

LANE_RATE = 10
LANE_BURST = 30
"""Requests a second, and at once, of one lane: the page asks twice a second at most, and some ten times when opened."""

API_RATE = 50
API_BURST = 100
"""What the whole API takes before it answers 429. Status polls of 50 listeners at one a second."""


def lane_of(user_id: str | None) -> int:
    """Return the lane of a user; None stands for a caller who is refused."""
    return LANES if user_id is None else int(_digest(user_id)[:8], 16) % LANES


def lane_key(stage: str, lane: int) -> str:
    """The API key of a lane, 40 characters of the 20 to 128 that are allowed. It is no secret, and opens nothing."""
    return _digest(f"{stage} {lane}")[:40]


def _digest(text: str) -> str:
    return hashlib.sha256(f"lane {text}".encode()).hexdigest()


class Caller(AuthResponse):
    """The authorizer's answer: whose token it is, and whose rate the request counts against."""

    def __init__(self, user_id: str | None, stage: str) -> None:
        super().__init__(routes=["*"] if user_id else [], principal_id=user_id or "nobody")
        self._key = lane_key(stage, lane_of(user_id))

    def to_dict(self, request: AuthRequest) -> dict[str, Any]:
        """What API Gateway is told; `usageIdentifierKey` is what Chalice's own answer lacks."""
        return {**super().to_dict(request), "usageIdentifierKey": self._key}
