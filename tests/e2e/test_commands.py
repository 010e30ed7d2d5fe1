"""The commands a person types, each in a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.author import FillingAuthor
from local.console_log import short_id
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.running import ROOT, client, ended, environment, running

PROMPT = "A cartographer of clouds who owes money to the wind"


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, str]]:
    """Two servers that speak the providers' protocols, and the environment that names them."""
    with FillingAuthor(lines=4) as author, NarratorServer(speech=Hum()) as narrator:
        yield {
            "OPENAI_BASE_URL": author.base_url,
            "OPENAI_API_KEY": "sk-never-in-a-log",
            "ELEVENLABS_BASE_URL": narrator.url,
            "ELEVENLABS_API_KEY": "xi-never-in-a-log",
        }


def test_serve_makes_a_story_and_keeps_it_over_a_restart(providers: dict[str, str], tmp_path: Path) -> None:
    env = {**providers, "FIRESIDE_STATE": str(tmp_path)}
    with running("serve", "--port", "0", **env) as serve, client(serve.url) as api:
        story_id = api.post("/stories", json={"prompt": PROMPT, "num_chapters": 2}).json()["story_id"]
        task = api.post(f"/stories/{story_id}/generate", json={"audio": True}).json()
        assert ended(api, task["task_id"])["status"] == "completed"
        before = api.get(f"/stories/{story_id}/chapters/1").json()
        other = subprocess.run(
            [sys.executable, "-m", "local", "token", "bob"],
            cwd=ROOT, env=environment(**env), capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        with client(serve.url, other) as bob:
            assert bob.get(f"/stories/{story_id}").status_code == 404
            assert bob.get("/stories").json()["stories"] == []
        with client(serve.url, "nonsense") as nobody:
            assert nobody.get("/stories").status_code in {401, 403}
        assert serve.end() == 0
        first_log = serve.text
    with running("serve", "--port", "0", **env) as serve, client(serve.url) as api:
        after = api.get(f"/stories/{story_id}/chapters/1").json()
        found = api.get(f"/stories/{story_id}/chapters/1/audio")
        assert found.status_code == 302
        sound = httpx.get(found.headers["location"], trust_env=False)
        assert len(sound.content) == after["audio"]["bytes"]
        assert {**after, "audio": None} == {**before, "audio": None}
        assert serve.end(signal.SIGTERM) == 0
        log = first_log + serve.text
    texts = [line["text"] for line in after["script"]["lines"]]
    assert f"Task {short_id(task['task_id'])} is completed" in log
    assert '{"event"' not in log  # for people, unless JSON is asked for
    assert not [text for text in [*texts, PROMPT, other, *providers.values()] if text in log]


def test_a_taken_port_is_replaced_by_a_free_one(providers: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("serve", "--port", str(port), **providers, FIRESIDE_STATE=str(tmp_path)) as serve:
            assert not serve.url.endswith(f":{port}")
            assert httpx.get(f"{serve.url}/health", trust_env=False).status_code == 200
            assert f"Port {port} is taken" in serve.text


def test_ctrl_c_leaves_no_process(providers: dict[str, str], tmp_path: Path) -> None:
    with running("serve", "--port", "0", **providers, FIRESIDE_STATE=str(tmp_path)) as serve:
        assert serve.url
        aws = int(json.loads((tmp_path / "endpoint.json").read_text())["pid"])
        os.kill(aws, 0)
        assert serve.end(signal.SIGINT) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(aws, 0)


def test_api_and_worker_share_an_aws(providers: dict[str, str], tmp_path: Path) -> None:
    with running("serve", "--port", "0", **providers, FIRESIDE_STATE=str(tmp_path)) as serve:
        assert serve.url
        aws = {"FIRESIDE_STATE": str(tmp_path), "FIRESIDE_STAGE": "apart"}  # tables and queues of its own
        with (  # all at the same moment: each makes what is missing
            running("api", "--port", "0", **aws) as api_alone,
            running("worker", **providers, **aws) as worker,
            running("worker", **providers, **aws) as another,
        ):
            worker.line("Workers are waiting")
            another.line("Workers are waiting")
            with client(api_alone.url) as api:
                story_id = api.post("/stories", json={"prompt": PROMPT, "num_chapters": 1}).json()["story_id"]
                task = api.post(f"/stories/{story_id}/generate", json={"audio": True}).json()
                assert ended(api, task["task_id"])["status"] == "completed"


@pytest.mark.parametrize("command", ["api", "worker"])
def test_api_and_worker_say_what_they_need(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local", command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "AWS_ENDPOINT_URL" in done.stderr


RUN = ["run", "--prompt", PROMPT]


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        ([*RUN, "--chapters", "0"], {}, "CHAPTERS must be 1 to 50; it is 0."),
        ([*RUN, "--chapters", "51"], {}, "CHAPTERS must be 1 to 50; it is 51."),
        ([*RUN, "--chapters", "three"], {}, "CHAPTERS must be 1 to 50; it is three."),
        (["run", "--prompt", " \n"], {}, "PROMPT must say what the story is about"),
        (["run", "--prompt", "x" * 4001], {}, "PROMPT must be 1 to 4,000 characters; it has 4,001."),
        ([*RUN, "--out", "README.md"], {}, "OUT must be a folder one can write to; README.md is not: File exists."),
        (RUN, {"FIRESIDE_STATE": "README.md/state"}, "FIRESIDE_STATE must be a folder one can write to;"),
        (["serve"], {"FIRESIDE_STATE": "README.md"}, "FIRESIDE_STATE must be a folder one can write to;"),
        (["token", "bob"], {"FIRESIDE_STATE": "README.md"}, "FIRESIDE_STATE must be a folder one can write to;"),
        (["token", "b b"], {}, "The user's name must be 1 to 64 letters"),
        (["token", "bob", "--limit", "-1"], {}, "LIMIT must be dollars a month, 0 to 1,000,000, such as 5 or 7.50"),
        (["token", "bob", "--days", "soon"], {}, "DAYS must be a whole number, 1 to 3,650; it is soon."),
        (["revoke", "b b"], {}, "The user's name must be 1 to 64 letters"),
        (["serve", "--port", "65536"], {}, "PORT must be 0 to 65535; it is 65536."),
        (["api", "--port", "-1"], {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "PORT must be 0 to 65535; it is -1."),
        (["serve", "--port", "0", "--host", "nosuch.invalid"], {}, "HOST must be an address of this machine; nosuch"),
        (["serve", "--port", "0", "--log", "xml"], {}, "LOG must be text or json; it is xml."),
        (["worker"], {"FIRESIDE_LOG": "xml"}, "FIRESIDE_LOG must be text or json; it is xml."),
        (["worker"], {"AWS_ENDPOINT_URL": "nonsense"}, "AWS_ENDPOINT_URL must be an address such as http://"),
        (RUN, {"LOCAL_CLOCK_SCALE": "fast"}, "LOCAL_CLOCK_SCALE must be a number from 1 to 100000; it is 'fast'."),
        (["serve"], {"FIRESIDE_STAGE": "a b"}, "FIRESIDE_STAGE must be letters and digits"),
    ],
)
def test_a_mistake_gets_one_sentence(arguments: list[str], env: dict[str, str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        env=environment(**{"FIRESIDE_STATE": str(tmp_path), **env}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("fireside: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not list(tmp_path.glob("dynamodb*"))  # said before there was anything to keep


def test_an_aws_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]  # nobody listens there once this is closed
    env = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "FIRESIDE_STATE": str(tmp_path)}
    with running("token", "bob", **env) as token:
        assert token.end(0) == 1
    assert f"fireside: http://127.0.0.1:{port} does not answer" in token.text
    assert "Traceback" not in token.text


def test_a_token_has_a_limit_and_can_be_revoked(providers: dict[str, str], tmp_path: Path) -> None:
    env = environment(**providers, FIRESIDE_STATE=str(tmp_path))

    def local(*arguments: str) -> tuple[str, str]:
        command = [sys.executable, "-m", "local", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout, done.stderr

    with running("serve", "--port", "0", **providers, FIRESIDE_STATE=str(tmp_path)) as serve:
        assert serve.url
        token, said = local("token", "bob", "--limit", "5", "--days", "90")
        assert said == "bob may spend $5.00 a month. The token ends after 90 days.\n"
        with client(serve.url, token.strip()) as bob:
            assert bob.get("/stories").status_code == 200
        listed, _ = local("tokens")
        [row] = [line.split() for line in listed.splitlines() if line.startswith("bob")]
        assert (row[1], row[4]) == ("$5.00", row[2])  # made and last used today
        revoked, _ = local("revoke", "bob")
        assert revoked == (
            "bob: 1 token is revoked, and refused within 45 seconds, when the last cached answer ends.\n"
        )
        assert token.strip() not in listed + revoked + serve.text
    assert local("revoke", "bob")[0] == "bob has no token.\n"


@pytest.mark.parametrize("way", [{"FIRESIDE_LOG": "json"}, {}])
def test_the_log_is_json_where_that_is_asked_for(
    providers: dict[str, str], tmp_path: Path, way: dict[str, str]
) -> None:
    more = [] if way else ["--log", "json"]
    with running("serve", "--port", "0", *more, **providers, **way, FIRESIDE_STATE=str(tmp_path)) as serve:
        with client(serve.url) as api:
            story_id = api.post("/stories", json={"prompt": PROMPT, "num_chapters": 1}).json()["story_id"]
            task_id = api.post(f"/stories/{story_id}/generate", json={}).json()["task_id"]
            assert ended(api, task_id)["status"] == "completed"
        assert serve.end() == 0
    events = [json.loads(line) for line in serve.printed if line.startswith("{")]
    assert ("task_completed", task_id) in [(event["event"], event.get("task_id")) for event in events]


def test_run_leaves_the_chapters_and_their_facts(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with running(
        "run", "--prompt", PROMPT, "--chapters", "1", "--out", str(out), FIRESIDE_STATE=str(tmp_path / "state")
    ) as run:
        run.line(r"Listen: ")
        assert run.end(0) == 0
    assert "this is a demonstration" in run.text
    assert "demonstration voices speak" in run.text
    assert "Nothing is charged." in run.text
    assert re.search(r"\d+ calls, .* that would cost about \$\d+\.\d\d\. Nothing was charged\.", run.text)
    (folder,) = out.iterdir()
    story = json.loads((folder / "story.json").read_text())
    assert [path.name for path in folder.glob("*.mp3")] == [chapter["file"] for chapter in story["chapters"]]
    assert story["prompt"] == PROMPT
    (m4b,), (epub,) = folder.glob("M4B/*.m4b"), folder.glob("*.epub")
    assert (m4b.stem, epub.stem) == (story["title"], story["title"])
    assert (m4b.stat().st_size, epub.stat().st_size) == tuple(story["book"][kind]["bytes"] for kind in ("m4b", "epub"))
    assert (folder / "cover.jpg").read_bytes().startswith(b"\xff\xd8")
    # Audiobookshelf would play a book twice that is there as chapters and as a whole.
    assert (m4b.parent / ".ignore").exists()
    metadata = json.loads((folder / "metadata.json").read_text())
    assert (metadata["metadata"]["title"], metadata["chapters"][0]["start"]) == (story["title"], 0.0)
    assert "X-Amz-Signature" not in (folder / "story.json").read_text()
