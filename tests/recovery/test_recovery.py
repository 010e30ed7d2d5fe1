"""Deploys that die, fail and meet each other, on ministack's CloudFormation: the next one goes on from there.

One account for all of them: they run in one process, in this order.
"""

import base64
import hashlib
import http.client
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.author import FillingAuthor
from chalicelib.api.lanes import KEYS, LANE_BURST, LANE_RATE, lane_key
from chalicelib.store.tables import ALL
from infra.access_logs import ROLE
from infra.stage_parameters import NOWHERE, PROJECT
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.deploy.account import Ministack, ministack
from tests.deploy.test_package import Cloud, unpack

BUCKET = f"fireside-dev-audio-{NOWHERE}-us-east-1"
WAITING = "Waiting for the stack"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    with ministack(tmp_path_factory.mktemp("account")) as made:
        yield made


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("lambda"))


def functions(account: Ministack, region: str = "us-east-1") -> dict[str, Any]:
    found = account.client("lambda", region).list_functions()["Functions"]
    return {one["FunctionName"]: one for one in found}


def assert_whole(account: Ministack, stage: str = "dev", region: str = "us-east-1") -> None:
    """Assert that everything of a stage exists, once."""
    assert account.status(stage, region) in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    suffixes = ("", "-bearer", "-write_chapter", "-narrate_chapter", "-dead_letters", "-sweep")
    assert set(functions(account, region)) >= {f"fireside-{stage}{suffix}" for suffix in suffixes}
    sources = account.client("lambda", region).list_event_source_mappings()["EventSourceMappings"]
    queues = [one["EventSourceArn"].rpartition(":")[2] for one in sources]
    for queue in ("authoring", "narration", "dead-letters"):
        assert queues.count(f"fireside-{stage}-{queue}") == 1
    gateway = account.client("apigateway", region)
    [api] = [one for one in gateway.get_rest_apis()["items"] if one["name"] == f"fireside-{stage}"]
    deployed = gateway.get_stage(restApiId=api["id"], stageName="api")
    assert deployed["accessLogSettings"]["destinationArn"].endswith(f"/fireside/{stage}/access")
    assert_in_lanes(gateway, stage, api["id"])
    assert tables(account, stage, region) == len(ALL)
    for suffix in ("write_chapter", "narrate_chapter"):
        found = account.client("lambda", region).get_function_recursion_config(
            FunctionName=f"fireside-{stage}-{suffix}"
        )
        assert found["RecursiveLoop"] == "Allow"


def assert_in_lanes(gateway: Any, stage: str, api_id: str) -> None:
    """Assert that each lane's key exists once, in the one usage plan, which is attached to the API's stage."""
    [plan] = [one for one in gateway.get_usage_plans()["items"] if one["name"] == f"fireside-{stage}-lane"]
    assert plan["apiStages"] == [{"apiId": api_id, "stage": "api"}]
    assert plan["throttle"] == {"rateLimit": LANE_RATE, "burstLimit": LANE_BURST}
    keys = keys_of(gateway, stage)
    assert {one["value"] for one in keys} == {lane_key(stage, lane) for lane in range(KEYS)}
    in_plan = gateway.get_usage_plan_keys(usagePlanId=plan["id"], limit=500)["items"]
    assert {one["id"] for one in in_plan} == {one["id"] for one in keys}
    assert gateway.get_rest_api(restApiId=api_id)["apiKeySource"] == "AUTHORIZER"


def keys_of(gateway: Any, stage: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.get_api_keys(includeValues=True, limit=500)["items"]
    return [one for one in found if one["name"].startswith(f"fireside-{stage}-")]


def tables(account: Ministack, stage: str, region: str = "us-east-1") -> int:
    names = account.client("dynamodb", region).list_tables()["TableNames"]
    return len([name for name in names if name.startswith(f"fireside-{stage}-")])


def buckets(account: Ministack) -> list[str]:
    return [one["Name"] for one in account.client("s3").list_buckets()["Buckets"]]


def test_a_first_deploy_that_is_killed_at_any_step_is_gone_on_with(account: Ministack) -> None:
    """Each run begins where the one before was killed, and gets further."""
    account.infra("deploy", die="after cloudformation.CreateChangeSet 1")
    assert account.status() == "REVIEW_IN_PROGRESS"
    assert account.client("cloudformation").list_change_sets(StackName="fireside-dev")["Summaries"]
    account.order("hold AWS::SQS::Queue")
    account.infra("deploy", die="after cloudformation.ExecuteChangeSet 1")  # the stack half made
    assert account.status() == "CREATE_IN_PROGRESS"
    account.infra("deploy", die="after lambda.PublishLayerVersion 1", go_at=WAITING)
    assert account.status() == "CREATE_COMPLETE"
    gateway = account.client("apigateway")
    account.infra("deploy", die="after apigateway.CreateUsagePlan 1")
    account.infra("deploy", die="after apigateway.CreateApiKey 50")  # made, and not yet in the plan
    assert len(keys_of(gateway, "dev")) == 50
    account.infra("deploy", die="after lambda.CreateFunction 3")
    assert len(functions(account)) == 3
    account.infra("deploy", die="after apigateway.ImportRestApi 1")  # an API without a stage
    assert [one["apiStages"] for one in gateway.get_usage_plans()["items"]] == [[]]
    account.infra("deploy", die="before apigateway.UpdateStage 1")
    account.deploy()
    assert_whole(account)


def test_a_deploy_of_what_is_there_changes_nothing(account: Ministack) -> None:
    before = {name: (one["CodeSha256"], one["Role"]) for name, one in functions(account).items()}
    events = len(account.client("cloudformation").describe_stack_events(StackName="fireside-dev")["StackEvents"])
    account.deploy()
    assert {name: (one["CodeSha256"], one["Role"]) for name, one in functions(account).items()} == before
    assert (
        len(account.client("cloudformation").describe_stack_events(StackName="fireside-dev")["StackEvents"]) == events
    )
    assert_whole(account)


def test_a_later_deploy_that_is_killed_at_any_step_is_gone_on_with(account: Ministack) -> None:
    account.infra("deploy", "--warn", "60", die="after cloudformation.CreateChangeSet 1")
    account.order("hold AWS::SNS::Subscription")
    account.infra("deploy", "--email", "a@example.com", die="after cloudformation.ExecuteChangeSet 1")
    assert account.status() == "UPDATE_IN_PROGRESS"
    account.infra("deploy", die="after lambda.ListLayerVersions 1", go_at=WAITING)
    account.infra("deploy", "--warn", "70", die="after lambda.UpdateFunctionCode 3")
    account.deploy()
    assert_whole(account)
    stack = account.client("cloudformation").describe_stacks(StackName="fireside-dev")["Stacks"][0]
    assert {"ParameterKey": "BudgetWarningPercent", "ParameterValue": "70"} in stack["Parameters"]


def test_a_creation_that_fails_leaves_nothing_and_says_why(account: Ministack) -> None:
    account.order("fail AWS::S3::BucketPolicy")  # after the bucket was made
    failed = account.infra("deploy", "--stage", "prod")
    account.order("mend")
    assert failed.returncode == 1
    [sentence] = [line for line in failed.stdout.splitlines() if "could not deploy" in line]
    assert "AudioPolicy (AWS::S3::BucketPolicy): broken on purpose" in sentence
    assert account.status("prod") == "ROLLBACK_COMPLETE"
    assert (tables(account, "prod"), buckets(account)) == (0, [BUCKET])
    account.order("hold AWS::S3::BucketPolicy")
    account.infra("deploy", "--stage", "prod", die="after cloudformation.ExecuteChangeSet 1")
    assert len(buckets(account)) == 2  # killed after the bucket
    account.deploy("prod", go_at=WAITING)
    assert_whole(account, "prod")
    account.infra("destroy", "--stage", "prod", "--yes", "prod", die="after apigateway.DeleteUsagePlan 1")
    assert account.infra("destroy", "--stage", "prod", "--yes", "prod").returncode == 0
    assert keys_of(account.client("apigateway"), "prod") == []
    assert_whole(account)


def test_what_package_shows_is_what_deploy_has_sent(account: Ministack, tmp_path: Path) -> None:
    shown = account.infra("package", "--stage", "dev", "--out", str(tmp_path), "--account", NOWHERE)
    assert shown.returncode == 0, shown.stdout
    digest = base64.b64encode(hashlib.sha256((tmp_path / "deployment.zip").read_bytes()).digest()).decode()
    assert {one["CodeSha256"] for one in functions(account).values()} == {digest}
    sent = account.client("cloudformation").get_template(StackName="fireside-dev")["TemplateBody"]
    stack = json.loads((tmp_path / "stack.json").read_text())
    assert (json.loads(sent) if isinstance(sent, str) else sent) == stack
    described = json.loads((tmp_path / "sam.json").read_text())["Resources"]
    assert_api_as_shown(account.client("apigateway"), described)
    for name, one in functions(account).items():
        suffix = name.removeprefix("fireside-dev").replace("_", "").replace("-", "")
        [settings] = [
            resource["Properties"]
            for logical, resource in described.items()
            if resource["Type"] == "AWS::Serverless::Function" and logical.lower() == (suffix or "apihandler")
        ]
        assert (one["MemorySize"], one["Timeout"]) == (settings["MemorySize"], settings["Timeout"])
        assert one["Environment"]["Variables"] == settings["Environment"]["Variables"]
        assert one["Runtime"] == settings["Runtime"]


def assert_api_as_shown(gateway: Any, described: dict[str, Any]) -> None:
    """Assert that API Gateway's own responses and key requirements are what the package says."""
    [api] = gateway.get_rest_apis()["items"]
    [shown] = [one["Properties"] for one in described.values() if one["Type"] == "AWS::Serverless::Api"]
    document = shown["DefinitionBody"]
    for kind, answer in document["x-amazon-apigateway-gateway-responses"].items():
        found = gateway.get_gateway_response(restApiId=api["id"], responseType=kind)
        assert {name: found[name] for name in answer} == answer
    for resource in gateway.get_resources(restApiId=api["id"], limit=500, embed=["methods"])["items"]:
        for method, settings in resource.get("resourceMethods", {}).items():
            security = document["paths"][resource["path"]][method.lower()].get("security", [])
            assert settings["apiKeyRequired"] == ({"api_key": []} in security)


def test_stories_and_their_sound_outlive_a_stage_and_are_taken_back(account: Ministack, archive: Path) -> None:
    with FillingAuthor(lines=4) as author, NarratorServer(speech=Hum()) as narrator:
        first = Cloud(archive, account, author, narrator)
        first.listen()
        try:
            told = tell(first)
        finally:
            first.close()
        gone = account.infra("destroy", "--stage", "dev", "--yes", "dev")
        assert gone.returncode == 0, gone.stdout
        assert functions(account) == {}
        assert keys_of(account.client("apigateway"), "dev") == []
        assert account.client("apigateway").get_usage_plans()["items"] == []
        assert [url for url in account.client("sqs").list_queues().get("QueueUrls", []) if "-dev-" in url] == []
        account.deploy()
        assert_whole(account)
        owned = account.client("cloudformation").describe_stack_resources(StackName="fireside-dev")["StackResources"]
        assert BUCKET in {one["PhysicalResourceId"] for one in owned}
        second = Cloud(archive, account, author, narrator)
        second.listen()
        try:
            found = second.request("GET", f"/stories/{told}")["body"]
            assert [chapter["status"] for chapter in found["chapters"]] == ["completed"]
            assert heard(second, told) == found["chapters"][0]["audio"]["bytes"] > 0
            heard(second, tell(second))
        finally:
            second.close()


def tell(cloud: Cloud) -> str:
    """Make a story of one chapter and return its id."""
    story = cloud.request("POST", "/stories", {"prompt": "A tide that forgets", "num_chapters": 1})["body"]["story_id"]
    task = cloud.request("POST", f"/stories/{story}/generate", {"audio": True})["body"]["task_id"]
    assert cloud.ended(task)["status"] == "completed", cloud.output[-3000:]
    return str(story)


def heard(cloud: Cloud, story: str) -> int:
    """Return the size in bytes of its first chapter, as a listener gets it."""
    url = urlsplit(cloud.request("GET", f"/stories/{story}/chapters/1/audio")["headers"]["Location"])
    listener = http.client.HTTPConnection(url.hostname or "", url.port)
    listener.request("GET", f"{url.path}?{url.query}")
    reply = listener.getresponse()
    data = reply.read()
    listener.close()
    assert reply.status == 200
    return len(data)


def test_a_rollback_runs_the_archive_before(account: Ministack) -> None:
    nothing = account.infra("rollback", "--stage", "dev")
    assert (nothing.returncode, "has no earlier archive" in nothing.stdout) == (1, True)
    before = {name: one["CodeSha256"] for name, one in functions(account).items()}
    older = archive_without_lanes(account)
    refused = account.infra("rollback", "--stage", "dev")  # nobody could sign in
    assert (refused.returncode, "check that version out" in refused.stdout) == (1, True), refused.stdout
    assert {name: one["CodeSha256"] for name, one in functions(account).items()} == before
    account.client("s3").delete_object(Bucket=BUCKET, Key=older)
    # Another version: it differs in a file that every archive holds.
    newer = archive_with_another_line(account, before["fireside-dev"])
    assert {one["CodeSha256"] for one in functions(account).values()} == {newer}
    done = account.infra("rollback", "--stage", "dev")
    assert done.returncode == 0, done.stdout
    assert {name: one["CodeSha256"] for name, one in functions(account).items()} == before
    again = account.infra("rollback", "--stage", "dev")
    assert (again.returncode, "has no earlier archive" in again.stdout) == (1, True)


def archive_without_lanes(account: Ministack) -> str:
    """Store an archive, older than the others, of a version whose authorizer names no API key; return its key."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("app.py", "")
    configuration = functions(account)["fireside-dev"]
    kind = f"{configuration['Runtime']}-{configuration['Architectures'][0]}"
    key = f"deployments/10000101T000000Z-{hashlib.sha256(made.getvalue()).hexdigest()[:12]}-{kind}.zip"
    account.client("s3").put_object(Bucket=BUCKET, Key=key, Body=made.getvalue())
    return key


def archive_with_another_line(account: Ministack, present: str) -> str:
    """Switch the functions to another archive, stored as a deploy stores it; return its digest."""
    s3 = account.client("s3")
    [key] = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="deployments/")["Contents"]]
    data = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert base64.b64encode(hashlib.sha256(data).digest()).decode() == present
    made = PROJECT / "build" / "another.zip"
    made.write_bytes(data)
    with zipfile.ZipFile(made, "a") as packed:
        packed.writestr("another.txt", "line")
    digest = hashlib.sha256(made.read_bytes())
    later = key.replace(key.split("-")[1], digest.hexdigest()[:12]).replace("deployments/2", "deployments/3")
    s3.upload_file(str(made), BUCKET, later)
    for name in functions(account):
        account.client("lambda").update_function_code(FunctionName=name, S3Bucket=BUCKET, S3Key=later)
    return base64.b64encode(digest.digest()).decode()


def test_the_gateway_role_that_an_account_has_is_kept(account: Ministack) -> None:
    gateway, iam = account.client("apigateway"), account.client("iam")
    assert gateway.get_account()["cloudwatchRoleArn"].endswith(f":role/{ROLE}")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    theirs = iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": theirs}
    gateway.update_account(patchOperations=[patch])
    account.deploy()
    assert gateway.get_account()["cloudwatchRoleArn"] == theirs
    patch["value"] = theirs.replace("theirs", "removed")  # a role that was deleted helps nobody
    gateway.update_account(patchOperations=[patch])
    account.deploy()
    assert gateway.get_account()["cloudwatchRoleArn"].endswith(f":role/{ROLE}")


def test_a_second_region_leaves_the_first_alone(account: Ministack) -> None:
    first = {name: one["Role"] for name, one in functions(account).items()}
    account.deploy(region="eu-central-1")
    assert_whole(account, region="eu-central-1")
    second = {name: one["Role"] for name, one in functions(account, "eu-central-1").items()}
    assert not set(first.values()) & set(second.values())
    for roles, region, other in ((first, "us-east-1", "eu-central-1"), (second, "eu-central-1", "us-east-1")):
        for name, role in roles.items():
            text = json.dumps(policy(account, role))
            assert f":{region}:{NOWHERE}:" in text, name
            assert other not in text
    gone = account.infra("destroy", "--stage", "dev", "--yes", "dev", region="eu-central-1")
    assert gone.returncode == 0, gone.stdout
    assert functions(account, "eu-central-1") == {}
    assert_whole(account)
    assert all(policy(account, role)["Statement"] for role in first.values())


def policy(account: Ministack, role: str) -> dict[str, Any]:
    iam, name = account.client("iam"), role.rpartition("/")[2]
    [inline] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document: dict[str, Any] = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
    return document


def test_the_roles_of_earlier_versions_go_when_nothing_uses_them(account: Ministack) -> None:
    iam = account.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    for function, region in (("sweep", "us-east-1"), ("bearer", "eu-central-1")):
        name = f"fireside-dev-{function}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        resource = f"arn:aws:logs:{region}:{NOWHERE}:log-group:x"
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": resource}]}
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(document))
    account.deploy()  # the function was changed a moment ago: what it runs may still have the old role
    assert "fireside-dev-sweep" in {one["RoleName"] for one in iam.list_roles()["Roles"]}
    account.infra("destroy", "--stage", "dev", "--yes", "dev")
    left = {one["RoleName"] for one in iam.list_roles()["Roles"]}
    assert "fireside-dev-sweep" not in left
    assert "fireside-dev-bearer" in left  # another region's


def test_commands_want_a_region_and_a_stage_that_is_there(account: Ministack) -> None:
    nowhere = account.infra("deploy", region="")
    assert (nowhere.returncode, nowhere.stdout.strip()) == (
        1,
        "Say which region: REGION=eu-central-1, AWS_REGION, or a region in the AWS configuration.",
    )
    for command in ("smoke", "rollback"):
        missing = account.infra(command, "--stage", "dev", region="ap-south-1")
        assert (missing.returncode, "deploy it first" in missing.stdout) == (1, True), missing.stdout
        assert missing.stdout.startswith(f"Stage dev, account {NOWHERE}, region ap-south-1.")
