"""The role with which API Gateway writes access logs: one for all APIs of an account and region."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.errors import Stopped

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_iam import IAMClient

ROLE = "fireside-api-gateway-logs"
"""The role we create where the account has none. It outlives the stage: other APIs of the account may use it too."""

_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
            ],
            "Resource": "*",
        }
    ],
}
"""The policy of AmazonAPIGatewayPushToCloudWatchLogs: API Gateway rejects a role that allows less.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"""

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

# A minute and a half: IAM takes up to a minute to make a new role known.
_TRIES, _PAUSE_S = 18, 5.0


def ensure(session: "Session", say: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
    """Give API Gateway a role to write logs with, unless the account has one already, which other APIs may rely on.

    Raises Stopped where API Gateway still rejects the role after the last try.
    """
    gateway, iam = session.client("apigateway"), session.client("iam")
    named = gateway.get_account().get("cloudwatchRoleArn")
    # The setting is the account's: other people's APIs may log with this role, so it is never replaced.
    if named and _exists(iam, named):
        return
    arn = _role(iam)
    for left in reversed(range(_TRIES)):
        try:
            gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}])
        except ClientError as error:
            # IAM is eventually consistent: for up to a minute API Gateway says that a new role "does not have
            # required permissions", with the same code as for a role that never will.
            # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/apigateway/account.go
            if error.response["Error"]["Code"] != "BadRequestException":
                raise
            if not left:
                reason = error.response["Error"]["Message"]
                raise Stopped(f"API Gateway does not accept the role {arn} for its logs: {reason}") from error
            sleep(_PAUSE_S)
        else:
            say(f"API Gateway writes the logs of this account and region with the role {ROLE} from now on.")
            return


def _exists(iam: "IAMClient", arn: str) -> bool:
    """Return whether the named role exists. One that we may not read counts as existing."""
    try:
        iam.get_role(RoleName=arn.rpartition("/")[2])
    except ClientError as error:
        return error.response["Error"]["Code"] != "NoSuchEntity"
    return True


def _role(iam: "IAMClient") -> str:
    try:
        arn = iam.create_role(
            RoleName=ROLE,
            AssumeRolePolicyDocument=json.dumps(_TRUST),
            Description="Lets API Gateway write logs, for all APIs of the account.",
        )["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=ROLE)["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=json.dumps(_POLICY))
    return arn
