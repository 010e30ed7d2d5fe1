"""Queries of large partitions, made to look at what they ask for.

ministack evaluates the key condition on every item of a partition, for every page: with 80,000 usage records of one
user a query took 2 to 4 s, and nobody else was answered meanwhile. DynamoDB keeps a partition in order and reads a
range. So does this: it keeps the sort keys of large partitions in order, and for the time of one call ministack finds
in the table the items of the range alone, no more of them than the page can hold. It still evaluates every condition:
whatever is read too much is left out as before, and a condition that is not understood here narrows nothing. Where
nothing else needs an expression, it is asked in DynamoDB's older form of the same condition (`KeyConditions`), which it
evaluates without taking the text apart for each item.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

LARGE = 200
"""Items of a partition from which on it is worth it."""

PAGE_BYTES = 1_048_576
"""Where a page ends, as DynamoDB and ministack count."""

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

Table = dict[str, Any]
Members = Mapping[str, Any]


class Narrowing:
    """The order of large partitions, and the part of a table that a query needs. `size` is that of an item in bytes."""

    def __init__(self, size: Callable[[Any], int]) -> None:
        self._size = size
        self._orders: dict[tuple[int, str], list[str]] = {}

    @contextmanager
    def of(self, table: Table, members: Members) -> Iterator[Members]:
        """Have `table` hold what a Query with these members may find, until the end of the block; how to ask for it.

        Between beginning and end no other call may look at the table: no turn of the loop.
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

    def note(self, table: Table, part: str, sort: str) -> None:
        """Keep the order true after an item was written or deleted."""
        order = self._orders.get((id(table), part))
        if order is None:
            return
        at = bisect_left(order, sort)
        there, exists = at < len(order) and order[at] == sort, sort in table["items"].get(part, ())
        if exists and not there:
            insort(order, sort)
        elif there and not exists:
            del order[at]

    def forget(self) -> None:
        """Forget every order: a table was made or deleted."""
        self._orders.clear()

    def _found(self, table: Table, members: Members, condition: re.Match[str]) -> dict[str, dict[str, Any]] | None:
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
        """The first items of a range: as many as make a page, and what shows that it is not the last."""
        page: dict[str, Any] = {}
        size = 0
        for at in keys:
            item = page[order[at]] = items[order[at]]
            # The first may be where the page before ended, and does not count then.
            size += self._size(item) if len(page) > 1 else 0
            if size > PAGE_BYTES or (isinstance(limit, int) and len(page) > limit + 1):
                break
        return page

    def _order(self, table: Table, part: str, items: Mapping[str, Any]) -> list[str]:
        order = self._orders.get((id(table), part))
        if order is None or len(order) != len(items):
            order = self._orders[id(table), part] = sorted(items)
        return order


def _type_of_sort_key(table: Table) -> str | None:
    kinds = {one["AttributeName"]: one["AttributeType"] for one in table.get("AttributeDefinitions", [])}
    return kinds.get(table.get("sk_name") or "")


def _understood(members: Members, table: Table) -> re.Match[str] | None:
    """A Query's key condition, if it is one on the table's own keys, and they are texts."""
    if members.get("IndexName") or members.get("KeyConditions") or _type_of_sort_key(table) != "S":
        return None
    condition = _CONDITION.fullmatch(str(members.get("KeyConditionExpression", "")).strip())
    names = members.get("ExpressionAttributeNames") or {}
    return condition if condition and _about_keys(condition, names, _texts(members), table) else None


def _texts(members: Members) -> dict[str, str]:
    """The values of expressions that are texts."""
    values = members.get("ExpressionAttributeValues") or {}
    return {name: value["S"] for name, value in values.items() if isinstance(value, dict) and "S" in value}


def _in_older_form(members: Members, condition: re.Match[str], table: Table) -> Members:
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
    """The least text after all that begin with a prefix. Python compares code points, as UTF-8's bytes compare."""
    return prefix[:-1] + chr(min(ord(prefix[-1]) + 1, 0x10FFFF))


def _about_keys(condition: re.Match[str], names: Mapping[str, str], values: Mapping[str, Any], table: Table) -> bool:
    """Whether a condition compares the table's own keys, in their order, with texts that are there."""
    sort = condition["begins"] or condition["lies"] or condition["compares"]
    operands = [condition[name] for name in ("is", "prefix", "low", "high", "with") if condition[name]]
    return (
        names.get(condition["part"], condition["part"]) == table["pk_name"]
        and (sort is None or names.get(sort, sort) == table["sk_name"])
        and all(operand in values for operand in operands)
    )


def _range(condition: re.Match[str], values: Mapping[str, Any], order: list[str]) -> tuple[int, int]:
    """The part of an order in which the sort keys lie that a condition is true of; it may be a little more."""
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
