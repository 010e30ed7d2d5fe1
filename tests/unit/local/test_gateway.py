"""What API Gateway does around an app: routes, methods, authorizers, preflights, and the event of the proxy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import AuthRequest, AuthResponse, AuthRoute, Chalice, CORSConfig, IAMAuthorizer, Response

from local.gateway import Gateway
from local.http_messages import HttpRequest, HttpResponse
from tests.support.clock import ManualClock

TTL_S = 45


class Small:
    """A small app behind the gateway; `event` is what its last request was."""

    def __init__(self) -> None:
        self.app = app = Chalice("small", configure_logs=False)
        app.api.binary_types = []
        self.event: dict[str, Any] = {}
        self.remaining_ms = 0
        self.asked: list[str] = []
        self.logged: list[tuple[str, str, int]] = []
        self.clock = ManualClock()

        @app.authorizer(ttl_seconds=TTL_S)
        def bearer(request: AuthRequest) -> Any:
            self.asked.append(request.token)
            return self.policy(request.token)

        def seen(**_parameters: str) -> Any:
            request: Any = app.current_request
            self.event = request.to_original_event()
            self.remaining_ms = request.lambda_context.get_remaining_time_in_millis()
            return Response({"raw": len(request.raw_body)}, headers={"X-One": "1"}, status_code=201)

        cors = CORSConfig(allow_origin="https://a.example", allow_headers=["Authorization"])
        for path in ("/", "/things", "/things/{thing}", "/things/first", "/things/{thing}/parts/{part}"):
            app.route(path, methods=["GET", "POST"], name=path)(seen)
        app.route("/mine", methods=["GET", "PUT"], authorizer=bearer, cors=cors, name="mine")(seen)
        app.route("/theirs", methods=["GET"], authorizer=IAMAuthorizer(), name="theirs")(seen)

        self.gateway = Gateway.bind(app, access_log=self._log, clock=self.clock)

    def _log(self, method: str, pattern: str, status: int, _ms: float) -> None:
        self.logged.append((method, pattern, status))

    def policy(self, token: str) -> Any:
        if token == "Bearer broken":
            raise LookupError(token)
        if token == "Bearer odd":
            return {"principalId": "odd", "policyDocument": {"Statement": []}}
        everything = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
        if token == "Bearer barred":
            barred = {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": ["*/PUT/mine"]}
            return {"principalId": "barred", "policyDocument": {"Statement": [everything, barred]}}
        if token == "Bearer single":
            return {"principalId": "single", "policyDocument": {"Statement": everything}}
        routes: list[Any] = [AuthRoute("/mine", ["GET"])] if token.startswith("Bearer good") else []
        return AuthResponse(routes=routes, principal_id=token, context={"lane": "7"})

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> HttpResponse:
        path, _, query = target.partition("?")
        sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return self.gateway.answer(HttpRequest(method, path, query, sent, body, "10.0.0.7"))


@pytest.fixture
def small() -> Iterator[Small]:
    small = Small()
    yield small
    small.gateway.stop()


def said(answer: HttpResponse) -> dict[str, str]:
    error: dict[str, str] = json.loads(answer.body)
    assert set(error) == {"Code", "Message"}
    return error


def test_the_event_has_what_the_deployed_function_gets(small: Small) -> None:
    answer = small.ask(
        "POST", "/things/a%20b?x=1&x=2&y=&z=%C3%A9", b'{"a": "\xc3\xa9"}', Content_Type="application/json"
    )
    event = small.event
    assert answer.status == 201
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/things/{thing}"
    assert event["path"] == event["requestContext"]["path"] == "/things/a%20b"
    assert event["httpMethod"] == event["requestContext"]["httpMethod"] == "POST"
    assert event["pathParameters"] == {"thing": "a%20b"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": [""], "z": ["é"]}
    assert event["queryStringParameters"] == {"x": "2", "y": "", "z": "é"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": "é"}', False)
    assert event["requestContext"]["identity"]["sourceIp"] == "10.0.0.7"
    assert {"apiId", "stage", "protocol", "requestTimeEpoch"} <= set(event["requestContext"])
    assert answer.headers["x-amzn-requestid"] == [event["requestContext"]["requestId"]]
    assert 0 < small.remaining_ms <= 60_000
    json.dumps(event)


def test_what_a_request_does_not_have_is_none(small: Small) -> None:
    small.ask("GET", "/")
    for name in (
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    ):
        assert small.event[name] is None


def test_a_body_that_is_no_text_is_passed_in_base64(small: Small) -> None:
    assert json.loads(small.ask("POST", "/", b"\xff\xfe\x00").body) == {"raw": 3}
    assert (small.event["body"], small.event["isBase64Encoded"]) == ("//4A", True)


@pytest.mark.parametrize(
    ("path", "pattern", "parameters"),
    [
        ("/things/first", "/things/first", None),
        ("/things/", "/things", None),
        ("/things/a;b=c", "/things/{thing}", {"thing": "a%3Bb=c"}),
        ("/things/..", "/things/{thing}", {"thing": ".."}),
        ("/things/a:b", "/things/{thing}", {"thing": "a:b"}),
        ("/things/first/parts/2", "/things/{thing}/parts/{part}", {"thing": "first", "part": "2"}),
    ],
)
def test_routes(small: Small, path: str, pattern: str, parameters: dict[str, str] | None) -> None:
    assert small.ask("GET", path).status == 201
    found = small.event["pathParameters"]
    assert (small.event["resource"], found and {k: v.replace(";", "%3B") for k, v in found.items()}) == (
        pattern,
        parameters,
    )


@pytest.mark.parametrize(
    "path", ["/nothing", "/things//parts/2", "//things", "/things/a/b", "//evil/things", "/Things"]
)
def test_there_is_nothing_at_other_paths(small: Small, path: str) -> None:
    answer = small.ask("GET", path, authorization="Bearer good")
    assert (answer.status, said(answer)["Code"]) == (404, "NotFoundError")
    assert answer.headers["x-amzn-requestid"]
    assert small.logged == [("GET", "-", 404)]


def test_a_path_has_its_methods_alone(small: Small) -> None:
    answer = small.ask("DELETE", "/things/7")
    assert (answer.status, said(answer)["Code"]) == (405, "MethodNotAllowedError")
    assert answer.headers["Allow"] == ["GET, POST"]
    assert small.logged == [("DELETE", "/things/{thing}", 405)]


def test_head_is_answered_as_get(small: Small) -> None:
    assert small.ask("HEAD", "/things").status == 201
    assert small.event["httpMethod"] == "GET"
    assert small.ask("HEAD", "/mine").status == 401


def test_a_page_of_another_site_may_ask_first(small: Small) -> None:
    headers = small.ask("OPTIONS", "/mine").headers
    assert headers["Access-Control-Allow-Origin"] == ["https://a.example"]
    assert headers["Access-Control-Allow-Methods"] == ["GET,PUT,OPTIONS"]
    headers = small.ask("OPTIONS", "/things").headers
    assert headers["Access-Control-Allow-Methods"] == ["OPTIONS"]
    assert "Access-Control-Allow-Origin" not in headers
    assert not small.asked


@pytest.mark.parametrize("token", ["", "Bearer bad", "Bearer odd"])
def test_without_a_good_token_nothing_is_told(small: Small, token: str) -> None:
    answer = small.ask("GET", "/mine", Authorization=token) if token else small.ask("GET", "/mine")
    assert (answer.status, said(answer)["Code"]) == (401, "UnauthorizedError")
    assert answer.headers["WWW-Authenticate"] == ["Bearer"]
    assert not small.event
    assert small.asked == ([token] if token else [])


def test_the_caller_is_who_the_authorizer_says(small: Small) -> None:
    small.ask("GET", "/mine", Authorization="Bearer good")
    assert small.event["requestContext"]["authorizer"] == {"principalId": "Bearer good", "lane": "7"}
    assert small.ask("PUT", "/mine", Authorization="Bearer good").status == 401


def test_a_deny_outweighs_and_a_single_statement_counts(small: Small) -> None:
    assert small.ask("GET", "/mine", Authorization="Bearer barred").status == 201
    assert small.ask("PUT", "/mine", Authorization="Bearer barred").status == 401
    assert small.ask("PUT", "/mine", Authorization="Bearer single").status == 201


def test_what_was_allowed_is_remembered_for_its_time(small: Small) -> None:
    for _ in range(3):
        small.ask("GET", "/mine", Authorization="Bearer good")
        small.ask("GET", "/mine", Authorization="Bearer bad")
    assert small.asked == ["Bearer good", "Bearer bad", "Bearer bad", "Bearer bad"]
    small.clock.advance(TTL_S - 1)
    small.ask("GET", "/mine", Authorization="Bearer good")
    assert small.asked.count("Bearer good") == 1
    small.clock.advance(1)
    small.ask("GET", "/mine", Authorization="Bearer good")
    assert small.asked.count("Bearer good") == 2


def test_an_authorizer_of_another_kind_lets_nobody_pass(small: Small) -> None:
    answer = small.ask("GET", "/theirs", Authorization="x")
    assert (answer.status, said(answer)["Code"]) == (500, "InternalServerError")
    assert not small.event


def test_a_broken_authorizer_is_an_error_in_our_shape(small: Small) -> None:
    answer = small.ask("GET", "/mine", Authorization="Bearer broken")
    assert (answer.status, said(answer)["Code"]) == (500, "InternalServerError")
    assert not small.event
