"""The CloudFormation stack of a stage: the resources that Chalice does not create.

Whatever state an earlier command left it in, `deploy` continues from there, or says in one sentence what prevents it.
The states: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.change_set import POLL_S, POLLS, ChangeSet
from infra.errors import Stopped
from infra.template import parameters as parameters_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_NEVER_LIVED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED",
                "IMPORT_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_FAILED"}  # fmt: skip
"""States in which a stack can only be deleted; tables and bucket stay, and are adopted again."""

_UNBORN = "REVIEW_IN_PROGRESS"
"""The state of a stack that is only a change set which was never executed."""

_BEGUN = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
_ROLLING_BACK = frozenset({"UPDATE_ROLLBACK_IN_PROGRESS"})

_STACK = "AWS::CloudFormation::Stack"
"""The resource type of events about the whole stack."""

_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def name(stage: str) -> str:
    """Return the stack's name."""
    return f"fireside-{stage}"


class StageStack:
    """The stack of one stage. `say` is called with a sentence for the person who waits."""

    def __init__(
        self,
        cloudformation: "CloudFormationClient",
        stage: str,
        *,
        say: Callable[[str], None] = print,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = cloudformation
        self._name = name(stage)
        self._say = say
        self._sleep = sleep

    def deploy(self, template: str, parameters: dict[str, str]) -> dict[str, str]:
        """Bring the stack to what the template says, and return its outputs. Idempotent.

        A table or bucket that an earlier stack of this name left behind is adopted. Parameters that are not given keep
        their values. Raises Stopped with CloudFormation's own reason.
        """
        status = self._ready()
        if self._change(template, parameters, new=status is None):
            ended = self._settle(starting=True)
            if ended not in _DONE:
                raise Stopped(f"CloudFormation could not deploy the stack {self._name}: {self._reason()}")
        return self.outputs()

    def delete(self) -> None:
        """Delete the stack. Tables and bucket stay. Raises Stopped with CloudFormation's own reason."""
        # Read now: the events of a deleted stack can be asked for by this id alone.
        stack_id = self._describe().get("StackId")
        if stack_id is None:
            return
        if self._settle() is None:
            return
        self._client.delete_stack(StackName=self._name)
        if self._settle() is not None:
            raise Stopped(
                f"CloudFormation could not delete the stack {self._name}: {self._reason(stack_id)}"
                " Remove what holds it and run the command again."
            )

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs, by name; empty where there is no stack."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._describe().get("Outputs", [])}

    def _describe(self) -> dict[str, Any]:
        try:
            return dict(self._client.describe_stacks(StackName=self._name)["Stacks"][0])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # there is none
                return {}
            raise

    def _ready(self) -> str | None:
        """Bring the stack to a state that can be updated, and return it; None where it must be created."""
        status = self._settle()
        if status in _NEVER_LIVED:
            if status == "DELETE_FAILED":
                self._say(f"An earlier removal of {self._name} did not end ({status}); ending it.")
            else:
                self._say(f"An earlier deploy of {self._name} failed ({status}); removing what it left.")
            self.delete()
            return None
        if status == "UPDATE_ROLLBACK_FAILED":
            self._say(f"An earlier deploy of {self._name} could not be rolled back; trying that once more.")
            self._client.continue_update_rollback(StackName=self._name)
            status = self._settle(starting=True)
            if status == "UPDATE_ROLLBACK_FAILED":
                raise Stopped(self._cannot_roll_back())
        if status is not None:
            ChangeSet(self._client, self._name, sleep=self._sleep).drop()  # an interrupted deploy's: its name is taken
        return None if status == _UNBORN else status

    def _cannot_roll_back(self) -> str:
        """Return the sentence for a rollback that fails, with the command that skips what blocks it.

        AWS skips only resources that have failed in that rollback.
        """
        held = [name for name, (kind, _) in self._failures(None, _ROLLING_BACK).items() if kind != _STACK]
        return (
            f"CloudFormation cannot roll the stack {self._name} back: {self._reason(since=_ROLLING_BACK)} Repair that"
            " and run the command again, or leave it as it is with `aws cloudformation continue-update-rollback"
            f" --region {self._client.meta.region_name} --stack-name {self._name}"
            f" --resources-to-skip {' '.join(held)}`."
        )

    def _settle(self, *, starting: bool = False) -> str | None:
        """Wait until no operation is in progress, and return the stack's state: None where there is no stack.

        With `starting`, a stack that is only a change set counts as in progress: its creation has been requested.
        """
        for poll in range(POLLS):
            status = self._describe().get("StackStatus")
            if status is None or status == "DELETE_COMPLETE":
                return None
            if not status.endswith("_IN_PROGRESS") or (status == _UNBORN and not starting):
                return str(status)
            # One sentence, not one per poll.
            if poll == 0:
                self._say(f"Waiting for the stack {self._name}: {status}.")
            self._sleep(POLL_S)
        raise Stopped(f"The stack {self._name} is still {status} after half an hour; run the command again later.")

    def _change(self, template: str, parameters: dict[str, str], *, new: bool) -> bool:
        """Execute the changes to the stack; return False where there are none. Raises Stopped where AWS refuses."""
        change_set = ChangeSet(self._client, self._name, sleep=self._sleep)
        if not change_set.create(template, self._parameters(template, parameters, new=new), new=new):
            return False
        change_set.execute()
        return True

    def _parameters(self, template: str, parameters: dict[str, str], *, new: bool) -> "list[ParameterTypeDef]":
        """Return the template's parameters: those that are given, and of an existing stack the others as they are."""
        taken = parameters_of(template)
        given: list[ParameterTypeDef] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items() if key in taken
        ]
        if new:
            return given
        known = {one["ParameterKey"] for one in self._describe().get("Parameters", [])}
        kept = sorted(known & taken - set(parameters))
        given += [{"ParameterKey": key, "UsePreviousValue": True} for key in kept]
        return given

    def _reason(self, stack_id: str | None = None, since: frozenset[str] = _BEGUN) -> str:
        """Return CloudFormation's reason of the first failure `since` the last operation began: it caused the rest."""
        for name, (kind, reason) in self._failures(stack_id, since).items():
            return f"{name} ({kind}): {reason.rstrip('. ')}."
        return "it gives no reason."

    def _failures(self, stack_id: str | None, since: frozenset[str]) -> dict[str, tuple[str, str]]:
        """Return type and reason of what has failed `since` the latest operation began, by logical name, oldest first.

        A deleted stack can be queried by its id alone.
        """
        found: list[tuple[str, tuple[str, str]]] = []
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id or self._name)
        for event in (event for page in pages for event in page["StackEvents"]):  # newest first
            status, reason = event.get("ResourceStatus", ""), event.get("ResourceStatusReason", "")
            # Resources that are cancelled because another one failed explain nothing.
            if status.endswith("_FAILED") and reason and "cancelled" not in reason:
                found.append((event["LogicalResourceId"], (event.get("ResourceType", ""), reason)))
            whole_stack = event.get("PhysicalResourceId") == event["StackId"]
            if whole_stack and status in since:
                break
        return dict(reversed(found))
