"""`make bench`: Fireside and the Celery app it replaces, side by side on the same simulated provider times."""

import argparse
import math
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import celery_app, fireside
from bench.chart import bars
from bench.measure import ROOT, Run
from bench.providers import LINES, LINES_AT_ONCE, PLAN, Times
from local.tools import put_on_path

CHAPTERS = 10
STORIES = 5
KILLED = 3
"""Chapters of the story whose worker is killed, at a third of the provider times, when half its lines are narrated."""

CHART = ROOT / "docs" / "bench.svg"


def critical_path(times: Times, chapters: int) -> float:
    """Return the seconds of outline, all scripts in turn, and the last chapter's enhancement and lines.

    Lines are narrated `LINES_AT_ONCE` at a time.
    """
    rounds = math.ceil(LINES / LINES_AT_ONCE)
    return times.outline + chapters * times.chapter + times.enhancement + rounds * times.line


def plan_bound(times: Times, stories: int, chapters: int) -> float:
    """Return the seconds that all lines take at the plan's limit, from when the first script is enhanced."""
    start = times.outline + times.chapter + times.enhancement
    return max(critical_path(times, chapters), start + math.ceil(stories * chapters * LINES / PLAN) * times.line)


def main() -> None:
    """Run all measurements, print the table and the bounds, and draw the chart."""
    options = argparse.ArgumentParser(prog="python -m bench")
    options.add_argument("--without-seed", action="store_true", help="measure Fireside alone")
    skip = options.parse_args().without_seed
    console, times = Console(width=110), Times()
    with tempfile.TemporaryDirectory() as programs:
        put_on_path(Path(programs))
        console.print(f"{CHAPTERS} chapters of {LINES} lines; seconds of each paid call: {times}")
        one = fireside.measure(times, 1, CHAPTERS)[0]
        many = fireside.measure(times, STORIES, CHAPTERS)
        lines = KILLED * LINES // 2
        killed = fireside.measure_kill(times.scaled(1 / 3), KILLED, lines)
        seed, seed_killed, why = None, None, "left out"
        try:
            if not skip:
                seed = celery_app.measure(times, CHAPTERS)
                seed_killed = celery_app.measure(times.scaled(1 / 3), KILLED, kill_after=lines)
        except celery_app.Missing as missing:
            why = str(missing)
    table = Table("", "Wall", "First audio", "Paid calls", "Bought again after a kill", "Memory")
    of_seed = _row(seed, seed_killed) if seed and seed_killed else [f"skipped: {why}"]
    table.add_row("FastAPI + Celery + Redis", *of_seed)
    table.add_row("Fireside", *_row(one, killed))
    console.print(table)
    _judge(console, times, one, many, seed)
    if seed and seed_killed:
        CHART.write_text(_chart(one, killed, seed, seed_killed), encoding="utf-8")
        console.print(f"Drawn: {CHART.relative_to(ROOT)}")


def _row(run: Run, killed: Run) -> list[str]:
    return [
        f"{run.wall_s:.1f} s", f"{run.first_audio_s:.1f} s", str(run.paid), f"{killed.again} of {killed.paid}",
        f"{run.memory_mb:.0f} MB",
    ]  # fmt: skip


def _judge(console: Console, times: Times, one: Run, many: list[Run], seed: Run | None) -> None:
    path, first = critical_path(times, CHAPTERS), critical_path(times, 1)
    bound, last = plan_bound(times, STORIES, CHAPTERS), max(run.wall_s for run in many)
    starts = ", ".join(f"{run.first_audio_s:.1f}" for run in many)

    def say(what: str, seconds: float, wanted: float, of: float) -> None:
        console.print(f"{what}: {seconds:.1f} s is {seconds / of:.2f} x its bound of {of:.0f} s (target {wanted})")

    say("Wall", one.wall_s, 1.10, path)
    say("First audio", one.first_audio_s, 1.25, first)
    say(f"{STORIES} stories at once", last, 1.15, bound)
    console.print(
        f"    their first chapters could be heard after {starts} s; {many[0].again} of {many[0].paid} paid again"
    )
    if seed:
        console.print(f"{seed.wall_s / one.wall_s:.1f} x as fast as the seed (target 5)")


def _chart(one: Run, killed: Run, seed: Run, seed_killed: Run) -> str:
    rows = [
        ("Celery: whole book", seed.wall_s, f"{seed.wall_s:.0f} s", False),
        ("Fireside: whole book", one.wall_s, f"{one.wall_s:.0f} s", True),
        ("Celery: first chapter to hear", seed.first_audio_s, f"{seed.first_audio_s:.0f} s", False),
        ("Fireside: first chapter to hear", one.first_audio_s, f"{one.first_audio_s:.0f} s", True),
        ("Celery: bought again after a kill", seed_killed.again, f"{seed_killed.again} calls", False),
        ("Fireside: bought again after a kill", killed.again, f"{killed.again} calls", True),
    ]
    return bars(f"{CHAPTERS} chapters of {LINES} lines, simulated provider times", rows)


if __name__ == "__main__":
    main()
