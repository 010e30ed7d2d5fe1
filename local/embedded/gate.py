"""The gate of the embedded AWS, an ASGI application: who may ask, and for what.

Any page in a browser, and any program of any user, can reach a port of this machine. So a request is let through only

- for our own Host, so that no page whose name was pointed at 127.0.0.1 gets in (DNS rebinding);
- without an Origin: no page is served here, so each page is a foreign one. A presigned GET or HEAD of an object may
  come from any page, as on S3, and so may the preflight of one: that is how Fireside's own page plays its sound;
- signed with the keys of the state directory (the health route alone is open);
- for a call on the list in `calls`. What passes goes to ministack's module of the service itself, never through
  ministack's router: its other 80 services and its own routes cannot be reached, whatever a request looks like.
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

from local.embedded.calls import Call, CallRefused, parse
from local.embedded.keys import Keys
from local.embedded.signature import ALGORITHM, Denied, Message, Signature, is_presigned, verify

HEALTH = "/_ministack/health"

Answer = tuple[int, MutableMapping[str, str], bytes]
Scope = MutableMapping[str, Any]
Services = Callable[[Call], Coroutine[Any, Any, Answer]]

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range",
    "Access-Control-Expose-Headers": "*",
    "Access-Control-Max-Age": "3600",
}
"""For presigned requests alone; who holds such a URL may read the object, on whatever page."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """Lets calls through to `services`. `port` is ours; `now` is the time that signatures are measured by."""

    def __init__(self, services: Services, keys: Keys, port: int, now: Callable[[], datetime] = _utc_now) -> None:
        self._services = services
        self._keys = keys
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._now = now

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request."""
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
            body, digest = await _body(receive)
            call = parse(method, path, query, headers, body)
            signed = verify(Message(method, path, query, headers, digest), self._keys, self._now())
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
        # The browser's preflight has the URL and the Host of the request that is to follow, which are what is signed.
        verify(Message(method, path, query, {"host": headers["host"]}, ""), self._keys, self._now())
        return 200, dict(CORS), b""


def refusal(status: int, code: str, message: str, *, json_protocol: bool) -> Answer:
    """Return an error as the protocol of the service words it; boto3 raises it as ClientError with this code."""
    if json_protocol:
        body = json.dumps({"__type": code, "message": message}).encode()
        return status, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": code}, body
    text = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _verified(call: Call, signed: Signature) -> Call:
    """The call in the region it was signed for. Its signature has been verified, and is not looked at again.

    ministack answers `response-content-disposition` and its like only where there is a signature of some kind: what is
    left names the scope and no key.
    """
    scope = f"{signed.date[:8]}/{signed.region}/{signed.service}/aws4_request"
    headers = {name: value for name, value in call.headers.items() if name not in {"origin", "x-amz-security-token"}}
    headers["authorization"] = f"{ALGORITHM} Credential=FIRESIDE/{scope}, SignedHeaders=host, Signature=verified"
    query = {name: values for name, values in call.query.items() if not name.startswith("X-Amz-")}
    return replace(call, region=signed.region, headers=headers, query=query)


async def _unless_hung_up(answering: Coroutine[Any, Any, Answer], receive: Any) -> Answer:
    """Wait for an answer as long as there is somebody to hear it.

    A ReceiveMessage whose caller has died would otherwise go on waiting, take the next message, and hide it from all
    others until it is visible again.
    """
    answer = asyncio.ensure_future(answering)
    hanging_up = asyncio.ensure_future(receive())  # after the body there is nothing else to come
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
    """Header names in lower case. A name that comes twice could be read in two ways: refused."""
    decoded: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = str(raw_name, "latin-1").lower()
        if name in decoded:
            raise Denied("AccessDenied", f"The header {name} comes twice.")
        decoded[name] = raw_value.decode("utf-8", "surrogateescape")
    return decoded


def _encoded(headers: MutableMapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), str(value).encode("utf-8")) for name, value in headers.items()]


async def _body(receive: Any) -> tuple[bytes, str]:
    """The request's body and its SHA-256, taken piece by piece: a chapter of sound never blocks the loop for long."""
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
