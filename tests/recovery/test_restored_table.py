"""A table that was restored to a point in time, used in place of the one that was damaged.

One account for all of them: they run in one process, in this order. ministack restores what a table holds at the
moment; like DynamoDB it brings along keys and indexes, and neither time to live nor point-in-time recovery.
"""

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.stage_parameters import NOWHERE
from tests.deploy.account import Ministack, ministack
from tests.deploy.iam import allowed
from tests.deploy.projects import copy_project, set_up
from tests.support.running import client, running

RESTORED = "fireside-dev-stories-restored"
FUNCTIONS = ("", "-bearer", "-write_chapter", "-narrate_chapter", "-dead_letters", "-sweep")


class Stage:
    """A deployed stage with one story of ann's, and the API as its functions would serve it."""

    def __init__(self, account: Ministack, project: Path) -> None:
        self.account, self.project = account, project
        account.project = project
        account.deploy()
        self.token = account.infra("token", "--stage", "dev", "--name", "ann").stdout.split()[-1]
        with self.api() as api:
            said = {"prompt": "A map of a country that moved", "num_chapters": 1}
            self.story: str = api.post("/stories", json=said).raise_for_status().json()["story_id"]

    @contextmanager
    def api(self) -> Iterator[httpx.Client]:
        """Yield a client of the API, with the environment that the deployed function has."""
        named = self.configuration("")["Environment"]["Variables"]
        with (
            running("api", "--port", "0", **self.account.environment, **named) as served,
            client(served.url, self.token) as api,
        ):
            yield api

    def configuration(self, suffix: str) -> Any:
        return self.account.client("lambda").get_function_configuration(FunctionName=f"fireside-dev{suffix}")

    def policy(self, suffix: str) -> dict[str, Any]:
        iam, role = self.account.client("iam"), self.configuration(suffix)["Role"].rpartition("/")[2]
        [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document: dict[str, Any] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return document

    def restore(self, source: str, target: str) -> None:
        dynamodb = self.account.client("dynamodb")
        moment = datetime.datetime.now(datetime.UTC)
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=source,
            TargetTableName=target,
            RestoreDateTime=moment,
            BillingModeOverride="PAY_PER_REQUEST",
        )

    def refused(self) -> str:
        """Return what a deploy says that refuses to begin."""
        before = self.deployed()
        done = self.account.infra("deploy", "--stage", "dev")
        assert (done.returncode, self.deployed()) == (1, before)
        return done.stdout.splitlines()[-1]

    def deployed(self) -> Any:
        """Return what any deploy changes: the functions' code, the stack's events."""
        found = self.account.client("lambda").list_functions()["Functions"]
        events = self.account.client("cloudformation").describe_stack_events(StackName="fireside-dev")["StackEvents"]
        return sorted((one["FunctionName"], one["CodeSha256"], one["Role"]) for one in found), len(events)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with ministack(tmp_path_factory.mktemp("account")) as account:
        yield Stage(account, copy_project(tmp_path_factory.mktemp("project")))


def test_a_table_that_is_not_there_or_is_another_one_is_refused(stage: Stage) -> None:
    for tables, said in (
        ({"stories": RESTORED}, f"The stage dev is to use {RESTORED}, and there is no such table in us-east-1"),
        ({"novels": "fireside-dev-novels"}, "names the table 'novels'; there are stories, chapters, tasks"),
        ({"stories": "fireside-prod-stories-2"}, "must be called fireside-dev-stories or fireside-dev-stories-<more>"),
        ({"stories": "fireside-dev-stories-of-another-kind"}, "has other keys or indexes than fireside-dev-stories"),
        ({"tasks": "fireside-dev-tasks-without-index"}, "has other keys or indexes than fireside-dev-tasks"),
    ):
        for name in {"fireside-dev-stories-of-another-kind", "fireside-dev-tasks-without-index"} & set(tables.values()):
            stage.account.client("dynamodb").create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "task_id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "task_id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        set_up(stage.project, tables=tables)
        assert said in stage.refused()


def test_a_story_is_read_from_the_restored_table(stage: Stage) -> None:
    dynamodb = stage.account.client("dynamodb")
    stage.restore("fireside-dev-stories", RESTORED)
    key = {"user_id": {"S": "ann"}, "story_id": {"S": stage.story}}
    dynamodb.delete_item(TableName="fireside-dev-stories", Key=key)  # the damage
    set_up(stage.project, tables=None)
    stage.account.deploy()
    with stage.api() as api:
        assert api.get(f"/stories/{stage.story}").status_code == 404
    set_up(stage.project, tables={"stories": RESTORED})
    said = stage.account.deploy()
    assert f"update-continuous-backups --region us-east-1 --table-name {RESTORED}" in said
    with stage.api() as api:
        assert api.get(f"/stories/{stage.story}").raise_for_status().json()["prompt"].startswith("A map")
        made = api.post("/stories", json={"prompt": "Another", "num_chapters": 1}).raise_for_status().json()
    kept = [item["story_id"]["S"] for item in dynamodb.scan(TableName=RESTORED)["Items"]]
    assert sorted(kept) == sorted([stage.story, made["story_id"]])
    assert dynamodb.scan(TableName="fireside-dev-stories")["Count"] == 0


def test_every_function_may_use_the_restored_table_and_not_the_other(stage: Stage) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{NOWHERE}:table/"
    for suffix in FUNCTIONS:
        assert stage.configuration(suffix)["Environment"]["Variables"]["FIRESIDE_TABLES"] == f"stories={RESTORED}"
        policy = stage.policy(suffix)
        assert "table/fireside-dev-stories" not in json.dumps(policy).replace(RESTORED, "")
        if suffix != "-bearer":
            assert allowed(policy, ("dynamodb:UpdateItem", arn + RESTORED))
    assert allowed(stage.policy("-bearer"), ("dynamodb:GetItem", f"{arn}fireside-dev-tokens"))


def test_commands_about_people_read_the_restored_table(stage: Stage, tmp_path: Path) -> None:
    listed = stage.account.infra("tasks", "--stage", "dev", "--user", "ann")
    assert f"story {stage.story}  draft" in listed.stdout
    assert stage.account.infra("export", "--stage", "dev", "--user", "ann", "--out", str(tmp_path)).returncode == 0
    assert (tmp_path / stage.story / "story.json").exists()


def test_what_a_restore_does_not_bring_along_is_asked_for_until_it_is_there(stage: Stage) -> None:
    keys = "fireside-dev-keys-restored"
    stage.restore("fireside-dev-keys", keys)
    set_up(stage.project, tables={"stories": RESTORED, "keys": keys})
    said = stage.account.deploy()
    before = stage.deployed()
    assert f"update-time-to-live --region us-east-1 --table-name {keys} --time-to-live-specification" in said
    assert said.count("has no point-in-time recovery") == 2
    dynamodb = stage.account.client("dynamodb")
    dynamodb.update_time_to_live(TableName=keys, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    for table in (keys, RESTORED):
        dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    said = stage.account.deploy()
    assert "aws dynamodb" not in said
    assert stage.deployed() == before


def test_the_stack_keeps_its_own_table_and_takes_down_neither(stage: Stage) -> None:
    cloudformation = stage.account.client("cloudformation")
    owned = cloudformation.describe_stack_resources(StackName="fireside-dev")["StackResources"]
    named = {one["PhysicalResourceId"] for one in owned}
    assert "fireside-dev-stories" in named
    assert RESTORED not in named
    done = stage.account.infra("destroy", "--stage", "dev", "--yes", "dev")
    assert done.returncode == 0, done.stdout
    dynamodb = stage.account.client("dynamodb")
    assert {"fireside-dev-stories", RESTORED} <= set(dynamodb.list_tables()["TableNames"])
    kept = dynamodb.scan(TableName=RESTORED)["Items"]
    assert stage.story in {item["story_id"]["S"] for item in kept}
