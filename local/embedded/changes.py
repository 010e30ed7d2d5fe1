"""The changes that a call has made to ministack's memory, as entries of the state.

For DynamoDB the request names the keys of the items. Their new values are read from the table in the same turn of the
event loop, so that the entries always describe a state that really existed. Queues are compared with what was last
written of them, because a receive also moves messages received too often to the dead-letter queue and drops expired
ones. Everything else is small and is written in full.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from local.embedded.calls import ITEM_WRITES, ServiceCall
from local.embedded.database import Row
from local.embedded.journal import Changes
from local.embedded.services import ACCOUNT

ITEM, QUEUE, MESSAGE, SERVICE = "item", "queue", "message", "service"
"""The kinds of entries. An item's owner is its table, a message's owner is its queue."""

SIDECAR = ".meta.json"
"""Suffix of the file that ministack stores beside an object's bytes, with the object's metadata."""

_INDEX = "_index_members"
"""A table's cache of its indexes, which ministack builds on first use; it is not part of the state."""


def dumps(value: Any, **how: Any) -> str:
    """Return a value as JSON for an entry, in ASCII: SQLite does not take a lone surrogate."""
    return json.dumps(value, separators=(",", ":"), **how)


class Recorder:
    """Finds what has changed since the previous call. `modules` are ministack's services, `encode` its JSON fallback.

    `written` is called for each item that may have been written or deleted, with its table and its keys' values.
    """

    def __init__(
        self, modules: dict[str, Any], encode: Any, written: Callable[[dict[str, Any], str, str], None]
    ) -> None:
        self._written = written
        self._modules = modules
        self._encode = encode
        self._queues: dict[str, str] = {}
        self._messages: dict[str, dict[str, dict[str, Any]]] = {}

    def after(self, call: ServiceCall) -> Changes:
        """Return what an answered call has changed."""
        if call.service == "dynamodb":
            if call.operation in ITEM_WRITES:
                return Changes([self._item(call.region, _table_name(table), key) for table, key in _named(call)])
            return Changes([self._tables(), *self._dropped(call)])
        if call.service == "sqs":
            return Changes(list(self.queues()))
        if call.service == "s3" and call.bucket and (call.key or "delete" in call.query):
            return Changes(files=self._object_files(call))
        return Changes([self._service(call.service)])

    def _item(self, region: str, name: str, attributes: dict[str, Any]) -> Row:
        table = self._modules["dynamodb"]._tables.get_scoped(ACCOUNT, region, name)
        owner = dumps([ACCOUNT, region, name])
        part, sort = (_key(attributes, table["pk_name"]), _key(attributes, table["sk_name"]))
        self._written(table, part, sort)
        item = table["items"].get(part, {}).get(sort)
        return (ITEM, owner, dumps([part, sort]), None if item is None else dumps(item))

    def _dropped(self, call: ServiceCall) -> Iterator[Row]:
        if call.operation == "DeleteTable":
            yield (ITEM, dumps([ACCOUNT, call.region, _table_name(call.members()["TableName"])]), "", None)

    def _tables(self) -> Row:
        """Return the entry of all DynamoDB state except items."""
        module = self._modules["dynamodb"]
        tables = type(module._tables)()
        for (account, region, name), table in module._tables.all_items():
            whole = {key: value for key, value in table.items() if key not in {"items", _INDEX}}
            tables.set_scoped(account, region, name, {**whole, "items": {}})
        state = {
            "tables": tables,
            "tags": module._tags,
            "ttl_settings": module._ttl_settings,
            "pitr_settings": module._pitr_settings,
        }
        return (SERVICE, "dynamodb", "", dumps(state, default=self._encode))

    def everything(self) -> Iterator[Row]:
        """Yield the entries of the complete state, for a new database."""
        yield self._tables()
        yield from (self._service(name) for name in ("s3", "ssm"))
        yield from self.queues()
        for (account, region, name), table in self._modules["dynamodb"]._tables.all_items():
            owner = dumps([account, region, name])
            for part, items in table["items"].items():
                yield from ((ITEM, owner, dumps([part, sort]), dumps(item)) for sort, item in items.items())

    def _service(self, name: str) -> Row:
        return (SERVICE, name, "", dumps(self._modules[name].get_state(), default=self._encode))

    def queues(self) -> Iterator[Row]:
        """Yield entries of queues and messages that have changed since they were last yielded, and remember them."""
        current: dict[str, dict[str, dict[str, Any]]] = {}
        for (account, region, _), queue in self._modules["sqs"]._queues.all_items():
            owner = dumps([account, region, queue["name"]])
            current[owner] = {message["id"]: message for message in queue["messages"]}
            about = dumps({name: value for name, value in queue.items() if name != "messages"})
            if self._queues.get(owner) != about:
                self._queues[owner] = about
                yield (QUEUE, owner, "", about)
        for owner in [owner for owner in self._queues if owner not in current]:
            del self._queues[owner]
            yield (QUEUE, owner, "", None)
        for owner in {**self._messages, **current}:
            yield from self._changed_messages(owner, current.get(owner, {}))

    def _changed_messages(self, owner: str, now: dict[str, dict[str, Any]]) -> Iterator[Row]:
        known = self._messages.setdefault(owner, {})
        for name, message in now.items():
            if known.get(name) != message:  # ministack changes messages in place, so keep a copy
                known[name] = dict(message)
                yield (MESSAGE, owner, name, dumps(message))
        for name in [name for name in known if name not in now]:
            del known[name]
            yield (MESSAGE, owner, name, None)

    def _object_files(self, call: ServiceCall) -> list[Path]:
        """Return the files of the objects that a call has written or deleted, and the directories that contain them."""
        s3, root = self._modules["s3"], Path(self._modules["s3"].DATA_DIR)
        keys = [call.key] if call.key else _deleted(call.body, s3)
        files: dict[Path, None] = {}
        for key in keys:
            path = Path(s3._object_disk_path(call.bucket, key, ACCOUNT))
            if call.method == "PUT":
                files |= dict.fromkeys((path, path.with_name(path.name + SIDECAR)))
            files |= dict.fromkeys(parent for parent in path.parents if parent.is_relative_to(root))
        return list(files)

    def stored(self, call: ServiceCall) -> bool:
        """Return whether ministack has written the object to disk; if it fails, it only logs and keeps it in memory."""
        if call.method != "PUT" or not call.key:
            return True
        bucket = self._modules["s3"]._buckets.get_scoped(ACCOUNT, None, call.bucket)
        written = bucket and bucket["objects"].get(call.key)
        return not written or written["body"] is None


def _named(call: ServiceCall) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the table and the attributes, including the key's, of every item that a write names."""
    members = call.members()
    if call.operation == "BatchWriteItem":
        for table, requests in members.get("RequestItems", {}).items():
            for request in requests:
                [write] = request.values()
                yield table, write.get("Item") or write["Key"]
    elif call.operation == "TransactWriteItems":
        for member in members.get("TransactItems", []):
            for kind, write in member.items():
                if kind != "ConditionCheck":
                    yield write["TableName"], write.get("Item") or write["Key"]
    else:
        yield members["TableName"], members.get("Item") or members["Key"]


def _table_name(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]


def _key(attributes: dict[str, Any], name: str | None) -> str:
    """Return a key's value as ministack indexes items by it (`_extract_key_val` in its dynamodb.py)."""
    if not name:
        return "__no_sort__"
    [value] = attributes[name].values()
    return str(value)


def _deleted(body: bytes, s3: Any) -> Iterable[str]:
    return [element.text or "" for element in s3.fromstring(body).iter() if element.tag.rpartition("}")[2] == "Key"]
