"""Chalice's record of a stage, rebuilt from what exists on AWS.

Chalice records what it deployed only when it has succeeded, on the machine that ran it. After a failed deploy, or from
another machine, it would create a second API, and collide with existing event sources. So before every deploy its file
is written anew: what exists is updated, and what does not is created.
"""

import json
import os
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from chalice.cli.factory import CLIFactory
from chalice.deploy import models
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_apigateway import APIGatewayClient

Resource = dict[str, Any]


def reconcile(session: "Session", directory: Path, stage: str) -> list[Resource]:
    """Write `.chalice/deployed/<stage>.json` in the assembled project and return the resources found."""
    found = list(_found(session, directory, stage))
    deployed = directory / ".chalice" / "deployed"
    deployed.mkdir(parents=True, exist_ok=True)
    state = {"resources": found, "schema_version": "2.0", "backend": "api"}
    (deployed / f"{stage}.json").write_text(json.dumps(state, indent=2), encoding="utf-8")
    return found


def _wanted(directory: Path, stage: str) -> list[Any]:
    """Return the resource models that Chalice would deploy."""
    with chdir(directory):
        config = CLIFactory(str(directory), environ=os.environ).create_config_obj(chalice_stage_name=stage)
    return list(DependencyBuilder().build_dependencies(ApplicationGraphBuilder().build(config, stage)))


def _found(session: "Session", directory: Path, stage: str) -> Iterator[Resource]:
    functions: dict[str, str] = {}
    for resource in _wanted(directory, stage):
        values: Resource | None = None
        if isinstance(resource, models.LambdaFunction):
            values = _function(session, resource)
            if values:
                functions[resource.resource_name] = values["lambda_arn"]
        elif isinstance(resource, models.SQSEventSource):
            # Chalice orders functions before their event sources, so `functions` has the ARN by now.
            values = _event_source(session, resource, functions)
        elif isinstance(resource, models.ScheduledEvent):
            values = _rule(session, resource)
        elif isinstance(resource, models.RestAPI):
            values = find_api(session, stage, resource.api_gateway_stage)
        elif isinstance(resource, models.DomainName):
            values = _domain(session.client("apigateway"), resource)
        if values is not None:
            yield {"name": resource.resource_name, "resource_type": _recorded_type(resource), **values}


def _recorded_type(resource: Any) -> str:
    """Return the name of the resource's type in Chalice's file."""
    return "cloudwatch_event" if isinstance(resource, models.ScheduledEvent) else str(resource.resource_type)


def _function(session: "Session", resource: Any) -> Resource | None:
    client = session.client("lambda")
    try:
        return {"lambda_arn": client.get_function(FunctionName=resource.function_name)["Configuration"]["FunctionArn"]}
    except client.exceptions.ResourceNotFoundException:
        return None


def _event_source(session: "Session", resource: Any, functions: dict[str, str]) -> Resource | None:
    function = functions.get(resource.lambda_function.resource_name)
    if function is None:
        return None
    client = session.client("lambda")
    for page in client.get_paginator("list_event_source_mappings").paginate(FunctionName=function):
        for mapping in page["EventSourceMappings"]:
            arn = mapping["EventSourceArn"]
            # A mapping that is being deleted cannot be updated; Chalice creates another one.
            if arn.rpartition(":")[2] == resource.queue and mapping.get("State") != "Deleting":
                return {
                    "queue_arn": arn,
                    "event_uuid": mapping["UUID"],
                    "queue": resource.queue,
                    "lambda_arn": function,
                }
    return None


def _rule(session: "Session", resource: Any) -> Resource | None:
    client = session.client("events")
    try:
        client.describe_rule(Name=resource.rule_name)
    except client.exceptions.ResourceNotFoundException:
        return None
    return {"rule_name": resource.rule_name}


def find_api(session: "Session", stage: str, api_stage: str) -> Resource | None:
    """Return the stage's API, as in Chalice's file, or None."""
    client, region = session.client("apigateway"), session.region_name
    function = f":function:fireside-{stage}/invocations"
    for page in client.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            # Chalice names every stage's API alike, and a first deploy may have ended before it was renamed.
            if api["name"] in {"fireside", f"fireside-{stage}"} and _calls(client, api["id"], function):
                url = f"https://{api['id']}.execute-api.{region}.amazonaws.com/{api_stage}/"
                return {"rest_api_id": api["id"], "rest_api_url": url}
    return None


def _domain(client: "APIGatewayClient", resource: Any) -> Resource | None:
    """Return a custom domain and its paths, or None. Chalice fails on one that exists but is not in its file."""
    try:
        domain = client.get_domain_name(domainName=resource.domain_name)
        pages = client.get_paginator("get_base_path_mappings").paginate(domainName=resource.domain_name)
        paths = [mapping.get("basePath", "(none)") for page in pages for mapping in page["items"]]
    except client.exceptions.NotFoundException:
        return None
    # Only the configured path may go into the file: Chalice removes a path that is in its file but not configured.
    ours = [path for path in paths if path == resource.api_mapping.mount_path]
    return {
        "domain_name": resource.domain_name,
        "hosted_zone_id": domain.get("regionalHostedZoneId") or domain.get("distributionHostedZoneId", ""),
        "alias_domain_name": domain.get("regionalDomainName") or domain.get("distributionDomainName", ""),
        "certificate_arn": domain.get("regionalCertificateArn") or domain.get("certificateArn", ""),
        "security_policy": domain.get("securityPolicy", ""),
        "api_mapping": [{"key": "/" if path == "(none)" else f"/{path}"} for path in ours],
    }


def _calls(client: "APIGatewayClient", api_id: str, function: str) -> bool:
    """Return whether the API is this stage's: whether any of its routes leads to the stage's function."""
    try:
        pages = client.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
        methods = [
            method for page in pages for item in page["items"] for method in item.get("resourceMethods", {}).values()
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":  # deleted meanwhile
            return False
        raise
    return any(method.get("methodIntegration", {}).get("uri", "").endswith(function) for method in methods)
