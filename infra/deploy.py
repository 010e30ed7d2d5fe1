"""Deploying and destroying a stage. Both may be repeated, also after an interruption."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.api.lanes import API_BURST, API_RATE
from chalicelib.settings import Settings
from chalicelib.story.config import load_config
from infra import access_logs, archives, checks, former_roles, lanes, layer, package, page, restored, voices
from infra.chalice_config import stage_settings
from infra.reconcile import reconcile
from infra.recursion import allow_recursion, verify_recursion
from infra.stack import StageStack
from infra.stage_parameters import PROJECT, StageParameters, other_tables
from infra.template import functions, render, role_of

if TYPE_CHECKING:
    from boto3.session import Session

ACCESS_LOG = json.dumps(
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
"""The format of the access log. It names the route, not the path, to keep the ids of stories and the
secrets of shares out of the log."""


def deploy(
    session: "Session",
    stage: str,
    parameters: dict[str, str],
    *,
    build: Path = PROJECT / "build",
    say: Callable[[str], None] = print,
) -> str:
    """Deploy infrastructure, layer and functions, and return the API's URL. Raises Stopped with a sentence.

    What an earlier run left half done is found on AWS and continued from there.
    """
    package.check_python(package.python(stage))
    page.install_esbuild()  # before anything is changed: it raises Stopped where Node is missing
    for sentence in checks.advice(
        checks.concurrency(session, stage),
        checks.keys(session, stage, stage_settings(stage)["environment_variables"]),
        checks.webhooks(session, stage, load_config(PROJECT / "configs" / "story_config.json").webhooks),
    ):
        say(sentence)
    account = session.client("sts").get_caller_identity()["Account"]
    tables = other_tables(stage)
    # Before anything is changed: a table that is missing must not be found out by a half-deployed stage.
    restored.check(session, stage, tables)
    former_roles.remove(session, stage)
    outputs = _deploy_stack(session, StageParameters.of(stage, session.region_name, account), parameters, say)
    # Before the API's settings name a log group: API Gateway refuses that while the account has no role for it.
    access_logs.ensure(session, say)
    project = _assemble(session, stage, account, outputs, build)
    api = _deploy_functions(session, stage, project)
    url = _settle_api(session, api, stage, outputs["AccessLogs"])
    verify_recursion(session, stage)
    # After everything that can fail: a rollback leads to a version that was deployed completely.
    archives.keep(session, stage, outputs["Bucket"], project)
    for sentence in [
        *checks.advice(checks.alarms(session, outputs["AlarmTopic"], stage), restored.advice(session, tables)),
        *voices.advice(
            Settings(stage, session.region_name, outputs["Bucket"]), stage_settings(stage)["environment_variables"]
        ),
    ]:
        say(sentence)
    return url


def _deploy_stack(
    session: "Session", stage_parameters: StageParameters, parameters: dict[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Deploy the resources that Chalice does not create, and return the stack's outputs."""
    template = render(stage_parameters, session.get_partition_for_region(session.region_name))
    stack = StageStack(session.client("cloudformation"), stage_parameters.stage, say=say)
    return stack.deploy(template, parameters)


def _assemble(session: "Session", stage: str, account: str, outputs: dict[str, str], build: Path) -> Path:
    """Publish the layer and assemble the project that uses it, with the roles of the stack; return its directory."""
    region, arch = session.region_name, package.architecture(stage)
    ffmpeg_layer = layer.publish(session.client("lambda"), stage, arch, build)
    stage_parameters = StageParameters.of(stage, region, account, ffmpeg_layer)
    roles = {function: outputs[role_of(function)] for function in functions(stage)}
    return package.assemble(_project(build, stage, account, region), stage_parameters, arch, roles)


def _deploy_functions(session: "Session", stage: str, project: Path) -> dict[str, Any]:
    """Have Chalice deploy functions and API, attach the API to the lanes' usage plan, and return the API."""
    api_stage = package.api_stage(stage)
    lanes.ensure(session, stage)
    # Before `chalice deploy`, from which on its methods require a key: those of the plan must be accepted by then.
    for known in _apis(reconcile(session, project, stage)):
        lanes.attach(session, stage, known["rest_api_id"], api_stage)  # before its methods require a key
    package.chalice(project, session.region_name, "deploy", "--stage", stage)
    # After `chalice deploy`, which creates the functions; before a story of 17 steps can be stopped.
    allow_recursion(session, stage)
    # Again: at a first deploy the API did not exist before.
    [api] = _apis(reconcile(session, project, stage))
    lanes.attach(session, stage, api["rest_api_id"], api_stage)
    # After the plan is attached: a cached answer without a lane would be refused for 45 seconds.
    lanes.forget_callers(session, api["rest_api_id"], api_stage)
    return api


def destroy(
    session: "Session", stage: str, *, build: Path = PROJECT / "build", say: Callable[[str], None] = print
) -> None:
    """Remove functions, API, roles, layer, queues, logs and alarms. Tables and bucket stay. Raises Stopped."""
    account, region = session.client("sts").get_caller_identity()["Account"], session.region_name
    stage_parameters = StageParameters.of(stage, region, account)
    nobody = dict.fromkeys(functions(stage), f"arn:aws:iam::{account}:role/fireside")  # not Chalice's
    arch = package.architecture(stage)
    project = package.assemble(_project(build, stage, account, region), stage_parameters, arch, nobody, bundled=False)
    lanes.remove(session, stage)  # first: the plan can be detached only while its API exists
    if reconcile(session, project, stage):
        package.chalice(project, region, "delete", "--stage", stage)
    former_roles.remove(session, stage)
    layer.remove(session.client("lambda"), stage)
    StageStack(session.client("cloudformation"), stage, say=say).delete()


def _project(build: Path, stage: str, account: str, region: str) -> Path:
    """Return where the project is assembled: one directory per account and region, since Chalice's memory is of one."""
    return build / stage / f"{account}-{region}" / "project"


def _apis(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the stage's API from the resources found; empty before the first deploy."""
    return [resource for resource in resources if resource["resource_type"] == "rest_api"]


def _settle_api(session: "Session", api: dict[str, Any], stage: str, access_logs: str) -> str:
    """Set what Chalice cannot, and return the URL: the API's name, throttling, access logs, no metrics by method."""
    client = session.client("apigateway")
    client.update_rest_api(
        restApiId=api["rest_api_id"], patchOperations=[{"op": "replace", "path": "/name", "value": f"fireside-{stage}"}]
    )
    settings = {
        "/*/*/throttling/rateLimit": str(API_RATE),
        "/*/*/throttling/burstLimit": str(API_BURST),
        # The API's own metrics, which the alarms watch, are free; those of every method are billed as custom ones.
        "/*/*/metrics/enabled": "false",
        # CloudFormation's ARN of a log group ends with `:*`, which API Gateway rejects.
        "/accessLogSettings/destinationArn": access_logs.removesuffix(":*"),
        "/accessLogSettings/format": ACCESS_LOG,
    }
    url: str = api["rest_api_url"]
    client.update_stage(
        restApiId=api["rest_api_id"],
        stageName=url.rstrip("/").rpartition("/")[2],
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in settings.items()],
    )
    return url
