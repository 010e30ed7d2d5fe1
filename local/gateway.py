"""The local HTTP front end of the API: what API Gateway does for the deployed app."""

import base64
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Self

from chalice.app import Chalice, ChaliceAuthorizer, CORSConfig, RouteEntry

from chalicelib.log import bug
from local.authorization import Authorization
from local.http_messages import HttpResponse, Refusal, error_response
from local.http_server import HttpServer, listening_socket
from local.lambda_context import LambdaContext
from local.proxy_event import HttpRequest, Router, proxy_event

TIMEOUT_S = 60.0
"""Seconds from which the API function's context counts down. A request that takes longer is not cut off."""

AccessLog = Callable[[str, str, int, float], None]
"""Called for each response: method, route pattern (`-` for none; never the path itself), status, milliseconds."""


class Gateway:
    """Serves the routes of a Chalice app over HTTP, from `start()` to `stop()`; create one with `bind`.

    Whatever a client sends, an error of the gateway's own has a status below 500 and a JSON object with Code and
    Message as its body; the app's responses pass unchanged.
    """

    def __init__(
        self, app: Chalice, server: HttpServer, access_log: AccessLog | None, clock: Callable[[], float]
    ) -> None:
        self._app = per_thread(app)
        self._server = server
        self._router = Router(app.routes)
        self._authorization = Authorization(clock)
        self._access_log = access_log

    @classmethod
    def bind(
        cls,
        app: Chalice,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        access_log: AccessLog | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Return a gateway that listens on `port`, or on a free one if that is taken: see `port` and `url`.

        `clock` (seconds) ages cached authorizations. Raises OSError for a host that is not this machine's.
        """
        server = HttpServer(listening_socket(host, port))
        gateway = cls(app, server, access_log, clock)
        server.answer = gateway.answer
        return gateway

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self._server.host}:{self.port}"

    def start(self) -> None:
        """Begin to serve, in background threads."""
        self._server.start()

    def stop(self, wait_s: float = 5.0) -> None:
        """Stop accepting, let running requests finish within `wait_s` seconds, and close every connection."""
        self._server.stop(wait_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the response to a well-formed request."""
        started = time.perf_counter()
        request_id = str(uuid.uuid4())
        match = self._router.match(request.path)
        try:
            if match is None:
                raise Refusal(404, "There is nothing at this path.")
            answer = self._answer_route(request, *match, request_id)
        except Refusal as refusal:
            answer = error_response(refusal.status, str(refusal), refusal.headers)
        except Exception as error:  # noqa: BLE001 - last resort: an authorizer or a response of the app is broken
            bug("gateway.broke", error, request=request_id)
            answer = error_response(500, "Something went wrong inside; try again.")
        if self._access_log is not None:
            pattern = match[0] if match else "-"
            self._access_log(request.method, pattern, answer.status, (time.perf_counter() - started) * 1000)
        return HttpResponse(answer.status, {**answer.headers, "x-amzn-requestid": [request_id]}, answer.body)

    def _answer_route(
        self, request: HttpRequest, pattern: str, parameters: dict[str, str], request_id: str
    ) -> HttpResponse:
        entries = self._app.routes[pattern]
        if request.method == "OPTIONS" and "OPTIONS" not in entries:
            return _preflight(entries)
        method = "GET" if request.method == "HEAD" and "HEAD" not in entries else request.method
        if method not in entries:
            raise Refusal(405, "This path does not have this method.", {"Allow": [", ".join(entries)]})
        event = proxy_event(
            request,
            method,
            pattern,
            parameters,
            request_id=request_id,
            binary_types=self._app.api.binary_types,
            authorizer=self._authorized(entries[method], request, method),
        )
        context = LambdaContext(f"{self._app.app_name}-local-api", TIMEOUT_S, request_id=request_id)
        return _decoded(self._app(event, context))

    def _authorized(self, entry: RouteEntry, request: HttpRequest, method: str) -> dict[str, Any] | None:
        authorizer: Any = entry.authorizer
        if authorizer is None:
            return None
        if not isinstance(authorizer, ChaliceAuthorizer):
            raise TypeError(f"{type(authorizer).__name__} cannot be asked on this machine.")
        return self._authorization.of(authorizer, request.header(authorizer.config.header), method, request.path)


def _preflight(entries: dict[str, RouteEntry]) -> HttpResponse:
    """Return what Chalice deploys for OPTIONS on a path without such a route: the path's CORS headers, if any."""
    configured: dict[str, CORSConfig | None] = {name: entry.cors for name, entry in entries.items()}
    allowing = {name: cors for name, cors in configured.items() if cors is not None}
    cors = next(iter(allowing.values())).get_access_control_headers() if allowing else {}
    headers = {**cors, "Access-Control-Allow-Methods": ",".join([*allowing, "OPTIONS"])}
    return HttpResponse(200, {name: [value] for name, value in headers.items()})


def _decoded(response: dict[str, Any]) -> HttpResponse:
    """Return a proxy integration's response as an HttpResponse.

    Headers may have one value or many; the body is text or, with `isBase64Encoded`, base64.
    """
    headers = {name: [str(value)] for name, value in (response.get("headers") or {}).items()}
    headers |= {name: list(map(str, values)) for name, values in (response.get("multiValueHeaders") or {}).items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = ["application/json"]
    body: str | bytes = response.get("body") or b""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body)
    return HttpResponse(int(response["statusCode"]), headers, body.encode() if isinstance(body, str) else body)


class _PerThread:
    """A mixin for Chalice apps that keeps the state of the current request per thread."""

    _mine = threading.local()

    @property
    def current_request(self) -> Any:
        """The request that this thread is handling."""
        return getattr(self._mine, "request", None)

    @current_request.setter
    def current_request(self, value: Any) -> None:
        self._mine.request = value

    @property
    def lambda_context(self) -> Any:
        """The context of the invocation that this thread is handling."""
        return getattr(self._mine, "context", None)

    @lambda_context.setter
    def lambda_context(self, value: Any) -> None:
        self._mine.context = value


def per_thread(app: Chalice) -> Chalice:
    """Make `app` safe for concurrent requests, in place, and return it.

    A Chalice object holds one request at a time, as a Lambda process does. Like `chalice local`, this changes the
    object's class to one that holds it per thread; the new class derives from the app's own.
    """
    if not isinstance(app, _PerThread):
        app.__class__ = type(f"PerThread{type(app).__name__}", (_PerThread, type(app)), {})
    return app
