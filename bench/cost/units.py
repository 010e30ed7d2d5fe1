"""What DynamoDB bills: read and write request units of a call, computed from request and response.

A read unit is 4 KB read with strong consistency, half of one without; a write unit is 1 KB written, twice that in a
transaction. Each change of an index's keys removes its old entry and writes a new one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Item = Mapping[str, Any]
"""An item in DynamoDB's wire format: `{"name": {"S": "value"}}`."""

INDEXED_BY = "expected_by"
"""The one attribute that an index sorts by (TaskItem's index `open`)."""


@dataclass(frozen=True)
class Units:
    """Request units."""

    reads: float = 0.0
    writes: float = 0.0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.reads + other.reads, self.writes + other.writes)


class Look(Protocol):
    """A lookup of sizes in bytes that a call itself does not show."""

    def item(self, table: str, key: Item) -> int:
        """Return the bytes of an item as it is now; 0 if there is none."""

    def page(self, query: Mapping[str, Any]) -> int:
        """Return the bytes of all that a query reads, including what it does not return."""


def units_of(operation: str, asked: Mapping[str, Any], answered: Mapping[str, Any], look: Look) -> Units:
    """Return the units of one call; raises ValueError for an operation whose units are not known here."""
    match operation:
        case "GetItem":
            return Units(reads=read_units(size_of(answered.get("Item", {})), asked))
        case "Query":
            narrowed = "ProjectionExpression" in asked or "FilterExpression" in asked
            size = look.page(asked) if narrowed else sum(map(size_of, answered.get("Items", [])))
            return Units(reads=read_units(size, asked))
        case "BatchGetItem":
            wanted = [(table, key, each) for table, each in asked["RequestItems"].items() for key in each["Keys"]]
            return Units(reads=sum(read_units(look.item(table, key), each) for table, key, each in wanted))
        case "PutItem":
            return Units(writes=write_units(size_of(asked["Item"])))
        case "UpdateItem":
            item = answered.get("Attributes")
            size = size_of(item) if item else look.item(asked["TableName"], asked["Key"])
            refused = "Error" in answered
            return Units(writes=write_units(size) + (0 if refused else index_writes("Update", asked)))
        case "DeleteItem":
            return Units(writes=1)  # the only items deleted while a book is made are leases, below 1 KB
        case "TransactWriteItems":
            return sum((_part(kind, part, look) for p in asked["TransactItems"] for kind, part in p.items()), Units())
    raise ValueError(f"The units of DynamoDB's {operation} are not known to bench/cost/units.py.")


def _part(kind: str, part: Mapping[str, Any], look: Look) -> Units:
    size = size_of(part["Item"]) if kind == "Put" else look.item(part["TableName"], part["Key"])
    return Units(writes=2 * write_units(size) + index_writes(kind, part))


def index_writes(kind: str, part: Mapping[str, Any]) -> int:
    """Return the writes to the index of open tasks that a change to a task causes."""
    if not str(part["TableName"]).endswith("-tasks"):
        return 0
    if kind == "Put":
        return 1
    changed = INDEXED_BY in part.get("ExpressionAttributeNames", {}).values()
    return 2 if changed else 1  # otherwise the task ends, and its index entry is removed


def read_units(size: int, asked: Mapping[str, Any]) -> float:
    """Return the units of reading `size` bytes in one call."""
    whole = max(1, math.ceil(size / 4096))
    return whole if asked.get("ConsistentRead") else whole / 2


def write_units(size: int) -> int:
    """Return the units of writing an item of `size` bytes."""
    return max(1, math.ceil(size / 1024))


def size_of(item: Item) -> int:
    """Return the bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            digits = held.lstrip("-").partition("e")[0].partition("E")[0].replace(".", "").strip("0")
            return math.ceil(len(digits) / 2) + 1 + int(held.startswith("-"))
        case "B":
            return len(held)
        case "SS" | "NS" | "BS":
            return sum(_value({kind[0]: one}) for one in held)
        case "L":
            return 3 + sum(1 + _value(one) for one in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value(one) for name, one in held.items())
    return 1  # BOOL, NULL
