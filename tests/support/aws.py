"""One embedded AWS for the tests of a session, and clients for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local.aws import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=20)
"""No retries inside the SDK: the tests are about what happens when a call fails."""


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """Yield an embedded AWS. Fails, with the reason, where ministack is not installed."""
    with EmbeddedAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


def sqs_client(aws: EmbeddedAws) -> "SQSClient":
    """Return an SQS client; the caller closes it."""
    return boto3.client(
        "sqs",
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=aws.keys.access_key_id,
        aws_secret_access_key=aws.keys.secret_access_key,
        config=ONCE,
    )


def s3_client(aws: EmbeddedAws) -> "S3Client":
    """Return an S3 client; the caller closes it."""
    return boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=aws.keys.access_key_id,
        aws_secret_access_key=aws.keys.secret_access_key,
        config=ONCE.merge(Config(signature_version="s3v4")),
    )


def dynamodb_client(aws: EmbeddedAws) -> "DynamoDBClient":
    """Return a DynamoDB client; the caller closes it."""
    return boto3.client(
        "dynamodb",
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=aws.keys.access_key_id,
        aws_secret_access_key=aws.keys.secret_access_key,
        config=ONCE,
    )


def signed(
    aws: EmbeddedAws, method: str, path: str, body: bytes, headers: dict[str, str], *, service: str
) -> dict[str, str]:
    """Return the headers of a request that botocore has signed with the keys of `aws`."""
    request = AWSRequest(
        method, f"{aws.endpoint}{path}", headers={**headers, "Host": urlsplit(aws.endpoint).netloc}, data=body
    )
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(Credentials(aws.keys.access_key_id, aws.keys.secret_access_key), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


@pytest.fixture
def embedded_sqs(embedded_aws: EmbeddedAws) -> "Iterator[SQSClient]":
    """Yield an SQS client of the session's AWS."""
    client = sqs_client(embedded_aws)
    yield client
    client.close()
