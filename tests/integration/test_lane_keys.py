"""The API keys and the usage plan of a stage, on moto: made once, wherever the making was broken off."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.api.lanes import KEYS, lane_key
from infra import lanes

CALLS = 3 + 1 + 2 * KEYS
"""What making everything asks of API Gateway: plans, keys and the plan's keys, the plan, and two for each lane."""


class Interrupted(Exception):
    """The deploy was killed."""


class Account:
    """An account of moto's, and a count of what is asked of it."""

    def __init__(self) -> None:
        self.session = boto3.Session(region_name="eu-central-1")
        self.asked: list[str] = []
        self.dies_at: tuple[str, int] = ("", 0)
        for moment in ("before-call", "after-call"):
            self.session.events.register(f"{moment}.apigateway", self._watch)
        self.client: Any = boto3.Session(region_name="eu-central-1").client("apigateway")

    def _watch(self, event_name: str, **_event: Any) -> None:
        moment, _, operation = event_name.split(".")
        self.asked += [operation] if moment == "before-call" else []
        if self.dies_at == (moment, len(self.asked)):
            raise Interrupted

    @property
    def found(self) -> tuple[list[str], list[str], list[str]]:
        """Names of the plans, values of the keys, values of the keys in the plans."""
        plans = self.client.get_usage_plans()["items"]
        keys = self.client.get_api_keys(includeValues=True)["items"]
        in_plans = [
            key["value"] for plan in plans for key in self.client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
        ]
        return [plan["name"] for plan in plans], sorted(key["value"] for key in keys), sorted(in_plans)


def whole(*stages: str) -> tuple[list[str], list[str], list[str]]:
    values = sorted(lane_key(stage, lane) for stage in stages for lane in range(KEYS))
    return [f"fireside-{stage}-lane" for stage in stages], values, values


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
@pytest.mark.parametrize("call", [2, 5, 6, CALLS // 2, CALLS])
def test_it_ends_whole_wherever_it_was_broken_off(account: Account, moment: str, call: int) -> None:
    account.dies_at = (moment, call)
    with pytest.raises(Interrupted):
        lanes.ensure(account.session, "dev")
    account.dies_at = ("", 0)
    lanes.ensure(account.session, "dev")
    assert account.found == whole("dev")


def test_doing_it_again_only_looks(account: Account) -> None:
    lanes.ensure(account.session, "dev")
    assert len(account.asked) == CALLS
    account.asked.clear()
    lanes.ensure(account.session, "dev")
    assert account.asked == ["GetUsagePlans", "GetApiKeys", "GetUsagePlanKeys"]


def test_a_rate_that_was_changed_is_put_right(account: Account) -> None:
    lanes.ensure(account.session, "dev")
    [plan] = account.client.get_usage_plans()["items"]
    operations = [{"op": "replace", "path": "/throttle/rateLimit", "value": "500"}]
    account.client.update_usage_plan(usagePlanId=plan["id"], patchOperations=operations)
    lanes.ensure(account.session, "dev")
    assert account.client.get_usage_plan(usagePlanId=plan["id"])["throttle"] == plan["throttle"]


def test_the_plan_counts_for_an_api_as_soon_as_it_has_its_stage(account: Account) -> None:
    lanes.ensure(account.session, "dev")
    api = account.client.create_rest_api(name="fireside")["id"]
    lanes.attach(account.session, "dev", api, "api")  # imported, and never deployed
    assert account.client.get_usage_plans()["items"][0]["apiStages"] == []
    root = account.client.get_resources(restApiId=api)["items"][0]["id"]
    account.client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    account.client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    account.client.create_deployment(restApiId=api, stageName="api")
    for _ in range(2):
        lanes.attach(account.session, "dev", api, "api")
        assert account.client.get_usage_plans()["items"][0]["apiStages"] == [{"apiId": api, "stage": "api"}]
    lanes.remove(account.session, "dev")
    assert account.found == ([], [], [])


def test_removing_leaves_what_is_another_stage_s(account: Account) -> None:
    for stage in ("dev", "dev-lane", "prod"):
        lanes.ensure(account.session, stage)
    account.client.create_usage_plan(name="fireside-dev-lane")  # the answer to a creation was lost: it was tried again
    theirs = account.client.create_api_key(name="fireside-dev-lane-theirs", value="x" * 20)["id"]
    lanes.remove(account.session, "dev")
    account.client.delete_api_key(apiKey=theirs)  # it is still there
    assert account.found == whole("dev-lane", "prod")
    lanes.remove(account.session, "dev")
