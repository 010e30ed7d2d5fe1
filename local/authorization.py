"""A Chalice app's authorizers, asked as seldom as API Gateway asks them."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalice.app import ChaliceAuthorizer
from chalice.local import ARNMatcher, LocalARNBuilder

from local.http_messages import Refusal
from local.lambda_context import LambdaContext

TTL_S = 300
"""Seconds that API Gateway remembers an authorizer's answer when it is not told otherwise."""

MOST = 1024
"""Remembered answers; the one unused for the longest goes first."""

TIMEOUT_S = 60.0

Said = Mapping[str, Any]


class Authorization:
    """Asks authorizers and remembers what they allowed, per token and for their `ttl_seconds`.

    What was denied is not remembered: a token that is issued works at once. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[str, str], tuple[float, Said]] = OrderedDict()

    def of(self, authorizer: ChaliceAuthorizer, token: str | None, method: str, path: str) -> dict[str, Any]:
        """What the authorizer says of the caller: `principalId` and its context. Raises Refusal (401) if it denies."""
        if not token:
            raise _unauthorized("The Authorization header is missing.")
        arn = LocalARNBuilder().build_arn(method, path)
        said = self._recall(authorizer, token)
        if said is None or not _allows(said, arn):
            context = LambdaContext(authorizer.name, TIMEOUT_S)
            event = {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}
            said = authorizer(event, context)  # type: ignore[arg-type] # chalice types the context as a dict
            if not _allows(said, arn):
                raise _unauthorized("The Authorization header's token is not accepted.")
            self._remember(authorizer, token, said)
        return {"principalId": said["principalId"], **(said.get("context") or {})}

    def _recall(self, authorizer: ChaliceAuthorizer, token: str) -> Said | None:
        key = (authorizer.name, token)
        with self._lock:
            until, said = self._remembered.get(key, (float("-inf"), None))
            if said is not None and self._clock() >= until:
                del self._remembered[key]
                return None
            if said is not None:
                self._remembered.move_to_end(key)
            return said

    def _remember(self, authorizer: ChaliceAuthorizer, token: str, said: Said) -> None:
        ttl_s = authorizer.config.ttl_seconds
        if ttl_s == 0:
            return
        with self._lock:
            self._remembered[authorizer.name, token] = (self._clock() + (TTL_S if ttl_s is None else ttl_s), said)
            while len(self._remembered) > MOST:
                self._remembered.popitem(last=False)


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, message, {"WWW-Authenticate": ["Bearer"]})


def _allows(said: Said, arn: str) -> bool:
    """Whether the policy in an authorizer's answer lets the caller invoke `arn`; a Deny outweighs any Allow."""
    matches = ARNMatcher(arn).does_any_resource_match
    effects = {
        statement.get("Effect")
        for statement in _listed(said.get("policyDocument", {}).get("Statement"))
        if matches(list(_listed(statement.get("Resource"))))
    }
    return effects == {"Allow"}


def _listed(value: Any) -> Sequence[Any]:
    """IAM takes a single value for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
