"""Workers that are killed while tasks of one user run out of money: the limit holds, and what was bought is kept.

`make test` kills a few of the eight workers; `make chaos` (KILLS=20) one after the other.
"""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bench.author import FillingAuthor
from chalicelib.audio.voices import load_voices
from chalicelib.domain.outline import NARRATOR
from chalicelib.settings import CONFIGS
from local.aws import EmbeddedAws
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.running import Command, client, ended, running
from tests.support.sold import IN_FLIGHT, sold

KILLS = int(os.environ.get("KILLS", "4"))
WORKERS, TASKS = 8, 4
LIMIT, HIGHER = 2.2, 20.0
"""Dollars: four quotes of $0.50 fit, and what this author delivers does not."""


class Generous(FillingAuthor):
    """An author that writes 1.18 times what was ordered: not enough to be asked for another length."""

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        more = {"words": round(1.18 * data["words"])} if "words" in data and "chapter" in data else {}
        return super().reply(schema, {**data, **more})


def give_limit(dollars: float, env: Mapping[str, str]) -> str:
    """Give ann a token with a limit, and return it."""
    with running("token", "ann", "--limit", str(dollars), **env) as command:
        assert command.process.wait(60) == 0, command.text
        command.end()
        return command.text.split()[-1]


def test_the_limit_holds_while_eight_workers_are_killed_and_every_task_can_be_finished(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    random, pause = Random(), threading.Event()
    with (
        EmbeddedAws(tmp_path / "aws") as aws,
        Generous(latency=lambda _name: 0.3, lines=12) as author,
        NarratorServer(speech=Hum(), latency_s=0.2) as narrator,
        ExitStack() as stack,
    ):
        env = {
            "OPENAI_BASE_URL": author.base_url,
            "ELEVENLABS_BASE_URL": narrator.url,
            "LOCAL_CLOCK_SCALE": "60",
            "FIRESIDE_STATE": str(tmp_path),
            "FIRESIDE_CONFIGS": str(CONFIGS),  # chapters of the usual length, of which the limit is made
            **aws.environment,
        }
        front = stack.enter_context(running("api", "--port", "0", **env))
        front.line("listening")
        api = stack.enter_context(client(front.url, give_limit(LIMIT, env)))
        workers = [stack.enter_context(running("worker", **env)) for _ in range(WORKERS)]
        for worker in workers:
            worker.line("Workers are waiting")
        tasks = [begin(api, number) for number in range(TASKS)]
        for _ in range(KILLS):
            pause.wait(random.uniform(0.2, 1.5))
            assert within(api, LIMIT)
            workers = replaced(workers, random, stack, env)
        ends = [ended(api, task_id) for task_id in tasks]
        assert within(api, LIMIT)
        stopped = [task for task in ends if task["status"] == "failed"]
        assert stopped
        assert {task["error_code"] for task in stopped} == {"budget_exceeded"}, ends
        api = stack.enter_context(client(front.url, give_limit(HIGHER, env)))
        for task in stopped:
            api.post(f"/tasks/{task['task_id']}/retry").raise_for_status()
        ends = [ended(api, task_id) for task_id in tasks]
        assert {task["status"] for task in ends} == {"completed"}, ends
        assert within(api, HIGHER)
        calls = sold(api, author, narrator)
    record_property("kills", f"{KILLS} workers killed, {calls}")
    record_property("stopped", f"{len(stopped)} of {TASKS} tasks ran out of money")
    assert calls.again <= calls.lost <= KILLS * IN_FLIGHT


def begin(api: httpx.Client, number: int) -> str:
    """Create a story of one chapter, and return the task that writes and narrates it.

    Each story has a narrator of its own: its credits, which every story has, are then no second purchase of another's.
    """
    prompt, narrator = f"A clock that runs on gossip, number {number}", load_voices().voices[number].voice_id
    body = {"prompt": prompt, "num_chapters": 1, "voices": {NARRATOR: narrator}}
    story = api.post("/stories", json=body).raise_for_status().json()["story_id"]
    task_id: str = api.post(f"/stories/{story}/generate", json={"audio": True}).raise_for_status().json()["task_id"]
    return task_id


def within(api: httpx.Client, limit: float) -> bool:
    """Return whether what is spent and held is within the limit."""
    now = api.get("/budget").raise_for_status().json()
    return bool(now["limit_usd"] == limit and now["spent_usd"] + now["held_usd"] <= limit)


def replaced(workers: list[Command], random: Random, stack: ExitStack, env: Mapping[str, str]) -> list[Command]:
    """Kill one of the workers, and begin another."""
    victim = random.choice(workers)
    victim.end(signal.SIGKILL)
    return [*(worker for worker in workers if worker is not victim), stack.enter_context(running("worker", **env))]
