"""`make library`: how long requests take beside 200 books on one machine, while one more is made.

One book is made for real, by the stand-ins, and copied, entry by entry and file by file: stories, tasks, chapters of
real size, 400 usage records per book and the objects of as many lines. Then `local serve` starts on it, and two
listeners request everything a page requests while a story is written and narrated, by providers that only wait
(`bench.providers`) and leave the machine to what is measured. Limit: no request takes more than half a second.
"""

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from bench.fireside import MOST_S, Client
from bench.measure import Processes, until
from bench.providers import Times, providers
from chalicelib.settings import Settings
from local.embedded import database
from local.embedded.database import Row
from local.tools import put_on_path

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a-token-of-the-measurement"  # noqa: S105 # for a directory that is deleted afterwards
CHAPTERS, LINES, RECORDS = 10, 36, 400
LONGEST_S = 0.5
LOOK_S = 0.2
LISTENERS = 2

Entry = tuple[str, str, str, str]


def main(arguments: list[str]) -> int:
    """Build the library, measure and print; return 1 if a request took too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.library")
    parser.add_argument("--books", type=int, default=200)
    parser.add_argument("--months", type=int, default=12, help="spread the books over so many months, up to this one")
    options = parser.parse_args(arguments)
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        put_on_path(Path(folder) / "bin")  # ffmpeg, for the stand-in narrator
        state = Path(folder) / "state"
        console.print("One book ...")
        with at_work(state, Times().scaled(0.0)) as env, Serving(env) as serving:
            model = serving.make_story(CHAPTERS)
        began = time.monotonic()
        entries = multiply(state, model, options.books, options.months)
        console.print(f"{options.books} books: {entries:,} entries written in {time.monotonic() - began:.0f} s")
        with at_work(state, Times()) as env, Serving(env) as serving:
            console.print(
                f"Start: {serving.start_s:.1f} s; the embedded AWS takes {serving.memory_mb:.0f} MB; "
                f"state.db {(state / database.NAME).stat().st_size / 1e6:.0f} MB"
            )
            times = serving.measure(model)
    return report(console, times)


@contextmanager
def at_work(state: Path, times: Times) -> Iterator[dict[str, str]]:
    """Yield the environment of a `local serve` whose providers take `times`."""
    with providers(times, lines=LINES) as (author, narrator):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIRESIDE_"))}
        keys = {"OPENAI_API_KEY": "stand-in", "ELEVENLABS_API_KEY": "stand-in"}
        urls = {"OPENAI_BASE_URL": author.base_url, "ELEVENLABS_BASE_URL": narrator.url}
        yield {**env, **keys, **urls, "FIRESIDE_STATE": str(state), "LOCAL_TOKEN": TOKEN}


class Serving:
    """A context manager that runs `local serve` on a state directory, with a client of its API."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._processes = Processes()

    def __enter__(self) -> "Serving":
        began = time.monotonic()
        command = [sys.executable, "-u", "-m", "local", "serve", "--port", "0"]
        self._process, line = self._processes.start(command, self._env, ROOT, until="Fireside is listening")
        self.start_s = time.monotonic() - began
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.api = httpx.Client(base_url=line.split()[-1], headers=headers, timeout=120, trust_env=False)
        self.memory_mb = self._memory_mb()
        self.task_id = ""
        return self

    def __exit__(self, *_exc: object) -> None:
        self.api.close()
        self._process.terminate()
        self._process.wait(30)

    def _memory_mb(self) -> float:
        pid = json.loads((Path(self._env["FIRESIDE_STATE"]) / "endpoint.json").read_text())["pid"]
        [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    def make_story(self, chapters: int) -> str:
        """Write and narrate a story, and return its id."""
        client = Client(self.api, "A clock that runs on gossip", chapters)
        self.task_id = client.task
        if not until(client.look, MOST_S, LOOK_S):
            raise RuntimeError("the story was not done in time")
        return client.story

    def measure(self, story_id: str) -> dict[str, list[float]]:
        """Return the seconds of every request of the listeners, by route, while one more story is made."""
        times: dict[str, list[float]] = defaultdict(list)
        over = threading.Event()
        listeners = [threading.Thread(target=self._listen, args=(story_id, times, over)) for _ in range(LISTENERS)]
        for listener in listeners:
            listener.start()
        try:
            self.make_story(3)
        finally:
            over.set()
            for listener in listeners:
                listener.join()
        return times

    def _listen(self, story_id: str, times: dict[str, list[float]], over: threading.Event) -> None:
        while not over.is_set():
            for name, ask in self._requests(story_id):
                began = time.monotonic()
                answer = ask()
                if answer.status_code >= 400:
                    raise RuntimeError(f"{name} was answered with {answer.status_code}: {answer.text}")
                times[name].append(time.monotonic() - began)
            over.wait(0.1)

    def _requests(self, story_id: str) -> Iterator[tuple[str, Callable[[], httpx.Response]]]:
        api, story = self.api, f"/stories/{story_id}"
        for route in ("/", "/openapi.json", "/health", "/voices"):
            yield f"GET {route}", partial(api.get, route)
        yield "GET /stories", lambda: api.get("/stories", params={"limit": 20})
        yield "GET /stories/{id}", lambda: api.get(story)
        yield "GET /stories/{id}/chapters/{n}", lambda: api.get(f"{story}/chapters/3")
        yield "GET /stories/{id}/chapters/{n}/captions", lambda: api.get(f"{story}/chapters/3/captions")
        yield "GET /stories/{id}/chapters/{n}/audio", lambda: api.get(f"{story}/chapters/3/audio")
        if self.task_id:
            yield "GET /tasks/{id}", lambda: api.get(f"/tasks/{self.task_id}")
        yield "GET /usage", lambda: api.get("/usage")
        made = {"prompt": "A lamp"}
        yield "POST /stories", lambda: api.post("/stories", json=made)


def multiply(state: Path, model: str, books: int, months: int) -> int:
    """Copy a book, its entries and its files, until there are `books`; return the number of entries."""
    kept, stage = list(database.read(state)), Settings.from_env(os.environ)
    names = {table: stage.table(table) for table in ("stories", "chapters", "tasks", "usage")}
    of_book = [row for row in kept if row[0] == "item" and model in row[3]]
    records = [row for row in of_book if json.loads(row[1])[2] == names["usage"]]
    others = [row for row in of_book if json.loads(row[1])[2] in set(names.values()) - {names["usage"]}]
    rows: list[Row] = []
    for number in range(1, books):
        story_id = f"{model[:-12]}{number:012x}"
        when = _months_ago(number * months // books)
        rows += [(kind, owner, *_renamed(name, value, model, story_id)) for kind, owner, name, value in others]
        rows += list(_records(records, story_id, model, when, number))
        _link_files(state / "s3", model, story_id)
    with closing(sqlite3.connect(state / database.NAME, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    return len(kept) + len(rows)


def _renamed(name: str, value: str, model: str, story_id: str) -> tuple[str, str]:
    """Return name and value of an entry as another story's; a task gets another id of its own, too."""
    item = json.loads(value)
    if "task_id" in item and "plan" in item:
        other = f"{item['task_id']['S'][:-12]}{story_id[-12:]}"
        name, value = (text.replace(item["task_id"]["S"], other) for text in (name, value))
    return name.replace(model, story_id), value.replace(model, story_id)


def _records(records: list[Entry], story_id: str, model: str, when: str, book: int) -> Iterator[Row]:
    """Yield usage records of a book, as many as one of real length has.

    They fall on one day of the month `when`; in the present month, on a day before today.
    """
    today = time.gmtime()
    days = max(1, today.tm_mday - 1) if when == time.strftime("%Y-%m", today) else 27
    for number in range(RECORDS):
        kind, owner, name, value = records[number % len(records)]
        user, _ = json.loads(name)
        item = json.loads(value.replace(model, story_id))
        at = f"{when}-{1 + book % days:02d}T{number % 24:02d}:{number // 24:02d}:00Z#{book:08x}{number:08x}"
        item["time_id"] = {"S": at}
        yield kind, owner, json.dumps([user, at], separators=(",", ":")), json.dumps(item, separators=(",", ":"))


def _months_ago(count: int) -> str:
    now = time.gmtime()
    months = now.tm_year * 12 + now.tm_mon - 1 - count
    return f"{months // 12}-{months % 12 + 1:02d}"


def _link_files(s3: Path, model: str, story_id: str) -> None:
    """Link a story's objects under another story's keys, as many lines as records; hard links, as nothing changes."""
    [book] = s3.glob(f"*/*/stories/{model}")
    for folder in ("chapters", "lines"):
        there = book / folder
        to = book.with_name(story_id) / folder
        to.mkdir(parents=True)
        files = sorted(path for path in there.iterdir() if not path.name.endswith(".meta.json"))
        copies = 1 if folder == "chapters" else -(-RECORDS // len(files))
        for copy in range(copies):
            for path in files:
                name = f"{copy}-{path.name}" if copy else path.name
                os.link(path, to / name)
                os.link(f"{path}.meta.json", to / f"{name}.meta.json")


def report(console: Console, times: dict[str, list[float]]) -> int:
    """Print the table; return 1 if a request took longer than allowed."""
    table = Table()
    for heading in ("request", "count", "p50 ms", "p95 ms", "max ms"):
        table.add_column(heading, justify="left" if heading == "request" else "right")
    for name, seconds in times.items():
        p95 = sorted(seconds)[int(0.95 * len(seconds))]
        figures = (statistics.median(seconds), p95, max(seconds))
        table.add_row(name, str(len(seconds)), *(f"{1000 * figure:.0f}" for figure in figures))
    console.print(table)
    slowest = max(max(seconds) for seconds in times.values())
    console.print(f"The slowest request took {1000 * slowest:.0f} ms; {1000 * LONGEST_S:.0f} ms is the limit.")
    return int(slowest > LONGEST_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
