"""Rate limits per user, so that no user exhausts the rate of the others.

API Gateway limits the rate of a client by its API key in a usage plan before it looks at the stage's own limit:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html ("How throttling limit
settings are applied"). With the key source AUTHORIZER the authorizer names the key (`usageIdentifierKey`), and a client
can choose no other: .../api-gateway-swagger-extensions-api-key-source.html.

A key per user would have to exist, and be known everywhere in API Gateway, before the first request with a new token:
until then that user would be refused. So the deployment creates a fixed number of keys, the lanes, and a digest of the
user's name chooses one of them. Two given users share a lane, and so its rate, with a probability of one in a hundred.
"""

from typing import Any

from chalice.app import AuthRequest, AuthResponse

from chalicelib.domain.digest import text_digest

LANES = 100
"""The number of lanes. An account and region may have 10,000 API keys, and create five a second."""

KEYS = LANES + 1
"""The number of API keys: the last one is for callers that are refused. Without a key, API Gateway could answer that
the key is missing before it answers that the token is not accepted."""

LANE_RATE = 10
LANE_BURST = 30
"""Requests per second, and at once, of one lane: the page sends at most two a second, and some ten when opened."""

API_RATE = 50
API_BURST = 100
"""Requests per second, and at once, of the whole API before it answers 429: 50 users polling a status once a second."""


def lane_of(user_id: str | None) -> int:
    """Return the lane of a user; None stands for a caller that is refused."""
    # Lane 100 is the extra one, which no user's digest can choose.
    return LANES if user_id is None else int(_digest(user_id)[:8], 16) % LANES


def lane_key(stage: str, lane: int) -> str:
    """Return the API key of a lane, 40 of the 20 to 128 characters allowed. It is no secret, and grants nothing."""
    return _digest(f"{stage} {lane}")[:40]


def _digest(text: str) -> str:
    return text_digest(f"lane {text}")


class Caller(AuthResponse):
    """The authorizer's response: the user of the token, and the lane whose rate the request counts against."""

    def __init__(self, user_id: str | None, stage: str) -> None:
        super().__init__(routes=["*"] if user_id else [], principal_id=user_id or "nobody")
        self._key = lane_key(stage, lane_of(user_id))

    def to_dict(self, request: AuthRequest) -> dict[str, Any]:
        """Return the response for API Gateway; `usageIdentifierKey` is what Chalice's own lacks."""
        return {**super().to_dict(request), "usageIdentifierKey": self._key}
