"""Creation of what the deployed stage's template creates: tables, queues with their dead-letter queue, the bucket."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from pynamodb.exceptions import TableError

from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.settings import Settings
from chalicelib.store.connections import Table, connect
from chalicelib.store.queues import DEAD_LETTERS
from chalicelib.store.tables import ALL
from chalicelib.timing import RECEIVES, Timing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef
    from mypy_boto3_sqs import SQSClient

_PAGES: "CORSRuleTypeDef" = {
    "AllowedMethods": ["GET", "HEAD"],
    "AllowedOrigins": ["*"],
    "AllowedHeaders": ["Range"],
    "MaxAgeSeconds": 3600,
}
"""CORS rules for the page, which reads chapters from signed URLs to save them; as in infra/fireside.yaml."""

_DAYS_14 = str(14 * 86_400)


def create_missing(settings: Settings, timing: Timing, sqs: "SQSClient", s3: "S3Client") -> None:
    """Create the tables, queues and bucket of the stage that are missing; existing data stays as it is."""
    connect(settings)
    for model in ALL:
        if not model.exists():
            _create(model)
    dead_letters = sqs.create_queue(
        QueueName=settings.queue(DEAD_LETTERS), Attributes={"MessageRetentionPeriod": _DAYS_14}
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES})
    visibility = str(int(timing.visibility_s))
    for name in (AUTHORING, NARRATION):
        url = sqs.create_queue(QueueName=settings.queue(name))["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": visibility, "RedrivePolicy": redrive})
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=settings.bucket)
    s3.put_bucket_cors(Bucket=settings.bucket, CORSConfiguration={"CORSRules": [_PAGES]})


def _create(model: type[Table]) -> None:
    try:
        model.create_table(wait=True)
    except TableError as error:
        if error.cause_response_code != "ResourceInUseException":  # a process that starts at the same time was faster
            raise
