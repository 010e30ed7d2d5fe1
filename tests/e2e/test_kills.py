"""Workers that are killed, and an AWS that goes away, while a story is made by real processes.

`make test` kills a few workers; `make chaos` (KILLS=20) one after the other.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest

from bench.author import FillingAuthor
from local.author import AuthorServer
from local.aws import EmbeddedAws
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.running import client, ended, running, short_configs, until
from tests.support.sold import IN_FLIGHT, bought, sold

KILLS = int(os.environ.get("KILLS", "4"))
CHAPTERS = 6


@contextmanager
def providers() -> Iterator[tuple[AuthorServer, NarratorServer, dict[str, str]]]:
    with (
        FillingAuthor(latency=lambda _name: 0.4, lines=6) as author,
        NarratorServer(speech=Hum(), latency_s=0.3) as narrator,
    ):
        yield author, narrator, {
            "OPENAI_BASE_URL": author.base_url,
            "ELEVENLABS_BASE_URL": narrator.url,
            "LOCAL_CLOCK_SCALE": "60",
            # The quote of shorter chapters has no room for all that is lost with so many workers.
            "FIRESIDE_CONFIGS": short_configs(400),
        }  # fmt: skip


def begin(api: httpx.Client, chapters: int) -> tuple[str, str]:
    """Create a story and the task that writes and narrates it."""
    story_id = api.post("/stories", json={"prompt": "A clock that runs on gossip", "num_chapters": chapters}).json()
    story_id = story_id["story_id"]
    return story_id, api.post(f"/stories/{story_id}/generate", json={"audio": True}).json()["task_id"]


def test_workers_killed_at_random_moments_lose_nothing_and_buy_at_most_what_was_in_flight(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    random, pause = Random(), threading.Event()
    with EmbeddedAws(tmp_path / "aws") as aws, providers() as (author, narrator, env):
        env |= {**aws.environment, "FIRESIDE_STATE": str(tmp_path)}
        with running("api", "--port", "0", **env) as front, client(front.url) as api:
            story_id, task_id = begin(api, CHAPTERS)
            for kill in range(KILLS):
                with running("worker", **env) as worker:
                    worker.line("Workers are waiting")
                    pause.wait(random.uniform(0.1, 2.0))
                    worker.end(signal.SIGKILL)
                status = api.get(f"/tasks/{task_id}").json()["status"]
                assert status in {"queued", "running", "completed"}, f"{status} after {kill + 1} kills"
            lost = sold(api, author, narrator).lost
            with running("worker", **env) as last:
                task = ended(api, task_id)
                assert task["status"] == "completed", (task, last.text)
            chapters = api.get(f"/stories/{story_id}").json()["chapters"]
            calls = sold(api, author, narrator)
    assert [chapter["status"] for chapter in chapters] == ["completed"] * CHAPTERS
    record_property("kills", f"{KILLS} workers killed, {calls}")
    assert calls.lost <= lost, "a worker that lives writes down what it bought"
    assert calls.again <= calls.lost <= KILLS * IN_FLIGHT


@pytest.mark.parametrize("way", ["stopped", "frozen"])
def test_an_aws_that_is_away_for_three_seconds_fails_no_task(tmp_path: Path, way: str) -> None:
    pause = threading.Event()
    with providers() as (author, narrator, env), EmbeddedAws(tmp_path / "aws") as aws:
        # A lease lasts four seconds then: longer than the outage, as on AWS. One that ended during it would let another
        # worker buy what the first has in its hands.
        env |= {**aws.environment, "FIRESIDE_STATE": str(tmp_path), "LOCAL_CLOCK_SCALE": "15"}
        with running("serve", "--port", "0", **env) as serve, client(serve.url) as api:
            _, task_id = begin(api, 2)
            until(lambda: len(narrator.ledger.calls) > 2)
            if way == "stopped":
                aws.stop()
                pause.wait(3.0)
                aws.start()
            else:
                assert aws.pid is not None
                os.kill(aws.pid, signal.SIGSTOP)
                pause.wait(3.0)
                os.kill(aws.pid, signal.SIGCONT)
            assert ended(api, task_id, tries=6000)["status"] == "completed"
    counts = bought(author, narrator)
    assert sum(counts.values()) == len(counts)
