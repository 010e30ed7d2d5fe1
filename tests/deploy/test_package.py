"""The archive that is deployed, run by Lambda's runtime client: a story, its failures, what its roles must allow.

One cloud for all of them: they run in one process, in this order, and the policies are looked at last.
"""

import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
import pytest

from bench.author import FillingAuthor
from chalicelib.api.lanes import lane_key, lane_of
from chalicelib.timing import RECURSIVE
from infra.stage_parameters import NOWHERE, PROJECT, StageParameters
from local.author import AuthorServer
from local.aws import EmbeddedAws
from local.embedded.keys import Keys
from local.events import scheduled_event
from local.http_messages import HttpResponse
from local.lambda_context import LambdaContext
from local.lambda_events import EventConverter
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.queue_source import EventSourceMapping, LambdaFunction, QueueSource, SqsAccess
from local.standin.server import json_answer
from tests.deploy.iam import Call, Recorder, allowed, unused
from tests.deploy.lambda_runtime import Function, FunctionFailed, link_runtime
from tests.support.hooks import SECRET

FACTS = StageParameters.unknown("dev", "us-east-1")
QUEUES = {"authoring": "write_chapter", "narration": "narrate_chapter", "dead-letters": "dead_letters"}
LAMBDA_ITSELF = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:GetQueueAttributes"}
"""Actions that the service does under the function's role, which no call of ours shows."""

_ACCOUNT = {"owner": "ann", "story_id": "gone", "month": "2026-11", "day": "2026-11-26"}

_PREPARE = """
from chalicelib.bootstrap import Services
from tests.support.stage import settings
from tests.support.stage import s3, sqs
from chalicelib.timing import Timing
from local.resources import create_missing
create_missing(settings, Timing(), sqs(), s3())
print(Services(settings).tokens.issue("ann"))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive for this machine's architecture, unpacked and read-only."""
    return unpack(tmp_path_factory.mktemp("lambda"))


def unpack(root: Path) -> Path:
    """Build the archive in `root`, and unpack it as Lambda does."""
    command = [sys.executable, "-m", "infra", "package", "--stage", "dev", "--arch", "x86_64", "--out", str(root)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    assert (root / "deployment.zip").stat().st_size <= 12_000_000
    with zipfile.ZipFile(root / "deployment.zip") as packed:
        packed.extractall(root / "task")
    link_runtime(root / "runtime")
    for path in (root / "task").rglob("*"):
        path.chmod(0o555)
    return root / "task"


ELF_MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
"""The machine in an ELF file's header: two bytes at offset 18."""


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_the_archive_holds_only_binaries_of_its_processor(arch: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra", "package", "--stage", "dev", "--arch", arch, "--out", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / "deployment.zip") as packed:
        names = set(packed.namelist())
        headers = {name: packed.open(name).read(20) for name in names}
    binaries = {name: header for name, header in headers.items() if header.startswith(b"\x7fELF")}
    assert {name for name in names if name.endswith(".so")} <= set(binaries)
    assert len(binaries) >= 4  # pydantic-core, jiter, msgspec and charset-normalizer bring some at least
    assert {int.from_bytes(header[18:20], "little") for header in binaries.values()} == {ELF_MACHINES[arch]}
    wheels = [name for name in names if name.endswith(".dist-info/WHEEL")]
    assert {"any", "linux_x86_64" if arch == "x86_64" else "linux_aarch64"} == {
        _platform(tag) for name in wheels for tag in _tags(tmp_path / "deployment.zip", name)
    }


def _tags(archive: Path, wheel: str) -> list[str]:
    with zipfile.ZipFile(archive) as packed:
        return re.findall(r"^Tag: (\S+)", packed.read(wheel).decode(), re.MULTILINE)


def _platform(tag: str) -> str:
    return re.sub(r"^manylinux[0-9_]+?_(?=x86_64|aarch64)", "linux_", tag.rpartition("-")[2])


def test_the_api_function_imports_no_sdk_and_nothing_of_the_workers(archive: Path) -> None:
    program = "import app, json, sys; app.services.story_service; print(json.dumps(sorted(sys.modules)))"
    env = {
        "PYTHONPATH": f"{archive}{os.pathsep}{archive.parent / 'runtime'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "fireside-dev",
        "AWS_REGION": "us-east-1",
    }
    interpreter = getattr(sys, "_base_executable", sys.executable)
    done = subprocess.run(
        [interpreter, "-S", "-s", "-c", program], cwd=archive, env=env, check=True, capture_output=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    heavy = {"openai", "elevenlabs", "pydantic", "httpx", "httpx2", "anyio", "requests"}
    of_workers = {"chalicelib.pipeline.worker", "chalicelib.audio.mastering", "chalicelib.providers.author"}
    assert not {module.partition(".")[0] for module in loaded} & heavy
    assert not loaded & of_workers


def fingerprint(directory: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        total.update(str(path.relative_to(directory)).encode())
        if path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()


class SomeAws(Protocol):
    """An AWS that functions can run against."""

    endpoint: str

    @property
    def keys(self) -> Keys: ...

    @property
    def environment(self) -> dict[str, str]: ...


def configured(directory: Path) -> Path:
    """Return the shipped configuration with webhooks, whose host no resolver knows (RFC 6761)."""
    shutil.copytree(PROJECT / "configs", directory, dirs_exist_ok=True)
    file = directory / "story_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["webhooks"] = {"operator_url": "https://hooks.fireside.invalid/", "per_story": True}
    file.write_text(json.dumps(config), encoding="utf-8")
    return directory


class Cloud:
    """The deployed functions, and what API Gateway, SQS and EventBridge do around them."""

    def __init__(self, archive: Path, aws: SomeAws, author: AuthorServer, narrator: NarratorServer) -> None:
        self.author, self.narrator, self.recorder = author, narrator, Recorder(aws.endpoint, aws.keys)
        base = {
            **aws.environment,
            "FIRESIDE_CONFIGS": str(configured(archive.parent / "configs")),
            "FIRESIDE_STAGE": "dev",
            "FIRESIDE_BUCKET": FACTS.bucket,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        prepared = subprocess.run(
            [sys.executable, "-c", _PREPARE], cwd=PROJECT, env={**os.environ, **base}, check=True, capture_output=True
        )
        self.token = prepared.stdout.decode().split()[-1]
        self.aws: Callable[[str], Any] = lambda name: boto3.client(
            name,  # type: ignore[call-overload]
            endpoint_url=aws.endpoint,
            region_name="us-east-1",
            aws_access_key_id=aws.keys.access_key_id,
            aws_secret_access_key=aws.keys.secret_access_key,
        )
        for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "WEBHOOK_SECRET"):
            value = SECRET if name == "WEBHOOK_SECRET" else "key"
            self.aws("ssm").put_parameter(
                Name=f"/fireside/dev/{name}", Value=value, Type="SecureString", Overwrite=True
            )
        config = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]["dev"]["lambda_functions"]
        self.functions: dict[str, Function] = {}
        for name, facts in config.items():
            env = {**base, "AWS_ENDPOINT_URL": self.recorder.address(name), "PATH": "/usr/bin:/bin"}
            if name in {"write_chapter", "narrate_chapter"}:
                env |= {"OPENAI_BASE_URL": author.base_url, "ELEVENLABS_BASE_URL": narrator.url}
            if facts.get("layers"):
                env["PATH"] = os.environ["PATH"]  # the layer's /opt/bin
            at_once = 2 if name in {"write_chapter", "narrate_chapter"} else 1
            handler = "app" if name == "api_handler" else name
            self.functions[name] = Function(handler, archive, env, float(facts["lambda_timeout"]), at_once)
        import app  # noqa: PLC0415 # for its routes alone

        self._converter = EventConverter(app.app)
        self._sources: list[QueueSource] = []

    def listen(self) -> None:
        """Connect the queues to their functions."""
        urls = self.aws("sqs")
        for queue, name in QUEUES.items():
            client: Any = boto3.client(
                "sqs",
                endpoint_url=self.recorder_address(name),
                region_name="us-east-1",
                aws_access_key_id="any",  # the recorder signs what it passes on
                aws_secret_access_key="any",
            )
            function = self.functions[name]
            source = QueueSource(
                LambdaFunction(
                    name=name,
                    handler=partial(self._deliver, function),
                    context=lambda: LambdaContext("fireside", 300),
                    allows_loops=name in RECURSIVE,
                ),
                EventSourceMapping(queue_name=f"fireside-dev-{queue}", concurrency=len(function.instances)),
                SqsAccess(client, lambda full: urls.get_queue_url(QueueName=full)["QueueUrl"]),
            )
            source.start()
            self._sources.append(source)

    def _deliver(self, function: Function, event: dict[str, Any], _context: LambdaContext) -> None:
        try:
            function.invoke(event)
        except FunctionFailed:
            self._let_a_minute_pass(event["Records"][0])
            raise

    def _let_a_minute_pass(self, record: dict[str, Any]) -> None:
        """Let the dead worker's lease expire, and its message become visible again."""
        dynamodb, sqs = self.aws("dynamodb"), self.aws("sqs")
        for item in dynamodb.scan(TableName="fireside-dev-leases")["Items"]:
            if item["name"]["S"].startswith("step#"):
                dynamodb.update_item(
                    TableName="fireside-dev-leases",
                    Key={"story_id": item["story_id"], "name": item["name"]},
                    UpdateExpression="SET #until = :past",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":past": {"N": "1"}},
                )
        url = sqs.get_queue_url(QueueName=record["eventSourceARN"].rpartition(":")[2])["QueueUrl"]
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0)

    def recorder_address(self, who: str) -> str:
        """Return another endpoint of AWS, whose calls are recorded as those of `who`."""
        calls = self.recorder.calls[who]
        address = self.recorder.address(who)
        calls.update(self.recorder.calls[who])
        self.recorder.calls[who] = calls
        return address

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return what API Gateway answers: status, headers, and the decoded body."""
        where = path.partition("?")[0]
        arn = f"arn:aws:execute-api:us-east-1:{NOWHERE}:api/api/{method}{where}"
        said = self.functions["bearer"].invoke(
            {"type": "TOKEN", "authorizationToken": f"Bearer {self.token}", "methodArn": arn}
        )
        assert said["policyDocument"]["Statement"][0]["Resource"], "the token is not accepted"
        assert said["usageIdentifierKey"] == lane_key("dev", lane_of(said["principalId"])), "no key: 403 on AWS"
        always = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        sent = always | {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body).encode() if body is not None else b""
        event = self._converter.create_lambda_event(method, path, sent, data)
        event["requestContext"] |= {"requestId": "r", "authorizer": {"principalId": said["principalId"]}}
        answer = self.functions["api_handler"].invoke(event)
        if answer["headers"].get("Content-Type") == "application/json":
            answer["body"] = json.loads(answer["body"])
        return answer

    def ended(self, task_id: str, within_s: float = 90.0) -> Any:
        """Wait for the task to end, and return it."""
        deadline = time.monotonic() + within_s
        while (task := self.request("GET", f"/tasks/{task_id}")["body"])["status"] in {"queued", "running"}:
            assert time.monotonic() < deadline, (task, self.output[-3000:])
        return task

    def says(self, task_id: str, words: str) -> None:
        """Wait until the task's message contains the words."""
        deadline = time.monotonic() + 30
        while words not in (task := self.request("GET", f"/tasks/{task_id}")["body"])["message"]:
            assert time.monotonic() < deadline, (task, self.output[-3000:])

    def failed_thrice(self, story_id: str, step: str) -> None:
        """Wait until the step has failed for the third time."""
        deadline = time.monotonic() + 30
        while int(self.item("leases", {"story_id": story_id, "name": step})["failures"]["N"]) < 3:
            assert time.monotonic() < deadline, self.output[-3000:]

    def item(self, table: str, key: dict[str, str]) -> Any:
        """Return an item of a table, in DynamoDB's wire format."""
        where = {name: {"S": value} for name, value in key.items()}
        return self.aws("dynamodb").get_item(TableName=f"fireside-dev-{table}", Key=where)["Item"]

    def change(self, table: str, key: dict[str, str], **numbers: int) -> None:
        """Change attributes that the passing of time would change."""
        self.aws("dynamodb").update_item(
            TableName=f"fireside-dev-{table}",
            Key={name: {"S": value} for name, value in key.items()},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in numbers),
            ExpressionAttributeNames={f"#{name}": name for name in numbers},
            ExpressionAttributeValues={f":{name}": {"N": str(value)} for name, value in numbers.items()},
        )

    def mark_failed(self, task_id: str, step: str) -> None:
        """Mark a step of a task as failed for good, and the task as silent for a long time."""
        self.aws("dynamodb").update_item(
            TableName="fireside-dev-tasks",
            Key={"task_id": {"S": task_id}},
            UpdateExpression="SET expected_by = :past ADD failed :steps",
            ExpressionAttributeValues={":past": {"N": "1"}, ":steps": {"SS": [step]}},
        )

    def leave_a_draw(self, attempt_id: str) -> None:
        """Store what a worker that died in a call leaves behind, of a task that is gone."""
        account = {name: {"S": value} for name, value in _ACCOUNT.items()}
        call = ["line", "eleven_v3", 0.01, 1, 0, 0, 0, 100]
        texts = {"worker": "dead", "counts": "[0, 0, 0, 0, 0, 0, 0]", "calls": json.dumps({"2026-11-26#1": call})}
        numbers = {"money": 20_000, "extra": 5_000, "spent": 0, "version": 2, "touched": 1}
        items = (
            {"user_id": "holds", "time_id": attempt_id, "shares": "{}", "left": 0, "room": 0},
            {"user_id": f"draws#{attempt_id}", "time_id": "n1", **texts, **numbers},
        )
        for item in items:
            typed = {name: {"S" if isinstance(value, str) else "N": str(value)} for name, value in item.items()}
            self.aws("dynamodb").put_item(TableName="fireside-dev-usage", Item={**typed, **account})

    def forget_money(self, attempt_id: str, step: str) -> None:
        """Leave a task as a version without budgets has begun it: it holds nothing."""
        for user_id, time_id in (("holds", attempt_id), (f"draws#{attempt_id}", step)):
            key = {"user_id": {"S": user_id}, "time_id": {"S": time_id}}
            self.aws("dynamodb").delete_item(TableName="fireside-dev-usage", Key=key)

    def letter(self, task_id: str, step: str) -> str:
        """Return the message of a step of the task's present attempt."""
        task = self.item("tasks", {"task_id": task_id})
        ids = {name: task[name]["S"] for name in ("task_id", "story_id", "user_id")}
        return json.dumps({**ids, "step": step, "run": int(task["run"]["N"])})

    def post(self, queue: str, letter: str) -> None:
        """Send a message now that would come later."""
        url = self.aws("sqs").get_queue_url(QueueName=f"fireside-dev-{queue}")["QueueUrl"]
        self.aws("sqs").send_message(QueueUrl=url, MessageBody=letter)

    def in_work(self, queue: str) -> bool:
        """Return whether a message of the queue waits for its function, or is being processed."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.aws("sqs").get_queue_url(QueueName=f"fireside-dev-{queue}")["QueueUrl"]
        counts = self.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return any(int(count) for count in counts.values())

    def quiet(self, queue: str) -> None:
        """Wait until every message of the queue is processed; one that is delayed may still be to come.

        A message that meets another worker of its step comes again when that worker's lease would have run out.
        """
        deadline = time.monotonic() + 30
        while self.in_work(queue):
            assert time.monotonic() < deadline, self.output[-3000:]

    def sweep(self, queue: str) -> None:
        """Run the sweeper, and wait until what it has sent to the queue is processed."""
        self.quiet(queue)
        self.functions["sweep"].invoke(scheduled_event("sweep"))
        self.quiet(queue)

    def retry(self, task_id: str, queue: str) -> None:
        """Retry a task that has ended, once no worker is at it any more."""
        self.quiet(queue)
        assert self.request("POST", f"/tasks/{task_id}/retry")["statusCode"] == 202

    def send(self, queue: str, task_id: str, step: str) -> None:
        """Send the message of a step now."""
        self.post(queue, self.letter(task_id, step))

    @property
    def output(self) -> str:
        """The log of all functions."""
        return "".join(function.output for function in self.functions.values())

    def close(self) -> None:
        """End everything."""
        for source in self._sources:
            source.stop()
        deadline = time.monotonic() + 10
        for source in self._sources:
            source.join(deadline)
        for function in self.functions.values():
            function.close()
        self.recorder.close()


@pytest.fixture(scope="module")
def cloud(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with (
        EmbeddedAws(tmp_path_factory.mktemp("aws")) as aws,
        FillingAuthor(lines=4) as author,
        NarratorServer(speech=Hum()) as narrator,
    ):
        running = Cloud(archive, aws, author, narrator)
        running.listen()
        before = fingerprint(archive)
        try:
            yield running
        finally:
            running.close()
        assert fingerprint(archive) == before, "a function wrote into its own code"


def test_a_story_through_api_gateway_and_sqs(cloud: Cloud) -> None:
    assert cloud.request("GET", "/health")["body"]["status"] == "ok"
    story = cloud.request("POST", "/stories", {"prompt": "A clock that runs on gossip", "num_chapters": 2})["body"]
    where = f"/stories/{story['story_id']}"
    task = cloud.request("POST", f"{where}/generate", {"audio": True}, idempotency_key="once")["body"]
    again = cloud.request("POST", f"{where}/generate", {"audio": True}, idempotency_key="once")["body"]
    assert again["task_id"] == task["task_id"]
    assert cloud.ended(task["task_id"])["status"] == "completed", cloud.output[-3000:]
    found = cloud.request("GET", where)["body"]
    assert [chapter["status"] for chapter in found["chapters"]] == ["completed"] * 2
    for number in (1, 2):
        chapter = cloud.request("GET", f"{where}/chapters/{number}")["body"]
        captions = cloud.request("GET", f"{where}/chapters/{number}/captions")["body"]
        lines = {cue.partition("\n")[0].partition(".")[0] for cue in captions.split("\n\n")[1:]}
        read = {name for name in lines if not name[0].isdigit()}
        assert lines - read == {line["line_id"] for line in chapter["script"]["lines"]}
        assert read == ({"title", "opening", "chapter"} if number == 1 else {"chapter", "closing", "closing-2"})
        answer = cloud.request("GET", f"{where}/chapters/{number}/audio")
        assert answer["statusCode"] == 302
        url = urlsplit(answer["headers"]["Location"])
        listener = http.client.HTTPConnection(url.hostname or "", url.port)
        listener.request("GET", f"{url.path}?{url.query}")
        reply = listener.getresponse()
        assert (reply.status, len(reply.read())) == (200, chapter["audio"]["bytes"])
        listener.close()
    assert cloud.request("GET", "/stories?limit=5")["body"]["stories"]
    assert cloud.request("GET", "/voices")["body"]["voices"]
    assert cloud.request("GET", "/usage")["body"]["total"]["calls"] > 0
    change_a_line(cloud, where)
    assert cloud.request("POST", f"{where}/audio", {})["statusCode"] == 202
    assert cloud.ended(cloud.request("GET", where)["body"].get("task_id") or task["task_id"])["status"] == "completed"


def test_webhooks_are_told_and_none_leads_inside(cloud: Cloud) -> None:
    cloud.quiet("authoring")
    where = f"/stories/{cloud.request('POST', '/stories', {'prompt': 'A bell'})['body']['story_id']}/webhook"
    for url in ("https://169.254.169.254/latest/meta-data/", "https://localhost/", "https://hooks.fireside.invalid/"):
        assert cloud.request("PUT", where, {"url": url})["statusCode"] == 400
    assert cloud.request("DELETE", where)["statusCode"] == 204
    assert "webhook_failed" in cloud.output
    assert "hooks.fireside" not in cloud.output
    assert SECRET not in cloud.output


def change_a_line(cloud: Cloud, where: str) -> None:
    chapter = cloud.request("GET", f"{where}/chapters/1")["body"]
    lines = [
        {**line, "text": f"{line['text']} Indeed." if n == 0 else line["text"]}
        for n, line in enumerate(chapter["script"]["lines"])
    ]
    assert cloud.request("PUT", f"{where}/chapters/1/script", {"lines": lines})["statusCode"] == 200
    here = {"chapter": 1, "seconds": 2.5, "at": "2026-11-23T20:00:00Z"}
    for _device in range(2):
        assert cloud.request("PUT", f"{where}/place", here)["statusCode"] == 200
    assert cloud.request("GET", f"{where}/place")["body"]["seconds"] == here["seconds"]
    estimate = cloud.request("POST", f"{where}/estimate", {"audio": True})["body"]
    assert estimate["characters"] == len(lines[0]["text"])
    again = cloud.request("POST", f"{where}/chapters/2/rewrite", {"remark": "More wind."})
    assert again["statusCode"] == 202
    assert cloud.ended(again["body"]["task_id"])["status"] == "completed", cloud.output[-3000:]


def test_the_page_its_files_and_its_description_come_with_the_function(cloud: Cloud) -> None:
    page = cloud.request("GET", "/")
    assert page["statusCode"] == 200
    assert "frame-ancestors 'none'" in page["headers"]["Content-Security-Policy"]
    assert 'name="fireside-token" content=""' in page["body"]  # nobody comes in without a token
    [script] = re.findall(r'src="(assets/[0-9a-f]+/app.js)"', page["body"])
    asset = cloud.request("GET", f"/{script}")
    assert (asset["statusCode"], "immutable" in asset["headers"]["Cache-Control"]) == (200, True)
    # esbuild has bundled its modules; what they share with those that are loaded later is a file of its own.
    shared = re.findall(r'\bfrom ?"\./([^"]+)', asset["body"])
    assert shared
    for name in shared:
        assert f"/{name}" in page["body"]
        assert cloud.request("GET", f"/{script.replace('app.js', name)}")["statusCode"] == 200
    worker = cloud.request("GET", "/sw.js")
    assert (worker["statusCode"], worker["headers"]["Cache-Control"]) == (200, "no-cache")
    [base] = re.findall(r'<base href="([^"]+)">', page["body"])
    assert worker["headers"]["Service-Worker-Allowed"] == (base.rstrip("/") or "/")
    assert cloud.request("GET", f"/{script.replace('app.js', 'dom.js')}")["statusCode"] == 404
    assert cloud.request("GET", "/openapi.json")["body"]["openapi"].startswith("3.1")


def test_logs_are_json_with_ids_and_without_texts_or_keys(cloud: Cloud) -> None:
    lines = [line for line in cloud.output.splitlines() if line.startswith("{")]
    decoded = [json.loads(line) for line in lines]
    logged = [line for line in decoded if "level" in line]
    metrics = {name for line in decoded if "_aws" in line for name in line}
    assert {"Cost", "CharactersNarrated", "ChaptersWritten", "TasksCompleted", "TaskAge", "QueueAge"} <= metrics
    assert [line for line in logged if line.get("task_id") and line.get("request_id")]
    assert "gossip" not in cloud.output
    assert cloud.token not in cloud.output


@pytest.mark.parametrize("way", ["dies", "time over"])
def test_a_function_that_dies_or_whose_time_is_over_loses_nothing(cloud: Cloud, way: str) -> None:
    story = cloud.request("POST", "/stories", {"prompt": "A well that answers", "num_chapters": 1})["body"]["story_id"]
    function, bought = cloud.functions["write_chapter"], len(cloud.author.ledger.calls)
    called, go_on = threading.Event(), threading.Event()

    def while_it_asks(_number: int, _body: Any) -> HttpResponse | None:
        if called.is_set():
            return None
        called.set()
        if way == "dies":
            for instance in function.instances:
                instance.kill()
        else:
            go_on.wait(30)
        return None

    function.limit_s = 2.0 if way == "time over" else None
    cloud.author.fault = while_it_asks
    task = cloud.request("POST", f"/stories/{story}/generate", {"audio": True})["body"]["task_id"]
    assert called.wait(30)
    if way == "time over":
        assert function.ended_one.wait(30)
        function.limit_s = None
    go_on.set()
    assert cloud.ended(task)["status"] == "completed", cloud.output[-3000:]
    cloud.author.fault = lambda _number, _body: None
    assert len(cloud.author.ledger.calls) - bought <= 3 + 1  # outline, chapter, enhancement; the one in flight twice


def test_a_worker_with_little_time_left_hands_over_and_buys_nothing(cloud: Cloud) -> None:
    story = cloud.request("POST", "/stories", {"prompt": "A slow river", "num_chapters": 1})["body"]["story_id"]
    function, bought = cloud.functions["write_chapter"], len(cloud.author.ledger.calls)
    function.timeout_s, usual = 30.0, function.timeout_s
    task = cloud.request("POST", f"/stories/{story}/generate", {})["body"]["task_id"]
    ended = cloud.ended(task)  # it is handed over again and again, but not for ever
    assert (ended["status"], ended["error_code"]) == ("failed", "timeout")
    assert len(cloud.author.ledger.calls) == bought
    function.timeout_s = usual
    assert cloud.request("POST", f"/tasks/{task}/retry")["statusCode"] == 202
    assert cloud.ended(task)["status"] == "completed"


def test_the_other_ways_a_task_can_go(cloud: Cloud) -> None:
    story = cloud.request("POST", "/stories", {"prompt": "A refused tale", "num_chapters": 1})["body"]["story_id"]
    cloud.author.fault = lambda _number, _body: json_answer(
        401, {"error": {"code": "invalid_api_key", "message": "no"}}
    )
    task = cloud.request("POST", f"/stories/{story}/generate", {"audio": True})["body"]["task_id"]
    assert cloud.ended(task)["error_code"] == "invalid_credentials"
    cloud.author.fault = busy
    assert cloud.request("POST", f"/tasks/{task}/retry")["statusCode"] == 202
    cloud.says(task, "trying again")
    cloud.author.fault = nothing
    assert cloud.request("POST", f"/tasks/{task}/cancel")["statusCode"] == 202
    assert cloud.request("POST", f"/tasks/{task}/retry")["statusCode"] == 202
    assert cloud.ended(task)["status"] == "completed", cloud.output[-3000:]
    secret = give_and_take_back(cloud, story)
    assert cloud.request("DELETE", f"/stories/{story}")["statusCode"] == 204
    assert cloud.request("GET", f"/stories/{story}")["statusCode"] == 404
    assert cloud.request("GET", f"/feeds/{secret}")["statusCode"] == 404


def give_and_take_back(cloud: Cloud, story: str) -> str:
    """Make two shares of a story and revoke one; return the secret of the other."""
    made, other = (cloud.request("POST", f"/stories/{story}/shares", {})["body"] for _ in range(2))
    secret = str(made["url"].rpartition("/")[2])
    page = cloud.request("GET", f"/listen/{secret}")
    assert page["statusCode"] == 200
    [script] = re.findall(r'src="(assets/[0-9a-f]+/listen.js)"', page["body"])
    assert cloud.request("GET", f"/{script}")["statusCode"] == 200
    for method in ("GET", "HEAD"):
        answer = cloud.request(method, f"/feeds/{secret}/1.mp3")
        assert answer["statusCode"] == 302
        url = urlsplit(answer["headers"]["Location"])
        listener = http.client.HTTPConnection(url.hostname or "", url.port)
        listener.request(method, f"{url.path}?{url.query}")
        assert listener.getresponse().status == 200
        listener.close()
    assert f'<enclosure url="{made["feed_url"]}/1.mp3"' in cloud.request("GET", f"/feeds/{secret}")["body"]
    revoked = f"/stories/{story}/shares/{other['share_id']}"
    assert cloud.request("DELETE", revoked)["statusCode"] == 204
    assert cloud.request("GET", f"/feeds/{other['url'].rpartition('/')[2]}")["statusCode"] == 404
    assert cloud.output.count(secret) == 0
    return secret


def many_short_lines(_number: int, body: Mapping[str, Any]) -> HttpResponse | None:
    """Write each chapter as 2,500 different words, a line each; leave other calls to the stand-in."""
    if body["response_format"]["json_schema"]["name"] != "chapter":
        return None
    words = islice(map("".join, product("bcdfghklmnprst", repeat=3)), 2500)
    content = {
        "lines": [{"speaker": "Narrator", "text": word, "scene_break": False} for word in words],
        "summary": "Words.",
        "seam": {"ending_state": "Silence.", "open_question": "What now?"},
    }
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": json.dumps(content), "refusal": None},
        "finish_reason": "stop",
        "logprobs": None,
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": body["model"], "usage": usage}
    return json_answer(200, {**answer, "choices": [choice]})


def test_texts_that_no_item_holds_are_on_s3(cloud: Cloud) -> None:
    fields = {"prompt": "A list of words", "num_chapters": 2, "enhance": False}
    where = f"/stories/{cloud.request('POST', '/stories', fields)['body']['story_id']}"
    cloud.author.fault = many_short_lines
    task = cloud.request("POST", f"{where}/generate", {})["body"]["task_id"]
    assert cloud.ended(task)["status"] == "completed", cloud.output[-3000:]
    cloud.author.fault = nothing
    assert len(cloud.request("GET", f"{where}/chapters/1")["body"]["script"]["lines"]) == 2500
    lines = [{"line_id": f"{n}", "speaker": "Narrator", "text": "\U00010400" * 26} for n in range(1000)]
    assert cloud.request("PUT", f"{where}/chapters/1/script", {"lines": lines})["statusCode"] == 200
    assert cloud.request("GET", f"{where}/chapters/1")["body"]["script"]["lines"][999]["text"] == "\U00010400" * 26
    prefix = f"{where.removeprefix('/')}/texts/"
    assert cloud.aws("s3").list_objects_v2(Bucket=FACTS.bucket, Prefix=prefix)["KeyCount"] == 3
    assert cloud.request("DELETE", where)["statusCode"] == 204
    assert cloud.aws("s3").list_objects_v2(Bucket=FACTS.bucket, Prefix=prefix)["KeyCount"] == 0


def test_steps_that_fail_are_given_up_swept_and_buried(cloud: Cloud) -> None:
    story = cloud.request("POST", "/stories", {"prompt": "A lost letter", "num_chapters": 1})["body"]["story_id"]
    cloud.author.fault = busy
    lost = cloud.request("POST", f"/stories/{story}/generate", {})["body"]["task_id"]
    assert cloud.request("POST", f"/stories/{story}/audio", {}, idempotency_key="late")["statusCode"] == 409
    cloud.says(lost, "trying again")
    cloud.change("tasks", {"task_id": lost}, expected_by=1)  # silent for a long time
    cloud.sweep("authoring")
    cloud.send("dead-letters", lost, "o")
    assert cloud.ended(lost)["status"] == "failed"
    cloud.retry(lost, "authoring")
    cloud.says(lost, "trying again")
    cloud.quiet("authoring")
    cloud.change("leases", {"story_id": story, "name": "step#o"}, failures=2)  # the two retries have been made
    cloud.send("authoring", lost, "o")
    cloud.failed_thrice(story, "step#o")  # and goes on, since the author has lately answered this user's other stories
    cloud.quiet("authoring")
    cloud.author.fault = nothing
    cloud.send("authoring", lost, "o")
    assert cloud.ended(lost)["status"] == "completed"
    # The narrator answers one line and no other; what is there is found again.
    kept: list[int] = []
    cloud.narrator.fault = lambda number, body: None if not kept and not kept.append(1) else busy(number, body)  # type: ignore[func-returns-value]
    told = cloud.request("POST", f"/stories/{story}/audio", {})["body"]["task_id"]
    cloud.says(told, "trying again")
    cloud.change("tasks", {"task_id": told}, expected_by=1)
    cloud.sweep("narration")
    cloud.forget_money(f"{told}:1", "n1")
    cloud.change("leases", {"story_id": story, "name": "step#n1"}, failures=2)
    cloud.send("narration", told, "n1")
    cloud.failed_thrice(story, "step#n1")
    cloud.quiet("narration")
    cloud.narrator.fault = lambda _number, _body: HttpResponse(
        200, {"Content-Type": ["audio/mpeg"]}, b"\xff\xfb" + b"no frame" * 60
    )
    cloud.send("narration", told, "n1")
    assert cloud.ended(told)["error_code"] == "invalid_output"
    cloud.quiet("narration")
    cloud.narrator.fault = busy
    cloud.retry(told, "narration")
    cloud.says(told, "trying again")
    lose_the_worker_that_marked_its_chapter(cloud, told)
    cloud.change("tasks", {"task_id": told}, expected_by=1, sweeps=3)  # swept three times, and nothing moved
    cloud.functions["sweep"].invoke(scheduled_event("sweep"))
    assert cloud.ended(told)["error_code"] == "internal"
    cloud.narrator.fault = nothing
    delete_while_a_worker_stores(cloud, story, told)


def delete_while_a_worker_stores(cloud: Cloud, story: str, told: str) -> None:
    """Delete a story: what a worker stores after that is removed a little later, and shares are looked for again."""
    assert cloud.request("POST", f"/stories/{story}/shares", {})["statusCode"] == 201
    letter = cloud.letter(told, "purge")
    assert cloud.request("DELETE", f"/stories/{story}")["statusCode"] == 204
    late = f"stories/{story}/lines/late.mp3"
    cloud.aws("s3").put_object(Bucket=FACTS.bucket, Key=late, Body=b"late")
    for table, key in (("chapters", {"number": {"N": "1"}}), ("leases", {"name": {"S": "late"}})):
        cloud.aws("dynamodb").put_item(TableName=f"fireside-dev-{table}", Item={"story_id": {"S": story}, **key})
    cloud.post("authoring", letter)
    cloud.quiet("authoring")
    assert not cloud.aws("s3").list_objects_v2(Bucket=FACTS.bucket, Prefix=late)["KeyCount"]


def lose_the_worker_that_marked_its_chapter(cloud: Cloud, told: str) -> None:
    """Let the worker die after it has marked its chapter as failed, and lose its message; then retry."""
    cloud.quiet("narration")
    cloud.mark_failed(told, "n1")
    cloud.functions["sweep"].invoke(scheduled_event("sweep"))
    assert cloud.ended(told)["status"] == "failed"
    cloud.retry(told, "narration")
    cloud.says(told, "trying again")


def test_the_sweeper_gives_back_what_a_dead_worker_of_an_ended_task_had_drawn(cloud: Cloud) -> None:
    cloud.leave_a_draw("gone:1")
    cloud.functions["sweep"].invoke(scheduled_event("sweep"))
    hold = {"user_id": {"S": "holds"}, "time_id": {"S": "gone:1"}}
    assert "Item" not in cloud.aws("dynamodb").get_item(TableName="fireside-dev-usage", Key=hold)


def busy(_number: int, _body: Any) -> HttpResponse | None:
    return json_answer(503, {"error": {"message": "busy"}})


def nothing(_number: int, _body: Any) -> HttpResponse | None:
    return None


def test_a_voice_that_is_refused_is_replaced_and_every_function_knows(cloud: Cloud) -> None:
    story = cloud.request("POST", "/stories", {"prompt": "A lost voice", "num_chapters": 1})["body"]["story_id"]
    refused = [cloud.narrator.error(404, "voice_not_found", "A voice was not found.")]
    cloud.narrator.fault = lambda _number, _body: refused.pop() if refused else None
    task = cloud.request("POST", f"/stories/{story}/generate", {"audio": True})["body"]["task_id"]
    assert cloud.ended(task)["status"] == "completed", cloud.output[-3000:]
    cloud.narrator.fault = nothing
    [chapter] = cloud.request("GET", f"/stories/{story}")["body"]["chapters"]
    assert [notice["code"] for notice in chapter["notices"]] == ["voice_replaced"]


@pytest.mark.parametrize("name", ["api_handler", "bearer", "write_chapter", "narrate_chapter", "dead_letters", "sweep"])
def test_each_policy_allows_what_its_function_did_and_nothing_else(cloud: Cloud, name: str) -> None:
    policy = json.loads(FACTS.fill_in((PROJECT / ".chalice" / f"policy-{name}.json").read_text()))
    calls: set[Call] = set(cloud.recorder.calls[name])
    if name == "api_handler":  # a listener's signed URL is the API's call
        calls.add(("s3:GetObject", f"arn:aws:s3:::{FACTS.bucket}/stories/x/chapters/001.mp3"))
    did = sorted({(action, what.rpartition(":")[2].split("/stories/")[0]) for action, what in calls})
    may = sorted(
        (a, r) for statement in policy["Statement"] for a in statement["Action"] for r in statement["Resource"]
    )
    print(f"{name} did:", *did, f"{name} may:", *may, sep="\n  ")
    assert sorted(call for call in calls if not allowed(policy, call)) == []
    idle = [(a, r) for a, r in unused(policy, calls) if a not in LAMBDA_ITSELF]
    # The key of the other narrator, which reads it where SPEECH_BASE_URL is set.
    assert sorted((a, r) for a, r in idle if not r.endswith("/SPEECH_API_KEY")) == []
