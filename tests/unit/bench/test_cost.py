from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.cost.assumptions import Assumptions
from bench.cost.bill import alarm_metrics, idle
from bench.cost.book import Measured
from bench.cost.counting import Counts
from bench.cost.functions import Used, billed_s, gb_seconds, memory_of
from bench.cost.prices import Price, load_prices
from bench.cost.units import Units, read_units, size_of, units_of, write_units
from chalicelib.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "infra" / "fireside.yaml"
TASK = {"TableName": "fireside-local-tasks", "Key": {"task_id": {"S": "t"}}}
LEASE = {"TableName": "fireside-local-leases", "Key": {"story_id": {"S": "s"}, "name": {"S": "step#w1"}}}


class Sizes:
    """Items of 1,500 bytes, pages of 9,000."""

    def item(self, table: str, key: Mapping[str, Any]) -> int:
        return 1500

    def page(self, query: Mapping[str, Any]) -> int:
        return 9000


def units(operation: str, asked: Mapping[str, Any], answered: Mapping[str, Any] | None = None) -> Units:
    return units_of(operation, asked, answered or {}, Sizes())


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "four"}, 4),
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "1234"}, 3),
        ({"N": "-12.5"}, 4),
        ({"N": "1000000"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["w1", "w10"]}, 5),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 3 + 3 + 2),
        ({"M": {"ab": {"S": "cd"}}}, 3 + 5),
    ],
)
def test_an_items_size_is_that_of_its_names_and_values(value: Mapping[str, Any], size: int) -> None:
    assert size_of({"name": value}) == 4 + size


def test_units_are_rounded_up_and_a_weak_read_is_half_of_one() -> None:
    assert [write_units(size) for size in (0, 1024, 1025)] == [1, 1, 2]
    assert [read_units(size, {"ConsistentRead": True}) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert read_units(4097, {}) == 1.0
    assert read_units(0, {}) == 0.5


def test_a_query_is_billed_by_the_page_it_reads_and_not_by_what_it_answers() -> None:
    items = [{"name": {"S": "x" * 3000}}, {"name": {"S": "x" * 3000}}]
    assert units("Query", {"ConsistentRead": True}, {"Items": items}) == Units(reads=2)
    assert units("Query", {"ConsistentRead": True, "ProjectionExpression": "#0"}, {"Items": items}) == Units(reads=3)


def test_a_batch_is_billed_item_by_item() -> None:
    asked = {"RequestItems": {"fireside-local-stories": {"Keys": [{"story_id": {"S": "a"}}, {"story_id": {"S": "b"}}]}}}
    assert units("BatchGetItem", asked) == Units(reads=1.0)  # two weak reads of one unit each


def test_a_write_is_billed_by_the_item_it_leaves() -> None:
    whole = {"Attributes": {"name": {"S": "x" * 5000}}}
    assert units("UpdateItem", LEASE, whole) == Units(writes=5)
    assert units("PutItem", {**LEASE, "Item": {"name": {"S": "x" * 2000}}}) == Units(writes=2)
    assert units("DeleteItem", LEASE) == Units(writes=1)


def test_a_write_that_is_refused_costs_as_much_but_leaves_the_index_alone() -> None:
    moved = {**TASK, "ExpressionAttributeNames": {"#0": "expected_by"}}
    assert units("UpdateItem", moved, {"Error": {"Code": "ConditionalCheckFailedException"}}) == Units(writes=2)
    assert units("UpdateItem", moved, {"Attributes": {"task_id": {"S": "t"}}}) == Units(writes=1 + 2)


def test_a_transaction_costs_twice_its_parts_and_checks_are_parts_too() -> None:
    parts = [{"Update": LEASE}, {"ConditionCheck": LEASE}, {"Put": {**LEASE, "Item": {"name": {"S": "x"}}}}]
    assert units("TransactWriteItems", {"TransactItems": parts}) == Units(writes=4 + 4 + 2)


def test_a_task_that_begins_or_ends_is_one_write_of_the_index() -> None:
    begun = {"Put": {**TASK, "Item": {"task_id": {"S": "t"}}}}
    assert units("TransactWriteItems", {"TransactItems": [begun]}) == Units(writes=2 + 1)
    assert units("TransactWriteItems", {"TransactItems": [{"Update": TASK}]}) == Units(writes=4 + 1)


def test_an_operation_nobody_has_thought_of_is_not_free() -> None:
    with pytest.raises(ValueError, match="BatchWriteItem"):
        units("BatchWriteItem", {})


def test_with_less_than_a_vcpu_computing_takes_longer_and_waiting_does_not() -> None:
    assert billed_s(10.0, 2.0, 1769) == 10.0
    assert billed_s(10.0, 2.0, 3538) == 10.0
    assert billed_s(10.0, 2.0, 1769 // 2) == pytest.approx(12.0, rel=0.001)
    assert billed_s(1.0, 2.0, 1769) == 2.0  # two programs at once here take turns there
    assert gb_seconds(Used(invocations=1000, wall_s=9.0, cpu_s=0.0), 512) == 5.0


def test_what_is_free_is_free_and_the_rest_has_its_list_price() -> None:
    price = Price(usd=0.4, per=1e6, unit="request", source="here", free=1e6)
    assert price.of(3e6) == pytest.approx(1.2)
    assert price.beyond_free(3e6) == pytest.approx(0.8)
    assert price.beyond_free(5) == 0.0


def test_every_price_says_where_it_comes_from() -> None:
    table = load_prices()
    assert table.dynamodb_writes.of(1e6) == 0.625
    assert all(getattr(table, name).source for name in table.__struct_fields__ if name not in {"region", "year"})


def test_a_table_that_lacks_a_price_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text('{"region": "us-east-1", "year": 2026}')
    with pytest.raises(ConfigError, match=r"prices\.json: .*api_requests"):
        load_prices(path)


def test_an_idle_month_costs_less_than_sixty_cents_beyond_what_is_free_for_good() -> None:
    sweep = Counts(Counter({("sqs", "GetQueueAttributes"): 2}), {"Query": Units(reads=0.5)})
    measured = Measured(
        status="completed",
        counts=Counts(),
        used={},
        cold_s={},
        log_bytes=0,
        metrics=7,
        provider={},
        sound_s=3540.0,
        sweep=sweep,
        sweep_used=Used(1, 0.2, 0.05, 1),
        sweep_log_bytes=0,
        table_bytes=1_000_000,
        object_bytes=140_000_000,
        out_bytes=0,
    )
    lines = idle(measured, load_prices(), memory_of(), Assumptions(), TEMPLATE)
    beyond_free = sum(line.beyond_free for line in lines)
    assert 0.3 < beyond_free < 0.60
    assert not [line for line in lines if line.what == "metrics that alarms watch" and line.beyond_free]


def test_an_alarm_costs_as_many_metrics_as_it_watches() -> None:
    assert alarm_metrics("    Type: AWS::CloudWatch::Alarm\n      MetricName: A\n        - MetricName: no\n") == 1
    assert alarm_metrics("      Metrics:\n          MetricName: A\n          MetricName: B\n") == 2
