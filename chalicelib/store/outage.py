"""What it means for a caller that DynamoDB, SQS or S3 could not do its part: come back later, and with what done."""

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

FULL = "InsufficientStorage"
"""The error code with which the AWS of one machine (local/embedded) says that its disk is full."""

FULL_SENTENCE = "The disk that Fireside keeps its stories on is full. Nothing is lost: make room, then try again."
AWAY_SENTENCE = "Fireside's storage does not answer now. Nothing is lost: try again in a minute."


def outage_sentence(error: BaseException) -> str | None:
    """Return what to tell a caller whose request met `error`, or None where trying again would not help.

    The stores are away when they cannot be reached or answer with a status of 500 or more, after all tries.
    """
    cause = getattr(error, "cause", None) or error  # PynamoDB wraps what botocore raised
    if isinstance(cause, (NoConnection, HTTPClientError)):  # it could not be reached, sent to, or heard
        return AWAY_SENTENCE
    if not isinstance(cause, ClientError):
        return None
    if cause.response["Error"]["Code"] == FULL:
        return FULL_SENTENCE
    return AWAY_SENTENCE if cause.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 else None
