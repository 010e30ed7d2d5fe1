"""The whole life of a stage with a domain of its own, and docs/deployer-policy.json: what its commands may do.

One account for all of them: they run in one process, in this order, and the policy is looked at last.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import chalice
import pytest
from botocore import xform_name

from infra.package import python
from infra.stage_parameters import PROJECT, StageParameters
from infra.template import render
from tests.deploy.account import Ministack, ministack
from tests.deploy.deployer import Call, of_cloudformation, recorded, semaphore, statements
from tests.deploy.iam import ACCOUNT, REGION
from tests.deploy.projects import copy_project, set_up
from tests.support.running import client, ended, running

POLICY: dict[str, Any] = json.loads((PROJECT / "docs" / "deployer-policy.json").read_text(encoding="utf-8"))
DOMAIN = "stories.example.com"

SELDOM = {
    "cloudformation:ContinueUpdateRollback": "infra",
    "cloudformation:DescribeStackEvents": "infra",
    "s3:AbortMultipartUpload": "",  # boto3's own, when an upload breaks off
    "lambda:UntagResource": "chalice",
    "lambda:RemovePermission": "chalice",
}
"""What the commands do in cases that do not happen here, and where it is done."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    with ministack(tmp_path_factory.mktemp("account")) as account:
        account.project = copy_project(tmp_path_factory.mktemp("project"))
        certificate = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0f"
        set_up(account.project, api_gateway_custom_domain={"domain_name": DOMAIN, "certificate_arn": certificate})
        yield account


def test_another_python_than_the_stages_is_refused_before_aws_is_asked_for_anything(account: Ministack) -> None:
    pinned = python("dev")
    set_up(account.project, python="3.12" if pinned != "3.12" else "3.13")
    done = account.infra("deploy", "--stage", "dev")
    set_up(account.project, python=pinned)
    assert done.returncode == 1
    assert re.search(
        r"^The stage runs on Python 3\.\d+, and this is 3\.\d+: run `make clean`", done.stdout, re.MULTILINE
    )
    asked = [json.loads(line)[:2] for line in account.requests.read_text(encoding="utf-8").splitlines()]
    assert {tuple(call) for call in asked} == {("sts", "GetCallerIdentity")}


@pytest.mark.parametrize("command", [("token", "--name", "ann"), ("smoke", "--url", "http://127.0.0.1:9")])
def test_a_stage_that_is_not_there_is_named(account: Ministack, command: tuple[str, ...]) -> None:
    done = account.infra(command[0], "--stage", "dev", *command[1:])
    assert (done.returncode, done.stdout.splitlines()[1:]) == (
        1,
        ["There is no stage dev in us-east-1: deploy it first."],
    )


def test_keys_are_kept_without_a_keyboard(account: Ministack) -> None:
    ssm = account.client("ssm")

    def kept(name: str) -> tuple[str, str]:
        found = ssm.get_parameter(Name=f"/fireside/dev/{name}", WithDecryption=True)["Parameter"]
        return found["Value"], found["Type"]

    def secrets(said: str = "", **env: str) -> tuple[int, str]:
        done = account.infra("secrets", "--stage", "dev", stdin=said, **env)
        return done.returncode, done.stdout

    nothing = {"OPENAI_API_KEY": "", "ELEVENLABS_API_KEY": ""}
    status, said = secrets("ELEVENLABS_API_KEY=from-a-pipe\n", **nothing)
    assert (status, kept("ELEVENLABS_API_KEY")) == (0, ("from-a-pipe", "SecureString"))
    assert "OPENAI_API_KEY: not given, and not in Parameter Store." in said
    status, also = secrets("", **nothing | {"OPENAI_API_KEY": "of-the-environment"})
    assert (status, kept("OPENAI_API_KEY")) == (0, ("of-the-environment", "SecureString"))
    assert "ELEVENLABS_API_KEY: left as it is." in also
    status, none = secrets("", **nothing)
    assert (status, "There is no keyboard to ask for the keys" in none) == (1, True)
    status, wrong = secrets("sk-a-key-alone\n", **nothing)
    assert (status, "Line 1 of standard input must be" in wrong) == (1, True)
    for secret in ("from-a-pipe", "of-the-environment", "sk-a-key-alone"):
        assert secret not in said + also + none + wrong


def paths(account: Ministack) -> dict[str, str]:
    found = account.client("apigateway").get_base_path_mappings(domainName=DOMAIN)["items"]
    return {one["basePath"]: one["restApiId"] for one in found}


def test_a_domain_survives_a_deploy_from_another_machine(account: Ministack) -> None:
    gateway = account.client("apigateway")
    assert "are not in Parameter Store" not in account.deploy()
    [api] = [one["id"] for one in gateway.get_rest_apis()["items"]]
    assert paths(account) == {"(none)": api}
    theirs = gateway.create_rest_api(name="podcasts")["id"]
    gateway.create_base_path_mapping(domainName=DOMAIN, basePath="podcasts", restApiId=theirs, stage="api")
    certificate = gateway.get_domain_name(domainName=DOMAIN)["regionalCertificateArn"]
    for state in account.project.glob("build/*/*/project/.chalice/deployed/*.json"):
        state.unlink()
    with (account.project / "chalicelib" / "naming.py").open("a") as code:
        code.write("# another version\n")
    account.deploy()
    assert paths(account) == {"(none)": api, "podcasts": theirs}
    assert gateway.get_domain_name(domainName=DOMAIN)["regionalCertificateArn"] == certificate


def test_smoke_calls_an_api_that_runs_and_notices_one_that_does_not_work(account: Ministack) -> None:
    found = account.client("lambda").get_function_configuration(FunctionName="fireside-dev")
    named = found["Environment"]["Variables"]
    with running("api", "--port", "0", **account.environment, **named) as served:
        done = account.infra("smoke", "--stage", "dev", "--url", served.url)
        assert done.returncode == 0, done.stdout
        lines = done.stdout.splitlines()[1:]
        assert [line.split(" (")[0] for line in lines] == [
            "ok     health",
            "ok     page",
            "ok     closed without a token",
            "ok     draft created",
            "ok     draft read",
            "ok     draft deleted",
            "ok     draft gone",
            "ok     token made and revoked",
        ]
        dynamodb = account.client("dynamodb")
        assert dynamodb.scan(TableName="fireside-dev-tokens")["Count"] == 0
        dynamodb.delete_table(TableName="fireside-dev-chapters")  # something is wrong that /health does not see
        broken = account.infra("smoke", "--stage", "dev", "--url", served.url)
        assert broken.returncode == 1
        assert "ok     health" in broken.stdout
        assert "FAILED draft" in broken.stdout
    away = account.infra("smoke", "--stage", "dev", "--url", served.url)
    assert (away.returncode, "FAILED health (no answer" in away.stdout) == (1, True), away.stdout
    assert account.client("dynamodb").scan(TableName="fireside-dev-tokens")["Count"] == 0


def test_the_other_commands_of_a_stages_life(account: Ministack, tmp_path: Path) -> None:
    account.client("dynamodb").create_table(
        TableName="fireside-dev-chapters",
        KeySchema=[
            {"AttributeName": "story_id", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "story_id", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    token = account.infra("token", "--stage", "dev", "--name", "ann").stdout.split()[-1]
    found = account.client("lambda").get_function_configuration(FunctionName="fireside-dev")
    named = found["Environment"]["Variables"]
    with (
        running(
            "serve", "--port", "0", **account.environment, **named, FIRESIDE_STATE=str(tmp_path / "state")
        ) as served,
        client(served.url, token) as api,
    ):
        story = api.post("/stories", json={"prompt": "A lamp", "num_chapters": 1}).raise_for_status().json()["story_id"]
        task = api.post(f"/stories/{story}/generate", json={"audio": True}).raise_for_status().json()["task_id"]
        assert ended(api, task)["status"] == "completed", served.text[-3000:]
    for command in (
        ("tasks", "--user", "ann"),
        ("export", "--user", "ann", "--out", str(tmp_path / "ann")),
        ("logs", "--task", task),
        ("rollback",),
        ("deploy", "--warn", "70", "--email", "a@example.com"),
        ("forget", "--user", "ann", "--yes", "ann"),
        ("destroy", "--yes", "dev"),
        ("deploy",),
    ):
        done = account.infra(command[0], "--stage", "dev", *command[1:])
        assert done.returncode == 0, (command, done.stdout)
    assert (tmp_path / "ann" / story / "01.mp3").stat().st_size > 0


def needed(account: Ministack) -> set[Call]:
    template = render(StageParameters.of("dev", REGION, ACCOUNT))
    return {*recorded(account.requests), *of_cloudformation(template)}


def test_the_policy_allows_every_call_of_the_commands_and_of_cloudformation(account: Ministack) -> None:
    calls = needed(account)
    assert {call.action.partition(":")[0] for call in calls} > {"cloudformation", "lambda", "s3", "iam", "logs"}
    assert sorted(f"{call.action} {call.resource}" for call in calls if not semaphore(POLICY, call)) == []


def test_the_policy_allows_no_action_that_nobody_needs(account: Ministack) -> None:
    calls = {call.action for call in needed(account)} | set(SELDOM)
    for actions, _, _ in statements(POLICY):
        assert [action for action in actions if not any(fnmatchcase(call, action) for call in calls)] == []
    for action, place in SELDOM.items():
        assert any(action in actions for actions, _, _ in statements(POLICY))
        sources = {"infra": PROJECT / "infra", "chalice": Path(chalice.__file__).parent}
        if place:
            name = xform_name(action.partition(":")[2])
            assert any(name in file.read_text() for file in sources[place].rglob("*.py")), action


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/customers", {}),
        ("s3:DeleteObject", "arn:aws:s3:::invoices/2026.pdf", {}),
        ("ssm:GetParameters", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/key", {}),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop", {}),
        (
            "lambda:CreateEventSourceMapping",
            "*",
            {"lambda:FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:x"},
        ),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", {"iam:PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/fireside-x", {"iam:PassedToService": "ec2.amazonaws.com"}),
        ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/fireside-x", {}),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/fireside", {}),
    ],
)
def test_the_policy_reaches_nothing_else_of_the_account(action: str, resource: str, context: dict[str, str]) -> None:
    assert not semaphore(POLICY, Call(action, resource, context))


def test_the_policy_is_one_that_iam_takes() -> None:
    """Actions that exist, on resources that IAM can tell apart, and no longer than a managed policy may be.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    assert len(re.sub(r"\s", "", json.dumps(POLICY, separators=(",", ":")))) <= 6144
    data = files("cfnlint") / "data" / "AdditionalSpecs" / "Policies.json"
    known: dict[str, Any] = json.loads(data.read_text(encoding="utf-8"))
    for actions, resources, _ in statements(POLICY):
        for action in actions:
            service, name = action.lower().split(":")
            found = [one for one in known[service]["Actions"] if fnmatchcase(one, name)]
            assert found, action
            if not any(known[service]["Actions"][one].get("Resources") for one in found):
                assert resources == ["*"], action
