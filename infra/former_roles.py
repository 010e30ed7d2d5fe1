"""Roles that Chalice made for earlier versions: `fireside-<stage>-<function>`, one for all regions of an account."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from infra.template import functions

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_iam import IAMClient

_AT_REST = timedelta(minutes=15)
"""How long a function must have had its new role. An invocation whose role is deleted can write nothing any more, not
even what it has paid for; no invocation lasts longer than this."""


def remove(session: "Session", stage: str, now: datetime | None = None) -> None:
    """Remove the roles of this region that no function uses any more."""
    iam, client = session.client("iam"), session.client("lambda")
    moment = now or datetime.now(UTC)
    for function in functions(stage):
        role = f"fireside-{stage}-{function}"
        # Roles are global and stages are not: the same name may be another region's role.
        if not _is_of(iam, role, session.region_name):
            continue
        name = f"fireside-{stage}" if function == "api_handler" else role
        try:
            found = client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            _delete(iam, role)
            continue
        changed = datetime.strptime(found["LastModified"], "%Y-%m-%dT%H:%M:%S.%f%z")
        if found["Role"].rpartition("/")[2] != role and moment - changed > _AT_REST:
            _delete(iam, role)


def _is_of(iam: "IAMClient", role: str, region: str) -> bool:
    """Return whether the role exists and its policy is for this region: the policy is that of the last deploy."""
    try:
        policy = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return False
    return f":{region}:" in json.dumps(policy)


def _delete(iam: "IAMClient", role: str) -> None:
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    iam.delete_role(RoleName=role)
