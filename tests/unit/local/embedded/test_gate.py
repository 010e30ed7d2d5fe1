"""The gate as an ASGI application, with botocore as the one who signs and nobody behind it."""

import asyncio
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.embedded.calls import ServiceCall
from local.embedded.gate import Answer, Gate
from local.embedded.keys import Keys

PORT = 4566
OURS = f"http://127.0.0.1:{PORT}"
KEYS = Keys("FIRESIDE0123456789AB", "a secret")
AUTHS: dict[str, Any] = {"s3": S3SigV4Auth, "presigned": S3SigV4QueryAuth}
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
DYNAMODB = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}


@dataclass
class Request:
    """One request on the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Behind:
    """The services: they answer everything, and remember what they were asked."""

    calls: list[ServiceCall] = field(default_factory=list)

    async def __call__(self, call: ServiceCall) -> Answer:
        self.calls.append(call)
        return 200, {}, b"sound"


def signed(
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    service: str,
    keys: Keys = KEYS,
    base: str = OURS,
    kind: str | None = None,
    expires: int = 900,
) -> Request:
    """Return a request as boto3 would send it."""
    request = AWSRequest(method, f"{base}{path}", headers=headers or {}, data=body)
    auth = AUTHS.get(kind or service, SigV4Auth)
    more = {"expires": expires} if kind == "presigned" else {}
    auth(Credentials(keys.access_key_id, keys.secret_access_key), service, "us-east-1", **more).add_auth(request)
    url = urlsplit(str(request.url))
    sent = {**dict(request.headers.items()), "Host": urlsplit(base).netloc}
    return Request(method, f"{url.path}{'?' + url.query if url.query else ''}", sent, body)


def presigned(method: str = "GET", path: str = "/audio/1.mp3", **how: Any) -> Request:
    return signed(method, path, service="s3", kind="presigned", **how)


def signed_at(request: Request) -> datetime:
    """When a request was signed, by its own word; now for one that does not say."""
    said = _DATE.search(f"{request.target} {request.headers.get('X-Amz-Date', '')}")
    return datetime.strptime(said[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if said else datetime.now(UTC)


def ask(request: Request, *, after_s: float = 0, behind: Behind | None = None) -> tuple[int, dict[str, str], bytes]:
    """Return what the gate answers, `after_s` seconds after the request was signed, whenever the test runs."""
    sent: list[dict[str, Any]] = []
    path, _, query = request.target.partition("?")
    scope = {
        "type": "http",
        "method": request.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    at = signed_at(request) + timedelta(seconds=after_s)
    gate = Gate(behind or Behind(), KEYS, PORT, now=lambda: at)
    asyncio.run(gate(scope, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, sent[1]["body"]


def json_call(target: str, body: bytes = b"{}", *, service: str = "dynamodb", **how: Any) -> Request:
    return signed("POST", "/", body, {"X-Amz-Target": target}, service=service, **how)


def changed(request: Request, **change: Any) -> Request:
    return replace(request, **change)


def without(request: Request, name: str) -> Request:
    return changed(request, headers={key: value for key, value in request.headers.items() if key != name})


def with_header(request: Request, name: str, value: str) -> Request:
    return changed(request, headers={**request.headers, name: value})


@pytest.mark.parametrize(
    ("request_", "service", "operation"),
    [
        (json_call("DynamoDB_20120810.TransactWriteItems"), "dynamodb", "TransactWriteItems"),
        (json_call("AmazonSQS.SendMessage", service="sqs"), "sqs", "SendMessage"),
        (json_call("AmazonSSM.GetParameter", service="ssm"), "ssm", "GetParameter"),
        (json_call("DynamoDB_20120810.GetItem", base=f"http://localhost:{PORT}"), "dynamodb", "GetItem"),
        (signed("PUT", "/audio/stories/1%20a.mp3", b"sound", service="s3"), "s3", "PUT"),
        (signed("GET", "/audio?list-type=2&prefix=stories%2F1%2F&encoding-type=url", service="s3"), "s3", "GET"),
        (signed("POST", "/audio?delete", b"<Delete/>", service="s3"), "s3", "POST"),
        (presigned(), "s3", "GET"),
        (presigned("HEAD"), "s3", "HEAD"),
        (presigned("GET", "/audio/1.mp3?response-content-type=audio%2Fmpeg"), "s3", "GET"),
    ],
)
def test_what_boto3_sends_passes(request_: Request, service: str, operation: str) -> None:
    behind = Behind()
    assert ask(request_, behind=behind)[0] == 200
    (call,) = behind.calls
    assert (call.service, call.operation, call.region) == (service, operation, "us-east-1")
    assert not [name for name in call.query if name.startswith("X-Amz-")]


ANY = json_call("DynamoDB_20120810.PutItem", b'{"TableName": "stories"}')
OBJECT = signed("PUT", "/audio/1.mp3", b"sound", service="s3")
STRANGER = Keys(KEYS.access_key_id, "another secret")


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(with_header(ANY, "Host", "evil.example"), id="another Host"),
        pytest.param(with_header(ANY, "Host", f"127.0.0.1:{PORT + 1}"), id="another port"),
        pytest.param(with_header(ANY, "Host", "lambda.us-east-1.amazonaws.com"), id="a service's Host"),
        pytest.param(json_call("DynamoDB_20120810.GetItem", base="http://evil.example"), id="signed for another Host"),
        pytest.param(with_header(ANY, "Origin", "http://evil.example"), id="a page"),
        pytest.param(with_header(ANY, "Origin", "null"), id="a page without an origin"),
        pytest.param(with_header(OBJECT, "Origin", "http://127.0.0.1:8000"), id="a page of this machine"),
        pytest.param(with_header(presigned("PUT"), "Origin", "http://127.0.0.1:8000"), id="a page's presigned PUT"),
        pytest.param(without(ANY, "Authorization"), id="unsigned"),
        pytest.param(Request("GET", "/audio/1.mp3", {"Host": f"127.0.0.1:{PORT}"}), id="unsigned GET of an object"),
        pytest.param(Request("GET", "/", {"Host": f"127.0.0.1:{PORT}"}), id="unsigned list of buckets"),
        pytest.param(json_call("DynamoDB_20120810.GetItem", keys=STRANGER), id="another secret"),
        pytest.param(json_call("DynamoDB_20120810.GetItem", keys=Keys("test", "a secret")), id="another key"),
        pytest.param(json_call("DynamoDB_20120810.GetItem", keys=Keys("test", "test")), id="the keys of stand-ins"),
        pytest.param(changed(ANY, body=b'{"TableName": "tokens"}'), id="another body"),
        pytest.param(changed(OBJECT, body=b"noise"), id="other bytes"),
        pytest.param(changed(OBJECT, target="/audio/2.mp3"), id="another object"),
        pytest.param(changed(OBJECT, target="/audio/1.mp3?x-id=PutObject"), id="another query"),
        pytest.param(changed(OBJECT, method="DELETE"), id="another method"),
        pytest.param(with_header(OBJECT, "x-amz-copy-source", "/audio/secret"), id="a header that was not signed"),
        pytest.param(with_header(ANY, "X-Amz-Target", "DynamoDB_20120810.DeleteTable"), id="another operation"),
        pytest.param(changed(presigned(), target=presigned().target.replace("1.mp3", "2.mp3")), id="another URL"),
        pytest.param(changed(presigned(), method="HEAD"), id="a GET's URL for a HEAD"),
        pytest.param(changed(presigned(), target=presigned().target + "0"), id="a longer signature"),
        pytest.param(changed(presigned(), target=presigned().target + "&X-Amz-Expires=604800"), id="doubled expiry"),
        pytest.param(presigned(expires=8 * 86_400), id="presigned for longer than a week"),
        pytest.param(presigned("GET", "/audio"), id="presigned list of a bucket"),
        pytest.param(signed("POST", "/", b"{}", DYNAMODB, service="s3"), id="signed for another service"),
        pytest.param(signed("GET", "/2015-03-31/functions", service="lambda"), id="Lambda"),
        pytest.param(signed("POST", "/_ministack/reset", service="s3"), id="reset"),
        pytest.param(signed("PUT", "/_ministack/config", b"{}", service="s3"), id="configuration"),
        pytest.param(signed("GET", "/_localstack/health", service="s3"), id="LocalStack's routes"),
        pytest.param(json_call("AWSLambda.Invoke", service="lambda"), id="Lambda by target"),
        pytest.param(json_call("AmazonSSM.SendCommand", service="ssm"), id="programs through SSM"),
        pytest.param(json_call("DynamoDB_20120810.ImportTable"), id="an operation that is not on the list"),
        pytest.param(json_call("DynamoDBStreams_20120810.ListStreams"), id="a service that is not on the list"),
        pytest.param(signed("POST", "/", b"Action=ListUsers&Version=2010-05-08", service="iam"), id="IAM by Query"),
        pytest.param(signed("POST", "/", b"Action=GetCallerIdentity", service="sts"), id="STS by Query"),
        pytest.param(signed("POST", "/", b"Action=ListStacks", service="cloudformation"), id="CloudFormation by Query"),
        pytest.param(signed("GET", "/?Action=ListQueues", service="sqs"), id="SQS by Query"),
        pytest.param(
            signed("POST", "/2015-03-31/functions", b"{}", DYNAMODB, service="dynamodb"), id="target and path"
        ),
        pytest.param(signed("PUT", "/audio?notification", b"<x/>", service="s3"), id="notifications"),
        pytest.param(signed("POST", "/audio/1.mp3?uploads", service="s3"), id="an upload in parts"),
        pytest.param(signed("GET", "/code--ol-s3/1", service="s3"), id="an access point that runs code"),
    ],
)
def test_everything_else_is_refused(request_: Request) -> None:
    behind = Behind()
    status, headers, _ = ask(request_, behind=behind)
    assert (status, behind.calls) == (403, [])
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("after_s", [-16 * 60, 16 * 60])
def test_a_signature_is_good_for_a_quarter_of_an_hour(after_s: float) -> None:
    assert ask(ANY)[0] == 200
    assert ask(ANY, after_s=after_s)[0] == 403


def test_a_presigned_url_ends() -> None:
    assert ask(presigned(expires=900), after_s=890)[0] == 200
    assert ask(presigned(expires=900), after_s=910)[0] == 403


def test_a_page_reads_a_presigned_object_and_may_ask_before() -> None:
    page = {"Origin": "http://127.0.0.1:8000"}
    url = presigned()
    status, headers, body = ask(changed(url, headers={**url.headers, **page, "Range": "bytes=0-"}))
    assert (status, headers["Access-Control-Allow-Origin"], body) == (200, "*", b"sound")
    asking = {**page, "Host": f"127.0.0.1:{PORT}", "Access-Control-Request-Method": "GET"}
    preflight = Request("OPTIONS", url.target, {**asking, "Access-Control-Request-Headers": "range"})
    status, headers, _ = ask(preflight)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "range" in headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize(
    ("target", "method"),
    [
        ("/", "POST"),
        ("/audio/1.mp3", "GET"),
        ("/audio/1.mp3?X-Amz-Signature=0", "GET"),
        (presigned().target, "PUT"),
        (presigned("PUT").target, "PUT"),
    ],
)
def test_no_other_preflight_is_answered(target: str, method: str) -> None:
    headers = {"Host": f"127.0.0.1:{PORT}", "Origin": "http://evil.example", "Access-Control-Request-Method": method}
    status, answered, _ = ask(Request("OPTIONS", target, headers))
    assert status == 403
    assert "Access-Control-Allow-Origin" not in answered


def test_health_needs_no_keys_but_no_page_may_ask() -> None:
    health = Request("GET", "/_ministack/health", {"Host": f"127.0.0.1:{PORT}"})
    assert ask(health)[0] == 200
    assert ask(with_header(health, "Origin", "http://evil.example"))[0] == 403
    assert ask(with_header(health, "Host", "evil.example"))[0] == 403
