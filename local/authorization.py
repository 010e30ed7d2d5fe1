"""The authorizers of a Chalice app, with their responses cached as API Gateway caches them."""

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
"""Seconds for which API Gateway caches an authorizer's response by default."""

MOST = 1024
"""Cached responses; the least recently used one is evicted first."""

TIMEOUT_S = 60.0

AuthorizerResponse = Mapping[str, Any]


class Authorization:
    """Calls authorizers and caches what they allow, per token and for their `ttl_seconds`.

    Denials are not cached, so a token works as soon as it is issued. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[str, str], tuple[float, AuthorizerResponse]] = OrderedDict()

    def of(self, authorizer: ChaliceAuthorizer, token: str | None, method: str, path: str) -> dict[str, Any]:
        """Return the authorizer's `principalId` and context for the caller. Raises Refusal (401) if it denies."""
        if not token:
            raise _unauthorized("The Authorization header is missing.")
        arn = LocalARNBuilder().build_arn(method, path)
        response = self._recall(authorizer, token)
        if response is None or not _allows(response, arn):
            context = LambdaContext(authorizer.name, TIMEOUT_S)
            event = {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}
            # Asked without the lock: two requests with a new token may both ask, which costs no more than a call.
            response = authorizer(event, context)  # type: ignore[arg-type] # chalice types the context as a dict
            if not _allows(response, arn):
                raise _unauthorized("The Authorization header's token is not accepted.")
            self._remember(authorizer, token, response)
        return {"principalId": response["principalId"], **(response.get("context") or {})}

    def _recall(self, authorizer: ChaliceAuthorizer, token: str) -> AuthorizerResponse | None:
        key = (authorizer.name, token)
        with self._lock:
            until, response = self._remembered.get(key, (float("-inf"), None))
            if response is not None and self._clock() >= until:
                del self._remembered[key]
                return None
            if response is not None:
                self._remembered.move_to_end(key)
            return response

    def _remember(self, authorizer: ChaliceAuthorizer, token: str, response: AuthorizerResponse) -> None:
        ttl_s = authorizer.config.ttl_seconds
        if ttl_s == 0:
            return
        with self._lock:
            self._remembered[authorizer.name, token] = (self._clock() + (TTL_S if ttl_s is None else ttl_s), response)
            while len(self._remembered) > MOST:
                self._remembered.popitem(last=False)


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, message, {"WWW-Authenticate": ["Bearer"]})


def _allows(response: AuthorizerResponse, arn: str) -> bool:
    """Return whether the policy in a response lets the caller invoke `arn`; a Deny outweighs any Allow."""
    matches = ARNMatcher(arn).does_any_resource_match
    effects = {
        statement.get("Effect")
        for statement in _listed(response.get("policyDocument", {}).get("Statement"))
        if matches(list(_listed(statement.get("Resource"))))
    }
    return effects == {"Allow"}


def _listed(value: Any) -> Sequence[Any]:
    """Return `value` as a list: IAM accepts a single value in place of a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
