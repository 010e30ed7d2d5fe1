"""The AWS calls of the commands, as IAM sees them: those recorded, and those that CloudFormation makes for them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from tests.deploy.iam import ACCOUNT, REGION, dynamodb_calls

PREFIXES = {"apigatewayv2": "apigateway"}
"""IAM's prefixes of services that botocore names otherwise."""

S3 = {
    "AbortMultipartUpload": ("s3:AbortMultipartUpload",),
    "CompleteMultipartUpload": ("s3:PutObject",),
    "CreateMultipartUpload": ("s3:PutObject",),
    "DeleteObject": ("s3:DeleteObject",),
    "DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "GetObject": ("s3:GetObject",),
    "HeadObject": ("s3:GetObject",),
    "ListObjectVersions": ("s3:ListBucketVersions",),
    "ListObjectsV2": ("s3:ListBucket",),
    "PutObject": ("s3:PutObject",),
    "UploadPart": ("s3:PutObject",),
}
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""

CLOUDFORMATION: dict[str, tuple[str, str, str]] = {
    "AWS::DynamoDB::Table": (
        "dynamodb",
        "CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights DescribeTable"
        " DescribeKinesisStreamingDestination DescribeTimeToLive GetResourcePolicy ListTagsOfResource TagResource"
        " UntagResource UpdateContinuousBackups UpdateTable UpdateTimeToLive",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{TableName}}",
    ),
    "AWS::SQS::Queue": (
        "sqs",
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue UntagQueue",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{QueueName}}",
    ),
    "AWS::S3::Bucket": (
        "s3",
        "CreateBucket DeleteBucket GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAcl GetBucketCORS"
        " GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls"
        " GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration"
        " GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration"
        " GetMetricsConfiguration GetReplicationConfiguration ListBucket PutBucketCORS PutBucketOwnershipControls"
        " PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration"
        " PutLifecycleConfiguration",
        "arn:aws:s3:::{BucketName}",
    ),
    "AWS::S3::BucketPolicy": (
        "s3",
        "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy",
        f"arn:aws:s3:::fireside-dev-audio-{ACCOUNT}-{REGION}",
    ),
    "AWS::Logs::LogGroup": (
        "logs",
        "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy GetDataProtectionPolicy ListTagsForResource"
        " PutRetentionPolicy TagResource UntagResource DescribeIndexPolicies DescribeLogGroups",
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{LogGroupName}}",
    ),
    "AWS::SNS::Topic": (
        "sns",
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic"
        " ListTagsForResource SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:{{TopicName}}",
    ),
    "AWS::SNS::Subscription": (
        "sns",
        "GetSubscriptionAttributes SetSubscriptionAttributes Subscribe Unsubscribe",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:fireside-dev-alarms",
    ),
    "AWS::CloudWatch::Alarm": (
        "cloudwatch",
        "DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource",
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{AlarmName}}",
    ),
    "AWS::CloudWatch::Dashboard": (
        "cloudwatch",
        "DeleteDashboards GetDashboard ListDashboards PutDashboard",
        f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{{DashboardName}}",
    ),
    "AWS::IAM::Role": (
        "iam",
        "CreateRole DeleteRole GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies TagRole UntagRole"
        " UpdateAssumeRolePolicy",
        f"arn:aws:iam::{ACCOUNT}:role/{{RoleName}}",
    ),
    "AWS::IAM::Policy": (
        "iam",
        "DeleteRolePolicy GetRolePolicy PutRolePolicy",
        f"arn:aws:iam::{ACCOUNT}:role/fireside-dev-{REGION}-sweep",
    ),
}
"""What CloudFormation does with the caller's permissions, by resource type: service, actions, and resource.

For tables from `handlers` in the type's schema (https://schema.cloudformation.us-east-1.amazonaws.com, also in
github.com/pulumi/pulumi-aws-native, aws-cloudformation-schema/), without what is for properties that the template does
not use: streams, customer managed keys, replication. For the other types, what their APIs offer to create, read, update
and delete them; those were not compared with the schemas."""


@dataclass(frozen=True)
class Call:
    """An action, its resource, and what else IAM knows of the request."""

    action: str
    resource: str = "*"
    context: dict[str, str] = field(default_factory=dict, hash=False)


def recorded(requests: Path) -> list[Call]:
    """Return the calls of all commands that were run, from what the hooks recorded."""
    lines = set(requests.read_text(encoding="utf-8").splitlines())
    return [call for line in sorted(lines) for call in calls_of(*json.loads(line))]


def of_cloudformation(template: str) -> Iterator[Call]:
    """Yield the calls with which CloudFormation creates, updates, reads and deletes a template's resources."""
    for resource in json.loads(template)["Resources"].values():
        service, actions, arn = CLOUDFORMATION[resource["Type"]]
        for action in actions.split():
            yield Call(f"{service}:{action}", arn.format_map(resource["Properties"]))


def calls_of(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Call]:
    """Yield what one request needs. Raises KeyError for a kind of request that no command has made yet."""
    if service == "sts":
        return  # everybody may call GetCallerIdentity
    if service.startswith("apigateway"):
        yield from _gateway(_operation(service, operation), parameters)
    elif service == "lambda":
        yield from _lambda(operation, parameters)
    elif service == "dynamodb":
        yield from (Call(*call) for call in dynamodb_calls(operation, parameters))
    elif service == "s3":
        key = f"/{parameters.get('Key', 'stories/x')}" if "Bucket" not in S3[operation][0] else ""
        yield from (Call(action, f"arn:aws:s3:::{parameters['Bucket']}{key}") for action in S3[operation])
    else:
        yield from (Call(f"{service}:{operation}", arn) for arn in _named(service, parameters))


def _named(service: str, parameters: dict[str, Any]) -> list[str]:
    here = f"arn:aws:{service}:{REGION}:{ACCOUNT}"
    if service == "cloudformation":
        name = parameters["StackName"]
        return [name if name.startswith("arn:") else f"{here}:stack/{name}/0f"]
    if service == "iam":
        return [f"arn:aws:iam::{ACCOUNT}:role/{parameters['RoleName']}"]
    if service == "events":
        return [f"{here}:rule/{parameters.get('Rule') or parameters['Name']}"]
    if service == "ssm":
        return [f"{here}:parameter{name}" for name in parameters.get("Names", [parameters.get("Name")])]
    if service == "sqs":
        return [f"{here}:{parameters.get('QueueName') or parameters['QueueUrl'].rpartition('/')[2]}"]
    if service == "logs":
        return [f"{here}:log-group:{parameters['logGroupName']}"]
    return [parameters[{"sns": "TopicArn"}[service]]]


def _lambda(operation: str, parameters: dict[str, Any]) -> Iterator[Call]:
    here = f"arn:aws:lambda:{REGION}:{ACCOUNT}"
    action, name = f"lambda:{operation}", parameters.get("FunctionName") or parameters.get("Resource")
    function = name if not name or name.startswith("arn:") else f"{here}:function:{name}"
    if "EventSourceMapping" in operation:
        # IAM knows the function of a mapping, also where the request names the mapping's id alone.
        whose = function or f"{here}:function:fireside-dev-sweep"
        place = f"{here}:event-source-mapping:{parameters['UUID']}" if "UUID" in parameters else "*"
        yield Call(action, place, {"lambda:FunctionArn": whose})
    elif "LayerName" in parameters:
        version = f":{parameters['VersionNumber']}" if "VersionNumber" in parameters else ""
        anywhere = operation == "ListLayerVersions"
        yield Call(action, "*" if anywhere else f"{here}:layer:{parameters['LayerName']}{version}")
    else:
        yield Call(action, function or "*")
    if "Role" in parameters:
        yield Call("iam:PassRole", parameters["Role"], {"iam:PassedToService": "lambda.amazonaws.com"})
    yield from (Call("lambda:GetLayerVersion", layer) for layer in parameters.get("Layers", []))
    if operation == "CreateFunction" and parameters.get("Tags"):
        yield Call("lambda:TagResource", str(function))
    if "S3Key" in parameters:
        yield Call("s3:GetObject", f"arn:aws:s3:::{parameters['S3Bucket']}/{parameters['S3Key']}")


def _gateway(operation: OperationModel, parameters: dict[str, Any]) -> Iterator[Call]:
    """Yield API Gateway's calls: its actions are HTTP methods, and its resources are paths."""
    path = operation.http["requestUri"].partition("?")[0].removeprefix("/v2")
    for name, shape in operation.input_shape.members.items() if operation.input_shape else ():
        if shape.serialization.get("location") == "uri":
            path = path.replace(f"{{{shape.serialization['name']}}}", str(parameters[name]))
    yield Call(f"apigateway:{operation.http['method']}", f"arn:aws:apigateway:{REGION}::{path}")
    for change in parameters.get("patchOperations", []):
        if change["path"] == "/cloudwatchRoleArn":
            yield Call("iam:PassRole", change["value"], {"iam:PassedToService": "apigateway.amazonaws.com"})


@cache
def _operation(service: str, operation: str) -> OperationModel:
    return ServiceModel(Loader().load_service_model(service, "service-2")).operation_model(operation)


def statements(policy: dict[str, Any]) -> Iterator[tuple[list[str], list[str], dict[str, Any]]]:
    """Yield actions, resources and conditions of each statement: IAM takes a string for a list of one."""
    for one in policy["Statement"]:
        actions, resources = (one[key] if isinstance(one[key], list) else [one[key]] for key in ("Action", "Resource"))
        yield actions, resources, one.get("Condition", {})


def semaphore(policy: dict[str, Any], call: Call) -> bool:
    """Return whether a statement allows the call. A condition on a key that the request lacks is not met."""
    return any(
        any(fnmatchcase(call.action, action) for action in actions)
        and any(fnmatchcase(call.resource, resource) for resource in resources)
        and all(_met(wanted, call.context) for wanted in conditions.values())
        for actions, resources, conditions in statements(policy)
    )


def _met(wanted: dict[str, Any], context: dict[str, str]) -> bool:
    return all(
        any(fnmatchcase(context.get(key, ""), value) for value in (values if isinstance(values, list) else [values]))
        for key, values in wanted.items()
    )
