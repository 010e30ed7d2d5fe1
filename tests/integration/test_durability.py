"""The embedded AWS's state: kills, damage, full disks, and the files of version 0.1."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import ROOT, EmbeddedAws
from tests.support.aws import dynamodb_client, s3_client, sqs_client
from tests.support.disks import needs_root, occupy, small_disk

SNAPSHOT = Path(__file__).with_name("state-0.1")
"""The state directory of version 0.1, which kept JSON files (their messages were sent in 2100: they never expire)."""

WRITER = """
import sys
from pathlib import Path
from local.aws import EmbeddedAws
from tests.support.aws import dynamodb_client, s3_client, sqs_client
aws = EmbeddedAws(Path(sys.argv[1])).start()
dynamodb, sqs, s3 = dynamodb_client(aws), sqs_client(aws), s3_client(aws)
url = sqs.get_queue_url(QueueName="steps")["QueueUrl"]
for number in range(int(sys.argv[2]), 10**6):
    name = {"S": str(number)}
    dynamodb.put_item(TableName="items", Item={"id": name, "by": {"S": "put"}})
    print("item", number, flush=True)
    dynamodb.transact_write_items(TransactItems=[
        {"Update": {"TableName": "items", "Key": {"id": {"S": "sum"}}, "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}}}},
        {"Put": {"TableName": "items", "Item": {"id": {"S": f"with {number}"}}}},
    ])
    print("sum", number, flush=True)
    sqs.send_message(QueueUrl=url, MessageBody=str(number))
    print("message", number, flush=True)
    key, bought = f"lines/{number}.mp3", {"bought-at": str(number)}
    s3.put_object(Bucket="audio", Key=key, Body=b"sound" * number, Metadata=bought)
    print("object", number, flush=True)
"""

TABLE: dict[str, Any] = {
    "TableName": "items",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def fill(state_dir: Path, items: int = 300) -> None:
    """Make a state with a table, a queue and a bucket in it."""
    with EmbeddedAws(state_dir) as aws, closing(dynamodb_client(aws)) as dynamodb:
        dynamodb.create_table(**TABLE)
        for number in range(items):
            dynamodb.put_item(TableName="items", Item={"id": {"S": f"kept {number}"}, "text": {"S": "word " * 50}})
        with closing(sqs_client(aws)) as sqs, closing(s3_client(aws)) as s3:
            sqs.create_queue(QueueName="steps")
            s3.create_bucket(Bucket="audio")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a state that was stopped in order, at its second start, with a good copy. Copy it before you harm it."""
    state_dir = tmp_path_factory.mktemp("filled")
    fill(state_dir)
    with EmbeddedAws(state_dir) as aws:
        until(lambda: (state_dir / "state.good.db").stat().st_size > 100_000)
        with closing(dynamodb_client(aws)) as dynamodb:
            dynamodb.put_item(TableName="items", Item={"id": {"S": "after the copy"}})
    return state_dir


@pytest.fixture
def state(filled: Path, tmp_path: Path) -> Path:
    """Return a copy of that state, to be harmed."""
    return Path(shutil.copytree(filled, tmp_path / "state"))


def until(done: Callable[[], bool]) -> None:
    """Wait for what another process brings about."""
    pause = threading.Event()
    for _ in range(400):
        try:
            if done():
                return
        except FileNotFoundError:
            pass  # not yet
        pause.wait(0.02)
    raise AssertionError("it did not happen")


def ids(state_dir: Path) -> set[str]:
    with EmbeddedAws(state_dir) as aws, closing(dynamodb_client(aws)) as dynamodb:
        pages = dynamodb.get_paginator("scan").paginate(TableName="items")
        return {item["id"]["S"] for page in pages for item in page["Items"]}


@pytest.mark.parametrize("victims", ["child", "both"])
def test_what_was_answered_survives_sigkill_at_any_moment(tmp_path: Path, victims: str) -> None:
    fill(tmp_path, items=1)
    random, answered, begin = Random(), dict.fromkeys(("item", "sum", "message", "object"), 0), 1
    for _ in range(2):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(begin)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as owner:
            assert owner.stdout is not None
            for _ in range(random.randrange(20, 120)):
                kind, number = owner.stdout.readline().split()
                answered[kind.decode()] = int(number)
            child = json.loads((tmp_path / "endpoint.json").read_text())["pid"]
            for pid in {"child": [child], "both": [child, owner.pid]}[victims]:
                os.kill(pid, signal.SIGKILL)
            for line in owner.stdout:  # answered before the kill, read after it
                kind, number = line.split()
                answered[kind.decode()] = int(number)
        begin = max(answered.values()) + 1
        with EmbeddedAws(tmp_path) as aws:
            assert_kept(aws, answered)


def assert_kept(aws: EmbeddedAws, answered: dict[str, int]) -> None:
    """Everything up to the last that was answered is there, whole; one more of each may be."""
    with closing(dynamodb_client(aws)) as dynamodb, closing(s3_client(aws)) as s3, closing(sqs_client(aws)) as sqs:
        pages = dynamodb.get_paginator("scan").paginate(TableName="items")
        items = {item["id"]["S"]: item for page in pages for item in page["Items"]}
        together = [name for name in items if name.startswith("with ")]
        assert int(items["sum"]["n"]["N"]) == len(together), "a transaction is there whole or not at all"
        assert f"with {answered['sum']}" in items
        assert str(answered["item"]) in items
        stored = s3.get_object(Bucket="audio", Key=f"lines/{answered['object']}.mp3")
        assert stored["Body"].read() == b"sound" * answered["object"]
        for entry in s3.list_objects_v2(Bucket="audio")["Contents"]:
            found = s3.get_object(Bucket="audio", Key=entry["Key"])
            number = found["Metadata"]["bought-at"]
            assert (entry["Key"], found["Body"].read()) == (f"lines/{number}.mp3", b"sound" * int(number))
        url = sqs.get_queue_url(QueueName="steps")["QueueUrl"]
        waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
        sent = len({*together, f"with {answered['message']}"})
        assert int(waiting["ApproximateNumberOfMessages"]) in {sent - 1, sent, sent - 2}
        assert int(waiting["ApproximateNumberOfMessages"]) >= 1


def test_a_message_in_flight_comes_back_and_a_deleted_one_does_not(tmp_path: Path) -> None:
    with EmbeddedAws(tmp_path) as aws, closing(sqs_client(aws)) as sqs:
        url = sqs.create_queue(QueueName="steps")["QueueUrl"]
        for body in ("done", "in flight", "waits"):
            sqs.send_message(QueueUrl=url, MessageBody=body)
        done = sqs.receive_message(QueueUrl=url)["Messages"][0]
        flying = sqs.receive_message(QueueUrl=url)["Messages"][0]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=done["ReceiptHandle"])
        assert aws.pid is not None
        os.kill(aws.pid, signal.SIGKILL)
    with EmbeddedAws(tmp_path) as aws, closing(sqs_client(aws)) as sqs:
        visible = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [message["Body"] for message in visible] == ["waits"], (
            "the other is hidden as long as it would have been"
        )
        # The handle from before the kill is still good: a worker that lives can end its visibility, or delete it.
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=flying["ReceiptHandle"], VisibilityTimeout=0)
        [again] = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["ApproximateReceiveCount"])["Messages"]
        assert (again["Body"], again["Attributes"]["ApproximateReceiveCount"]) == ("in flight", "2")


def test_queues_are_there_on_another_port_too(tmp_path: Path) -> None:
    with EmbeddedAws(tmp_path) as aws, closing(sqs_client(aws)) as sqs:
        url = sqs.create_queue(QueueName="steps")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="waits")
        first = aws.endpoint
    (tmp_path / ".port").unlink()
    with EmbeddedAws(tmp_path) as aws, closing(sqs_client(aws)) as sqs:
        url = sqs.create_queue(QueueName="steps")["QueueUrl"]
        assert url.startswith(aws.endpoint) and aws.endpoint != first
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "waits"


def test_what_is_deleted_stays_deleted(state: Path) -> None:
    with EmbeddedAws(state) as aws, closing(dynamodb_client(aws)) as dynamodb, closing(s3_client(aws)) as s3:
        dynamodb.create_table(**{**TABLE, "TableName": "other"})
        dynamodb.put_item(TableName="other", Item={"id": {"S": "kept 1"}})
        dynamodb.delete_table(TableName="other")
        dynamodb.create_table(**{**TABLE, "TableName": "other"})
        dynamodb.delete_item(TableName="items", Key={"id": {"S": "kept 1"}})
        dynamodb.batch_write_item(RequestItems={"items": [{"DeleteRequest": {"Key": {"id": {"S": "kept 2"}}}}]})
        for key in ("1", "2"):
            s3.put_object(Bucket="audio", Key=key, Body=b"")
        s3.delete_objects(Bucket="audio", Delete={"Objects": [{"Key": "1"}]})
        assert aws.pid is not None
        os.kill(aws.pid, signal.SIGKILL)
    with EmbeddedAws(state) as aws, closing(dynamodb_client(aws)) as dynamodb, closing(s3_client(aws)) as s3:
        assert dynamodb.scan(TableName="other")["Items"] == []
        assert dynamodb.describe_table(TableName="items")["Table"]["ItemCount"] == 299
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="audio")["Contents"]] == ["2"]
    assert not ids(state) & {"kept 1", "kept 2"}


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def newer(data: bytes) -> bytes:
    return data[:60] + (99).to_bytes(4, "big") + data[64:]


def hole(data: bytes) -> bytes:
    return data[:40_000] + bytes(byte ^ 0x5A for byte in data[40_000:60_000]) + data[60_000:]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "damaged"),
        (lambda data: data[:50], "cut off"),
        (lambda data: data[:-4096], "damaged"),
        (lambda data: b"", "empty"),
        (lambda data: b"garbage " * 1000, "not a state of Fireside"),
        (hole, "damaged"),
        (newer, "newer Fireside"),
    ],
    ids=["half", "50 bytes", "without its last page", "empty", "garbage", "garbage in the middle", "newer format"],
)
def test_a_state_that_cannot_be_read_whole_is_refused_and_kept(
    state: Path, harm: Callable[[bytes], bytes], said: str
) -> None:
    path, good = state / "state.db", (state / "state.good.db").read_bytes()
    path.write_bytes(harm(path.read_bytes()))
    harmed = path.read_bytes()
    for _ in range(2):
        with pytest.raises(ChildProcessError, match=said) as refused:
            EmbeddedAws(state).start()
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)
        assert path.read_bytes() == harmed
        assert (state / "state.good.db").read_bytes() == good, "the last good one is not replaced by a bad one"
    (state / "state.good.db").rename(path)  # as the sentence says
    assert len(ids(state)) == 300


def test_a_log_that_was_cut_is_refused(state: Path) -> None:
    with EmbeddedAws(state) as aws, closing(dynamodb_client(aws)) as dynamodb:
        for number in range(20):
            dynamodb.put_item(TableName="items", Item={"id": {"S": f"late {number}"}})
        assert aws.pid is not None
        os.kill(aws.pid, signal.SIGKILL)
    log = state / "state.db-wal"
    whole = log.read_bytes()
    log.write_bytes(cut(whole))
    with pytest.raises(ChildProcessError, match=r"state\.db lacks changes that were written to it"):
        EmbeddedAws(state).start()
    assert log.read_bytes() == cut(whole)
    log.write_bytes(whole)
    assert {"late 0", "late 19"} <= ids(state)


def test_a_state_that_has_gone_is_missed(state: Path) -> None:
    (state / "state.db").unlink()
    with pytest.raises(ChildProcessError, match=r"state\.db is missing, though there was one"):
        EmbeddedAws(state).start()
    assert not (state / "state.db").exists()


def test_the_state_is_its_owners_alone(state: Path) -> None:
    state.chmod(0o755)
    with EmbeddedAws(state) as aws, closing(s3_client(aws)) as s3:
        s3.put_object(Bucket="audio", Key="stories/1.mp3", Body=b"sound")
        assert state.stat().st_mode & 0o777 == 0o700
        written = [path for path in state.rglob("*") if path.name.startswith(("state.", "keys", "1.mp3"))]
        assert len(written) >= 5
        assert not [path for path in written if path.stat().st_mode & 0o077]


def test_an_upload_that_was_cut_off_leaves_no_half_object(state: Path) -> None:
    with EmbeddedAws(state) as aws, closing(s3_client(aws)) as s3:
        for key in ("new.mp3", "old.mp3"):
            s3.put_object(Bucket="audio", Key=key, Body=b"first", Metadata={"bought-at": "then"})
        assert aws.pid is not None
        os.kill(aws.pid, signal.SIGKILL)
    files = state / "s3" / "000000000000" / "audio"
    (
        files / "new.mp3.meta.json"
    ).unlink()  # as a kill leaves them: the bytes are in place, what is known of them not yet
    (files / "old.mp3").write_bytes(b"the second")
    (files / "torn.mp3.tmp").write_bytes(b"ha")
    with EmbeddedAws(state) as aws, closing(s3_client(aws)) as s3:
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="audio")["Contents"]] == ["old.mp3"]
        old = s3.get_object(Bucket="audio", Key="old.mp3")
        assert (old["Body"].read(), old["Metadata"]) == (b"the second", {"bought-at": "then"})
    assert (state / "unfinished" / "000000000000" / "audio" / "new.mp3").read_bytes() == b"first"


@needs_root
def test_a_full_disk_loses_nothing_and_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    with small_disk(tmp_path / "disk", megabytes=12) as disk:
        with EmbeddedAws(disk / "state", say=said.append) as aws, closing(dynamodb_client(aws)) as dynamodb:
            dynamodb.create_table(**TABLE)
            dynamodb.put_item(TableName="items", Item={"id": {"S": "before"}})
            with closing(s3_client(aws)) as s3, closing(sqs_client(aws)) as sqs:
                s3.create_bucket(Bucket="audio")
                url = sqs.create_queue(QueueName="steps")["QueueUrl"]
                ballast = occupy(disk)
                for change in (
                    lambda: dynamodb.put_item(TableName="items", Item={"id": {"S": "during"}}),
                    lambda: s3.put_object(Bucket="audio", Key="1.mp3", Body=b"sound"),
                    lambda: sqs.send_message(QueueUrl=url, MessageBody="during"),
                ):
                    with pytest.raises(ClientError) as refused:
                        change()
                    assert refused.value.response["Error"]["Code"] == "InsufficientStorage"
                    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 507
                assert dynamodb.get_item(TableName="items", Key={"id": {"S": "before"}})["Item"], "reading goes on"
                assert "Item" not in dynamodb.get_item(TableName="items", Key={"id": {"S": "during"}})
                assert len(said) == 1 and "is full" in said[0] and "Nothing is lost" in said[0]
                ballast.unlink()
                dynamodb.put_item(TableName="items", Item={"id": {"S": "after"}})
                until(lambda: len(said) > 1)  # by the thread that reads what the child prints
                assert "room again" in said[1]
                occupy(disk)
        assert (disk / "state" / "state.db").exists()
        with pytest.raises(ChildProcessError, match=r"is full .* Make room and start again"):
            EmbeddedAws(disk / "state").start()
        (disk / "ballast").unlink()
        assert ids(disk / "state") == {"before", "after"}


@needs_root
def test_a_full_disk_at_the_first_start_is_one_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=12) as disk:
        occupy(disk)
        with pytest.raises(ChildProcessError) as refused:
            EmbeddedAws(disk / "state").start()
        assert "\n" not in str(refused.value) and "disk" in str(refused.value)
        (disk / "ballast").unlink()
        fill(disk / "state", items=1)
        assert ids(disk / "state") == {"kept 0"}


def test_a_state_of_version_0_1_is_read_and_kept(tmp_path: Path) -> None:
    state = Path(shutil.copytree(SNAPSHOT, tmp_path / "state"))
    for _ in range(2):
        with EmbeddedAws(state) as aws, closing(dynamodb_client(aws)) as dynamodb:
            first, second = sorted(dynamodb.scan(TableName="stories")["Items"], key=lambda item: item["id"]["N"])
            assert (first["title"], first["blob"]) == ({"S": "Nebel über 第"}, {"B": b"\0\xff"})
            assert second["done"] == {"SS": ["w1"]}
            opened = dynamodb.query(
                TableName="stories",
                IndexName="open",
                KeyConditionExpression="#open = :yes",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues={":yes": {"S": "y"}},
            )
            assert opened["Items"] == [first]
            with closing(s3_client(aws)) as s3:
                sound = s3.get_object(Bucket="audio", Key="stories/1/a b.mp3")
                assert (sound["Body"].read(), sound["Metadata"]) == (b"sound", {"bought-at": "2026-11-25"})
                assert s3.get_bucket_cors(Bucket="audio")["CORSRules"][0]["AllowedOrigins"] == ["*"]
            with closing(sqs_client(aws)) as sqs:
                url = sqs.get_queue_url(QueueName="steps")["QueueUrl"]
                found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
                assert found["ApproximateNumberOfMessages"] == "2"
    assert (state / "before-0.2" / "dynamodb.json").read_bytes() == (SNAPSHOT / "dynamodb.json").read_bytes()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "damaged"),
        (lambda data: b"", "empty"),
        (lambda data: data.replace(b'"__ministack_format__": 2', b'"__ministack_format__": 3'), "newer version"),
    ],
    ids=["half", "empty", "newer format"],
)
def test_a_damaged_state_of_version_0_1_is_refused_and_kept(
    tmp_path: Path, harm: Callable[[bytes], bytes], said: str
) -> None:
    state = Path(shutil.copytree(SNAPSHOT, tmp_path / "state"))
    path = state / "dynamodb.json"
    path.write_bytes(harm(path.read_bytes()))
    harmed = path.read_bytes()
    with pytest.raises(ChildProcessError, match=said) as refused:
        EmbeddedAws(state).start()
    assert str(path) in str(refused.value)
    assert path.read_bytes() == harmed
    assert not (state / "state.db").exists()


def test_a_write_that_fails_is_tried_again_before_anything_else(state: Path) -> None:
    said: list[str] = []
    with EmbeddedAws(state, say=said.append) as aws, closing(dynamodb_client(aws)) as dynamodb:
        with closing(sqlite3.connect(state / "state.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # whoever writes now has to wait, and gives up
            with pytest.raises(ClientError, match="cannot be written"):
                dynamodb.put_item(TableName="items", Item={"id": {"S": "first"}})
            with pytest.raises(ClientError, match="cannot be written"):
                dynamodb.put_item(TableName="items", Item={"id": {"S": "second"}})
            other.execute("ROLLBACK")
        until(lambda: "can be written again" in " ".join(said))
        dynamodb.put_item(TableName="items", Item={"id": {"S": "third"}})
        assert aws.pid is not None
        os.kill(aws.pid, signal.SIGKILL)
    found = ids(state)
    assert {"first", "third"} <= found
    assert "second" not in found, "it was refused before it was done"
