"""The AWS clients that are not DynamoDB's, with the limits that all AWS calls share.

A store that is away for seconds fails nothing: each call is tried up to six times with growing, random pauses
(botocore's standard mode, some 15 s in all), then the error goes up and the message comes back later.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


CONNECT_S = 2.0
READ_S = 10.0
POOL = 32
TRIES = 6


def _config() -> Config:
    return Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        max_pool_connections=POOL,
        signature_version="s3v4",
    )


@lru_cache(maxsize=1)
def s3() -> "S3Client":
    """The S3 client of this process."""
    return boto3.client("s3", region_name=settings.region, config=_config())


@lru_cache(maxsize=1)
def sqs() -> "SQSClient":
    """The SQS client of this process."""
    return boto3.client("sqs", region_name=settings.region, config=_config().merge(Config(signature_version=None)))
