"""The speech server's process: it starts with the system, answers, and ends with it, however that ends."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from local.kokoro import child
from local.kokoro import speech_server as module
from local.kokoro.speech_server import SpeechServer, lines_at_once, real_voices
from local.providers import missing_providers

CHILD = """
import sys
import numpy as np
from local.kokoro import child

class Kokoro:
    voices = {"af_heart": None}
    def speak(self, text, voice, speed):
        return np.zeros(2400, np.float32)

raise SystemExit(child.main(sys.argv[1:], lambda folder: Kokoro()))
"""
"""The process with silence in the place of the model, which is not on every machine."""

NAMES = [f"{name}_{what}" for name in ("OPENAI", "ELEVENLABS", "SPEECH") for what in ("API_KEY", "BASE_URL")]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Run the child of these tests; give the environment back as it was: the functions under test write to it."""
    before = dict(os.environ)
    monkeypatch.setattr(SpeechServer.__init__, "__defaults__", ([sys.executable, "-c", CHILD], tmp_path / "log"))
    yield
    for name in [*NAMES, "FIRESIDE_VOICES", "FIRESIDE_DEMONSTRATION"]:
        os.environ.pop(name, None)
        if name in before:
            os.environ[name] = before[name]


def headers(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_it_answers_whoever_started_it_and_ends() -> None:
    with SpeechServer() as server:
        listed = httpx.get(f"{server.base_url}/audio/voices", headers=headers(server.key))
        assert listed.json() == {"voices": [{"id": "af_heart", "name": "af_heart"}]}
        assert httpx.get(f"{server.base_url}/audio/voices").status_code == 401
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.base_url)
    server.stop()  # a second time is harmless


def test_it_ends_when_the_program_that_started_it_is_killed(tmp_path: Path) -> None:
    started = f"""
import os
from pathlib import Path
from local.kokoro.speech_server import SpeechServer
print(SpeechServer({[sys.executable, "-c", CHILD]!r}, Path({str(tmp_path / "log")!r})).start().base_url, flush=True)
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", started], capture_output=True, text=True, check=False)
    base_url = killed.stdout.strip()
    assert base_url.startswith("http://127.0.0.1:")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx.get(base_url)
        except httpx.HTTPError:
            return
        time.sleep(0.05)
    pytest.fail("it still answers")


@pytest.mark.parametrize("command", [[sys.executable, "-c", "import sys; sys.exit('no model')"], ["/no/such/program"]])
def test_one_that_does_not_start_is_an_error_that_says_where_to_look(command: list[str], tmp_path: Path) -> None:
    with pytest.raises(ChildProcessError, match=r"Kokoro did not start.*(log|no/such/program)"):
        SpeechServer(command, tmp_path / "log").start()


def test_one_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "START_S", 0.1)
    monkeypatch.setattr(module, "STOP_S", 0.1)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    began = time.monotonic()
    with pytest.raises(ChildProcessError, match="did not start"):
        SpeechServer([sys.executable, "-c", deaf], tmp_path / "log").start()
    assert time.monotonic() - began < 20


def test_a_line_is_spoken_on_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {3, 5, 7}, raising=False)
    assert lines_at_once() == 3
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # elsewhere than on Linux
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert lines_at_once() == 1


def test_the_system_uses_it_and_says_what_it_does_not_use() -> None:
    os.environ |= {"SPEECH_BASE_URL": "http://127.0.0.1:1/v1", "ELEVENLABS_API_KEY": "test"}
    with real_voices() as sentences:
        assert sentences == [
            "VOICES=real: Kokoro speaks, on this machine and for nothing. It reads every language as if it were "
            "English.",
            "SPEECH_BASE_URL and ELEVENLABS_API_KEY are set, and not used.",
        ]
        answer = httpx.post(
            f"{os.environ['SPEECH_BASE_URL']}/audio/speech",
            json={"input": "Oh.", "response_format": "wav"},
            headers=headers(os.environ["SPEECH_API_KEY"]),
        )
        assert answer.content.startswith(b"RIFF")


def test_only_the_author_is_a_demonstration_then() -> None:
    os.environ["FIRESIDE_VOICES"] = "real"
    for name in NAMES:
        os.environ.pop(name, None)
    with missing_providers() as sentences:
        assert os.environ["FIRESIDE_DEMONSTRATION"] == "author"
        assert sentences[1].startswith("VOICES=real: ")
        assert "ELEVENLABS_BASE_URL" not in os.environ
        assert not any("not used" in sentence for sentence in sentences)


def test_started_by_hand_it_prints_its_address_and_needs_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KOKORO_KEY", raising=False)
    given: list[Any] = []

    class Typed(io.RawIOBase):
        """Standard input, on which somebody asks for the list and then presses Ctrl-C."""

        def read(self, _size: int = -1, /) -> bytes:
            if not given:
                given.append(httpx.get(f"{capsys.readouterr().out.strip()}/models").status_code)
                return b"\n"
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Typed()))
    kokoro: Any = SimpleNamespace(voices={"af_heart": None}, speak=None)
    assert child.main(["--at-once", "2"], lambda _folder: kokoro) == 0
    assert given == [200]
