"""The CloudFormation stack of a stage: what Chalice does not create."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from infra.facts import PROJECT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef

TEMPLATE = PROJECT / "infra" / "fireside.yaml"

_CHANGE_SET = "fireside-deploy"
_NEVER_LIVED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
"""States in which a stack can only be deleted; what is retained stays, and is taken in again."""


def name(stage: str) -> str:
    """The stack's name."""
    return f"fireside-{stage}"


def deploy(cloudformation: "CloudFormationClient", stage: str, parameters: dict[str, str]) -> dict[str, str]:
    """Bring the stack to what the template says, and return its outputs. Doing it again changes nothing.

    Tables and bucket that an earlier stack of this name left behind are taken in again. Parameters that are not given
    keep their value. Raises RuntimeError with CloudFormation's reason if it fails.
    """
    status = _status(cloudformation, stage)
    if status in _NEVER_LIVED:
        delete(cloudformation, stage)
        status = None
    if status == "REVIEW_IN_PROGRESS":  # a change set that was never carried out: there is no stack yet
        status = None
    if _change(cloudformation, stage, parameters, new=status is None):
        patience: WaiterConfigTypeDef = {"Delay": 5, "MaxAttempts": 240}
        if status is None:
            cloudformation.get_waiter("stack_create_complete").wait(StackName=name(stage), WaiterConfig=patience)
        else:
            cloudformation.get_waiter("stack_update_complete").wait(StackName=name(stage), WaiterConfig=patience)
    return outputs(cloudformation, stage)


def delete(cloudformation: "CloudFormationClient", stage: str) -> None:
    """Delete the stack. Tables and bucket stay."""
    cloudformation.delete_stack(StackName=name(stage))
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name(stage), WaiterConfig={"Delay": 5, "MaxAttempts": 240}
    )


def outputs(cloudformation: "CloudFormationClient", stage: str) -> dict[str, str]:
    """The stack's outputs, by name."""
    stack = cloudformation.describe_stacks(StackName=name(stage))["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _status(cloudformation: "CloudFormationClient", stage: str) -> str | None:
    try:
        return cloudformation.describe_stacks(StackName=name(stage))["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # there is none
            return None
        raise


def _change(cloudformation: "CloudFormationClient", stage: str, parameters: dict[str, str], *, new: bool) -> bool:
    """Carry out what is to be changed; False if that is nothing."""
    given: list[Any] = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    if not new:
        stack = cloudformation.describe_stacks(StackName=name(stage))["Stacks"][0]
        given += [
            {"ParameterKey": known["ParameterKey"], "UsePreviousValue": True}
            for known in stack.get("Parameters", [])
            if known["ParameterKey"] not in parameters
        ]
    try:
        cloudformation.create_change_set(
            StackName=name(stage),
            ChangeSetName=_CHANGE_SET,
            ChangeSetType="CREATE" if new else "UPDATE",
            TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
            Parameters=given,
            Capabilities=["CAPABILITY_IAM"],
            ImportExistingResources=new,
        )
    except ClientError as error:
        if "No updates are to be performed" in error.response["Error"]["Message"]:
            return False
        raise
    found = _settled(cloudformation, stage)
    if found["Status"] != "CREATE_COMPLETE" or not found.get("Changes"):
        reason = found.get("StatusReason", "")
        cloudformation.delete_change_set(StackName=name(stage), ChangeSetName=_CHANGE_SET)
        if found["Status"] == "FAILED" and "didn't contain changes" not in reason and "No updates" not in reason:
            raise RuntimeError(f"CloudFormation refuses the template: {reason}")
        return False
    cloudformation.execute_change_set(StackName=name(stage), ChangeSetName=_CHANGE_SET)
    return True


def _settled(cloudformation: "CloudFormationClient", stage: str) -> dict[str, Any]:
    with suppress(WaiterError):  # an empty change set counts as failed; its own words are read below
        cloudformation.get_waiter("change_set_create_complete").wait(
            StackName=name(stage), ChangeSetName=_CHANGE_SET, WaiterConfig={"Delay": 2, "MaxAttempts": 60}
        )
    return dict(cloudformation.describe_change_set(StackName=name(stage), ChangeSetName=_CHANGE_SET))
