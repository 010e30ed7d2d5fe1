"""One embedded AWS for the tests of a session, and clients for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from local.aws import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=20)
"""No second try inside the SDK: the tests are about what happens when a call fails."""


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """An embedded AWS. Fails, with the reason, where ministack is not installed."""
    with EmbeddedAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


def sqs_client(endpoint: str) -> "SQSClient":
    """An SQS client; close it."""
    return boto3.client(
        "sqs",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ONCE,
    )


def s3_client(endpoint: str) -> "S3Client":
    """An S3 client; close it."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ONCE.merge(Config(signature_version="s3v4")),
    )


def dynamodb_client(endpoint: str) -> "DynamoDBClient":
    """A DynamoDB client; close it."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ONCE,
    )


@pytest.fixture
def embedded_sqs(embedded_aws: EmbeddedAws) -> "Iterator[SQSClient]":
    """An SQS client of the session's AWS."""
    client = sqs_client(embedded_aws.endpoint)
    yield client
    client.close()
