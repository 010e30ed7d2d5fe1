"""The two queues of steps, and the dead letters of both."""

import math
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.message import AUTHORING, NARRATION, StepMessage
from chalicelib.settings import Settings
from chalicelib.store.outage import repository

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DEAD_LETTERS = "dead-letters"


@repository
class Queues:
    """Sending to the queues, and extending the visibility time-out of a received message."""

    def __init__(self, client: "SQSClient", settings: Settings) -> None:
        self._client = client
        self._settings = settings

    @cached_property
    def _urls(self) -> dict[str, str]:
        return {
            name: self._client.get_queue_url(QueueName=self._settings.queue(name))["QueueUrl"]
            for name in (AUTHORING, NARRATION)
        }

    def send(self, queue: str, message: StepMessage, delay_s: float = 0.0) -> None:
        """Send a step, to be delivered after `delay_s` seconds (whole seconds, 900 at most)."""
        self._client.send_message(
            QueueUrl=self._urls[queue],
            MessageBody=msgspec.json.encode(message).decode(),
            # Rounded up: a step that must wait for a lease would come a moment too early, and be sent again.
            DelaySeconds=min(900, math.ceil(delay_s)),
            # Fair queues: SQS delivers the messages of a user who has few before the backlog of one who has many.
            MessageGroupId=message.user_id,
        )

    def waiting(self, queue: str) -> int:
        """Return about how many messages wait in the queue for a free worker."""
        answer = self._client.get_queue_attributes(
            QueueUrl=self._urls[queue], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def extend_visibility(self, queue: str, receipt: str, seconds: int) -> None:
        """Hide a received message from other receivers for another `seconds`."""
        self._client.change_message_visibility(
            QueueUrl=self._urls[queue], ReceiptHandle=receipt, VisibilityTimeout=seconds
        )
