"""Conversion of an HTTP request to the event that API Gateway's proxy integration passes to the app."""

import base64
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

STAGE = "api"

Event = dict[str, Any]


@dataclass(frozen=True)
class HttpRequest:
    """A request as received: path and query percent-encoded, headers in order with their spelling."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str

    def header(self, name: str) -> str | None:
        """Return the last value of a header, whatever its case, or None."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), None)


class Router:
    """Finds the route pattern for a path, such as `/tasks/{task_id}` for `/tasks/7`.

    A literal segment wins over a parameter, a parameter is never empty, and one trailing slash is ignored.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._routes = [(pattern, pattern.split("/")) for pattern in patterns]
        self._routes.sort(key=lambda route: [_is_parameter(segment) for segment in route[1]])

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the pattern and its parameters, still percent-encoded; None if no route matches."""
        trimmed = path[:-1] if path != "/" and path.endswith("/") else path
        segments = trimmed.split("/")
        for pattern, parts in self._routes:
            if len(parts) == len(segments) and all(map(_fits, parts, segments)):
                parameters = zip(parts, segments, strict=True)
                return pattern, {part[1:-1]: segment for part, segment in parameters if _is_parameter(part)}
        return None


def _is_parameter(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")


def _fits(part: str, segment: str) -> bool:
    return bool(segment) if _is_parameter(part) else part == segment


def proxy_event(
    request: HttpRequest,
    method: str,
    pattern: str,
    parameters: Mapping[str, str],
    *,
    request_id: str,
    binary_types: Iterable[str],
    authorizer: Mapping[str, Any] | None,
) -> Event:
    """Return the event for `request` as a `method` request on the route `pattern`.

    `authorizer` is the context that the route's authorizer returned, or None for a route without one.
    """
    headers = _grouped(request.headers)
    query = _grouped(parse_qsl(request.query, keep_blank_values=True))
    body, is_base64 = _body(request, binary_types)
    context: Event = {
        "requestId": request_id,
        "apiId": "local",
        "stage": STAGE,
        "httpMethod": method,
        "resourcePath": pattern,
        "path": request.path,  # as the client sees it; on AWS this includes the stage
        "protocol": "HTTP/1.1",
        "requestTimeEpoch": int(time.time() * 1000),
        "identity": {"sourceIp": request.source_ip, "userAgent": request.header("user-agent")},
    }
    if authorizer is not None:
        context["authorizer"] = dict(authorizer)
    return {
        "resource": pattern,
        "path": request.path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        groups[name].append(value)
    return dict(groups)


def _body(request: HttpRequest, binary_types: Iterable[str]) -> tuple[str | None, bool]:
    """Return the body and whether it is base64, as it is for a binary type and for bytes that are not UTF-8.

    A request without a body gives (None, False).
    """
    if not request.body:
        return None, False
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type not in binary_types:
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass  # not text, whatever its type says; the app checks the bytes itself
    return base64.b64encode(request.body).decode("ascii"), True
