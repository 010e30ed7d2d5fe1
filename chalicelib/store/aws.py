"""The AWS clients that are not DynamoDB's, with the limits that all AWS calls share.

A store that is away for seconds fails nothing: a call is tried again with growing pauses for some 13 s, then the error
goes up and the message comes back later. botocore's legacy mode is meant: its standard mode pauses for milliseconds,
gives up within a second, and lets all threads of a process share one allowance of tries.
"""

import os
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


# A lease lasts 60 s and is renewed every 20 s: one call that hangs must not use that up.
CONNECT_S = 2.0
READ_S = 10.0
# More than the threads of a worker that call AWS at once: eight for lines, two heartbeats and the main one.
POOL = 32
TRIES = 6
"""Pauses of up to 1, 2, 4, 8 and 16 s, half of that on average."""

TRIES_DYNAMODB = 9
"""Pauses of 0.05, 0.1, 0.2 ... 6.4 s: 12.75 s in all."""


def _config() -> Config:
    return Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"mode": "legacy", "total_max_attempts": TRIES},
        max_pool_connections=POOL,
        # botocore would otherwise presign S3's URLs with version 2 wherever a region still takes it.
        signature_version="s3v4",
    )


def _addressing() -> Config:
    """Return the config that signs URLs for the bucket's regional address.

    botocore's global one is redirected or refused elsewhere than in us-east-1. An endpoint of one's own knows buckets
    by path.
    """
    own = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return Config() if own else Config(s3={"addressing_style": "virtual"})


@cache
def s3(region: str) -> "S3Client":
    """Return the S3 client of this process for a region."""
    return boto3.client("s3", region_name=region, config=_config().merge(_addressing()))


@cache
def sqs(region: str) -> "SQSClient":
    """Return the SQS client of this process for a region."""
    # S3's signature version is not for the other services, which choose their own.
    return boto3.client("sqs", region_name=region, config=_config().merge(Config(signature_version=None)))


def ssm(region: str) -> "SSMClient":
    """Return a new client of Parameter Store."""
    return boto3.client("ssm", region_name=region, config=_config().merge(Config(signature_version=None)))
