"""`run` that is stopped in the middle, in every way, and called again: the same book, and no line bought twice."""

import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.author import FillingAuthor
from local.author import AuthorServer
from local.http_messages import HttpResponse
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.standin.server import json_answer
from tests.support.running import Command, client, running, short_configs, until
from tests.support.sold import IN_FLIGHT, bought, sold

PROMPT = "A cartographer's apprentice who owes [money] to the wind, and $5 to 'Ann'"
CHAPTERS = 2
LINES = 6
RACING = 4
"""Calls that may have been on their way to the provider when the key was pressed."""


class World:
    """A state directory, a folder for stories, and two providers that count."""

    def __init__(self, folder: Path, author: AuthorServer, narrator: NarratorServer) -> None:
        self.folder = folder
        self.author = author
        self.narrator = narrator
        (folder / "tmp").mkdir()
        self.env = {
            "OPENAI_BASE_URL": author.base_url,
            "ELEVENLABS_BASE_URL": narrator.url,
            "FIRESIDE_STATE": str(folder / "state"),
            "TMPDIR": str(folder / "tmp"),
            # Room for what is in flight when it is killed: a short story's quote leaves too little for that.
            "FIRESIDE_CONFIGS": short_configs(400),
        }

    @property
    def arguments(self) -> list[str]:
        return ["run", "--prompt", PROMPT, "--chapters", str(CHAPTERS), "--out", str(self.folder / "out")]

    @property
    def arrived(self) -> int:
        return sum(int(who.ledger.report()["arrived"]) for who in (self.author, self.narrator))

    def in_the_middle(self) -> None:
        """Wait until some lines have been sold, and others are being bought."""
        until(lambda: len(self.narrator.ledger.calls) > 2)

    def begun(self) -> str:
        """Return the one story that was begun."""
        (path,) = (self.folder / "state" / "runs").iterdir()
        return str(json.loads(path.read_text())["story_id"])

    def finish(self, *more: str) -> tuple[dict[str, Any], str]:
        """Run the same command again, to its end; return the story it leaves, and what it printed."""
        before = self.begun()
        with running(*self.arguments, *more, **self.env) as run:
            run.line("Listen: ")
            assert run.end(0) == 0, run.text
        assert self.begun() == before
        story = self.left()
        assert story["story_id"] == before
        return story, run.text

    def left(self) -> dict[str, Any]:
        """Return the story in the folder, with a file for each chapter, and its book."""
        (folder,) = (self.folder / "out").iterdir()
        story: dict[str, Any] = json.loads((folder / "story.json").read_text())
        assert len(story["chapters"]) == CHAPTERS
        for chapter in story["chapters"]:
            assert (folder / chapter["file"]).stat().st_size == chapter["audio"]["bytes"]
        (m4b,), (epub,) = (folder / "M4B").glob("*.m4b"), folder.glob("*.epub")
        assert [m4b.stat().st_size, epub.stat().st_size] == [story["book"][kind]["bytes"] for kind in ("m4b", "epub")]
        assert {path.name for path in m4b.parent.iterdir()} == {m4b.name, ".ignore"}
        assert {path.name for path in folder.iterdir()} == {
            *(chapter["file"] for chapter in story["chapters"]),
            *("story.json", "metadata.json", "cover.jpg", epub.name, "M4B"),
        }
        return story

    def again(self) -> int:
        """How many calls bought what had been bought before."""
        counts = bought(self.author, self.narrator)
        assert len(counts) >= CHAPTERS * LINES / 2  # the stand-in author may repeat a line
        return sum(counts.values()) - len(counts)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with (
        FillingAuthor(latency=lambda _name: 0.1, lines=LINES) as author,
        NarratorServer(speech=Hum(), latency_s=0.25) as narrator,
    ):
        yield World(tmp_path, author, narrator)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes whose environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has just ended
    return found


def press(run: Command, number: int) -> None:
    """As a terminal does it: to the whole process group."""
    os.killpg(run.process.pid, number)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_in_order_it_buys_nothing_more_and_goes_on(world: World, number: int, status: int) -> None:
    with running(*world.arguments, **world.env) as run:
        world.in_the_middle()
        press(run, number)
        run.line("Stopping")
        at_once = world.arrived
        assert run.process.wait(60) == status
        assert run.end(0) == status
        text = run.text
    assert world.arrived - at_once <= RACING
    assert f"--prompt='{PROMPT.split(chr(39), maxsplit=1)[0]}" in text  # the command that goes on, quoted for a shell
    assert "Traceback" not in text
    assert processes_of(world.folder) == []
    assert list((world.folder / "tmp").iterdir()) == []
    world.finish()
    assert world.again() == 0


def test_killed_it_goes_on_without_waiting_for_the_dead(world: World) -> None:
    with running(*world.arguments, **world.env) as run:
        world.in_the_middle()
        press(run, signal.SIGKILL)
        run.end(0)
    until(lambda: processes_of(world.folder) == [])  # the embedded AWS notices that its parent has gone
    world.finish()  # in less than the minute that a lease of a dead worker lasts
    assert list((world.folder / "tmp").iterdir()) == []
    with running("serve", "--port", "0", **world.env) as serve, client(serve.url) as api:
        calls = sold(api, world.author, world.narrator)
    assert calls.again <= calls.lost <= IN_FLIGHT


def test_without_credit_it_says_so_and_goes_on_when_there_is_some(world: World) -> None:
    def out_of_credit(number: int, _body: Mapping[str, Any]) -> HttpResponse | None:
        gone = {"detail": {"status": "quota_exceeded", "message": "This request exceeds your quota."}}
        return json_answer(401, gone) if number > 3 else None

    world.narrator.fault = out_of_credit
    with running(*world.arguments, **world.env) as run:
        assert run.end(0) == 1
    assert "no credit left" in run.text
    assert "local run --prompt=" in run.text
    world.narrator.fault = lambda _number, _body: None
    _, said = world.finish()
    assert "Going on with" in said
    assert world.again() == 0


def test_finished_it_buys_nothing_and_writes_what_is_missing(world: World) -> None:
    with running(*world.arguments, **world.env) as run:
        run.line("Chapter 1 is ready")
        assert run.end(0) == 0
    arrived, story = world.arrived, world.left()
    (folder,) = (world.folder / "out").iterdir()
    (folder / story["chapters"][0]["file"]).unlink()
    (folder / story["chapters"][1]["file"]).write_bytes(b"cut off")
    again, said = world.finish()
    assert world.arrived == arrived
    assert "was finished before" in said
    assert "--new" in said
    assert [chapter["file"] for chapter in again["chapters"]] == [chapter["file"] for chapter in story["chapters"]]
    with running(*world.arguments, "--new", **world.env) as run:
        run.line("Listen: ")
        assert run.end(0) == 0
    assert world.begun() != story["story_id"]
    assert len(list((world.folder / "out").iterdir())) == 2


def test_a_second_ctrl_c_waits_for_nothing(world: World) -> None:
    longer_than_the_test = threading.Event()

    def slow(_number: int, _body: Mapping[str, Any]) -> HttpResponse | None:
        longer_than_the_test.wait(300)
        return None

    world.author.fault = slow
    with running(*world.arguments, **world.env) as run:
        until(lambda: world.author.ledger.in_flight > 0)
        press(run, signal.SIGINT)
        run.line("may end, so that they are kept")
        press(run, signal.SIGINT)
        assert run.process.wait(60) == 130
    longer_than_the_test.set()
    assert processes_of(world.folder) == []
    assert list((world.folder / "tmp").iterdir()) == []


def test_beside_serve_it_uses_its_workers_and_takes_over_when_that_ends(world: World) -> None:
    with running("serve", "--port", "0", **world.env) as serve:
        assert serve.url
        with running(*world.arguments, **world.env) as run:
            run.line("Fireside runs here already .`serve`, process")
            world.in_the_middle()
            with client(serve.url) as page:
                assert [story["story_id"] for story in page.get("/stories").json()["stories"]] == [world.begun()]
            assert serve.end(signal.SIGINT) == 0
            run.line("this one continues")
            run.line("Listen: ")
            assert run.end(0) == 0
    assert world.left()["story_id"] == world.begun()
    assert world.again() == 0
    assert processes_of(world.folder) == []
