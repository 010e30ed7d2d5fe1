"""Stacks that CloudFormation itself could not bring to an end: what deploy and destroy do and say.

ministack has both states with their rules: a rollback is continued from UPDATE_ROLLBACK_FAILED alone, and a deletion
that failed keeps the resource at fault in the stack.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
One account for all of them: they run in one process, in this order.
"""

from collections.abc import Iterator

import pytest

from tests.deploy.account import Ministack, ministack


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    with ministack(tmp_path_factory.mktemp("account")) as made:
        made.deploy()
        yield made


def limit(account: Ministack) -> float:
    [alarm] = account.client("cloudwatch").describe_alarms(AlarmNames=["fireside-dev-budget-warning"])["MetricAlarms"]
    return float(alarm["Threshold"])


def test_a_rollback_that_cannot_end_is_tried_again_and_then_said_with_its_reason(account: Ministack) -> None:
    account.order("fail AWS::CloudWatch::Dashboard")  # comes after the alarm, which is then to be changed back
    account.order("stick AWS::CloudWatch::Alarm")
    failed = account.infra("deploy", "--stage", "dev", "--warn", "60")
    assert (failed.returncode, account.status()) == (1, "UPDATE_ROLLBACK_FAILED"), failed.stdout
    assert "Dashboard (AWS::CloudWatch::Dashboard): broken on purpose." in failed.stdout.splitlines()[-1]
    again = account.infra("deploy", "--stage", "dev")
    assert (again.returncode, account.status()) == (1, "UPDATE_ROLLBACK_FAILED")
    assert "could not be rolled back; trying that once more" in again.stdout
    said = again.stdout.splitlines()[-1]
    reason = "BudgetWarning (AWS::CloudWatch::Alarm): held on purpose."
    assert said.startswith(f"CloudFormation cannot roll the stack fireside-dev back: {reason} Repair that")
    skip = "--region us-east-1 --stack-name fireside-dev --resources-to-skip BudgetWarning`."
    assert said.endswith(f"`aws cloudformation continue-update-rollback {skip}")


def test_once_what_held_it_is_gone_the_same_command_goes_on(account: Ministack) -> None:
    account.order("mend")
    said = account.deploy("dev", "--warn", "70")
    assert "could not be rolled back; trying that once more" in said
    assert (account.status(), limit(account)) == ("UPDATE_COMPLETE", 70)


def test_a_deletion_that_fails_says_why_and_the_same_command_ends_it(account: Ministack) -> None:
    account.order("stick AWS::CloudWatch::Dashboard")
    failed = account.infra("destroy", "--stage", "dev", "--yes", "dev")
    assert (failed.returncode, account.status()) == (1, "DELETE_FAILED"), failed.stdout
    reason = "Dashboard (AWS::CloudWatch::Dashboard): held on purpose."
    said = f"CloudFormation could not delete the stack fireside-dev: {reason} Remove what holds it and run the command"
    assert failed.stdout.splitlines()[-1] == f"{said} again."
    again = account.infra("destroy", "--stage", "dev", "--yes", "dev")
    assert (again.returncode, account.status()) == (1, "DELETE_FAILED")
    assert reason in again.stdout.splitlines()[-1]


def test_a_deploy_first_ends_a_deletion_that_failed(account: Ministack) -> None:
    stopped = account.infra("deploy", "--stage", "dev")
    assert stopped.returncode == 1
    assert "An earlier removal of fireside-dev did not end (DELETE_FAILED); ending it." in stopped.stdout
    assert "Dashboard (AWS::CloudWatch::Dashboard): held on purpose." in stopped.stdout.splitlines()[-1]
    account.order("mend")
    account.deploy()
    assert account.status() == "CREATE_COMPLETE"
    account.order("stick AWS::CloudWatch::Dashboard")
    account.infra("destroy", "--stage", "dev", "--yes", "dev")
    account.order("mend")
    gone = account.infra("destroy", "--stage", "dev", "--yes", "dev")
    assert gone.returncode == 0, gone.stdout
    stacks = account.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_FAILED", "CREATE_COMPLETE"])
    assert stacks["StackSummaries"] == []
