"""The translation between Chalice and the services: the caller, the request, and the response to an error."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from chalice.app import CORSConfig, Request, Response

from chalicelib import log
from chalicelib.api import requests
from chalicelib.api.idempotency import ApiRequest
from chalicelib.errors import Conflict, FiresideError, Invalid, KeyReused, NotFound, StoreUnavailable

Endpoint = Callable[..., Any]

STATUS: dict[type[FiresideError], tuple[int, str]] = {
    Invalid: (400, "BadRequestError"),
    NotFound: (404, "NotFoundError"),
    Conflict: (409, "ConflictError"),
    KeyReused: (422, "UnprocessableEntityError"),
}
"""Status and Code of each error a caller can cause."""

SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Default headers of every response: what it holds is private to one user, and its type must not be guessed."""

_HOME = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")
_OWN = {None, "none", "same-origin"}
"""Values of Sec-Fetch-Site for a page that a person opens, or this very site requests; old browsers send none."""


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
        response.headers = {**SAFE, **identified, **content_type, **response.headers}
        return response

    return handled


def _unexpected(error: Exception, request_id: str) -> Response:
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


def is_loopback_request(request: Request) -> bool:
    """Return whether a browser on this machine opens the page under a loopback name, and no other site requests it.

    Nobody else can make a loopback name point here, unlike a domain name (DNS rebinding).
    """
    headers = request.headers
    opened = headers.get("sec-fetch-site") in _OWN or headers.get("sec-fetch-dest") == "document"  # by a link, too
    return opened and _HOME.fullmatch(headers.get("host", "")) is not None


def api_request(request: Request) -> ApiRequest:
    """Read a request with a body, its user and its Idempotency-Key; raise Invalid."""
    key = requests.idempotency_key(request.headers.get("idempotency-key"))
    try:
        raw = request.raw_body or b""
        body = raw if isinstance(raw, bytes) else raw.encode()
    except ValueError:  # a body that API Gateway would not have passed on: lone surrogates, or bad base64
        raise Invalid("The body is not valid JSON in UTF-8.") from None
    path = request.path.format_map(request.uri_params or {})  # Chalice's path is the pattern, such as /tasks/{task_id}
    return ApiRequest(user_of(request), f"{request.method} {path}", key, body)


def query(request: Request, name: str) -> str | None:
    """Return a query parameter, or None."""
    parameters: Any = request.query_params
    value: str | None = parameters.get(name) if parameters else None
    return value
