"""Between Chalice and the service: who is calling, what was sent, and what an error becomes. In one place."""

from collections.abc import Callable
from typing import Any

from chalice.app import ChaliceViewError, Request, Response

from chalicelib import log
from chalicelib.api import requests
from chalicelib.api.service import Post
from chalicelib.errors import Conflict, FiresideError, Invalid, KeyReused, NotFound

STATUS: dict[type[FiresideError], tuple[int, str]] = {
    Invalid: (400, "BadRequestError"),
    NotFound: (404, "NotFoundError"),
    Conflict: (409, "ConflictError"),
    KeyReused: (422, "UnprocessableEntityError"),
}
"""Status and Code of each error a caller can cause."""


def error_response(status: int, code: str, message: str) -> Response:
    """An error in Chalice's shape."""
    return Response({"Code": code, "Message": message}, status_code=status)


def errors_to_http(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Chalice middleware: every error becomes a response with Code and Message."""
    try:
        return get_response(event)
    except ChaliceViewError:
        raise
    except FiresideError as error:
        for kind, (status, code) in STATUS.items():
            if isinstance(error, kind):
                return error_response(status, code, str(error))
        return _unexpected(error)
    except Exception as error:  # noqa: BLE001 # the last line: logged by place, answered without detail
        return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.bug("request_broke", error)
    return error_response(500, "InternalServerError", "Something went wrong inside Fireside; try again.")


def user_of(request: Request) -> str:
    """The user the authorizer found."""
    user: str = request.context["authorizer"]["principalId"]
    return user


def post_of(request: Request) -> Post:
    """A POST, with its Idempotency-Key."""
    key = requests.idempotency_key(request.headers.get("idempotency-key"))
    try:
        raw = request.raw_body or b""
        body = raw if isinstance(raw, bytes) else raw.encode()
    except ValueError:  # a body API Gateway would not have passed on: lone surrogates, or bad base64
        raise Invalid("The body is not valid JSON in UTF-8.") from None
    return Post(user_of(request), f"{request.method} {request.path}", key, body)


def query(request: Request, name: str) -> str | None:
    """A query parameter, or None."""
    given: Any = request.query_params
    value: str | None = given.get(name) if given else None
    return value
