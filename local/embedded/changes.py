"""What a call has changed in ministack's memory, as entries of the state.

DynamoDB's items follow from the request: which keys it names. What they are now is read from the table, in the same
turn of the loop, so that entries are always a state that was. Queues are compared with what was written of them last: a
receive also moves what came too often to the dead letters, and drops what is too old. Everything else is small and is
written whole.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from local.embedded.calls import ITEM_WRITES, Call
from local.embedded.database import Row
from local.embedded.journal import Changes
from local.embedded.services import ACCOUNT

ITEM, QUEUE, MESSAGE, SERVICE = "item", "queue", "message", "service"
"""The kinds of entries. The owner of an item is its table, that of a message its queue."""

SIDECAR = ".meta.json"
"""ministack keeps what it knows of an object in a file beside its bytes."""

_INDEX = "_index_members"
"""What ministack builds of a table's indexes when first asked; it is not state."""


def dumps(value: Any, **how: Any) -> str:
    """A value as an entry keeps it: ASCII, so that a lone half of a surrogate pair is no trouble to SQLite."""
    return json.dumps(value, separators=(",", ":"), **how)


class Recorder:
    """Says what has changed since it was asked last. `modules` are ministack's services, `encode` its JSON fallback.

    `written` is told of every item that may have been written or deleted: its table and its keys' values.
    """

    def __init__(
        self, modules: dict[str, Any], encode: Any, written: Callable[[dict[str, Any], str, str], None]
    ) -> None:
        self._written = written
        self._modules = modules
        self._encode = encode
        self._queues: dict[str, str] = {}
        self._messages: dict[str, dict[str, dict[str, Any]]] = {}

    def after(self, call: Call) -> Changes:
        """What an answered call has changed."""
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

    def _dropped(self, call: Call) -> Iterator[Row]:
        if call.operation == "DeleteTable":
            yield (ITEM, dumps([ACCOUNT, call.region, _table_name(call.members()["TableName"])]), "", None)

    def _tables(self) -> Row:
        """What DynamoDB knows besides items."""
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
        """All entries of a state, as of a new one."""
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
        """Entries of the queues and messages that are not as they were written last, which they are from now on."""
        there: dict[str, dict[str, dict[str, Any]]] = {}
        for (account, region, _), queue in self._modules["sqs"]._queues.all_items():
            owner = dumps([account, region, queue["name"]])
            there[owner] = {message["id"]: message for message in queue["messages"]}
            about = dumps({name: value for name, value in queue.items() if name != "messages"})
            if self._queues.get(owner) != about:
                self._queues[owner] = about
                yield (QUEUE, owner, "", about)
        for owner in [owner for owner in self._queues if owner not in there]:
            del self._queues[owner]
            yield (QUEUE, owner, "", None)
        for owner in {**self._messages, **there}:
            yield from self._changed_messages(owner, there.get(owner, {}))

    def _changed_messages(self, owner: str, now: dict[str, dict[str, Any]]) -> Iterator[Row]:
        known = self._messages.setdefault(owner, {})
        for name, message in now.items():
            if known.get(name) != message:  # ministack changes a message in place; a copy is what was written
                known[name] = dict(message)
                yield (MESSAGE, owner, name, dumps(message))
        for name in [name for name in known if name not in now]:
            del known[name]
            yield (MESSAGE, owner, name, None)

    def _object_files(self, call: Call) -> list[Path]:
        """The files of the objects that a call has written or deleted, and the directories that name them."""
        s3, root = self._modules["s3"], Path(self._modules["s3"].DATA_DIR)
        keys = [call.key] if call.key else _deleted(call.body, s3)
        files: dict[Path, None] = {}
        for key in keys:
            path = Path(s3._object_disk_path(call.bucket, key, ACCOUNT))
            if call.method == "PUT":
                files |= dict.fromkeys((path, path.with_name(path.name + SIDECAR)))
            files |= dict.fromkeys(parent for parent in path.parents if parent.is_relative_to(root))
        return list(files)

    def stored(self, call: Call) -> bool:
        """Whether ministack has put an object on the disk: it only logs that it could not, and keeps the bytes."""
        if call.method != "PUT" or not call.key:
            return True
        bucket = self._modules["s3"]._buckets.get_scoped(ACCOUNT, None, call.bucket)
        written = bucket and bucket["objects"].get(call.key)
        return not written or written["body"] is None


def _named(call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """The table and the attributes, the key's among them, of every item that a write names."""
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
    """A key's value as ministack files items under it (`_extract_key_val` in its dynamodb.py)."""
    if not name:
        return "__no_sort__"
    [value] = attributes[name].values()
    return str(value)


def _deleted(body: bytes, s3: Any) -> Iterable[str]:
    return [element.text or "" for element in s3.fromstring(body).iter() if element.tag.rpartition("}")[2] == "Key"]
