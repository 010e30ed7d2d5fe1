"""`make run`: one story from a prompt, on this machine, into out/<story>/."""

import json
import re
import secrets
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chalicelib.audio.probing import probe
from chalicelib.audio.tools import Ffmpeg
from local.system import USER, System, load

POLL_S = 0.3
Json = dict[str, Any]


def run(prompt: str, chapters: int, out: str) -> int:
    """Make a story and leave its chapters in a folder below `out`. The exit status: 0 when every chapter is there."""
    console = Console(highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="fireside-run-") as state,
        System(lambda text: console.print(text, soft_wrap=True)) as system,
    ):
        system.with_aws(Path(state)).with_providers()
        system.with_workers()
        gateway = system.with_api("127.0.0.1", 0)
        token = secrets.token_urlsafe(24)
        load().tokens.accept(token, USER)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=gateway.url, headers=headers, timeout=30, trust_env=False) as api:
            try:
                return _make(api, prompt, chapters, Path(out), console)
            except httpx.HTTPStatusError as error:
                console.print(f"[red]{error.response.json().get('Message', error)}[/red]")
                return 2
            except KeyboardInterrupt:
                console.print("Stopped.")
                return 130


def _make(api: httpx.Client, prompt: str, chapters: int, out: Path, console: Console) -> int:
    story = _json(api.post("/stories", json={"prompt": prompt, "num_chapters": chapters}))
    path = f"/stories/{story['story_id']}"
    task = _json(api.post(f"{path}/generate", json={"audio": True}))
    ended = _watch(api, task["task_id"], console)
    if ended["status"] != "completed":
        console.print(f"[red]{ended['error']} ({ended['error_code']})[/red]")
        return 1
    story = _json(api.get(path))
    folder = out / f"{_slug(story['title'])}-{story['story_id'][:8]}{story['story_id'][-4:]}"
    folder.mkdir(parents=True, exist_ok=True)
    story["chapters"] = [_fetch(api, path, chapter, folder) for chapter in story["chapters"]]
    (folder / "story.json").write_text(json.dumps(story, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _report(console, story, _json(api.get("/usage")), folder)
    return 0 if len(story["chapters"]) == chapters else 1


def _watch(api: httpx.Client, task_id: str, console: Console) -> Json:
    columns = (
        TextColumn("{task.percentage:>3.0f} %"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    pause, said = threading.Event(), ""
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Starting", total=100)
        while True:
            task = _json(api.get(f"/tasks/{task_id}"))
            progress.update(bar, completed=task["progress"], description=task["message"])
            if not console.is_terminal and task["message"] != said:
                said = task["message"]
                console.print(f"{task['progress']:3d} % {said}", soft_wrap=True)
            if task["status"] in {"completed", "failed", "cancelled"}:
                return task
            pause.wait(POLL_S)


def _fetch(api: httpx.Client, path: str, chapter: Mapping[str, Any], folder: Path) -> Json:
    number = chapter["number"]
    whole = _json(api.get(f"{path}/chapters/{number}"))
    name = f"{number:02d}-{_slug(whole['title'])}.mp3"
    sound = api.get(f"{path}/chapters/{number}/audio", follow_redirects=False)
    with httpx.Client(trust_env=False, timeout=60) as plain:  # the bearer token is for the API, not for S3
        (folder / name).write_bytes(plain.get(sound.headers["location"]).raise_for_status().content)
    whole["file"] = name
    del whole["audio"]["url"]  # signed for minutes; the file is here
    return whole


def _report(console: Console, story: Json, usage: Json, folder: Path) -> None:
    table = Table(title=story["title"], title_justify="left")
    for heading in ("Chapter", "Voices", "Duration", "File"):
        table.add_column(heading)
    ffmpeg = Ffmpeg.find()
    for chapter in story["chapters"]:
        speakers = dict.fromkeys(line["speaker"] for line in chapter["script"]["lines"])
        seconds = round(probe(ffmpeg, folder / chapter["file"]).duration_s)
        table.add_row(
            f"{chapter['number']}. {chapter['title']}",
            ", ".join(speakers),
            f"{seconds // 60}:{seconds % 60:02d}",
            chapter["file"],
        )
    console.print(table)
    total = usage["total"]
    console.print(
        f"{total['calls']} paid calls, {total['input_tokens'] + total['output_tokens']:,} tokens, "
        f"{total['characters']:,} characters. At list prices that is ${total['cost_usd']:.2f}.",
        soft_wrap=True,
    )
    console.print(f"Listen: {folder}/", soft_wrap=True)


def _json(response: httpx.Response) -> Json:
    answer: Json = response.raise_for_status().json()
    return answer


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60] or "story"
