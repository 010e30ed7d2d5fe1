"""An HTTP request as the event that API Gateway's proxy integration passes to the app."""

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
    """A request as it came: path and query percent-encoded, headers in order with their own spelling."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str

    def header(self, name: str) -> str | None:
        """The last value of a header, in any spelling."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), None)


class Router:
    """Finds the route pattern of a path, such as `/tasks/{task_id}` of `/tasks/7`.

    A literal segment goes before a parameter, a parameter is never empty, and one slash at the end does not count.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._routes = [(pattern, pattern.split("/")) for pattern in patterns]
        self._routes.sort(key=lambda route: [_is_parameter(segment) for segment in route[1]])

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The pattern and its parameters, as they stand in the path; None if there is no such route."""
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
    """The event of `request`, taken as a `method` request on the route `pattern`; `authorizer` is what one said."""
    headers = _grouped(request.headers)
    query = _grouped(parse_qsl(request.query, keep_blank_values=True))
    body, is_base64 = _body(request, binary_types)
    context: Event = {
        "requestId": request_id,
        "apiId": "local",
        "stage": STAGE,
        "httpMethod": method,
        "resourcePath": pattern,
        "path": request.path,  # as the client sees it, so on AWS with the stage in front
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
    """The body as text, or in base64 where its type is binary or its bytes are not UTF-8; None for no body."""
    if not request.body:
        return None, False
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type not in binary_types:
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass  # not text, whatever its type says: the app finds out by the bytes
    return base64.b64encode(request.body).decode("ascii"), True
