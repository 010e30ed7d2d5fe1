"""`python -m bench.first`: when the first chapter of six can be heard, beside what it takes alone.

The chapters are already written; the narrator takes the same time for every line, and allows the plan's number of lines
at once. Takes about two minutes.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.fireside import MOST_S, completed, fireside, start_worker
from bench.measure import until
from bench.providers import PLAN, Times, providers
from local.tools import put_on_path

CHAPTERS = 6
LINES = 36
TIMES = Times(outline=0.1, chapter=0.1, enhancement=0.1, line=2.0)
WANTED = 1.3
LOOK_S = 0.05


@dataclass(frozen=True)
class Heard:
    """Seconds from the order until chapter 1 could be heard, and until all chapters could."""

    first: float
    all: float


def narrate(api: httpx.Client, prompt: str, chapters: int) -> Heard:
    """Write a story, then time its narration."""
    story = api.post("/stories", json={"prompt": prompt, "num_chapters": chapters}).json()["story_id"]
    task = api.post(f"/stories/{story}/generate", json={"audio": False}).json()["task_id"]
    _wait(lambda: completed(api, task))
    began = time.monotonic()
    task = api.post(f"/stories/{story}/audio", json={}).json()["task_id"]
    _wait(lambda: completed(api, task) or _heard(api, story))
    first = time.monotonic() - began
    _wait(lambda: completed(api, task))
    return Heard(first, time.monotonic() - began)


def _heard(api: httpx.Client, story: str) -> bool:
    return api.get(f"/stories/{story}/chapters/1/audio").status_code == httpx.codes.FOUND


def main() -> None:
    """Measure both, and print them with their limits."""
    with tempfile.TemporaryDirectory() as programs, providers(TIMES, lines=LINES) as (author, narrator):
        put_on_path(Path(programs))
        names = {"OPENAI_BASE_URL": author.base_url, "ELEVENLABS_BASE_URL": narrator.url}
        with fireside(names) as (processes, api, env):
            start_worker(processes, env)
            alone = narrate(api, "A clock that runs on gossip, alone", 1)
            among = narrate(api, f"A clock that runs on gossip, {CHAPTERS} times", CHAPTERS)
    bound = CHAPTERS * LINES * TIMES.line / PLAN
    print(
        f"{LINES} lines a chapter, {TIMES.line:g} s a line, {PLAN} at once.\n"
        f"Chapter 1 alone can be heard after {alone.first:.1f} s; as the first of {CHAPTERS} after {among.first:.1f} "
        f"s, {among.first / alone.first:.2f} times as long (target {WANTED:g}).\n"
        f"All {CHAPTERS} after {among.all:.1f} s, {among.all / bound:.2f} times the plan's bound of {bound:.1f} s."
    )


def _wait(done: Callable[[], bool]) -> None:
    if not until(done, MOST_S, LOOK_S):
        raise RuntimeError("it was not done in time")


if __name__ == "__main__":
    main()
