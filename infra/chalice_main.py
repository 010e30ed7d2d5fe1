"""The `chalice` command with what Chalice cannot say of an API: its own answers, and who names the API keys.

Chalice sends the whole API as one Swagger document that overwrites what is there (`put_rest_api`, mode `overwrite`), so
whatever was set by hand would be gone after each deploy. Here it becomes part of the document, of `deploy` and of
`package` alike.
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
"""Status (None: API Gateway's own), Code and Message by the type of the answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
A path or method that does not exist is MISSING_AUTHENTICATION_TOKEN. Asked for with a bearer token it is a DEFAULT_4XX:
API Gateway tries to read the token as a signature (IncompleteSignatureException), and its own message would quote the
token. So no message is API Gateway's. INVALID_API_KEY is no caller's fault, since keys are the authorizer's (see
`chalicelib.api.lanes`): the first deploy with keys has just been made, and not every part of API Gateway knows them."""

_RETRY_AFTER_S = {"THROTTLED": 1, "INVALID_API_KEY": 60}

_FOR_OTHER_SITES = {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}
"""What another site's page needs to read an answer; the other CORS headers are those of a preflight."""


def gateway_responses(cors: dict[str, str]) -> Document:
    """API Gateway's own answers in the shape of Fireside's errors, with the request's id and any CORS headers."""
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
    """The CORS headers of the API's routes; none where no other site may call it."""
    configured: list[CORSConfig | None] = [entry.cors for methods in app.routes.values() for entry in methods.values()]
    allowed = next((cors for cors in configured if cors is not None), None)
    return {name: str(value) for name, value in allowed.get_access_control_headers().items()} if allowed else {}


def extend(document: Document, app: Chalice) -> Document:
    """The Swagger document with API Gateway's own answers, and the authorizer as the source of API keys."""
    return {
        **document,
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-gateway-responses": gateway_responses(cors_of(app)),
    }


def main() -> int:
    """Run the `chalice` command."""
    from chalice.cli import main as chalice  # noqa: PLC0415 # only where it is run

    generate: Any = SwaggerGenerator.generate_swagger

    def extended(self: SwaggerGenerator, app: Chalice, rest_api: Any = None) -> Document:
        return extend(generate(self, app, rest_api), app)

    SwaggerGenerator.generate_swagger = extended  # type: ignore[method-assign] # `package`'s generator inherits it
    return int(chalice())


if __name__ == "__main__":
    sys.exit(main())
