"""The gate of the embedded AWS, an ASGI application that decides which requests are let through.

Any page in a browser, and any program of any user, can reach a port of this machine. So a request is let through only

- if its Host is ours, which keeps out pages whose name was pointed at 127.0.0.1 (DNS rebinding);
- if it has no Origin: no page is served here, so every page is foreign. The exception is a presigned GET or HEAD of an
  object, or its preflight, which may come from any page, as on S3: Fireside's own page plays its sound that way;
- if it is signed with the keys of the state directory (only the health route is open);
- if it makes a call on the list in `calls`. It is then passed directly to ministack's module for the service, never
  through ministack's router, so its other 80 services and its own routes cannot be reached by any request.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, MutableMapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from local.embedded.calls import CallRefused, ServiceCall, parse
from local.embedded.keys import Keys
from local.embedded.signature import ALGORITHM, Denied, ReceivedRequest, RequestSignature, is_presigned, verify

HEALTH = "/_ministack/health"

Answer = tuple[int, MutableMapping[str, str], bytes]
Scope = MutableMapping[str, Any]
AnswerCall = Callable[[ServiceCall], Coroutine[Any, Any, Answer]]
"""What answers a call that the gate lets through."""

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range",
    "Access-Control-Expose-Headers": "*",
    "Access-Control-Max-Age": "3600",
}
"""CORS headers, for presigned requests only: the holder of such a URL may read the object, on any page."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """Lets calls through to `services`. `port` is our own; `now` gives the time for checking signatures."""

    def __init__(self, services: AnswerCall, keys: Keys, port: int, now: Callable[[], datetime] = _utc_now) -> None:
        self._services = services
        self._keys = keys
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._now = now

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Handle one ASGI connection: a request, the lifespan, or a websocket, which is refused."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            status, headers, body = await self._answer(scope, receive)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            if scope["method"] != "HEAD":
                headers["Content-Length"] = str(len(body))
            await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Any) -> Answer:
        method, raw_path = scope["method"], str(scope.get("raw_path") or quote(scope["path"]).encode(), "latin-1")
        path, query = raw_path.partition("?")[0], str(scope["query_string"], "latin-1")
        try:
            headers = _decoded(scope["headers"])
            # First of all: for a foreign Host no other check says anything, not even that there is a signature.
            if headers.get("host", "").lower() not in self._hosts:
                raise Denied("AccessDenied", "This Host is not served here.")
            if method == "OPTIONS":
                return self._preflight(path, query, headers)
            presigned = method in {"GET", "HEAD"} and is_presigned(query)
            if "origin" in headers and not presigned:
                raise Denied("AccessDenied", "Pages have no access here.")
            if (method, path) == ("GET", HEALTH):
                return 200, {"Content-Type": "application/json"}, b'{"status": "ok"}'
            if not presigned and "authorization" not in headers and not is_presigned(query):
                raise Denied("AccessDenied", "Sign the request with the keys of this state directory.")
            # Only now: an unsigned request is refused before its body takes memory.
            body, digest = await _body(receive)
            call = parse(method, path, query, headers, body)
            # The digest is that of the body received, never the one that a header claims.
            signed = verify(ReceivedRequest(method, path, query, headers, digest), self._keys, self._now())
            # A signature for one service must not serve for another that reads the same request differently.
            if signed.service != call.service or (presigned and not call.key):
                raise Denied("AccessDenied", f"Signed for {signed.service}, sent to {call.service}.")
        except Denied as denied:
            return refusal(403, denied.code, str(denied), json_protocol=_is_json(scope))
        except CallRefused as refused:
            return refusal(403, "AccessDeniedException", str(refused), json_protocol=_is_json(scope))
        answering = self._services(_verified(call, signed))
        answer = await (_unless_hung_up(answering, receive) if call.operation == "ReceiveMessage" else answering)
        return (answer[0], {**answer[1], **CORS}, answer[2]) if presigned else answer

    def _preflight(self, path: str, query: str, headers: dict[str, str]) -> Answer:
        """Answer a browser that asks whether a page may send a presigned GET or HEAD."""
        method = headers.get("access-control-request-method", "")
        if method not in {"GET", "HEAD"} or not is_presigned(query) or not parse(method, path, query, {}, b"").key:
            raise Denied("AccessDenied", "Pages have no access here.")
        # A preflight has the URL and Host of the request to follow, and a presigned URL signs nothing else.
        verify(ReceivedRequest(method, path, query, {"host": headers["host"]}, ""), self._keys, self._now())
        return 200, dict(CORS), b""


def refusal(status: int, code: str, message: str, *, json_protocol: bool) -> Answer:
    """Return an error in the form of the service's protocol; boto3 raises it as ClientError with this code."""
    if json_protocol:
        body = json.dumps({"__type": code, "message": message}).encode()
        return status, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": code}, body
    text = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _verified(call: ServiceCall, signed: RequestSignature) -> ServiceCall:
    """Return the call for the region it was signed for, with its verified signature replaced by a placeholder.

    ministack honours `response-content-disposition` and the like only if there is some signature, so the placeholder
    names the scope, but no key.
    """
    scope = f"{signed.date[:8]}/{signed.region}/{signed.service}/aws4_request"
    headers = {name: value for name, value in call.headers.items() if name not in {"origin", "x-amz-security-token"}}
    headers["authorization"] = f"{ALGORITHM} Credential=FIRESIDE/{scope}, SignedHeaders=host, Signature=verified"
    query = {name: values for name, values in call.query.items() if not name.startswith("X-Amz-")}
    return replace(call, region=signed.region, headers=headers, query=query)


async def _unless_hung_up(answering: Coroutine[Any, Any, Answer], receive: Any) -> Answer:
    """Wait for an answer, but cancel it when the caller disconnects.

    A ReceiveMessage whose caller has died would otherwise keep waiting, take the next message, and hide it from all
    other receivers until its visibility time-out.
    """
    answer = asyncio.ensure_future(answering)
    hanging_up = asyncio.ensure_future(receive())  # after the body, only a disconnect can arrive
    await asyncio.wait({answer, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
    hanging_up.cancel()
    if not answer.done():
        answer.cancel()
        with suppress(asyncio.CancelledError):
            await answer
        return refusal(400, "RequestTimeout", "The caller has gone.", json_protocol=True)
    return answer.result()


def _is_json(scope: Scope) -> bool:
    return any(name.lower() == b"x-amz-target" for name, _ in scope["headers"])


def _decoded(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by lower-case name. Raises Denied for a repeated name, which could be read in two ways."""
    decoded: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = str(raw_name, "latin-1").lower()
        if name in decoded:
            raise Denied("AccessDenied", f"The header {name} is repeated.")
        decoded[name] = raw_value.decode("utf-8", "surrogateescape")
    return decoded


def _encoded(headers: MutableMapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), str(value).encode("utf-8")) for name, value in headers.items()]


async def _body(receive: Any) -> tuple[bytes, str]:
    """Return the request's body and its SHA-256, hashed in chunks so that a chapter's sound never blocks the loop."""
    parts, digest = [], hashlib.sha256()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Denied("RequestTimeout", "The connection ended before the request did.")
        parts.append(message.get("body", b""))
        digest.update(parts[-1])
        if not message.get("more_body"):
            return b"".join(parts), digest.hexdigest()


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
