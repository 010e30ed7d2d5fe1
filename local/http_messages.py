"""HTTP/1.1 on the wire: strict parsing of request targets and bodies, and encoding of responses.

Malformed input raises Refusal, whose status is below 500.
"""

import email.errors
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedIOBase
from urllib.parse import quote

from chalicelib.errors import FiresideError

MOST_BODY = 10 * 1024 * 1024
"""API Gateway's limit for a body, in bytes."""

MOST_HEADERS = 64 * 1024
"""Bytes of all headers together. API Gateway's limit is 10 KB; a browser's cookies for localhost can exceed that."""

CODES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    404: "NotFoundError",
    405: "MethodNotAllowedError",
    408: "RequestTimeoutError",
    411: "LengthRequiredError",
    413: "RequestTooLarge",
    414: "URITooLong",
    417: "ExpectationFailed",
    431: "RequestHeadersTooLarge",
    500: "InternalServerError",
}
"""The `Code` of an error body by status; Chalice's name where it has one."""

_LINE = 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DIGITS = re.compile(r"[0-9]+")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,8}")
_VISIBLE = re.compile(r"[\x21-\x7e\x80-\xff]+")
_DEFECTS = (
    email.errors.FirstHeaderLineIsContinuationDefect,
    email.errors.InvalidHeaderDefect,
    email.errors.MisplacedEnvelopeHeaderDefect,
    email.errors.MissingHeaderBodySeparatorDefect,
)
"""The parser's defects that concern header lines; those about a multipart body do not matter here."""

_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


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


def check_headers(headers: Message) -> None:
    """Raise Refusal if a header line is malformed or the headers exceed `MOST_HEADERS` bytes together."""
    if any(isinstance(defect, _DEFECTS) for defect in headers.defects):
        raise Refusal(400, "A header line is malformed.")
    size = 0
    for name, value in headers.items():
        size += len(name) + len(value) + 4
        if not _TOKEN.fullmatch(name) or any(character in value for character in "\r\n\0"):
            raise Refusal(400, "A header line is malformed.")
    if size > MOST_HEADERS:
        raise Refusal(431, f"The headers may have {MOST_HEADERS} bytes at most.")


def body_length(headers: Message) -> int | None:
    """Return the body's length in bytes by its headers, or None if it is chunked.

    Raises Refusal if the headers are ambiguous or the length exceeds `MOST_BODY`.
    """
    encodings = headers.get_all("transfer-encoding", [])
    lengths = {value.strip() for line in headers.get_all("content-length", []) for value in line.split(",")}
    if encodings:
        if lengths:
            raise Refusal(400, "Content-Length and Transfer-Encoding exclude each other.")
        if [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
            raise Refusal(411, "Send a Content-Length; of transfer encodings only chunked is understood.")
        return None
    if not lengths:
        return 0
    length = lengths.pop()
    if lengths or not _DIGITS.fullmatch(length):
        raise Refusal(400, "Content-Length must be one whole number of bytes.")
    if len(length.lstrip("0")) > 18 or int(length) > MOST_BODY:
        raise _too_large()
    return int(length)


def read_body(stream: BufferedIOBase, length: int | None) -> bytes:
    """Read a body of `length` bytes, or a chunked one for None. Raises Refusal if it ends early or is malformed."""
    if length is None:
        return _read_chunks(stream)
    return _read_exactly(stream, length)


def _read_exactly(stream: BufferedIOBase, length: int) -> bytes:
    data = stream.read(length) if length else b""
    if len(data) < length:
        raise Refusal(400, "The body is shorter than announced.")
    return data


def _read_chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        if len(body) + size > MOST_BODY:
            raise _too_large()
        body += _read_exactly(stream, size)
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise Refusal(400, "A chunk of the body is malformed.")
    for _ in range(100):  # trailers are allowed, and ignored
        line = stream.readline(_LINE)
        if line in (b"\r\n", b"\n", b""):
            return bytes(body)
    raise Refusal(431, "The body has too many trailers.")


def _chunk_size(stream: BufferedIOBase) -> int:
    line = stream.readline(_LINE)
    digits = line.partition(b";")[0].strip()
    if not line.endswith(b"\n") or not _HEX.fullmatch(digits):
        raise Refusal(400, "A chunk of the body is malformed.")
    return int(digits, 16)


def _too_large() -> Refusal:
    return Refusal(413, f"The body may have {MOST_BODY} bytes at most.")


def encode(answer: HttpResponse, *, close: bool, head: bool, keep_alive_1_0: bool) -> bytes:
    """Return `answer` as bytes.

    `head` leaves out the body, for HEAD requests; `close` announces that the connection ends after this response.
    """
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    bodiless = answer.status in (204, 304) or answer.status < 200
    lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Date: {formatdate(usegmt=True)}"]
    for name, values in answer.headers.items():
        if name.lower() not in ("content-length", "connection", "transfer-encoding", "date"):
            lines += [f"{name}: {_one_line(value)}" for value in values]
    if not bodiless:
        lines.append(f"Content-Length: {len(answer.body)}")
    if close or keep_alive_1_0:
        lines.append(f"Connection: {'close' if close else 'keep-alive'}")
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head or bodiless else answer.body)


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
