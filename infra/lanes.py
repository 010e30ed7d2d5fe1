"""The API keys and the usage plan of a stage: one key for each lane of `chalicelib.api.lanes`."""

import re
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from chalicelib.api.lanes import KEYS, LANE_BURST, LANE_RATE, lane_key

if TYPE_CHECKING:
    from boto3.session import Session

_PAGE = {"PageSize": 500}
"""The largest page that API Gateway returns."""


def ensure(session: "Session", stage: str) -> None:
    """Ensure that every lane's key exists and is in the stage's usage plan with its rate. Idempotent.

    If this is interrupted at any point, the next run finds what exists and creates the rest.
    """
    client = _client(session)
    plan = next(iter(_plans(client, stage)), None) or client.create_usage_plan(name=_name(stage), throttle=_throttle())
    if plan.get("throttle") != _throttle():
        changed = {"rateLimit": LANE_RATE, "burstLimit": LANE_BURST}
        _patch(client, plan, *(("replace", f"/throttle/{name}", str(limit)) for name, limit in changed.items()))
    # By value, which is derived from stage and lane: names may be taken twice, values may not.
    made = {key["value"]: key["id"] for key in _keys(client, stage)}
    pages = client.get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan["id"], PaginationConfig=_PAGE)
    in_plan = {key["id"] for page in pages for key in page["items"]}
    for lane in range(KEYS):
        value = lane_key(stage, lane)
        if value not in made:
            # Before it enters the plan. Interrupted in between, the next run finds the key and adds it.
            made[value] = client.create_api_key(name=f"{_name(stage)}-{lane}", value=value, enabled=True)["id"]
        if made[value] not in in_plan:
            client.create_usage_plan_key(usagePlanId=plan["id"], keyId=made[value], keyType="API_KEY")


def attach(session: "Session", stage: str, api_id: str, api_stage: str) -> None:
    """Attach the plan to the API's stage, if it exists: an API that was never deployed has no stage yet."""
    client = _client(session)
    plan = _plans(client, stage)[0]
    found = client.get_stages(restApiId=api_id)["item"]
    if api_stage in {one["stageName"] for one in found} and f"{api_id}:{api_stage}" not in _attached(plan):
        _patch(client, plan, ("add", "/apiStages", f"{api_id}:{api_stage}"))


def forget_callers(session: "Session", api_id: str, api_stage: str) -> None:
    """Flush the authorizer's cache: what it answered before a deploy may name no lane."""
    _client(session).flush_stage_authorizers_cache(restApiId=api_id, stageName=api_stage)


def remove(session: "Session", stage: str) -> None:
    """Delete the stage's plan and its keys, where they exist."""
    client = _client(session)
    for plan in _plans(client, stage):
        # "Cannot delete Usage Plan ... because there are API Stages associated with it":
        # https://github.com/aws/aws-sdk-js/issues/3841
        _patch(client, plan, *(("remove", "/apiStages", attached) for attached in _attached(plan)))
        client.delete_usage_plan(usagePlanId=plan["id"])
    for key in _keys(client, stage):
        client.delete_api_key(apiKey=key["id"])


def _client(session: "Session") -> Any:
    # An account may create five keys a second, hence the many attempts:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    return session.client("apigateway", config=Config(retries={"mode": "standard", "total_max_attempts": 12}))


def _name(stage: str) -> str:
    return f"fireside-{stage}-lane"


def _throttle() -> dict[str, float]:
    return {"rateLimit": float(LANE_RATE), "burstLimit": LANE_BURST}


def _plans(client: Any, stage: str) -> list[dict[str, Any]]:
    """Return the stage's plans, by id. Names are not unique: a creation retried after a lost response makes two."""
    pages = client.get_paginator("get_usage_plans").paginate(PaginationConfig=_PAGE)
    found = [plan for page in pages for plan in page["items"] if plan.get("name") == _name(stage)]
    return sorted(found, key=lambda plan: str(plan["id"]))


def _keys(client: Any, stage: str) -> list[dict[str, Any]]:
    """Return the stage's keys, including those of lanes that are no longer used."""
    pages = client.get_paginator("get_api_keys").paginate(
        nameQuery=f"{_name(stage)}-", includeValues=True, PaginationConfig=_PAGE
    )
    ours = re.compile(rf"{re.escape(_name(stage))}-[0-9]+")
    return [key for page in pages for key in page["items"] if ours.fullmatch(key["name"])]


def _attached(plan: dict[str, Any]) -> list[str]:
    return [f"{one['apiId']}:{one['stage']}" for one in plan.get("apiStages", [])]


def _patch(client: Any, plan: dict[str, Any], *changes: tuple[str, str, str]) -> None:
    operations = [{"op": op, "path": path, "value": value} for op, path, value in changes]
    if operations:
        client.update_usage_plan(usagePlanId=plan["id"], patchOperations=operations)
