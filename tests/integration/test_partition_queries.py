"""Queries of a partition that is large for the embedded AWS: what they find is what DynamoDB would."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from local.aws import EmbeddedAws
from tests.support.aws import dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@pytest.fixture(scope="module")
def many(embedded_aws: EmbeddedAws) -> "Iterator[DynamoDBClient]":
    """Make a table with a partition of 450 items, which is a large one for the embedded AWS, and a small one."""
    with closing(dynamodb_client(embedded_aws)) as dynamodb:
        dynamodb.create_table(
            TableName="many",
            KeySchema=[{"AttributeName": "of", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("of", "at")],
            BillingMode="PAY_PER_REQUEST",
        )
        for start in range(0, 450, 25):
            puts: list[Any] = [{"PutRequest": {"Item": _item(number)}} for number in range(start, start + 25)]
            dynamodb.batch_write_item(RequestItems={"many": puts})
        dynamodb.put_item(TableName="many", Item={"of": {"S": "bob"}, "at": {"S": "2026-11"}})
        yield dynamodb


def _item(number: int) -> dict[str, Any]:
    return {
        "of": {"S": "ann"},
        "at": {"S": f"2026-{1 + number % 12:02d}#{number:03d}"},
        "n": {"N": str(number)},
        "text": {"S": "x" * 7000},  # the whole partition is three pages of 1 MB
    }


KEYS = sorted(_item(number)["at"]["S"] for number in range(450))


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("limit", [None, 1, 7, 40])
@pytest.mark.parametrize(
    ("condition", "values", "wanted"),
    [
        ("", (), lambda key: True),
        ("begins_with(#at, :a)", ("2026-11",), lambda key: key.startswith("2026-11")),
        ("begins_with(#at, :a)", ("2027",), lambda key: False),
        ("#at BETWEEN :a AND :b", ("2026-03#002", "2026-05"), lambda key: "2026-03#002" <= key <= "2026-05"),
        ("#at > :a", ("2026-11#010",), lambda key: key > "2026-11#010"),
        ("#at >= :a", ("2026-11#010",), lambda key: key >= "2026-11#010"),
        ("#at < :a", ("2026-02#001",), lambda key: key < "2026-02#001"),
        ("#at <= :a", ("2026-02#001",), lambda key: key <= "2026-02#001"),
        ("#at = :a", ("2026-02#001",), lambda key: key == "2026-02#001"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_query_of_a_large_partition_finds_what_it_asks_for(
    many: "DynamoDBClient",
    condition: str,
    values: tuple[str, ...],
    wanted: Callable[[str], bool],
    limit: int | None,
    forward: bool,
) -> None:
    asked: dict[str, Any] = {
        "TableName": "many",
        "KeyConditionExpression": f"(#of = :of AND {condition})" if condition else "#of = :of",
        "ExpressionAttributeNames": {"#of": "of", **({"#at": "at"} if condition else {})},
        "ExpressionAttributeValues": {":of": {"S": "ann"}}
        | {f":{name}": {"S": value} for name, value in zip("ab", values, strict=False)},
        "ScanIndexForward": forward,
    } | ({"Limit": limit} if limit else {})
    expected = [key for key in (KEYS if forward else KEYS[::-1]) if wanted(key)]
    for filtered in (False, True):
        query = dict(asked)
        if filtered:
            query["FilterExpression"] = "#n >= :zero"
            query["ExpressionAttributeNames"] = {**asked["ExpressionAttributeNames"], "#n": "n"}
            query["ExpressionAttributeValues"] = {**asked["ExpressionAttributeValues"], ":zero": {"N": "0"}}
        found: list[str] = []
        for _ in range(8):  # pages; not all of those with a limit of 1
            page = many.query(**query)
            found += [item["at"]["S"] for item in page["Items"]]
            assert len(page["Items"]) <= (limit or 151)
            if "LastEvaluatedKey" not in page:
                assert found == expected
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        else:
            assert limit in {1, 7, 40}
            assert found == expected[: len(found)]


def test_a_large_partition_stays_in_order_when_it_changes(many: "DynamoDBClient") -> None:
    def newest() -> str:
        page = many.query(
            TableName="many",
            KeyConditionExpression="#of = :of",
            ExpressionAttributeNames={"#of": "of"},
            ExpressionAttributeValues={":of": {"S": "ann"}},
            ScanIndexForward=False,
            Limit=1,
        )
        return page["Items"][0]["at"]["S"]

    assert newest() == KEYS[-1]
    key = {"of": {"S": "ann"}, "at": {"S": "2027"}}
    many.put_item(TableName="many", Item=key)
    assert newest() == "2027"
    many.transact_write_items(TransactItems=[{"Delete": {"TableName": "many", "Key": key}}])
    assert newest() == KEYS[-1]
