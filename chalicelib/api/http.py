"""Between Chalice and the service: who is calling, what was sent, and what an error becomes. In one place."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from chalice.app import CORSConfig, Request, Response

from chalicelib import log
from chalicelib.api import requests
from chalicelib.api.idempotency import ApiRequest
from chalicelib.errors import Conflict, FiresideError, Invalid, KeyReused, NotFound
from chalicelib.store.outage import outage_sentence

Endpoint = Callable[..., Any]

STATUS: dict[type[FiresideError], tuple[int, str]] = {
    Invalid: (400, "BadRequestError"),
    NotFound: (404, "NotFoundError"),
    Conflict: (409, "ConflictError"),
    KeyReused: (422, "UnprocessableEntityError"),
}
"""Status and Code of each error a caller can cause."""

SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Headers of every answer that does not say otherwise: what it holds is one user's, and is what its type says."""

_HOME = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")
_OWN = {None, "none", "same-origin"}
"""Sec-Fetch-Site of a page that a person opens, or that this very site asks for; old browsers send none."""


def error_response(status: int, code: str, message: str) -> Response:
    """An error in Chalice's shape."""
    return Response({"Code": code, "Message": message}, status_code=status)


REQUEST_ID = "X-Request-Id"
"""The header with the request's id. API Gateway's own (`x-amzn-requestid`) says the same, but not to a page of another
site, nor behind every domain or proxy."""


def handle_errors(endpoint: Endpoint, request_id: Callable[[], str]) -> Endpoint:
    """The view with its errors turned into responses with Code and Message, and every response with the request's id.

    Chalice's own last resort would log the error's message, which may quote a user.
    """

    @wraps(endpoint)
    def answering(**arguments: str) -> Response:
        try:
            answer = endpoint(**arguments)
        except tuple(STATUS) as error:
            status, code = next(answer for kind, answer in STATUS.items() if isinstance(error, kind))
            answer = error_response(status, code, str(error))
        except Exception as error:  # noqa: BLE001 # the last line: logged by place, answered without detail
            answer = _unexpected(error, request_id())
        response = answer if isinstance(answer, Response) else Response(answer)
        kind = {} if isinstance(response.body, str) else {"Content-Type": "application/json"}
        known = {REQUEST_ID: id_} if (id_ := request_id()) else {}
        response.headers = {**SAFE, **known, **kind, **response.headers}
        return response

    return answering


def _unexpected(error: Exception, request_id: str) -> Response:
    if sentence := outage_sentence(error):
        log.bug("store_away", error, api_request_id=request_id)
        return error_response(503, "ServiceUnavailableError", sentence)
    log.bug("request_broke", error, api_request_id=request_id)
    return error_response(500, "InternalServerError", "Something went wrong inside Fireside; try again.")


def cors_config(origin: str) -> CORSConfig | None:
    """What lets the pages of one other site call the API; None where `origin` is empty."""
    if not origin:
        return None
    return CORSConfig(
        allow_origin=origin, allow_headers=["Authorization", "Idempotency-Key"], expose_headers=[REQUEST_ID]
    )


def user_of(request: Request) -> str:
    """The user the authorizer found."""
    user: str = request.context["authorizer"]["principalId"]
    return user


def id_of(request: Request) -> str:
    """API Gateway's id of the request: `$context.requestId`, which the access log has too."""
    return str(request.context.get("requestId") or "")


def is_loopback_request(request: Request) -> bool:
    """Whether a browser on this machine opens the page by the machine's own name, which nobody can point here, and no
    other site asks for it."""
    headers = request.headers
    opened = headers.get("sec-fetch-site") in _OWN or headers.get("sec-fetch-dest") == "document"  # by a link, too
    return opened and _HOME.fullmatch(headers.get("host", "")) is not None


def api_request(request: Request) -> ApiRequest:
    """A request with a body, and its Idempotency-Key."""
    key = requests.idempotency_key(request.headers.get("idempotency-key"))
    try:
        raw = request.raw_body or b""
        body = raw if isinstance(raw, bytes) else raw.encode()
    except ValueError:  # a body API Gateway would not have passed on: lone surrogates, or bad base64
        raise Invalid("The body is not valid JSON in UTF-8.") from None
    where = request.path.format_map(request.uri_params or {})  # Chalice's path is the pattern, such as /tasks/{task_id}
    return ApiRequest(user_of(request), f"{request.method} {where}", key, body)


def query(request: Request, name: str) -> str | None:
    """A query parameter, or None."""
    given: Any = request.query_params
    value: str | None = given.get(name) if given else None
    return value
