import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import ConfigError
from local.aws import ROOT, EmbeddedAws, aws_environment, keys_for, running_endpoint
from tests.support.aws import dynamodb_client, s3_client, signed, sqs_client

OWNER = """
import sys
from pathlib import Path
from typing import Any
from local.aws import EmbeddedAws
from tests.support.aws import sqs_client
sqs_client(EmbeddedAws(Path(sys.argv[1])).start()).create_queue(QueueName="kept")
print("ready", flush=True)
sys.stdin.read()
"""


def test_state_survives_a_restart_at_the_same_address(tmp_path: Path) -> None:
    with EmbeddedAws(tmp_path) as first:
        with closing(sqs_client(first)) as sqs, closing(s3_client(first)) as s3:
            url = sqs.create_queue(QueueName="kept")["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody="a message")
            s3.create_bucket(Bucket="kept")
            s3.put_object(Bucket="kept", Key="stories/1.mp3", Body=b"sound")
        with closing(dynamodb_client(first)) as dynamodb:
            dynamodb.create_table(
                TableName="kept",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            dynamodb.put_item(TableName="kept", Item={"id": {"S": "1"}, "done": {"SS": ["outline"]}})

    with EmbeddedAws(tmp_path) as second:
        assert second.endpoint == first.endpoint
        with closing(sqs_client(second)) as sqs, closing(s3_client(second)) as s3:
            assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a message"
            assert s3.get_object(Bucket="kept", Key="stories/1.mp3")["Body"].read() == b"sound"
        with closing(dynamodb_client(second)) as dynamodb:
            item = dynamodb.get_item(TableName="kept", Key={"id": {"S": "1"}})["Item"]
            assert item["done"] == {"SS": ["outline"]}


def test_state_survives_a_kill_of_its_owner(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        owner.send_signal(signal.SIGKILL)
    with EmbeddedAws(tmp_path) as heir, closing(sqs_client(heir)) as sqs:
        assert sqs.list_queues()["QueueUrls"] == [f"{heir.endpoint}/000000000000/kept"]


def test_its_endpoint_is_known_while_it_runs(tmp_path: Path) -> None:
    assert running_endpoint(tmp_path) is None
    with EmbeddedAws(tmp_path) as running:
        assert running_endpoint(tmp_path) == running.endpoint
        record = json.loads((tmp_path / "endpoint.json").read_text())
        assert record == {"endpoint": running.endpoint, "pid": running.pid}
    assert running_endpoint(tmp_path) is None
    (tmp_path / "endpoint.json").write_text(json.dumps(record))
    assert running_endpoint(tmp_path) is None, "what is written there is not believed"


def test_one_directory_has_one_aws(embedded_aws: EmbeddedAws) -> None:
    with pytest.raises(ChildProcessError, match="Another embedded AWS uses"):
        EmbeddedAws(embedded_aws.state_dir, take_over_s=0).start()


def test_a_missing_installation_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="make setup"):
        EmbeddedAws(tmp_path, python=tmp_path / "python").start()


def test_a_child_that_ends_at_once_is_reported(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    aws = EmbeddedAws(tmp_path / "state", python=program)
    with pytest.raises(ChildProcessError, match="status 3"):
        aws.start()
    assert aws.pid is None


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/2015-03-31/functions", "lambda"),
        ("POST", "/_ministack/reset", "s3"),
        ("PUT", "/_ministack/config", "s3"),
        ("GET", "/_ministack/sqs/messages", "sqs"),
        ("POST", "/?Action=ListStacks", "cloudformation"),
        ("POST", "/?Action=ListUsers", "iam"),
    ],
)
def test_nothing_but_the_four_services_is_there_even_with_keys(
    embedded_aws: EmbeddedAws, method: str, path: str, service: str
) -> None:
    for headers in ({}, signed(embedded_aws, method, path, b"", {}, service=service)):
        refused = httpx.request(method, embedded_aws.endpoint + path, headers=headers, trust_env=False)
        assert refused.status_code == 403, refused.text
    with closing(sqs_client(embedded_aws)) as sqs:
        sqs.list_queues()  # and it goes on


def test_a_page_plays_what_was_presigned_and_nothing_else(embedded_aws: EmbeddedAws) -> None:
    page = {"Origin": "http://127.0.0.1:8000"}
    with closing(s3_client(embedded_aws)) as s3, httpx.Client(trust_env=False) as browser:
        s3.create_bucket(Bucket="played")
        s3.put_object(Bucket="played", Key="a b.mp3", Body=b"sound", ContentType="audio/mpeg")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "played", "Key": "a b.mp3"})
        asking = {**page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
        assert browser.options(url, headers=asking).headers["access-control-allow-origin"] == "*"
        played = browser.get(url, headers={**page, "Range": "bytes=1-"})
        assert (played.status_code, played.content) == (206, b"ound")
        assert played.headers["access-control-allow-origin"] == "*"
        bare = url.partition("?")[0]
        assert browser.get(bare, headers=page).status_code == 403
        assert browser.get(bare).status_code == 403
        assert browser.put(url, content=b"noise").status_code == 403
        assert s3.get_object(Bucket="played", Key="a b.mp3")["Body"].read() == b"sound"


def test_the_keys_belong_to_the_directory_and_to_its_owner(tmp_path: Path) -> None:
    with EmbeddedAws(tmp_path / "one") as one, EmbeddedAws(tmp_path / "other") as other:
        assert one.keys != other.keys
        environment, keys = one.environment, one.keys
    assert environment["AWS_SECRET_ACCESS_KEY"] == keys.secret_access_key
    assert (tmp_path / "one" / "keys.json").stat().st_mode & 0o777 == 0o600
    with EmbeddedAws(tmp_path / "one") as again:
        assert again.keys == keys
        assert keys_for(again.endpoint, tmp_path / "one") == keys
        assert keys_for(again.endpoint.replace("127.0.0.1", "localhost") + "/", tmp_path / "one") == keys
        assert keys_for("http://127.0.0.1:1", tmp_path / "one") is None
        assert keys_for("https://sqs.us-east-1.amazonaws.com", tmp_path / "one") is None


def test_a_receiver_that_has_died_takes_no_message(embedded_aws: EmbeddedAws) -> None:
    with closing(sqs_client(embedded_aws)) as sqs:
        url = sqs.create_queue(QueueName="waited-for")["QueueUrl"]
        body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
        request = signed(embedded_aws, "POST", "/", body, {"X-Amz-Target": "AmazonSQS.ReceiveMessage"}, service="sqs")
        head = "".join(f"{name}: {value}\r\n" for name, value in request.items())
        address = ("127.0.0.1", int(embedded_aws.endpoint.rpartition(":")[2]))
        with socket.create_connection(address) as connection:
            connection.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            sqs.list_queues()  # answered later than the receive began to wait
        sqs.list_queues()
        sqs.send_message(QueueUrl=url, MessageBody="for the living")
        assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"] == "for the living"


def test_a_presigned_url_gives_parts_of_a_named_file(embedded_aws: EmbeddedAws) -> None:
    with closing(s3_client(embedded_aws)) as s3:
        s3.create_bucket(Bucket="presigned")
        s3.put_object(Bucket="presigned", Key="1.mp3", Body=b"0123456789", ContentType="audio/mpeg")
        disposition = 'attachment; filename="01 A.mp3"'
        params = {"Bucket": "presigned", "Key": "1.mp3", "ResponseContentDisposition": disposition}
        url = s3.generate_presigned_url("get_object", Params=params)
    part = httpx.get(url, headers={"Range": "bytes=2-5"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"2345")
    assert part.headers["content-range"] == "bytes 2-5/10"
    assert part.headers["content-disposition"] == disposition
    assert httpx.get(url + "0", trust_env=False).status_code == 403


def test_a_transaction_fails_whole_and_says_why(embedded_aws: EmbeddedAws) -> None:
    with closing(dynamodb_client(embedded_aws)) as dynamodb:
        dynamodb.create_table(
            TableName="transactions",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="transactions", Item={"id": {"S": "held"}, "owner": {"S": "another"}})
        with pytest.raises(ClientError) as failure:
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "transactions", "Item": {"id": {"S": "new"}}}},
                    {
                        "Put": {
                            "TableName": "transactions",
                            "Item": {"id": {"S": "held"}},
                            "ConditionExpression": "attribute_not_exists(id)",
                            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        }
                    },
                ]
            )
        response: dict[str, Any] = dict(failure.value.response)
        reasons = response["CancellationReasons"]
        assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
        assert reasons[1]["Item"]["owner"] == {"S": "another"}
        assert "Item" not in dynamodb.get_item(TableName="transactions", Key={"id": {"S": "new"}})


def test_the_environment_keeps_a_persons_own_profile_out() -> None:
    environment = aws_environment("http://127.0.0.1:1")
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
