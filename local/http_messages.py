"""Requests and responses of the servers on this machine, and the shape of their errors."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from chalicelib.errors import FiresideError

MOST_BODY = 10 * 1024 * 1024
"""API Gateway's limit for a body, in bytes."""

MOST_HEADERS = 64 * 1024
"""Bytes of request line and headers together. API Gateway's limit is 10 KB; a browser's cookies for localhost can
exceed that."""

CODES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    404: "NotFoundError",
    408: "RequestTimeoutError",
    411: "LengthRequiredError",
    413: "RequestTooLarge",
    431: "RequestHeadersTooLarge",
    500: "InternalServerError",
}
"""The `Code` of an error body by status; Chalice's name where it has one."""

_VISIBLE = re.compile(r"[\x21-\x7e\x80-\xff]+")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


@dataclass(frozen=True)
class HttpRequest:
    """A request as received: path and query percent-encoded, header values as the Latin-1 of their bytes."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str

    def header(self, name: str) -> str | None:
        """Return the last value of a header, in upper or lower case, or None."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class HttpResponse:
    """A response: every header with all its values, and the body as bytes."""

    status: int
    headers: Mapping[str, Iterable[str]] = field(default_factory=dict)
    body: bytes = b""


class Refusal(FiresideError):
    """A request that is refused: `status` (400 to 499), a message, and headers of the response."""

    def __init__(self, status: int, message: str, headers: Mapping[str, Iterable[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def error_response(status: int, message: str, headers: Mapping[str, Iterable[str]] | None = None) -> HttpResponse:
    """Return an error response in the shape of all the API's errors: a JSON object with Code and Message."""
    body = json.dumps({"Code": CODES.get(status, "BadRequestError"), "Message": message}).encode()
    return HttpResponse(status, {"Content-Type": ["application/json"], **(headers or {})}, body)


def split_target(target: str) -> tuple[str, str]:
    """Return path and query of a request target, still percent-encoded. Raises Refusal unless it is a path or URL."""
    if not _VISIBLE.fullmatch(target):
        raise Refusal(400, "The request target has characters that must be percent-encoded.")
    target = _ABSOLUTE.sub("", target, count=1) if _ABSOLUTE.match(target) else target
    path, _, query = target.partition("#")[0].partition("?")
    if not path.startswith("/"):
        if path:
            raise Refusal(400, "The request target must be a path that starts with /.")
        path = "/"
    # Bytes beyond ASCII arrive decoded as Latin-1; percent-encoded, they are what a browser would have sent.
    return quote(path.encode("latin-1"), safe="/%:@!$&'()*+,;=-._~"), query
