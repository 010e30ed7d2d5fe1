"""The speech server as a child process, from the start of the system to its end."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Self

from local.kokoro.install import FOLDER

ROOT = Path(__file__).resolve().parent.parent.parent

START_S = 60.0
"""Longest wait, in seconds, until the model is loaded; one to three seconds are usual."""

STOP_S = 5.0


def lines_at_once() -> int:
    """Return how many lines are spoken at the same time: one on each core that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class SpeechServer:
    """Kokoro on a free port, reachable at `base_url` with `key` from `start()` to `stop()`; also a context manager.

    `command` is what is run; it must print its address as its first line, and end when its standard input does.
    `start` raises ChildProcessError if it does not.
    """

    def __init__(self, command: list[str] | None = None, log: Path = FOLDER / "server.log") -> None:
        python = str(FOLDER / "bin" / "python")
        at_once = str(lines_at_once())
        self._command = command or [python, "-m", "local.kokoro.child", "--at-once", at_once]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.key = secrets.token_urlsafe(24)
        self.base_url = ""

    def start(self) -> Self:
        """Start the child, and return once the model is loaded."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME") if name in os.environ}
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    self._command,
                    cwd=ROOT,  # where its package is
                    env=kept | {"KOKORO_KEY": self.key},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C must not reach it: lines that are being spoken may end
                )
        except OSError as error:
            raise ChildProcessError(f"Kokoro did not start: {error.filename}: {error.strerror}.") from None
        self.base_url = self._first_line()
        if not self.base_url:
            self.stop()
            raise ChildProcessError(f"Kokoro did not start. The reason is in {self._log}.")
        return self

    def _first_line(self) -> str:
        assert self._process is not None  # noqa: S101 # for the type checker
        assert self._process.stdout is not None  # noqa: S101
        with DefaultSelector() as selector:
            selector.register(self._process.stdout, EVENT_READ)
            if not selector.select(START_S):
                return ""
        return self._process.stdout.readline().decode().strip()

    def stop(self) -> None:
        """End the child, with the lines that it speaks. Calling this twice is harmless."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError), process:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


@contextmanager
def real_voices() -> Iterator[list[str]]:
    """Run the speech server, put its address in the environment, and give what is to be said of it.

    Raises ChildProcessError.
    """
    ignored = [
        name for name in ("SPEECH_BASE_URL", "ELEVENLABS_BASE_URL", "ELEVENLABS_API_KEY") if os.environ.get(name)
    ]
    sentences = [
        "VOICES=real: Kokoro speaks, on this machine and for nothing. It reads every language as if it were English."
    ]
    if ignored:
        sentences.append(f"{' and '.join(ignored)} {'is' if len(ignored) == 1 else 'are'} set, and not used.")
    with SpeechServer() as server:
        os.environ |= {"SPEECH_BASE_URL": server.base_url, "SPEECH_API_KEY": server.key}
        yield sentences
