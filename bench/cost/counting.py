"""Every AWS call of the program's own clients, counted through botocore's events, with DynamoDB's units."""

import queue
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from bench.cost.units import Item, Units, size_of, units_of

Call = tuple[str, str]
"""A service and an operation, such as ("sqs", "SendMessage")."""


@dataclass
class Counts:
    """Calls, and DynamoDB's units by operation; `conflicts` are transactions that met another one on an item."""

    calls: Counter[Call] = field(default_factory=Counter)
    units: dict[str, Units] = field(default_factory=dict)
    conflicts: int = 0


class Sizes:
    """Sizes looked up in DynamoDB by a client of its own, whose calls are not counted."""

    def __init__(self) -> None:
        self._client: Any = boto3.client("dynamodb")

    def item(self, table: str, key: Item) -> int:
        """Return the bytes of an item as it is now; 0 if there is none."""
        return size_of(self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {}))

    def page(self, query: Mapping[str, Any]) -> int:
        """Return the bytes of all items that a query reads, including those it filters out."""
        dropped = {"ProjectionExpression", "FilterExpression", "ReturnConsumedCapacity", "Select"}
        whole = {name: value for name, value in query.items() if name not in dropped}
        used = f"{whole.get('KeyConditionExpression', '')}"
        for names in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            kept = {name: value for name, value in whole.pop(names, {}).items() if name in used}
            whole |= {names: kept} if kept else {}
        return sum(map(size_of, self._client.query(**whole)["Items"]))

    def table(self, name: str) -> int:
        """Return the bytes of a whole table, with the 100 that AWS adds for each item."""
        pages = self._client.get_paginator("scan").paginate(TableName=name)
        return sum(size_of(item) + 100 for page in pages for item in page["Items"])


class Counting:
    """A counter of the followed clients' calls, on a thread of its own so as not to spend a worker's time."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._counts = Counts()
        self._calls: queue.Queue[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]] = queue.Queue()
        self.wrong: list[Exception] = []
        threading.Thread(target=self._count, name="counting", daemon=True).start()

    def follow(self, client: Any) -> None:
        """Count the calls of a botocore client from now on."""
        client.meta.events.register("before-parameter-build", _remember)
        client.meta.events.register("after-call", self._called)

    def take(self) -> Counts:
        """Return what was counted since the last `take`; raises the first error of the counting."""
        self._calls.join()
        if self.wrong:
            raise self.wrong[0]
        counts, self._counts = self._counts, Counts()
        return counts

    def _called(self, *, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        asked = context.get("counted", {})
        self._calls.put((model.service_model.service_name, model.name, asked, parsed))

    def _count(self) -> None:
        while True:
            service, operation, asked, answered = self._calls.get()
            try:
                self._add(service, operation, asked, answered)
            except Exception as error:  # noqa: BLE001 # raised again by `take`
                self.wrong.append(error)
            finally:
                self._calls.task_done()

    def _add(self, service: str, operation: str, asked: Mapping[str, Any], answered: Mapping[str, Any]) -> None:
        # Here Lambda's pollers ask for one message at a time; empty receives belong to the idle bill.
        times = len(answered.get("Messages", [])) if operation == "ReceiveMessage" else 1
        if times:
            self._counts.calls[service, operation] += times
        reasons = [reason.get("Code") for reason in answered.get("CancellationReasons", ())]
        self._counts.conflicts += "TransactionConflict" in reasons
        if service == "dynamodb":
            units = units_of(operation, asked, answered, self._sizes)
            self._counts.units[operation] = self._counts.units.get(operation, Units()) + units


def _remember(*, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["counted"] = {name: value for name, value in params.items() if name != "Body"}
