import asyncio
from typing import Any

import pytest

from local.ministack_child import Snapshots


async def _nothing(*_: Any) -> None:
    return None


async def _saved_after(scope: dict[str, Any]) -> bool:
    saved = asyncio.Event()
    snapshots = Snapshots(_nothing, saved.set, after_s=0)
    keeping = asyncio.create_task(snapshots.keep())
    await snapshots(scope, _nothing, _nothing)
    for _ in range(5):  # turns of the loop: enough for a save, were one due
        await asyncio.sleep(0)
    keeping.cancel()
    return saved.is_set()


@pytest.mark.parametrize(
    ("method", "target", "saves"),
    [
        ("POST", b"AmazonSQS.SendMessage", True),
        ("POST", b"DynamoDB_20120810.TransactWriteItems", True),
        ("POST", b"AmazonSQS.ReceiveMessage", False),
        ("POST", b"DynamoDB_20120810.GetItem", False),
        ("PUT", b"", True),
        ("GET", b"", False),
    ],
)
def test_what_changes_something_is_saved(method: str, target: bytes, saves: bool) -> None:
    headers = [(b"x-amz-target", target)] if target else []
    assert asyncio.run(_saved_after({"type": "http", "method": method, "headers": headers})) is saves
