"""One book, made in real time by the whole program in this process, with everything that AWS would bill counted."""

import os
import secrets
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from rich.console import Console
from rich.progress import Progress

from bench.cost.assumptions import Assumptions
from bench.cost.cold import FIRST, cold_start_s
from bench.cost.counting import Counting, Counts, Sizes
from bench.cost.functions import Meter, ThreadClock, Used, children_s
from bench.cost.logs import LogMeter
from bench.cost.providers import providers
from chalicelib.store import aws, connections, tables
from local.events import scheduled_event
from local.lambda_context import LambdaContext
from local.loading import load
from local.system import USER, System
from local.tools import put_on_path

PROMPT = "A lighthouse keeper who is afraid of the dark finds a lamp that only burns for the truth"


@dataclass(frozen=True)
class Measured:
    """What one book took. `sweep` is one run of the sweeper afterwards; sizes are in bytes."""

    status: str
    counts: Counts
    used: dict[str, Used]
    cold_s: dict[str, float]
    log_bytes: int
    metrics: int
    provider: dict[str, Any]
    sound_s: float
    sweep: Counts
    sweep_used: Used
    sweep_log_bytes: int
    table_bytes: int
    object_bytes: int
    out_bytes: int


@dataclass(frozen=True)
class _Book:
    """A book that was made and heard; `out_bytes` were transferred for it."""

    status: str
    sound_s: float
    out_bytes: int
    usage: dict[str, Any]


def measure(assumed: Assumptions, console: Console) -> Measured:
    """Make the book, and listen to each of its chapters once."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FIRESIDE_"))]:
        del os.environ[name]  # never a real account, and a stage of its own
    with tempfile.TemporaryDirectory(prefix="fireside-cost-") as state:
        put_on_path(Path(state) / "bin")
        with providers(assumed) as names, System(console.print) as system:
            os.environ |= names
            system.with_aws(Path(state) / "aws")
            return _measure(system, assumed, console)


def _measure(system: System, assumed: Assumptions, console: Console) -> Measured:
    settings = load().settings
    console.print("Cold starts ...")
    cold_s = {function: cold_start_s(function) for function in FIRST}
    logs = LogMeter()
    meter = _metered(logs.flush)
    with _served(system) as api:
        sizes, threads = Sizes(), ThreadClock()
        counting = Counting(sizes)
        for client in (aws.s3(settings.region), aws.sqs(settings.region), connections.connection().client):
            counting.follow(client)
        children = children_s()
        book = _book(api, assumed, console)
    counts, log_bytes, used = counting.take(), logs.bytes, dict(meter.used)
    used["narrate_chapter"].cpu_s += children_s() - children + threads.seconds
    _sweep()
    return Measured(
        status=book.status,
        counts=counts,
        used=used,
        cold_s=cold_s,
        log_bytes=log_bytes,
        metrics=len(logs.metrics),
        provider=book.usage,
        sound_s=book.sound_s,
        sweep=counting.take(),
        sweep_used=meter.used["sweep"],
        sweep_log_bytes=logs.bytes - log_bytes,
        table_bytes=sum(sizes.table(model.full_name()) for model in tables.ALL),
        object_bytes=_object_bytes(settings.bucket),
        out_bytes=book.out_bytes,
    )


def _metered(flush: Callable[[str], None]) -> Meter:
    """Return a meter of every function of the app, the authorizer among them."""
    import app  # noqa: PLC0415

    meter, authorize = Meter(flush), app.bearer.func
    app.app.register_middleware(meter.around, "all")
    app.bearer.func = lambda request: meter.measure("bearer", lambda: authorize(request))
    return meter


def _served(system: System) -> httpx.Client:
    """Start workers and API, and return a client of the API."""
    token = load().tokens.issue(USER)
    system.with_workers()
    gateway = system.with_api("127.0.0.1", 0)
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False)


def _book(api: httpx.Client, assumed: Assumptions, console: Console) -> _Book:
    story, status = _make(api, assumed, console)
    sound_s, out_bytes = _listen(api, story)
    return _Book(status, sound_s, out_bytes, _json(api.get("/usage"))["total"])


def _sweep() -> None:
    """Run the sweeper once."""
    import app  # noqa: PLC0415

    context: Any = LambdaContext("fireside-local-sweep", 60.0)
    app.app.handler_map["sweep"](scheduled_event("sweep"), context)


def _make(api: httpx.Client, assumed: Assumptions, console: Console) -> tuple[str, str]:
    """Make a book from a prompt, polling its task as the page does; return the story's path and the task's status."""
    key = {"Idempotency-Key": secrets.token_hex(16)}
    draft = {"prompt": PROMPT, "num_chapters": assumed.chapters}
    story = f"/stories/{_json(api.post('/stories', json=draft, headers=key))['story_id']}"
    key = {"Idempotency-Key": secrets.token_hex(16)}
    task = _json(api.post(f"{story}/generate", json={"audio": True}, headers=key))["task_id"]
    pause, said = threading.Event(), ""
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("Starting", total=100)
        while True:
            now = _json(api.get(f"/tasks/{task}"))
            progress.update(bar, completed=now["progress"], description=now["message"])
            if not console.is_terminal and now["message"] != said:
                said = now["message"]
                console.print(f"{now['progress']:3d} % {said}")
            if now["status"] in {"completed", "failed", "cancelled"}:
                return story, now["status"]
            pause.wait(assumed.poll_s)


def _listen(api: httpx.Client, story: str) -> tuple[float, int]:
    """Hear every chapter once; return the seconds of sound and the bytes transferred."""
    seconds, size = 0.0, 0
    with httpx.Client(trust_env=False, timeout=60) as plain:  # the bearer token is for the API, not for S3
        for chapter in _json(api.get(story))["chapters"]:
            if not chapter.get("audio"):
                continue
            sound = api.get(f"{story}/chapters/{chapter['number']}/audio", follow_redirects=False)
            size += len(plain.get(sound.headers["location"]).raise_for_status().content)
            seconds += chapter["audio"]["duration"]
    return seconds, size


def _object_bytes(bucket: str) -> int:
    client: Any = boto3.client("s3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum(entry["Size"] for page in pages for entry in page.get("Contents", []))


def _json(response: httpx.Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.raise_for_status().json()
    return answer
