"""Fireside under measurement: `local api` and `local worker`, as on a person's machine, with an AWS of their own."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.measure import ROOT, Process, Processes, Run, kill, paid, until
from bench.providers import Times, providers
from local.aws import EmbeddedAws

TOKEN = "bench"  # noqa: S105 # for an API that lives only as long as the measurement
PYTHON = [sys.executable, "-u", "-m", "local"]
MOST_S = 600.0


class Client:
    """A user who polls a few times a second."""

    def __init__(self, api: httpx.Client, prompt: str, chapters: int) -> None:
        self._api = api
        self.story: str = api.post("/stories", json={"prompt": prompt, "num_chapters": chapters}).json()["story_id"]
        self.task: str = api.post(f"/stories/{self.story}/generate", json={"audio": True}).json()["task_id"]
        self.first_audio: float | None = None
        self.ended: float | None = None

    def look(self) -> bool:
        """Note what has happened since the last look; return whether the story is complete."""
        if self.first_audio is None and self._api.get(f"/stories/{self.story}/chapters/1/audio").status_code == 302:
            self.first_audio = time.monotonic()
        if self.ended is None and completed(self._api, self.task):
            self.ended = time.monotonic()
        return self.ended is not None


def completed(api: httpx.Client, task_id: str) -> bool:
    """Return whether a task is completed; raises RuntimeError if it has ended in another way."""
    task = api.get(f"/tasks/{task_id}").json()
    if task["status"] in {"failed", "cancelled"}:
        raise RuntimeError(f"the task is {task['status']}: {task['error']}")
    return bool(task["status"] == "completed")


@contextmanager
def fireside(env: dict[str, str]) -> Iterator[tuple[Processes, httpx.Client, dict[str, str]]]:
    """Yield the processes, a client of the API, and the environment; no worker is running yet."""
    with tempfile.TemporaryDirectory() as state, EmbeddedAws(Path(state) / "aws") as aws, Processes() as processes:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIRESIDE_"))}
        whole = {**kept, **aws.environment, "FIRESIDE_STATE": state, "LOCAL_TOKEN": TOKEN, **env}
        _, line = processes.start([*PYTHON, "api", "--port", "0"], whole, ROOT, until="Fireside is listening")
        url = line.split()[-1]
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as api:
            yield processes, api, whole


def start_worker(processes: Processes, env: dict[str, str]) -> Process:
    """Start a worker, and return it when it waits for steps."""
    worker, _ = processes.start([*PYTHON, "worker"], env, ROOT, until="Workers are waiting")
    return worker


def _look_at_all(clients: list[Client]) -> bool:
    looks = [client.look() for client in clients]  # a list: every client looks, also after one that is not done
    return all(looks)


def measure(times: Times, stories: int, chapters: int) -> list[Run]:
    """Make so many stories at once, from the same moment; return a run for each."""
    with providers(times) as (author, narrator):
        names = {"OPENAI_BASE_URL": author.base_url, "ELEVENLABS_BASE_URL": narrator.url}
        with fireside(names) as (processes, api, env):
            start_worker(processes, env)
            began = time.monotonic()
            clients = [Client(api, f"A clock that runs on gossip, {n}", chapters) for n in range(stories)]
            if not until(lambda: _look_at_all(clients), MOST_S):
                raise RuntimeError("the stories were not finished in time")
            memory = processes.memory_mb()
        calls, again = paid(author, narrator)
    return [
        Run((client.ended or 0) - began, (client.first_audio or 0) - began, calls, again, memory) for client in clients
    ]


def measure_kill(times: Times, chapters: int, lines: int) -> Run:
    """Make one story; when `lines` of its lines are narrated, kill the worker and start another one."""
    with providers(times) as (author, narrator):
        names = {"OPENAI_BASE_URL": author.base_url, "ELEVENLABS_BASE_URL": narrator.url, "LOCAL_CLOCK_SCALE": "60"}
        with fireside(names) as (processes, api, env):
            worker = start_worker(processes, env)
            began = time.monotonic()
            client = Client(api, "A clock that runs on gossip", chapters)
            until(lambda: len(narrator.ledger.calls) >= lines, MOST_S, 0.02)
            kill(worker)
            start_worker(processes, env)
            until(client.look, MOST_S)
            memory = processes.memory_mb()
        calls, again = paid(author, narrator)
    return Run((client.ended or 0) - began, (client.first_audio or 0) - began, calls, again, memory)
