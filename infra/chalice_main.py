"""The `chalice` command, extended by what Chalice cannot configure: gateway responses and the source of API keys.

Chalice sends the whole API as one Swagger document that overwrites the existing one (`put_rest_api`, mode
`overwrite`), so anything set by hand would be lost at the next deploy. Here it becomes part of the document, for
`deploy` and `package` alike.
"""

import json
import sys
from typing import Any

from chalice.app import Chalice, CORSConfig
from chalice.deploy.swagger import SwaggerGenerator

from chalicelib.api.http import REQUEST_ID, SAFE

Document = dict[str, Any]

_REFUSED = "The request cannot be understood, or there is nothing at this path."
_AWAY = "Fireside is not available at the moment; try again in a few seconds."

_ANSWERS: dict[str, tuple[str | None, str, str]] = {
    "DEFAULT_4XX": (None, "BadRequestError", _REFUSED),
    "DEFAULT_5XX": (None, "InternalServerError", "Something went wrong inside Fireside; try again."),
    "BAD_REQUEST_BODY": ("400", "BadRequestError", "The body cannot be understood."),
    "BAD_REQUEST_PARAMETERS": ("400", "BadRequestError", "A parameter of the request cannot be understood."),
    "UNAUTHORIZED": ("401", "UnauthorizedError", "The Authorization header is missing."),
    "ACCESS_DENIED": ("401", "UnauthorizedError", "The Authorization header's token is not accepted."),
    "WAF_FILTERED": ("403", "ForbiddenError", "The firewall does not let this request pass."),
    "MISSING_AUTHENTICATION_TOKEN": ("404", "NotFoundError", "There is nothing at this path."),
    "RESOURCE_NOT_FOUND": ("404", "NotFoundError", "There is nothing at this path."),
    "REQUEST_TOO_LARGE": ("413", "RequestTooLarge", "The body may have at most 10 MB."),
    "UNSUPPORTED_MEDIA_TYPE": ("415", "UnsupportedMediaType", "Send the body as application/json."),
    "THROTTLED": ("429", "TooManyRequestsError", "Too many requests; try again in a second."),
    "INVALID_API_KEY": ("503", "ServiceUnavailableError", "Fireside is being set up; try again in a minute."),
    "AUTHORIZER_FAILURE": ("503", "ServiceUnavailableError", _AWAY),
    "AUTHORIZER_CONFIGURATION_ERROR": ("503", "ServiceUnavailableError", _AWAY),
    "INTEGRATION_FAILURE": ("503", "ServiceUnavailableError", _AWAY),
    "INTEGRATION_TIMEOUT": ("504", "GatewayTimeoutError", "Fireside did not answer in time; try again."),
}
"""Status (None: API Gateway's own), Code and Message by response type.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
A path or method that does not exist is MISSING_AUTHENTICATION_TOKEN. Requested with a bearer token it is a
DEFAULT_4XX: API Gateway tries to read the token as a signature (IncompleteSignatureException), and its own message
would quote the token. So we replace every message of API Gateway's. INVALID_API_KEY is never the caller's fault, since
the authorizer supplies the keys (see `chalicelib.api.lanes`): the first deploy with keys has just happened, and not
every part of API Gateway knows them yet."""

_RETRY_AFTER_S = {"THROTTLED": 1, "INVALID_API_KEY": 60}

_FOR_OTHER_SITES = {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}
"""The headers that a page of another site needs to read a response; the other CORS headers are for preflights."""


def gateway_responses(cors: dict[str, str]) -> Document:
    """Return API Gateway's own responses shaped as Fireside's errors, with the request id and any CORS headers."""
    fixed = {**SAFE, **{name: value for name, value in cors.items() if name in _FOR_OTHER_SITES}}
    headers = {REQUEST_ID: "context.requestId", **{name: f"'{value}'" for name, value in fixed.items()}}
    return {kind: _response(kind, headers) for kind in _ANSWERS}


def _response(kind: str, headers: dict[str, str]) -> Document:
    status, code, message = _ANSWERS[kind]
    extra = {"WWW-Authenticate": "'Bearer'"} if status == "401" else {}
    if seconds := _RETRY_AFTER_S.get(kind):
        extra["Retry-After"] = f"'{seconds}'"
    return {
        **({"statusCode": status} if status else {}),
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in {**headers, **extra}.items()},
        "responseTemplates": {"application/json": json.dumps({"Code": code, "Message": message})},
    }


def cors_of(app: Chalice) -> dict[str, str]:
    """Return the CORS headers of the API's routes; empty where no other site may call it."""
    configured: list[CORSConfig | None] = [entry.cors for methods in app.routes.values() for entry in methods.values()]
    allowed = next((cors for cors in configured if cors is not None), None)
    return {name: str(value) for name, value in allowed.get_access_control_headers().items()} if allowed else {}


def extend(document: Document, app: Chalice) -> Document:
    """Return the Swagger document with API Gateway's own responses, and the authorizer as the source of API keys."""
    return {
        **document,
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-gateway-responses": gateway_responses(cors_of(app)),
    }


def main() -> int:
    """Run the `chalice` command and return its exit status."""
    from chalice.cli import main as chalice  # noqa: PLC0415 # not needed by those who import `extend`

    generate: Any = SwaggerGenerator.generate_swagger

    def extended(self: SwaggerGenerator, app: Chalice, rest_api: Any = None) -> Document:
        return extend(generate(self, app, rest_api), app)

    SwaggerGenerator.generate_swagger = extended  # type: ignore[method-assign] # `package`'s generator inherits it
    return int(chalice())


if __name__ == "__main__":
    sys.exit(main())
