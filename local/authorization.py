"""The authorizers of a Chalice app, with their responses cached as API Gateway caches them."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from chalice.app import Chalice, ChaliceAuthorizer
from chalice.local import ARNMatcher, LambdaContext, LocalGatewayAuthorizer

from local.http_messages import Refusal
from local.lambda_events import LambdaEvent

TTL_S = 300
"""Seconds for which API Gateway caches an authorizer's response by default."""

MOST = 1024
"""Cached responses."""

AuthorizerResponse = dict[str, Any]


class Authorizer(LocalGatewayAuthorizer):
    """Asks a route's authorizer and caches what it allows, per token and for its `ttl_seconds`.

    Denials are not cached, so a token works as soon as it is issued. `clock` gives seconds.
    """

    def __init__(self, app: Chalice, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(app)
        self._clock = clock
        self._remembered: dict[tuple[str, str], tuple[float, AuthorizerResponse | None]] = {}

    def authorize(
        self, raw_path: str, lambda_event: LambdaEvent, lambda_context: LambdaContext
    ) -> tuple[LambdaEvent, LambdaContext]:
        """Return the event with the authorizer's `principalId` and context. Raises Refusal (401) if it denies.

        chalice.local asks at every request, and lets everybody pass where it does not know the kind of authorizer.
        The deployed API answers 401 in both cases of a denial (`infra/chalice_main.py`), not 401 and 403.
        """
        entry = self._route_for_event(lambda_event)
        authorizer: object = entry.authorizer if entry else None
        if authorizer is None:
            return lambda_event, lambda_context
        if not isinstance(authorizer, ChaliceAuthorizer):
            raise TypeError(f"{type(authorizer).__name__} cannot be asked on this machine.")
        token = lambda_event["headers"].get("authorization")
        if not token:
            raise _unauthorized("The Authorization header is missing.")
        arn = self._arn_builder.build_arn(lambda_event["httpMethod"], raw_path)
        response = self._recall(authorizer, token)
        if response is None or not self._check_can_invoke_view_function(arn, response):
            event = self._prepare_authorizer_event(arn, lambda_event, lambda_context)
            # Two requests with a new token may both ask, which costs no more than a call.
            response = authorizer(event, lambda_context)  # type: ignore[arg-type] # chalice types the context as a dict
            if not self._check_can_invoke_view_function(arn, response):
                raise _unauthorized("The Authorization header's token is not accepted.")
            self._remember(authorizer, token, response)
        return self._update_lambda_event(lambda_event, {"context": {}, **response}), lambda_context

    def _check_can_invoke_view_function(self, arn: str, auth_result: AuthorizerResponse) -> bool:
        """Return whether the policy lets the caller invoke `arn`.

        A Deny outweighs any Allow, and IAM accepts a single value in place of a list of one; chalice.local looks at
        neither.
        """
        matches = ARNMatcher(arn).does_any_resource_match
        effects = {
            statement.get("Effect")
            for statement in _listed(auth_result.get("policyDocument", {}).get("Statement"))
            if matches(list(_listed(statement.get("Resource"))))
        }
        return effects == {"Allow"}

    def _recall(self, authorizer: ChaliceAuthorizer, token: str) -> AuthorizerResponse | None:
        until, response = self._remembered.get((authorizer.name, token), (float("-inf"), None))
        return response if self._clock() < until else None

    def _remember(self, authorizer: ChaliceAuthorizer, token: str, response: AuthorizerResponse) -> None:
        ttl_s = TTL_S if authorizer.config.ttl_seconds is None else authorizer.config.ttl_seconds
        if len(self._remembered) >= MOST:
            self._remembered.clear()  # only good tokens are here, and asking for each once more costs little
        self._remembered[authorizer.name, token] = (self._clock() + ttl_s, response)


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, message, {"WWW-Authenticate": ["Bearer"]})


def _listed(value: Any) -> Sequence[Any]:
    """Return `value` as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
