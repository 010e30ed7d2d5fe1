"""Whether a restored table can be used, from what DynamoDB says of it, held against botocore's own model."""

from typing import TYPE_CHECKING, cast

import boto3
import pytest
from botocore.stub import Stubber

from infra.errors import Stopped
from infra.restored import EXPIRING, check
from infra.template import SOURCE

if TYPE_CHECKING:
    from boto3.session import Session

RESTORED = "fireside-dev-stories-restored"


class Account:
    """A session whose only client is DynamoDB's, with its answers given."""

    region_name = "eu-central-1"

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", region_name=self.region_name)
        self.stub = Stubber(self.dynamodb)
        self.stub.activate()

    def client(self, service: str) -> object:
        assert service == "dynamodb"
        return self.dynamodb

    def has(self, name: str, status: str = "ACTIVE", key: str = "user_id") -> None:
        table = {
            "TableName": name,
            "TableStatus": status,
            "KeySchema": [{"KeyType": "HASH", "AttributeName": key}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        }
        self.stub.add_response("describe_table", {"Table": table}, {"TableName": name})

    def lacks(self, name: str) -> None:
        asked = {"TableName": name}
        self.stub.add_client_error("describe_table", "ResourceNotFoundException", expected_params=asked)

    def check(self) -> None:
        check(cast("Session", self), "dev", {"stories": RESTORED})
        self.stub.assert_no_pending_responses()


def test_a_table_that_is_still_being_restored_is_waited_for() -> None:
    account = Account()
    account.has(RESTORED, status="CREATING")
    with pytest.raises(Stopped, match=r"is not ready yet \(CREATING\): run the command again later"):
        account.check()


def test_a_table_of_the_same_shape_passes_and_another_does_not() -> None:
    account = Account()
    account.has(RESTORED)
    account.has("fireside-dev-stories")
    account.check()
    account.has(RESTORED, key="story_id")
    account.has("fireside-dev-stories")
    with pytest.raises(Stopped, match="has other keys or indexes than fireside-dev-stories"):
        account.check()


def test_where_the_stage_has_no_table_of_its_own_yet_nothing_is_compared() -> None:
    account = Account()
    account.has(RESTORED)
    account.lacks("fireside-dev-stories")
    account.check()


def test_a_table_that_is_not_there_is_refused() -> None:
    account = Account()
    account.lacks(RESTORED)
    with pytest.raises(Stopped, match="there is no such table in eu-central-1"):
        account.check()


def test_the_tables_that_forget_are_those_of_the_template() -> None:
    resources = SOURCE.read_text(encoding="utf-8").split("\n\n")
    forgetting = [text for text in resources if "TimeToLiveSpecification" in text]
    assert len(forgetting) == len(EXPIRING)
    for name, attribute in EXPIRING.items():
        [text] = [text for text in forgetting if f"fireside-${{Stage}}-{name}\n" in text]
        assert f"TimeToLiveSpecification: {{ AttributeName: {attribute}, Enabled: true }}" in text
