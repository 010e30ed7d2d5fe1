"""The calls that the embedded AWS serves: requests are parsed against an explicit list, and all others refused."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

DYNAMODB_READS = frozenset(
    {
        "GetItem",
        "BatchGetItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "DescribeTable",
        "ListTables",
        "DescribeTimeToLive",
        "DescribeLimits",
        "DescribeContinuousBackups",
        "ListTagsOfResource",
    }
)
ITEM_WRITES = frozenset(
    {
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
    }
)
TABLE_WRITES = frozenset(
    {
        "CreateTable",
        "DeleteTable",
        "UpdateTable",
        "UpdateTimeToLive",
        "UpdateContinuousBackups",
        "TagResource",
        "UntagResource",
    }
)
SQS_READS = frozenset(
    {
        "GetQueueUrl",
        "GetQueueAttributes",
        "ListQueues",
        "ListQueueTags",
        "ListDeadLetterSourceQueues",
    }
)
SQS_WRITES = frozenset(
    {
        "CreateQueue",
        "DeleteQueue",
        "SetQueueAttributes",
        "PurgeQueue",
        "TagQueue",
        "UntagQueue",
        "SendMessage",
        "SendMessageBatch",
        "ReceiveMessage",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
    }
)
SSM_READS = frozenset(
    {
        "GetParameter",
        "GetParameters",
        "GetParametersByPath",
        "GetParameterHistory",
        "DescribeParameters",
        "ListTagsForResource",
    }
)
SSM_WRITES = frozenset(
    {
        "PutParameter",
        "DeleteParameter",
        "DeleteParameters",
        "AddTagsToResource",
        "RemoveTagsFromResource",
    }
)
"""Only Parameter Store: SSM's SendCommand would run programs."""

READS = {"dynamodb": DYNAMODB_READS, "sqs": SQS_READS, "ssm": SSM_READS}
WRITES = {"dynamodb": ITEM_WRITES | TABLE_WRITES, "sqs": SQS_WRITES, "ssm": SSM_WRITES}
TARGETS = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AmazonSSM": "ssm"}

S3_PARAMETERS = re.compile(
    r"list-type|prefix|delimiter|max-keys|continuation-token|start-after|marker|encoding-type|fetch-owner|x-id"
    r"|response-[a-z-]+|X-Amz-[A-Za-z0-9-]+"
)
"""Query parameters that filter, page or sign, but do not address another resource."""

S3_RESOURCES = {"cors": ("GET", "PUT", "DELETE"), "location": ("GET",), "delete": ("POST",)}
"""Subresources of a bucket and their methods. Multipart uploads are left out: ministack keeps their parts only in
memory, and every object that Fireside makes fits into one request."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_INTERNAL = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
"""Name endings that S3 (and ministack) treat as access points, which may run code, rather than as buckets."""


class CallRefused(Exception):
    """A request for a call that is not served here."""


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A call of a service. For S3 `operation` is the method, and `bucket` and `key` are what it is about."""

    service: str
    operation: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    region: str = "us-east-1"
    bucket: str = ""
    key: str = ""

    @property
    def changes_state(self) -> bool:
        """Whether the call may change something that must outlive the process."""
        if self.service == "s3":
            return self.method not in {"GET", "HEAD"}
        return self.operation in WRITES[self.service]

    def members(self) -> dict[str, Any]:
        """Return the members of a JSON call; empty if the body is not a JSON object."""
        try:
            members = json.loads(self.body)
        except ValueError:
            return {}
        return members if isinstance(members, dict) else {}


def parse(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> ServiceCall:
    """Return the call that a request makes. Raises CallRefused for anything that is not on the list."""
    if target := headers.get("x-amz-target"):
        return _json_call(method, path, query, headers, body, target)
    return _s3_call(method, path, query, headers, body)


def _json_call(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, target: str) -> ServiceCall:
    prefix, _, operation = target.partition(".")
    service = TARGETS.get(prefix, "")
    if method != "POST" or path != "/" or query or not service:
        raise CallRefused(f"{target} is not served here.")
    if operation not in READS[service] | WRITES[service]:
        raise CallRefused(f"{service} {operation} is not served here.")
    return ServiceCall(service, operation, method, path, {}, headers, body)


def _s3_call(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> ServiceCall:
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    parameters = parse_qs(query, keep_blank_values=True)
    resources = [name for name in parameters if not S3_PARAMETERS.fullmatch(name)]
    allowed: tuple[str, ...] = ("GET", "HEAD", "PUT", "DELETE")
    if resources:
        allowed = S3_RESOURCES.get(resources[0], ()) if len(resources) == 1 and not key else ()
    if not path.startswith("/") or method not in allowed or (not bucket and method != "GET"):
        raise CallRefused(f"{method} {path} is not served here.")
    if bucket and (not _BUCKET.fullmatch(bucket) or bucket.endswith(_INTERNAL)):
        raise CallRefused(f"{bucket!r} is not a valid bucket name.")
    return ServiceCall("s3", method, method, unquote(path), parameters, headers, body, bucket=bucket, key=key)
