"""Which AWS calls a function makes, and what a policy allows: a recording proxy to AWS, and IAM's matching."""

import http.client
import json
import re
import threading
from collections.abc import Iterator
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.embedded.keys import Keys

Call = tuple[str, str]
"""An IAM action, and the ARN of its resource."""

ACCOUNT, REGION = "000000000000", "us-east-1"

_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""The action that allows each part of a transaction: the transaction itself has none."""


class Recorder:
    """A proxy to `endpoint` that records every request, by the caller that the address was made for.

    It signs what it passes on again: a signature is valid only for the Host it was made for.
    """

    def __init__(self, endpoint: str, keys: Keys) -> None:
        self._endpoint = urlsplit(endpoint)
        self._credentials = Credentials(keys.access_key_id, keys.secret_access_key)
        self.calls: dict[str, set[Call]] = {}
        self.count: dict[str, int] = {}
        self._servers: list[ThreadingHTTPServer] = []

    def address(self, who: str) -> str:
        """Return an endpoint whose calls are recorded as those of `who`."""
        recorder = self
        self.calls[who] = set()
        self.count[who] = 0

        class Pass(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                recorder.count[who] += 1
                recorder.calls[who].update(calls_of(self.command, self.path, dict(self.headers), body))
                onward = http.client.HTTPConnection(recorder._endpoint.hostname or "", recorder._endpoint.port)
                try:
                    onward.request(*recorder._signed(self.command, self.path, body, dict(self.headers)))
                    answer = onward.getresponse()
                    data = answer.read()
                finally:
                    onward.close()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 # the names http.server asks for

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Pass)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def _signed(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[str, str, bytes, Any]:
        """Return the request as its sender would have sent it to the endpoint itself."""
        lower = {name.lower(): value for name, value in headers.items()}
        service = signed_for(lower)
        where, _, query = target.partition("?")
        kept = "&".join(part for part in query.split("&") if part and not part.startswith("X-Amz-"))
        target = f"{where}?{kept}" if kept else where
        for name in ("host", "authorization", "x-amz-date", "x-amz-content-sha256"):
            lower.pop(name, None)
        request = AWSRequest(method, f"{self._endpoint.geturl()}{target}", headers=lower, data=body)
        auth = S3SigV4Auth if service == "s3" else SigV4Auth
        auth(self._credentials, service, REGION).add_auth(request)
        return method, target, body, dict(request.headers.items())

    def close(self) -> None:
        """Stop passing requests on."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


def signed_for(headers: dict[str, str]) -> str:
    """Return the service that a request was signed for; only S3's are signed in their URL."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/(\w+)/", headers.get("authorization", ""))
    return scope[1] if scope else "s3"


def calls_of(method: str, target: str, headers: dict[str, str], body: bytes) -> Iterator[Call]:
    """Yield the IAM actions of one request."""
    lower = {name.lower(): value for name, value in headers.items()}
    service = signed_for(lower)
    _, _, action = lower.get("x-amz-target", "").rpartition(".")
    if service == "dynamodb":
        yield from dynamodb_calls(action, json.loads(body))
    elif service == "sqs":
        data = json.loads(body)
        queue = data.get("QueueName") or data["QueueUrl"].rpartition("/")[2]
        yield f"sqs:{action}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    elif service == "ssm":
        yield f"ssm:{action}", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{json.loads(body)['Name']}"
    else:
        yield _s3(method, target)


def dynamodb_calls(action: str, data: dict[str, Any]) -> Iterator[Call]:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
    if action == "TransactWriteItems":
        for item in data["TransactItems"]:
            [(kind, part)] = item.items()
            yield f"dynamodb:{_PARTS[kind]}", table + part["TableName"]
    elif "RequestItems" in data:
        for name in data["RequestItems"]:
            yield f"dynamodb:{action}", table + name
    elif "IndexName" in data:
        yield f"dynamodb:{action}", f"{table}{data['TableName']}/index/{data['IndexName']}"
    else:
        yield f"dynamodb:{action}", table + data["TableName"]


def _s3(method: str, target: str) -> Call:
    url = urlsplit(target)
    bucket, _, key = unquote(url.path).strip("/").partition("/")
    query = parse_qs(url.query, keep_blank_values=True)
    if not key and "delete" in query:
        return "s3:DeleteObject", f"arn:aws:s3:::{bucket}/stories/deleted-with-others"
    if not key:
        return "s3:ListBucket", f"arn:aws:s3:::{bucket}"
    action = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[method]
    return f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}"


def allowed(policy: dict[str, Any], call: Call) -> bool:
    """Return whether one of the policy's statements allows the call."""
    return any(
        call[0] in statement["Action"] and any(fnmatchcase(call[1], resource) for resource in statement["Resource"])
        for statement in policy["Statement"]
    )


def unused(policy: dict[str, Any], calls: set[Call]) -> set[tuple[str, str]]:
    """Return what the policy allows, by action and resource, that no call needed."""
    return {
        (action, resource)
        for statement in policy["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not any(action == done and fnmatchcase(what, resource) for done, what in calls)
    }
