"""Voices that are missing: `run` makes a story without them, and `voices` configures those that are there."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.author import FillingAuthor
from chalicelib.settings import CONFIGS
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.running import ROOT, client, ended, environment, running

ID = {voice["name"]: voice["voice_id"] for voice in json.loads((CONFIGS / "voices_config.json").read_bytes())["voices"]}


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of an account without two of the voices, which may not use a third, and its own configs."""
    shutil.copytree(CONFIGS, tmp_path / "configs")
    lacks, needs_plan = [ID["George"], ID["Sarah"]], [ID["Bill"]]
    with FillingAuthor(lines=8) as author, NarratorServer(speech=Hum(), lacks=lacks, needs_plan=needs_plan) as narrator:
        yield {
            "OPENAI_BASE_URL": author.base_url,
            "OPENAI_API_KEY": "test",
            "ELEVENLABS_BASE_URL": narrator.url,
            "ELEVENLABS_API_KEY": "test",
            "FIRESIDE_STATE": str(tmp_path / "state"),
            "FIRESIDE_CONFIGS": str(tmp_path / "configs"),
        }


def command(env: dict[str, str], *arguments: str) -> str:
    """Run a command to its end and return what it printed; it must succeed."""
    called = [sys.executable, "-m", "local", *arguments]
    done = subprocess.run(called, cwd=ROOT, env=environment(**env), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_run_completes_and_says_which_voices_were_missing(env: dict[str, str], tmp_path: Path) -> None:
    run = ("run", "--prompt", "A cartographer of clouds", "--chapters", "2", "--out", str(tmp_path / "out"))
    said = command(env, *run)
    before, _, after = said.partition("%")
    assert "Not available now: George, Sarah." in before
    assert "does not know the voice George, in which the Narrator speaks. The Narrator is heard in" in after
    assert len(list((tmp_path / "out").rglob("*.mp3"))) == 2


def test_after_the_command_none_is_missing(env: dict[str, str], tmp_path: Path) -> None:
    said = command(env, "voices", "--list")
    assert "George and Sarah are not in it" in said
    config = tmp_path / "configs" / "voices_config.json"
    shipped = config.read_bytes()
    command(env, "voices")
    assert config.with_name("voices_config.before.json").read_bytes() == shipped
    assert "Every configured voice is there." in command(env, "voices")
    names = {voice["name"] for voice in json.loads(config.read_bytes())["voices"]}
    assert "Rachel" in names
    assert not names & {"George", "Sarah"}


def test_an_empty_library_without_keys_gets_a_tale_to_hear_once(tmp_path: Path) -> None:
    with running("serve", "--port", "0", FIRESIDE_STATE=str(tmp_path)) as serve, client(serve.url) as api:
        [tale] = api.get("/stories").json()["stories"]
        assert f'content="{tale["story_id"]}"' in api.get("/").text
        assert ended(api, tale["last_task_id"])["status"] == "completed"
        assert api.delete(f"/stories/{tale['story_id']}").status_code == 204
        assert serve.end() == 0
    with running("serve", "--port", "0", FIRESIDE_STATE=str(tmp_path)) as serve, client(serve.url) as api:
        assert api.get("/stories").json()["stories"] == []
