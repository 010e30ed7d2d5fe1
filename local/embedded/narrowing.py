"""Queries of large partitions, narrowed to the range that they ask for.

ministack evaluates the key condition on every item of a partition, for every page: with 80,000 usage records of one
user a query took 2 to 4 s, and no other call was answered meanwhile. DynamoDB keeps a partition sorted and reads a
range. This module does the same: it keeps the sort keys of large partitions sorted, and for the duration of one call
the table holds only the items of the range, no more than fit into the page. ministack still evaluates every condition,
so surplus items do no harm, and a condition that is not understood here narrows nothing. If nothing else in the query
needs an expression, the condition is passed in DynamoDB's older form (`KeyConditions`), which ministack evaluates
without parsing the text again for each item.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

LARGE = 200
"""Number of items from which narrowing a partition is worth it."""

PAGE_BYTES = 1_048_576
"""Bytes after which a page ends, as DynamoDB and ministack count."""

_NAME, _VALUE = r"#?[A-Za-z_0-9][\w.-]*", r":\w+"
_CONDITION = re.compile(
    rf"""\(? \s* (?P<part>{_NAME}) \s* = \s* (?P<is>{_VALUE})
    (?: \s+ AND \s+ (?:
        begins_with \s* \( \s* (?P<begins>{_NAME}) \s* , \s* (?P<prefix>{_VALUE}) \s* \)
      | (?P<lies>{_NAME}) \s+ BETWEEN \s+ (?P<low>{_VALUE}) \s+ AND \s+ (?P<high>{_VALUE})
      | (?P<compares>{_NAME}) \s* (?P<how><=|>=|<|>|=) \s* (?P<with>{_VALUE})
    ))? \s* \)?""".replace("#?", r"\#?"),
    re.IGNORECASE | re.VERBOSE,
)
"""A key condition as boto3 and PynamoDB write it."""

_OLDER = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}

TableState = dict[str, Any]
"""A table as ministack keeps it."""

Members = Mapping[str, Any]


class Narrowing:
    """The sorted keys of large partitions, by which it narrows queries. `size` gives an item's size in bytes."""

    def __init__(self, size: Callable[[Any], int]) -> None:
        self._size = size
        self._orders: dict[tuple[int, str], list[str]] = {}

    @contextmanager
    def of(self, table: TableState, members: Members) -> Iterator[Members]:
        """Narrow `table` to what a Query with these members may find, and give the members to query with.

        The table is narrowed until the end of the block. No other call may see it meanwhile, so the block must not
        give the event loop a turn.
        """
        condition = _understood(members, table)
        items = table["items"]
        found = self._found(table, members, condition) if condition else None
        if condition is None or found is None:
            yield members
            return
        table["items"] = found
        try:
            yield _in_older_form(members, condition, table)
        finally:
            table["items"] = items

    def note(self, table: TableState, part: str, sort: str) -> None:
        """Update the sorted keys after an item was written or deleted."""
        order = self._orders.get((id(table), part))
        if order is None:
            return
        at = bisect_left(order, sort)
        known, exists = at < len(order) and order[at] == sort, sort in table["items"].get(part, ())
        if exists and not known:
            insort(order, sort)
        elif known and not exists:
            del order[at]

    def forget(self) -> None:
        """Forget all sorted keys, because a table was created or deleted."""
        self._orders.clear()

    def _found(self, table: TableState, members: Members, condition: re.Match[str]) -> dict[str, dict[str, Any]] | None:
        values = _texts(members)
        part = values[condition["is"]]
        items = table["items"].get(part, {})
        if len(items) < LARGE:
            return None
        order = self._order(table, part, items)
        low, high = _range(condition, values, order)
        forward = members.get("ScanIndexForward", True)
        if start := members.get("ExclusiveStartKey"):
            key = next(iter(start.get(table["sk_name"], {"S": ""}).values()))
            low, high = (max(low, bisect_left(order, key)), high) if forward else (low, bisect_right(order, key))
        keys = range(low, high) if forward else range(high - 1, low - 1, -1)
        return {part: self._page(items, order, keys, members.get("Limit"))}

    def _page(self, items: Mapping[str, Any], order: list[str], keys: range, limit: Any) -> dict[str, Any]:
        """Return the first items of a range: as many as fill a page, and enough to show that it is not the last."""
        page: dict[str, Any] = {}
        size = 0
        for at in keys:
            item = page[order[at]] = items[order[at]]
            # Size and limit leave a margin, because the first item may be the one at which the previous page ended.
            size += self._size(item) if len(page) > 1 else 0
            if size > PAGE_BYTES or (isinstance(limit, int) and len(page) > limit + 1):
                break
        return page

    def _order(self, table: TableState, part: str, items: Mapping[str, Any]) -> list[str]:
        order = self._orders.get((id(table), part))
        if order is None or len(order) != len(items):
            order = self._orders[id(table), part] = sorted(items)
        return order


def _type_of_sort_key(table: TableState) -> str | None:
    kinds = {one["AttributeName"]: one["AttributeType"] for one in table.get("AttributeDefinitions", [])}
    return kinds.get(table.get("sk_name") or "")


def _understood(members: Members, table: TableState) -> re.Match[str] | None:
    """Return a Query's key condition if it is on the table's own keys and these are strings, else None."""
    if members.get("IndexName") or members.get("KeyConditions") or _type_of_sort_key(table) != "S":
        return None
    condition = _CONDITION.fullmatch(str(members.get("KeyConditionExpression", "")).strip())
    names = members.get("ExpressionAttributeNames") or {}
    return condition if condition and _about_keys(condition, names, _texts(members), table) else None


def _texts(members: Members) -> dict[str, str]:
    """Return the expression attribute values that are strings."""
    values = members.get("ExpressionAttributeValues") or {}
    return {name: value["S"] for name, value in values.items() if isinstance(value, dict) and "S" in value}


def _in_older_form(members: Members, condition: re.Match[str], table: TableState) -> Members:
    if members.get("FilterExpression") or members.get("ProjectionExpression"):
        return members
    values = members["ExpressionAttributeValues"]
    asked = {table["pk_name"]: {"ComparisonOperator": "EQ", "AttributeValueList": [values[condition["is"]]]}}
    kind = "BEGINS_WITH" if condition["begins"] else "BETWEEN" if condition["lies"] else _OLDER.get(condition["how"])
    if kind:
        operands = [values[condition[name]] for name in ("prefix", "low", "high", "with") if condition[name]]
        asked[table["sk_name"]] = {"ComparisonOperator": kind, "AttributeValueList": operands}
    expressions = {"KeyConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"}
    return {**{name: value for name, value in members.items() if name not in expressions}, "KeyConditions": asked}


def _next(prefix: str) -> str:
    """Return the least string after all that begin with `prefix`. Code points compare as their UTF-8 bytes do."""
    return prefix[:-1] + chr(min(ord(prefix[-1]) + 1, 0x10FFFF))


def _about_keys(
    condition: re.Match[str], names: Mapping[str, str], values: Mapping[str, Any], table: TableState
) -> bool:
    """Return whether a condition compares the table's own keys, in their order, with strings that are given."""
    sort = condition["begins"] or condition["lies"] or condition["compares"]
    operands = [condition[name] for name in ("is", "prefix", "low", "high", "with") if condition[name]]
    return (
        names.get(condition["part"], condition["part"]) == table["pk_name"]
        and (sort is None or names.get(sort, sort) == table["sk_name"])
        and all(operand in values for operand in operands)
    )


def _range(condition: re.Match[str], values: Mapping[str, Any], order: list[str]) -> tuple[int, int]:
    """Return the slice of `order` that contains all sort keys that satisfy a condition; it may contain a few more."""
    if condition["begins"]:
        prefix = values[condition["prefix"]]
        return bisect_left(order, prefix), bisect_left(order, _next(prefix)) if prefix else len(order)
    if condition["lies"]:
        return bisect_left(order, values[condition["low"]]), bisect_right(order, values[condition["high"]])
    if not condition["compares"]:
        return 0, len(order)
    operand = values[condition["with"]]
    low = bisect_left(order, operand) if condition["how"] in {">", ">=", "="} else 0
    return low, bisect_right(order, operand) if condition["how"] in {"<", "<=", "="} else len(order)
