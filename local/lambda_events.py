"""Conversion of an HTTP request to the event that API Gateway's proxy integration passes to the app."""

import base64
import time
from typing import Any

from chalice.app import Chalice
from chalice.local import LambdaEventConverter, MatchResult, RouteMatcher

STAGE = "api"

LambdaEvent = dict[str, Any]
"""An event as a function gets it."""


class Routes(RouteMatcher):
    """Finds the route for a path as API Gateway does: a literal segment wins over a parameter."""

    def match_route(self, url: str) -> MatchResult:
        """Return the route of a request target, its parameters still percent-encoded. Raises ValueError without one.

        API Gateway's parameters are never empty, `;` is a character of a path like any other, and what begins with
        `//` is a path; chalice.local takes that for a host, cuts off what follows a `;`, and keeps the parameters of
        routes that it tried before.
        """
        path, mark, query = url.partition("?")
        if "//" in path:
            raise ValueError(f"No matching route found for: {path}")
        found = super().match_route(path.replace(";", "%3B") + mark + query)
        captured = {name: value for name, value in found.captured.items() if f"{{{name}}}" in found.route}
        return MatchResult(found.route, captured, found.query_params)


class EventConverter(LambdaEventConverter):
    """Makes the events of an app's requests."""

    def __init__(self, app: Chalice) -> None:
        super().__init__(Routes(list(app.routes)), app.api.binary_types)

    def create_lambda_event(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> LambdaEvent:
        """Return the event, complete but for the request's id, its sender and the authorizer's response.

        chalice.local leaves out most of the fields, and hands over bodies as bytes, which no JSON event can hold.
        """
        event: LambdaEvent = super().create_lambda_event(method, path, headers, body or None)
        context = event["requestContext"]
        context |= {
            "apiId": "local",
            "stage": STAGE,
            "protocol": "HTTP/1.1",
            "requestTimeEpoch": int(time.time() * 1000),
        }
        context["identity"]["userAgent"] = event["headers"].get("user-agent")
        query = event["multiValueQueryStringParameters"] or {}
        text, is_base64 = _body(event["body"])
        return {
            **event,
            "resource": context["resourcePath"],
            "path": context["path"],
            "httpMethod": method,
            "multiValueHeaders": {name: [value] for name, value in event["headers"].items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "pathParameters": event["pathParameters"] or None,
            "stageVariables": None,
            "body": text,
            "isBase64Encoded": is_base64 or event.get("isBase64Encoded", False),
        }


def _body(body: str | bytes | None) -> tuple[str | None, bool]:
    """Return a body, and whether it has just been encoded in base64, as bytes are that are not UTF-8."""
    if not isinstance(body, bytes):
        return body, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:  # not text, although its type says so; the app checks the bytes itself
        return base64.b64encode(body).decode("ascii"), True
