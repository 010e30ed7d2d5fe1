"""Makes a snapshot of what this version of Fireside keeps: `python -m tests.snapshots.make 0.1.0`, once per release.

Six stories in every state that matters, on moto, with the providers in memory; then every item of every table as
DynamoDB holds it, every object of the bucket, and the messages that wait. `tests/integration/test_compatibility.py` has
the present code go on from there, so a snapshot is never made anew: what a release once wrote stays readable.
"""

import base64
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ |= {
    "FIRESIDE_STAGE": "test",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}

from moto import mock_aws  # moto hooks into clients that are made after it

from chalicelib.errors import ProviderFault
from chalicelib.store.semaphore import FairSemaphore
from chalicelib.store.tables import ALL
from chalicelib.timing import Timing
from local.resources import create_missing
from local.tools import put_on_path
from tests.support.stage import s3, settings, sqs
from tests.support.testapp import TestApp

HERE = Path(__file__).resolve().parent
TOKEN = "a-token-that-opens-nothing-but-this-snapshot"


def main(version: str) -> None:
    """Make the snapshot of a release."""
    put_on_path(Path(tempfile.mkdtemp(prefix="fireside-bin-")))
    with mock_aws():
        create_missing(settings, Timing(), sqs(), s3())
        testapp = TestApp()
        stories = _live(testapp)
        items = {model.full_name().removeprefix("fireside-test-"): _items(model) for model in ALL}
        messages = [{"queue": one.queue, "body": one.body} for one in testapp.queues.messages]
        objects = [_object(entry["Key"]) for entry in s3().list_objects_v2(Bucket=settings.bucket)["Contents"]]
    target = HERE / version
    target.mkdir()
    _write(target / "stories.json", {"token": TOKEN, "now": testapp.clock(), **stories})
    _write(target / "items.json", items)
    _write(target / "messages.json", messages)
    _write(target / "objects.json", objects)


def _live(testapp: TestApp) -> dict[str, str]:
    """Make the stories; their ids by what they are, and those of the tasks that have not ended."""
    testapp.services.tokens.accept(TOKEN, "ann")
    short = {"num_chapters": 2, "enhance": True}
    testapp.author._lines = 3
    narrated = testapp.create(title="Narrated", **short)
    testapp.generate(narrated)
    testapp.run()
    edited = testapp.create(title="Edited", **short)
    testapp.generate(edited, audio=False)
    testapp.run()
    lines = testapp.request("GET", f"/stories/{edited}/chapters/1").json_body["script"]["lines"]
    lines[0]["text"] = "Changed by a person."
    testapp.request("PUT", f"/stories/{edited}/chapters/1/script", {"lines": lines})
    failed = testapp.create(title="Failed", **short)
    testapp.narrator.fails = lambda _text: ProviderFault("ElevenLabs", "status", status=401)
    failed_task = testapp.generate(failed)
    testapp.run()
    testapp.narrator.fails = lambda _text: None
    cancelled = testapp.create(title="Cancelled", **short)
    cancelled_task = testapp.generate(cancelled)
    for _ in range(2):
        message = testapp.queues.receive()
        assert message is not None
        testapp.deliver(message)
    testapp.request("POST", f"/tasks/{cancelled_task}/cancel", {}, headers={"Idempotency-Key": "cancel-it"})
    testapp.queues.messages.clear()
    draft = testapp.create()
    running = testapp.create(title="Running", **short)
    running_task = testapp.generate(running)
    testapp.narrator.fails = lambda _text: ProviderFault("ElevenLabs", "status", status=503, retry_after_s=30)
    for _ in range(6):
        message = testapp.queues.receive()
        assert message is not None
        testapp.deliver(message)
    FairSemaphore("narration", 4, testapp.clock).acquire("another worker", "bob", 2, 0, 60.0)
    deleted = testapp.create(title="Deleted", **short)
    testapp.request("DELETE", f"/stories/{deleted}")
    return {
        "narrated": narrated,
        "edited": edited,
        "failed": failed,
        "failed_task": failed_task,
        "cancelled": cancelled,
        "cancelled_task": cancelled_task,
        "draft": draft,
        "running": running,
        "running_task": running_task,
        "deleted": deleted,
    }


def _items(model: Any) -> list[dict[str, Any]]:
    """All items of a table, as DynamoDB's protocol has them."""
    found: list[dict[str, Any]] = model._get_connection().scan()["Items"]
    return found


def _object(key: str) -> dict[str, Any]:
    """Return an object and its metadata, in base64; without the bytes of a chapter, which nobody reads here."""
    found = s3().get_object(Bucket=settings.bucket, Key=key)
    data = "" if re.search(r"/chapters/.*mp3$", key) else base64.b64encode(found["Body"].read()).decode()
    return {"key": key, "type": found["ContentType"], "metadata": found["Metadata"], "data": data}


def _write(path: Path, what: Any) -> None:
    path.write_text(json.dumps(what, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
