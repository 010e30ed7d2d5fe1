"""What a release once stored (tests/snapshots), put into an empty AWS for the present code to continue from."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalicelib.naming import full_name
from chalicelib.store.connections import connection
from chalicelib.store.tables import ALL
from tests.support.clock import CountedIds, ManualClock
from tests.support.queues import Waiting
from tests.support.stage import s3, settings
from tests.support.testapp import TestApp

SNAPSHOTS = Path(__file__).resolve().parent.parent / "snapshots"
RELEASES = sorted(path.name for path in SNAPSHOTS.iterdir() if (path / "items.json").exists())

Item = dict[str, Any]
Change = Callable[[str, Item], Item]
"""A function from a table's name and an item to the item that is stored instead."""

KEYS = {
    "stories": {"user_id", "story_id"},
    "chapters": {"story_id", "number"},
    "tasks": {"task_id", "user_id", "story_id", "plan"},
    "leases": {"story_id", "name"},
    "usage": {"user_id", "time_id"},
    "tokens": {"token_hash", "user_id"},
    "listening": {"story_id", "kind", "user_id"},
    "keys": {"key", "fingerprint", "resource_id"},
}
"""Attributes an item cannot be without: its keys, its owner, its plan. All others may be missing."""


def unchanged(_table: str, item: Item) -> Item:
    """Return the item as it was stored."""
    return item


class Snapshot:
    """The stories of a release in an application of the present code; `facts` describes them."""

    def __init__(self, release: str, change: Change = unchanged) -> None:
        self._release = release
        self.facts: dict[str, Any] = _read(release, "stories")
        beyond_the_snapshot = CountedIds(1 << 40)
        self.testapp = TestApp(clock=ManualClock(self.facts["now"]), ids=beyond_the_snapshot)
        for table, items in _read(release, "items").items():
            for item in items:
                put(table, change(table, item))
        for kept in _read(release, "objects"):
            body = base64.b64decode(kept["data"])
            s3().put_object(
                Bucket=settings.bucket, Key=kept["key"], Body=body, ContentType=kept["type"], Metadata=kept["metadata"]
            )
        for number, message in enumerate(_read(release, "messages"), 1_000_000):
            waiting = Waiting(number, message["queue"], message["body"], self.facts["now"])
            self.testapp.queues.messages.append(waiting)

    def items(self, table: str) -> list[Item]:
        """Return the snapshot's items of a table."""
        found: list[Item] = _read(self._release, "items").get(table, [])  # a table of a later release
        return found


def put(table: str, item: Item) -> None:
    """Store an item given in DynamoDB's wire format."""
    client: Any = connection().client
    client.put_item(TableName=settings.table(table), Item=item)


def attributes() -> list[tuple[str, str]]:
    """Return every attribute that may be missing, with its table."""
    found: dict[tuple[str, str], None] = {}
    for model in ALL:
        table = model.full_name().removeprefix(full_name(settings.stage, ""))
        for view in (model, *model.__subclasses__()):
            names = [attribute.attr_name for attribute in view.get_attributes().values()]
            found |= dict.fromkeys((table, name) for name in names if name not in KEYS[table])
    return list(found)


def _read(release: str, name: str) -> Any:
    return json.loads((SNAPSHOTS / release / f"{name}.json").read_text(encoding="utf-8"))
