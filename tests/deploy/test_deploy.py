"""`python -m infra deploy`, the real command with the real Chalice, against a moto server.

One account for all of them: they run in one process, in this order (pytest-xdist: `--dist loadfile`).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.api.lanes import KEYS, LANE_BURST, LANE_RATE, lane_key
from chalicelib.settings import Settings
from chalicelib.store.tables import ALL
from chalicelib.timing import FUNCTION_S, RECEIVES, VISIBILITY_S
from infra.chalice_config import stage_settings
from infra.stage_parameters import PROJECT
from tests.deploy.account import HOOKS

SUFFIXES = ("", "-bearer", "-write_chapter", "-narrate_chapter", "-dead_letters", "-sweep")
FUNCTIONS = {stage: {f"fireside-{stage}{suffix}" for suffix in SUFFIXES} for stage in ("dev", "prod")}


ANSWER = ("statusCode", "responseParameters", "responseTemplates")


class Account:
    """An AWS account on a moto server, and the command that deploys to it."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server
        self.endpoint = self._line()
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FIRESIDE_")},
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_MAX_ATTEMPTS": "1",
            "PYTHONPATH": str(HOOKS),
        }

    def _line(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline().strip()

    def client(self, service: str) -> Any:
        name: Any = service
        return boto3.client(name, endpoint_url=self.endpoint)

    def infra(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra", *arguments]
        return subprocess.run(command, cwd=PROJECT, env=self._env, capture_output=True, text=True, check=False)

    def deploy(self, stage: str) -> None:
        done = self.infra("deploy", "--stage", stage)
        assert done.returncode == 0, done.stderr[-2000:]
        assert "execute-api" in done.stdout

    def break_once(self) -> None:
        """Have the second event source that is made from now on fail."""
        assert self._server.stdin is not None
        self._server.stdin.write("break\n")
        self._server.stdin.flush()
        assert self._line() == "ready"

    def api_keys(self) -> list[dict[str, Any]]:
        """Return the API keys of the account."""
        pages = self.client("apigateway").get_paginator("get_api_keys").paginate(includeValues=True)
        return [key for page in pages for key in page["items"]]

    def inventory(self) -> dict[str, Any]:
        """Everything that a second deploy might make twice, or change."""
        functions = self.client("lambda").list_functions()["Functions"]
        sources = self.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        return {
            "functions": sorted((one["FunctionName"], one["CodeSha256"], one["Role"]) for one in functions),
            "sources": sorted((one["UUID"], one["EventSourceArn"], one["FunctionArn"]) for one in sources),
            "apis": sorted((one["id"], one["name"]) for one in self.client("apigateway").get_rest_apis()["items"]),
            "keys": sorted((key["id"], key["name"]) for key in self.api_keys()),
            "plans": sorted(one["id"] for one in self.client("apigateway").get_usage_plans()["items"]),
            "roles": sorted(one["RoleName"] for one in self.client("iam").list_roles()["Roles"]),
            "rules": sorted(one["Name"] for one in self.client("events").list_rules()["Rules"]),
            "tables": sorted(self.client("dynamodb").list_tables()["TableNames"]),
            "queues": sorted(self.client("sqs").list_queues()["QueueUrls"]),
            "layers": [
                (layer["LayerName"], layer["LatestMatchingVersion"]["Version"])
                for layer in self.client("lambda").list_layers()["Layers"]
            ],
        }


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    command = [sys.executable, "-m", "tests.deploy.moto_server"]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        deployed = Account(server)
        deployed.break_once()
        broken = deployed.infra("deploy", "--stage", "dev")
        assert broken.returncode != 0
        assert "broken on purpose" in broken.stderr + broken.stdout
        deployed.deploy("dev")
        deployed.deploy("prod")
        yield deployed


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_functions_are_as_configured(account: Account, stage: str) -> None:
    client = account.client("lambda")
    found = {one["FunctionName"]: one for one in client.list_functions()["Functions"]}
    assert set(found) >= FUNCTIONS[stage]
    configured = stage_settings(stage)["lambda_functions"]
    for name, facts in configured.items():
        function = found[f"fireside-{stage}" if name == "api_handler" else f"fireside-{stage}-{name}"]
        assert function["MemorySize"] == facts["lambda_memory_size"]
        assert function["Timeout"] == facts["lambda_timeout"]
        assert function["Architectures"] == ["arm64"]
        assert function["Environment"]["Variables"]["FIRESIDE_STAGE"] == stage
        assert (
            function["Environment"]["Variables"]["FIRESIDE_BUCKET"] == f"fireside-{stage}-audio-123456789012-us-east-1"
        )
        layers = [layer["Arn"] for layer in function.get("Layers", [])]
        wanted = f":layer:fireside-{stage}-ffmpeg:1"
        assert [arn.endswith(wanted) for arn in layers] == ([True] if name == "narrate_chapter" else [])


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_only_the_workers_may_be_invoked_in_chains_of_any_length(account: Account, stage: str) -> None:
    client = account.client("lambda")
    found = {
        name: client.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] for name in FUNCTIONS[stage]
    }
    workers = {f"fireside-{stage}-write_chapter", f"fireside-{stage}-narrate_chapter"}
    assert {name for name, setting in found.items() if setting == "Allow"} == workers
    assert set(found.values()) == {"Allow", "Terminate"}
    for name, setting, code in (
        (f"fireside-{stage}-sweep", "Perhaps", "InvalidParameterValueException"),
        ("nobody", "Allow", "ResourceNotFoundException"),
    ):
        with pytest.raises(ClientError, match=code):  # the account is as strict as AWS: else this proved nothing
            client.put_function_recursion_config(FunctionName=name, RecursiveLoop=setting)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_queues_lead_to_their_functions_and_then_to_the_dead_letters(account: Account, stage: str) -> None:
    plan = json.loads((PROJECT / "configs" / "story_config.json").read_text())["plan"]
    sources = {
        one["EventSourceArn"].rpartition(":")[2]: one
        for one in account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        if f":fireside-{stage}-" in one["EventSourceArn"]
    }
    wanted = {"authoring": "write_chapter", "narration": "narrate_chapter", "dead-letters": "dead_letters"}
    assert set(sources) == {f"fireside-{stage}-{queue}" for queue in wanted}
    for queue, function in wanted.items():
        source = sources[f"fireside-{stage}-{queue}"]
        assert source["BatchSize"] == 1
        assert source["FunctionArn"].endswith(f"fireside-{stage}-{function}")
    assert _concurrency(sources, stage, "authoring") == plan["writers_at_once"]
    assert _concurrency(sources, stage, "narration") == plan["narrators_at_once"]
    sqs = account.client("sqs")
    for queue in ("authoring", "narration"):
        url = sqs.get_queue_url(QueueName=f"fireside-{stage}-{queue}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert int(attributes["VisibilityTimeout"]) == VISIBILITY_S >= 6 * FUNCTION_S[wanted[queue]]
        redrive = json.loads(attributes["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"].endswith(f"fireside-{stage}-dead-letters")
        assert int(redrive["maxReceiveCount"]) == RECEIVES


def _concurrency(sources: dict[str, Any], stage: str, queue: str) -> int:
    return int(sources[f"fireside-{stage}-{queue}"]["ScalingConfig"]["MaximumConcurrency"])


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_function_has_a_role_of_its_own_with_its_own_policy(account: Account, stage: str) -> None:
    iam = account.client("iam")
    functions = account.client("lambda").list_functions()["Functions"]
    roles = {one["FunctionName"]: one["Role"] for one in functions if one["FunctionName"] in FUNCTIONS[stage]}
    assert len(set(roles.values())) == len(roles)
    for role in roles.values():
        name = role.rpartition("/")[2]
        [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        text = json.dumps(document)
        assert "${" not in text
        for statement in document["Statement"]:
            assert not [action for action in statement["Action"] if "*" in action]
            for resource in statement["Resource"]:
                assert ":123456789012:" in resource or resource.startswith("arn:aws:s3:::fireside-")
                assert f"fireside-{stage}" in resource or f"fireside/{stage}/" in resource


def test_the_tables_are_those_the_program_knows(account: Account) -> None:
    client = account.client("dynamodb")
    named = Settings("dev", "us-east-1", "").table
    for model in ALL:
        table = named(model.full_name().removeprefix("fireside-test-"))
        found = client.describe_table(TableName=table)["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in found["KeySchema"]}
        attributes = {one["AttributeName"]: one["AttributeType"] for one in found["AttributeDefinitions"]}
        schema = model.get_attributes()
        hashed = next(name for name, attribute in schema.items() if attribute.is_hash_key)
        ranged = [name for name, attribute in schema.items() if attribute.is_range_key]
        assert keys == {"HASH": hashed} | ({"RANGE": ranged[0]} if ranged else {})
        assert all(attributes[name] == schema[name].attr_type for name in keys.values())
        assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        indexes = {one["IndexName"] for one in found.get("GlobalSecondaryIndexes", [])}
        assert indexes == {index.Meta.index_name for index in model._indexes.values()}


def test_a_token_is_printed_once_and_kept_as_its_hash(account: Account) -> None:
    done = account.infra("token", "--stage", "dev", "--name", "ann")
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    items = account.client("dynamodb").scan(TableName="fireside-dev-tokens")["Items"]
    assert [item["user_id"]["S"] for item in items] == ["ann"]
    assert len(token) >= 40
    assert token not in json.dumps(items)
    refused = account.infra("token", "--stage", "dev", "--name", "no such name!")
    assert (refused.returncode, "user's name" in refused.stderr) == (1, True)


def test_a_limit_belongs_to_the_name_and_a_revoked_name_has_no_token(account: Account) -> None:
    given = account.infra("token", "--stage", "dev", "--name", "bob", "--limit", "7.50", "--days", "90")
    assert "bob may spend $7.50 a month. The token ends after 90 days." in given.stderr
    again = account.infra("token", "--stage", "dev", "--name", "bob")
    assert "bob may spend $7.50 a month, as before." in again.stderr
    tokens = [done.stdout.strip() for done in (given, again)]
    assert all(len(token.split()) == 1 for token in tokens)
    listed = account.infra("tokens", "--stage", "dev")
    assert [line.split()[:2] for line in listed.stdout.splitlines() if line.startswith("bob")] == [["bob", "$7.50"]] * 2
    revoked = account.infra("revoke", "--stage", "dev", "--name", "bob")
    assert "bob: 2 tokens are revoked, and refused within 45 seconds" in revoked.stdout
    for done in (listed, revoked):
        assert not [token for token in tokens if token in done.stdout + done.stderr]
    items = account.client("dynamodb").scan(TableName="fireside-dev-tokens")["Items"]
    assert [item["token_hash"]["S"] for item in items if item["user_id"]["S"] == "bob"] == ["limit#bob"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("token", "--name", "ann", "--limit", "much"), "LIMIT must be dollars a month"),
        (("token", "--name", "ann", "--days", "0"), "DAYS must be a whole number"),
        (("revoke", "--name", "no such name!"), "The user's name must be"),
    ],
)
def test_a_mistake_is_named(account: Account, arguments: tuple[str, ...], said: str) -> None:
    done = account.infra(arguments[0], "--stage", "dev", *arguments[1:])
    assert (done.returncode, done.stderr.startswith(said)) == (1, True), done.stderr


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_api_is_throttled_and_logged(account: Account, stage: str) -> None:
    client = account.client("apigateway")
    [api] = [one for one in client.get_rest_apis()["items"] if one["name"] == f"fireside-{stage}"]
    deployed = client.get_stage(restApiId=api["id"], stageName="api")
    assert deployed["accessLogSettings"]["destinationArn"].endswith(f"/fireside/{stage}/access")
    assert "resourcePath" in deployed["accessLogSettings"]["format"]
    assert deployed["methodSettings"]["*/*"]["throttlingRateLimit"] == 50
    assert not deployed["methodSettings"]["*/*"].get("metricsEnabled")  # each method's are billed as custom metrics


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_whoever_is_let_in_has_a_rate_of_their_own(account: Account, stage: str) -> None:
    client = account.client("apigateway")
    [api] = [one for one in client.get_rest_apis()["items"] if one["name"] == f"fireside-{stage}"]
    [plan] = [one for one in client.get_usage_plans()["items"] if one["name"] == f"fireside-{stage}-lane"]
    assert api["apiKeySource"] == "AUTHORIZER"
    assert plan["apiStages"] == [{"apiId": api["id"], "stage": "api"}]
    assert (plan["throttle"]["rateLimit"], plan["throttle"]["burstLimit"]) == (LANE_RATE, LANE_BURST)
    pages = client.get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan["id"])
    keys = [key["value"] for page in pages for key in page["items"]]
    assert sorted(keys) == sorted(lane_key(stage, lane) for lane in range(KEYS))
    with pytest.raises(ClientError, match="NotFoundException"):  # the account is as strict as AWS
        client.flush_stage_authorizers_cache(restApiId=api["id"], stageName="other")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_api_gateways_own_answers_are_those_that_package_shows(account: Account, stage: str, tmp_path: Path) -> None:
    client = account.client("apigateway")
    [api] = [one for one in client.get_rest_apis()["items"] if one["name"] == f"fireside-{stage}"]
    items = client.get_gateway_responses(restApiId=api["id"])["items"]
    sent = {one["responseType"]: {k: v for k, v in one.items() if k in ANSWER} for one in items}
    done = account.infra("package", "--stage", stage, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    [shown] = [
        one["Properties"]["DefinitionBody"]
        for one in json.loads((tmp_path / "sam.json").read_text())["Resources"].values()
        if one["Type"] == "AWS::Serverless::Api"
    ]
    assert sent == shown["x-amazon-apigateway-gateway-responses"]
    assert sent["ACCESS_DENIED"]["statusCode"] == "401"


def test_a_second_deploy_changes_nothing_and_needs_no_memory_of_the_first(account: Account) -> None:
    before = account.inventory()
    for state in (PROJECT / "build").glob("*/*/project/.chalice/deployed/*.json"):
        state.unlink()  # as on another machine, or after a deploy that broke off
    account.deploy("dev")
    assert account.inventory() == before
    assert len(before["sources"]) == 6
    assert len(before["apis"]) == len(before["plans"]) == 2
    assert len(before["keys"]) == 2 * KEYS
    assert len(before["functions"]) == 12


def test_taking_a_stage_down_leaves_the_other_and_the_work(account: Account) -> None:
    refused = account.infra("destroy", "--stage", "prod", "--yes", "yes")
    assert (refused.returncode, refused.stderr.splitlines()[1:]) == (1, ["Nothing was removed."])
    done = account.infra("destroy", "--stage", "prod", "--yes", "prod")
    assert done.returncode == 0, done.stderr[-2000:]
    left = account.inventory()
    assert {name for name, _, _ in left["functions"]} == FUNCTIONS["dev"]
    assert {key["value"] for key in account.api_keys()} == {lane_key("dev", lane) for lane in range(KEYS)}
    assert len(left["plans"]) == 1
    assert [name for _, name in left["apis"]] == ["fireside-dev"]
    assert len([name for name in left["tables"] if name.startswith("fireside-prod-")]) == len(ALL)
    assert not [url for url in left["queues"] if "fireside-prod-" in url]
    assert [name for name, _ in left["layers"]] == ["fireside-dev-ffmpeg"]


def test_the_template_passes_the_linter() -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([linter, PROJECT / "infra" / "fireside.yaml"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_outlives_the_stack_is_what_holds_users_work() -> None:
    text = (PROJECT / "infra" / "fireside.yaml").read_text()
    kept = re.findall(r"^  (\w+):\n    Type: (\S+)\n    DeletionPolicy: Retain$", text, re.MULTILINE)
    assert {kind for _, kind in kept} == {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}
    assert len([kind for _, kind in kept if kind == "AWS::DynamoDB::Table"]) == len(ALL)


def test_every_table_can_be_restored_and_forgets_what_expires() -> None:
    text = (PROJECT / "infra" / "fireside.yaml").read_text()  # moto's tables take neither from a template
    assert text.count("PointInTimeRecoveryEnabled: true") == len(ALL)
    expiring = [model for model in ALL if "expires" in model.get_attributes()]
    assert text.count("TimeToLiveSpecification: { AttributeName: expires, Enabled: true }") == len(expiring) > 0


def test_the_bucket_is_private_and_encrypted() -> None:
    text = (PROJECT / "infra" / "fireside.yaml").read_text()  # moto's buckets take neither from a template
    [bucket] = re.findall(r"^  Audio:\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    for block in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
        assert f"{block}: true" in bucket
    assert "SSEAlgorithm: AES256" in bucket
    assert "AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }" in bucket
