"""Fireside's commands as processes of their own, started as a person would."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "a-token-of-the-tests-only"
_LISTENING = re.compile(r"Fireside is listening on (\S+)")
_WAIT_S = 180
"""Longer than the workers may take to stop: a call that is being paid for may end, for up to two minutes."""

WORDS = 160
"""Words of a chapter, in the configuration of the commands that tests start."""


class Command:
    """A running `python -m local ...`, with everything it has printed so far."""

    def __init__(self, arguments: list[str], env: Mapping[str, str], root: Path = ROOT) -> None:
        self.printed: list[str] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "local", *arguments],
            cwd=root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self._changed:
                    self.printed.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def text(self) -> str:
        return "".join(self.printed)

    def line(self, pattern: str | re.Pattern[str]) -> re.Match[str]:
        """Wait until a line that matches `pattern` has been printed, and return the match."""

        def found() -> re.Match[str] | None:
            return next((match for line in self.printed if (match := re.search(pattern, line))), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self.process.poll() is not None, _WAIT_S)
        match = found()
        assert match, f"{pattern} was not printed: {self.text}"
        return match

    @property
    def url(self) -> str:
        return self.line(_LISTENING)[1]

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal, wait, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(_WAIT_S)
        self._reading.join(_WAIT_S)
        return status


@contextmanager
def running(*arguments: str, **env: str) -> Iterator[Command]:
    """Run a command until the end of the block; kill it with all its children if it does not stop."""
    with running_in(ROOT, *arguments, **env) as command:
        yield command


@contextmanager
def running_in(root: Path, /, *arguments: str, **env: str) -> Iterator[Command]:
    """Do the same with the program in another directory."""
    command = Command(list(arguments), environment(**env), root)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            os.killpg(command.process.pid, signal.SIGKILL)
        command.end()


def environment(**env: str) -> dict[str, str]:
    """Return the environment of a person's shell, without this process's AWS settings, and with short chapters."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIRESIDE_"))}
    return kept | {"LOCAL_TOKEN": TOKEN, "FIRESIDE_CONFIGS": short_configs()} | env


@cache
def short_configs(words: int = WORDS) -> str:
    """Return a directory of the configuration with chapters of so many words: long sound takes long to make."""
    folder = tempfile.mkdtemp(prefix="fireside-configs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(ROOT / "configs", folder, dirs_exist_ok=True)
    path = Path(folder) / "story_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["writing"]["words_per_chapter"] = words
    path.write_text(json.dumps(config), encoding="utf-8")
    return folder


@contextmanager
def client(url: str, token: str = TOKEN) -> Iterator[httpx.Client]:
    """Yield a client of the API for the user of `token`."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as api:
        yield api


def ended(api: httpx.Client, task_id: str, pause_s: float = 0.05, tries: int = 2400) -> dict[str, Any]:
    """Poll, as a client of this API does, until the task has ended, and return it."""
    pause = threading.Event()
    for _ in range(tries):
        task: dict[str, Any] = api.get(f"/tasks/{task_id}").raise_for_status().json()
        if task["status"] in {"completed", "failed", "cancelled"}:
            return task
        pause.wait(pause_s)
    raise AssertionError(f"the task did not end: {task}")


def until(done: Callable[[], bool], pause_s: float = 0.05, tries: int = 1200) -> None:
    """Wait until `done`, which another process brings about; fail if it does not happen."""
    pause = threading.Event()
    for _ in range(tries):
        if done():
            return
        pause.wait(pause_s)
    raise AssertionError("it did not happen")
