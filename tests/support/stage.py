"""The stage that tests run on: its settings, and AWS clients as Fireside makes them."""

import os
from typing import TYPE_CHECKING

from chalicelib.settings import Settings
from chalicelib.store import aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

settings = Settings.from_env(os.environ)


def s3() -> "S3Client":
    return aws.s3(settings.region)


def sqs() -> "SQSClient":
    return aws.sqs(settings.region)
