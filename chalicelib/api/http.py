"""The translation between Chalice and the endpoints: it registers routes, reads requests, and makes responses."""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import msgspec
from chalice.app import Chalice, ChaliceAuthorizer, CORSConfig, Request, Response

from chalicelib import log
from chalicelib.api import requests
from chalicelib.api.idempotency import ApiRequest
from chalicelib.api.routes import Route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import REDIRECTED, Call, Content, Redirect
from chalicelib.errors import (
    Conflict,
    FiresideError,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    PaymentRequired,
    StoreUnavailable,
)

Endpoint = Callable[..., Any]

STATUS: dict[type[FiresideError], tuple[int, str]] = {
    Invalid: (400, "BadRequestError"),
    Forbidden: (403, "ForbiddenError"),
    NotFound: (404, "NotFoundError"),
    PaymentRequired: (402, "PaymentRequiredError"),
    Conflict: (409, "ConflictError"),
    KeyReused: (422, "UnprocessableEntityError"),
}
"""Status and Code of each error a caller can cause."""

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?")

SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Default headers of every response: what it holds is private to one user, and its type must not be guessed."""


def error_response(status: int, code: str, message: str) -> Response:
    """Return an error in the shape that Chalice gives its own."""
    return Response({"Code": code, "Message": message}, status_code=status)


REQUEST_ID = "X-Request-Id"
"""The header with the request's id. API Gateway's own (`x-amzn-requestid`) has the same value, but a page of another
site cannot read it, and not every domain or proxy passes it on."""


def handle_errors(endpoint: Endpoint, request_id: Callable[[], str]) -> Endpoint:
    """Wrap an endpoint so that errors become responses with Code and Message, and every response has the request's id.

    Chalice's own handler for unexpected errors would log the error's message, which may quote a user.
    """

    @wraps(endpoint)
    def handled(**arguments: str) -> Response:
        try:
            result = endpoint(**arguments)
        except tuple(STATUS) as error:
            status, code = next(known for type_, known in STATUS.items() if isinstance(error, type_))
            result = error_response(status, code, str(error))
        except Exception as error:  # noqa: BLE001 # the last resort: logged by place, answered without details
            result = _unexpected(error, request_id())
        response = result if isinstance(result, Response) else Response(result)
        content_type = {} if isinstance(response.body, str) else {"Content-Type": "application/json"}
        identified = {REQUEST_ID: id_} if (id_ := request_id()) else {}
        # The endpoint's own headers last: an asset may be cached for good, and says so.
        response.headers = {**SAFE, **identified, **content_type, **response.headers}
        return response

    return handled


def _unexpected(error: Exception, request_id: str) -> Response:
    # An outage passes, so the caller may try again: 503. Without a sentence the fault is ours: 500.
    if isinstance(error, StoreUnavailable) and error.sentence:
        log.bug("store_away", error, api_request_id=request_id)
        return error_response(503, "ServiceUnavailableError", error.sentence)
    log.bug("request_broke", error, api_request_id=request_id)
    return error_response(500, "InternalServerError", "Something went wrong inside Fireside; try again.")


def cors_config(origin: str) -> CORSConfig | None:
    """Return the configuration that lets the pages of one other site call the API; None if `origin` is empty."""
    if not origin:
        return None
    return CORSConfig(
        allow_origin=origin, allow_headers=["Authorization", "Idempotency-Key"], expose_headers=[REQUEST_ID]
    )


def user_of(request: Request) -> str:
    """Return the id of the user that the authorizer found."""
    user: str = request.context["authorizer"]["principalId"]
    return user


def id_of(request: Request) -> str:
    """Return API Gateway's id of the request: `$context.requestId`, which the access log has too; "" without one."""
    return str(request.context.get("requestId") or "")


def register(
    app: Chalice,
    routes: Iterable[Route],
    authorizer: ChaliceAuthorizer,
    services: Callable[[], ApiServices],
    cors: CORSConfig | None,
) -> None:
    """Register the routes on the app, each as a view function with the name of its endpoint."""

    def request() -> Request:
        if app.current_request is None:
            raise RuntimeError("no request is being handled")
        return app.current_request

    for route in routes:
        app.route(
            route.path,
            methods=[route.method],
            authorizer=None if route.terms.public else authorizer,
            cors=cors if route.terms.cross_origin else None,
            # The authorizer names the key (chalicelib.api.lanes); a public route has no authorizer, and so no key.
            api_key_required=not route.terms.public,
        )(_view(route, request, services))


def _view(route: Route, request: Callable[[], Request], services: Callable[[], ApiServices]) -> Endpoint:
    @wraps(route.function)
    def view(**_path: str) -> Response:
        return _response(route, route.carry_out(call_of(route, request(), services())))

    return handle_errors(view, lambda: id_of(request()))


def call_of(route: Route, request: Request, services: ApiServices) -> Call:
    """Return the request as the route's endpoint takes it; raise Invalid.

    The Idempotency-Key and the body are read, and so checked, only where the route takes a body.
    """
    taken = route.signature.body is not None
    path: dict[str, str] = request.uri_params or {}
    user_id = "" if route.terms.public else user_of(request)
    # The actual path: one Idempotency-Key may be used for two stories without meaning the same request.
    name = f"{request.method} {route.path.format_map(path)}"
    key = requests.idempotency_key(request.headers.get("idempotency-key")) if taken else None
    sent = ApiRequest(user_id, name, key, _body(request) if taken else b"")
    return Call(services, sent, path, request.query_params or {}, request.headers, *_place(route, request))


def _place(route: Route, request: Request) -> tuple[str, str]:
    """Return the path at which the API lies, which ends with a slash, and scheme and host, as the sender sees them."""
    steps = route.path.count("/") - (route.path == "/")
    path = str(request.context.get("path") or "/")
    base_path = path if not steps else path.rsplit("/", steps)[0] + "/"
    # API Gateway says under which name it was called, and it is called by HTTPS alone. One machine has the Host header
    # and HTTP; nobody but the sender of a request is told what its own Host was.
    if domain := request.context.get("domainName"):
        return base_path, f"https://{domain}"
    host = request.headers.get("host") or ""
    return base_path, f"http://{host if _HOST.fullmatch(host) else 'localhost'}"


def _body(request: Request) -> bytes:
    try:
        raw = request.raw_body or b""
        return raw if isinstance(raw, bytes) else raw.encode()
    except ValueError:  # a body that API Gateway would not have passed on: lone surrogates, or bad base64
        raise Invalid("The body is not valid JSON in UTF-8.") from None


def _response(route: Route, result: object) -> Response:
    match result:
        case Content(text=text, kind=kind, headers=headers, status=status):
            return Response(text, headers={"Content-Type": kind, **headers}, status_code=status or route.terms.status)
        case Redirect(url=url, headers=headers):
            found = {"Location": url, "Cache-Control": "no-store", **headers}
            return Response("", headers=found, status_code=REDIRECTED)
        case None:
            return Response("", status_code=route.terms.status)
        case _:
            return Response(msgspec.to_builtins(result), status_code=route.terms.status)
