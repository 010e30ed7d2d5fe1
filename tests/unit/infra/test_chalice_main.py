"""What the `chalice` command is made to say of the API: API Gateway's own answers."""

import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from chalice.app import Chalice, CORSConfig
from chalice.deploy.swagger import CFNSwaggerGenerator

import app
from infra.chalice_main import extend
from local.http_messages import CODES

RESPONSES = "x-amazon-apigateway-gateway-responses"
HEADER = "gatewayresponse.header."


def answers_of(some: Chalice) -> dict[str, Any]:
    made: dict[str, Any] = extend(CFNSwaggerGenerator().generate_swagger(some), some)[RESPONSES]
    return made


def with_cors(cors: CORSConfig | None) -> Chalice:
    other = Chalice("other", configure_logs=False)
    other.route("/private")(lambda: {})
    other.route("/", cors=cors)(lambda: {})
    return other


def test_api_gateways_own_answers_look_like_fireside_s() -> None:
    types: Any = ServiceModel(Loader().load_service_model("apigateway", "service-2")).shape_for("GatewayResponseType")
    for kind, answer in answers_of(app.app).items():
        assert kind in types.enum
        said = json.loads(answer["responseTemplates"]["application/json"])
        assert set(said) == {"Code", "Message"}, kind
        assert answer["responseParameters"][f"{HEADER}X-Request-Id"] == "context.requestId"
        assert answer["responseParameters"][f"{HEADER}Cache-Control"] == "'no-store'"
        assert f"{HEADER}Access-Control-Allow-Origin" not in answer["responseParameters"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UNAUTHORIZED", "401"),
        ("ACCESS_DENIED", "401"),
        ("MISSING_AUTHENTICATION_TOKEN", "404"),
        ("REQUEST_TOO_LARGE", "413"),
        ("THROTTLED", "429"),
        ("INVALID_API_KEY", "503"),
        ("AUTHORIZER_FAILURE", "503"),
        ("INTEGRATION_TIMEOUT", "504"),
        ("DEFAULT_4XX", None),  # a status here would be that of every answer that is not named
        ("DEFAULT_5XX", None),
    ],
)
def test_their_status_is_what_a_caller_expects(kind: str, status: str | None) -> None:
    answer = answers_of(app.app)[kind]
    assert answer.get("statusCode") == status
    if status and int(status) in CODES:  # as on this machine
        assert json.loads(answer["responseTemplates"]["application/json"])["Code"] == CODES[int(status)]
    assert (answer["responseParameters"].get(f"{HEADER}WWW-Authenticate") == "'Bearer'") == (status == "401")
    assert (answer["responseParameters"].get(f"{HEADER}Retry-After") == "'1'") == (status == "429")


def test_no_message_repeats_what_was_sent() -> None:
    """API Gateway's own message for an unknown path quotes the Authorization header."""
    assert "$context.error" not in json.dumps(answers_of(app.app))


def test_another_site_reads_them_where_its_origin_is_configured() -> None:
    cors = CORSConfig(allow_origin="https://a.example", expose_headers=["X-Request-Id"])
    for answer in answers_of(with_cors(cors)).values():
        headers = answer["responseParameters"]
        assert headers[f"{HEADER}Access-Control-Allow-Origin"] == "'https://a.example'"
        assert headers[f"{HEADER}Access-Control-Expose-Headers"] == "'X-Request-Id'"
        assert f"{HEADER}Access-Control-Allow-Headers" not in headers
    assert "Access-Control" not in json.dumps(answers_of(with_cors(None)))
