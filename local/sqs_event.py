"""Messages of SQS as the event that Lambda passes to a function."""

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from local.lambda_context import REGION

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef


def queue_arn(url: str, region: str = REGION) -> str:
    """Return the ARN of the queue at `url`, whose path is /account/name."""
    account, name = url.rstrip("/").rsplit("/", 2)[-2:]
    return f"arn:aws:sqs:{region}:{account}:{name}"


def sqs_event(messages: "Iterable[MessageTypeDef]", arn: str) -> dict[str, Any]:
    """Return received messages as the event that Lambda passes to a function."""
    return {"Records": [_record(message, arn) for message in messages]}


def _record(message: "MessageTypeDef", arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": _attributes(message.get("MessageAttributes", {})),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def _attributes(attributes: "Mapping[str, MessageAttributeValueOutputTypeDef]") -> dict[str, dict[str, Any]]:
    """Return message attributes as Lambda passes them: fields in lower camel case, binary values in base64."""
    shaped: dict[str, dict[str, Any]] = {}
    for name, value in attributes.items():
        shaped[name] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
        if "StringValue" in value:
            shaped[name]["stringValue"] = value["StringValue"]
        if "BinaryValue" in value:
            shaped[name]["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode("ascii")
    return shaped
