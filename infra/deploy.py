"""Deploying a stage, and taking it down again. Both may be repeated, also after they broke off in the middle."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import layer, package, stack
from infra.facts import PROJECT, Facts
from infra.reconcile import reconcile
from infra.recursion import allow_recursion, verify_recursion

if TYPE_CHECKING:
    from boto3.session import Session

_ACCESS_LOG = json.dumps(
    {
        "request_id": "$context.requestId",
        "time": "$context.requestTime",
        "method": "$context.httpMethod",
        "resource": "$context.resourcePath",
        "status": "$context.status",
        "latency_ms": "$context.responseLatency",
        "bytes": "$context.responseLength",
    }
)
"""Access logs name the route, not the path: ids of stories are nobody's business."""

REQUESTS_A_SECOND = 50
BURST = 100
"""What the API takes before it answers 429. Status polls of 50 listeners at one a second."""


def deploy(session: "Session", stage: str, parameters: dict[str, str], *, build: Path = PROJECT / "build") -> str:
    """Infrastructure, layer, then Chalice; returns the API's URL."""
    outputs = stack.deploy(session.client("cloudformation"), stage, parameters)
    arch = package.architecture(stage)
    facts = Facts(
        stage=stage,
        region=session.region_name,
        account=session.client("sts").get_caller_identity()["Account"],
        bucket=outputs["Bucket"],
        ffmpeg_layer=layer.publish(session.client("lambda"), stage, arch, build),
    )
    project = package.assemble(build / stage / "project", facts, arch)
    reconcile(session, project, stage)
    package.chalice(project, session.region_name, "deploy", "--stage", stage)
    allow_recursion(session, stage)
    url = _settle_api(session, _api(reconcile(session, project, stage)), stage, outputs["AccessLogs"])
    verify_recursion(session, stage)
    return url


def destroy(session: "Session", stage: str, *, build: Path = PROJECT / "build") -> None:
    """Functions, API, roles, layer, queues, logs and alarms: gone. Tables and bucket stay."""
    facts = Facts.unknown(stage, session.region_name)
    project = package.assemble(build / stage / "project", facts, package.architecture(stage))
    if reconcile(session, project, stage):
        package.chalice(project, session.region_name, "delete", "--stage", stage)
    layer.remove(session.client("lambda"), stage)
    stack.delete(session.client("cloudformation"), stage)


def _api(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return next(resource for resource in resources if resource["resource_type"] == "rest_api")


def _settle_api(session: "Session", api: dict[str, Any], stage: str, access_logs: str) -> str:
    """What Chalice cannot say of an API: a name of its own stage, throttling, access logs, no metrics by method."""
    client = session.client("apigateway")
    client.update_rest_api(
        restApiId=api["rest_api_id"], patchOperations=[{"op": "replace", "path": "/name", "value": f"fireside-{stage}"}]
    )
    settings = {
        "/*/*/throttling/rateLimit": str(REQUESTS_A_SECOND),
        "/*/*/throttling/burstLimit": str(BURST),
        # The API's own metrics, which the alarms watch, are free; those of every method are billed as custom ones.
        "/*/*/metrics/enabled": "false",
        "/accessLogSettings/destinationArn": access_logs,
        "/accessLogSettings/format": _ACCESS_LOG,
    }
    url: str = api["rest_api_url"]
    client.update_stage(
        restApiId=api["rest_api_id"],
        stageName=url.rstrip("/").rpartition("/")[2],
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in settings.items()],
    )
    return url
