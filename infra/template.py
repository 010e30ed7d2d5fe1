"""The CloudFormation template of a stage as it is sent: with literal names, and a role for each function.

infra/fireside.yaml is written for every stage, account and region. CloudFormation adopts the tables and the bucket that
an earlier stack left behind (`ImportExistingResources`) only where their names are literals in the template that is
sent; a name made by `!Sub` or `!Ref` counts as a new resource, whose creation then collides with the old one:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html

The functions' roles are created here rather than by Chalice, which names them `fireside-<stage>-<function>`. IAM is
global: a stage in a second region would overwrite the policies of the first, and destroying one would remove the roles
of the other. So the names here include the region.
"""

import json
from typing import Any

import yaml

from infra.chalice_config import stage_settings
from infra.stage_parameters import PROJECT, StageParameters

SOURCE = PROJECT / "infra" / "fireside.yaml"

MAX_BYTES = 51_200
"""The largest template that can be sent without a bucket: a CloudFormation quota."""

_FILLED_IN = "Stage"
"""The parameter whose value is written into the template."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # yaml ships no types
    """A YAML loader that reads CloudFormation's short forms as the long ones."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def render(stage_parameters: StageParameters, partition: str = "aws") -> str:
    """Return the template for the stage, account and region in `stage_parameters`, as compact JSON."""
    source = yaml.load(SOURCE.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 # a SafeLoader
    known = {
        _FILLED_IN: stage_parameters.stage,
        "AWS::AccountId": stage_parameters.account,
        "AWS::Region": stage_parameters.region,
        "AWS::Partition": partition,
    }
    template: dict[str, Any] = _fill_in(source, known)
    del template["Parameters"][_FILLED_IN]
    template["Resources"] |= _roles(stage_parameters)
    for role in map(role_of, functions(stage_parameters.stage)):
        template["Outputs"][role] = {"Value": {"Fn::GetAtt": [role, "Arn"]}}
    return json.dumps(template, separators=(",", ":"))


def parameters(template: str) -> set[str]:
    """Return the names of the rendered template's parameters."""
    return set(json.loads(template)["Parameters"])


def role_of(function: str) -> str:
    """Return the logical name of a function's role, which is also the name of the output with its ARN."""
    return "".join(word.capitalize() for word in function.split("_")) + "Role"


def functions(stage: str) -> dict[str, Any]:
    """Return the settings of the stage's functions in .chalice/config.json, by function."""
    found: dict[str, Any] = stage_settings(stage)["lambda_functions"]
    return found


def _fill_in(node: Any, known: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_fill_in(item, known) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"} and node["Ref"] in known:
        return known[node["Ref"]]
    if set(node) == {"Fn::Sub"} and isinstance(node["Fn::Sub"], str):
        text: str = node["Fn::Sub"]
        for name, value in known.items():
            text = text.replace("${" + name + "}", value)
        return {"Fn::Sub": text} if "${" in text else text
    return {key: _fill_in(value, known) for key, value in node.items()}


def _roles(stage_parameters: StageParameters) -> dict[str, Any]:
    """Return a role for each function, with the policy that .chalice/config.json names for it."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    resources: dict[str, Any] = {}
    for function, settings in functions(stage_parameters.stage).items():
        text = (PROJECT / ".chalice" / settings["iam_policy_file"]).read_text(encoding="utf-8")
        role = role_of(function)
        # Roles belong to the whole account, so their names include the region: two regions of a stage share none.
        properties = {
            "RoleName": f"fireside-{stage_parameters.stage}-{stage_parameters.region}-{function}",
            "AssumeRolePolicyDocument": trust,
        }
        resources[role] = {"Type": "AWS::IAM::Role", "Properties": properties}
        policy = {
            "PolicyName": f"fireside-{stage_parameters.stage}-{function}",
            "PolicyDocument": json.loads(stage_parameters.fill_in(text)),
            "Roles": [{"Ref": role}],
        }
        resources[f"{role}Policy"] = {"Type": "AWS::IAM::Policy", "Properties": policy}
    return resources
