"""The local HTTP front end of the API: what API Gateway does for the deployed app."""

import base64
import time
import uuid
from collections.abc import Callable
from typing import Any, Self

from chalice.app import Chalice
from chalice.local import LocalChalice, LocalGateway

from chalicelib.log import bug
from local.authorization import Authorizer
from local.http_messages import HttpRequest, HttpResponse, Refusal, error_response
from local.http_server import HttpServer, listening_socket
from local.lambda_context import LambdaContext
from local.lambda_events import EventConverter, LambdaEvent

TIMEOUT_S = 60.0
"""Seconds from which the API function's context counts down. A request that takes longer is not cut off."""

AccessLog = Callable[[str, str, int, float], None]
"""Called for each response: method, route pattern (`-` for none; never the path itself), status, milliseconds."""


class Gateway:
    """Serves the routes of a Chalice app over HTTP, from `start()` to `stop()`; create one with `bind`.

    For any input of a client, an error of the gateway's own has a status below 500 and a JSON object with Code and
    Message as its body; the app's responses pass unchanged.
    """

    def __init__(
        self, app: Chalice, server: HttpServer, access_log: AccessLog | None, clock: Callable[[], float]
    ) -> None:
        self._app = per_thread(app)
        self._server = server
        self._converter = EventConverter(app)
        self._authorizer = Authorizer(app, clock)
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
        invocation = Invocation(self._app, self._converter, self._authorizer, request.source_ip)
        try:
            answer = invocation.answer(request)
        except Refusal as refusal:
            answer = error_response(refusal.status, str(refusal), refusal.headers)
        except Exception as error:  # noqa: BLE001 - last resort: an authorizer or a response of the app is broken
            bug("gateway.broke", error, request=invocation.request_id)
            answer = error_response(500, "Something went wrong inside; try again.")
        if self._access_log is not None:
            elapsed_ms = (time.perf_counter() - started) * 1000
            self._access_log(request.method, invocation.pattern, answer.status, elapsed_ms)
        headers = {**answer.headers, "x-amzn-requestid": [invocation.request_id]}
        return HttpResponse(answer.status, headers, answer.body)


class Invocation(LocalGateway):
    """What API Gateway does for one request: route it, ask the authorizer, and invoke the API function."""

    def __init__(self, app: Chalice, converter: EventConverter, authorizer: Authorizer, source_ip: str) -> None:
        # Not LocalGateway's own __init__, which would sort all routes anew for each request.
        self._app_object = app
        self.event_converter = converter
        self._authorizer = authorizer
        self._source_ip = source_ip
        self.request_id = str(uuid.uuid4())
        self.pattern = "-"

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the app's response. Raises Refusal where API Gateway would not invoke the app."""
        target = f"{request.path}?{request.query}"
        headers = {name.lower(): value for name, value in request.headers}
        return _decoded(self.handle_request(request.method, target, headers, request.body))

    def _generate_lambda_context(self) -> LambdaContext:
        return LambdaContext(f"{self._app_object.app_name}-local-api", TIMEOUT_S, request_id=self.request_id)

    def _generate_lambda_event(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> LambdaEvent:
        """Return the event. Raises Refusal (404) without a route, which the deployed API answers as well.

        HEAD is answered as GET is where it has no route of its own, as HTTP has it; API Gateway would answer 404.
        """
        try:
            event: LambdaEvent = super()._generate_lambda_event(method, path, headers, body)
        except ValueError:
            raise Refusal(404, "There is nothing at this path.") from None
        context = event["requestContext"]
        self.pattern = context["resourcePath"]
        if method == "HEAD" and "HEAD" not in self._app_object.routes[self.pattern]:
            event["httpMethod"] = context["httpMethod"] = "GET"
        context["requestId"] = self.request_id
        context["identity"]["sourceIp"] = self._source_ip
        return event


def _decoded(response: dict[str, Any]) -> HttpResponse:
    """Return a proxy integration's response as an HttpResponse.

    Headers may have one value or many; the body is text or, with `isBase64Encoded`, base64.
    """
    headers = {name: [str(value)] for name, value in (response.get("headers") or {}).items()}
    # Many values replace a single one of the same name, as in API Gateway.
    headers |= {name: list(map(str, values)) for name, values in (response.get("multiValueHeaders") or {}).items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = ["application/json"]
    body: str | bytes = response.get("body") or b""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body)
    return HttpResponse(int(response["statusCode"]), headers, body.encode() if isinstance(body, str) else body)


def per_thread(app: Chalice) -> Chalice:
    """Make `app` safe for concurrent requests, in place, and return it.

    A Chalice object holds one request at a time, as a Lambda process does. Like `chalice local`, this changes the
    object's class to one that holds it per thread; the new class derives from the app's own.
    """
    if not isinstance(app, LocalChalice):
        app.__class__ = type(f"PerThread{type(app).__name__}", (LocalChalice, type(app)), {})
    return app
