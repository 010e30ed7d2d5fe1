"""The change set by which a stack is created or updated: what would change, worked out by AWS before anything does."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.errors import Stopped

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_NAME = "fireside-deploy"

_NO_CHANGES = ("didn't contain changes", "No updates")
"""What the reason of a failed change set says where there is nothing to change."""

POLL_S = 5.0
POLLS = 360
"""How often a state is polled: 360 times, 5 s apart, is half an hour."""


class ChangeSet:
    """The change set of the stack `stack_name`. There is one at a time: its name is taken while it exists."""

    def __init__(
        self, cloudformation: "CloudFormationClient", stack_name: str, *, sleep: Callable[[float], None]
    ) -> None:
        self._client = cloudformation
        self._stack_name = stack_name
        self._sleep = sleep

    def create(self, template: str, parameters: "Sequence[ParameterTypeDef]", *, new: bool) -> bool:
        """Have the changes worked out, and return whether there are any; `new` creates the stack.

        Raises Stopped where AWS refuses the template.
        """
        try:
            self._client.create_change_set(
                StackName=self._stack_name,
                ChangeSetName=_NAME,
                ChangeSetType="CREATE" if new else "UPDATE",
                TemplateBody=template,
                Parameters=parameters,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                ImportExistingResources=True,
                # The pre-deployment validation refuses names that exist, including those to be adopted. And its
                # reasons are not among the stack's events, where those of a deployment are.
                # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
                DisableValidation=True,
            )
        except ClientError as error:
            message = error.response["Error"]["Message"]
            # CloudFormation calls "nothing to do" an error, here or in the change set's reason, and gives it no code.
            if "No updates are to be performed" in message:
                return False
            raise Stopped(f"CloudFormation refuses the template of {self._stack_name}: {message}") from error
        return self._has_changes()

    def execute(self) -> None:
        """Begin to make the changes. Raises Stopped where another deploy is under way."""
        try:
            # Tables and bucket are retained, except those that this very operation creates, should it fail.
            self._client.execute_change_set(StackName=self._stack_name, ChangeSetName=_NAME, RetainExceptOnCreate=True)
        except ClientError as error:
            # Another deploy has started meanwhile, and this change set is gone or may not be executed any more.
            raise Stopped(
                f"CloudFormation did not start on {self._stack_name}: {error.response['Error']['Message']} Run the"
                " command again when no other deploy of the stage is under way."
            ) from error

    def drop(self) -> None:
        """Delete the change set, if there is one."""
        if self._worked_out():
            self._delete()

    def _has_changes(self) -> bool:
        """Return whether the change set can be executed; one that cannot is deleted."""
        found = self._worked_out()
        if found.get("Status") == "CREATE_COMPLETE" and found.get("Changes"):
            return True
        self._delete()
        reason = str(found.get("StatusReason", ""))
        if found.get("Status") == "FAILED" and not any(words in reason for words in _NO_CHANGES):
            raise Stopped(f"CloudFormation refuses the template of {self._stack_name}: {reason}")
        return False

    def _worked_out(self) -> dict[str, Any]:
        """Return the change set once AWS has worked it out; empty where there is none. Raises Stopped in the end."""
        for _ in range(POLLS):
            try:
                found = self._client.describe_change_set(StackName=self._stack_name, ChangeSetName=_NAME)
            except ClientError as error:
                if error.response["Error"]["Code"] in {"ChangeSetNotFound", "ChangeSetNotFoundException"}:
                    return {}
                raise
            if not found["Status"].endswith(("_PENDING", "_IN_PROGRESS")):
                return dict(found)
            self._sleep(POLL_S)
        raise Stopped(
            f"CloudFormation has not worked out the changes to {self._stack_name} in half an hour; run it again."
        )

    def _delete(self) -> None:
        self._client.delete_change_set(StackName=self._stack_name, ChangeSetName=_NAME)
