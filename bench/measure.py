"""What is measured of a run, and the processes that are measured."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.author import AuthorServer
from local.narrator import NarratorServer

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One system's run. Times in seconds from the POST; `again` counts paid calls that had been paid for before."""

    wall_s: float
    first_audio_s: float
    paid: int
    again: int
    memory_mb: float


def paid(author: AuthorServer, narrator: NarratorServer) -> tuple[int, int]:
    """Return the number of paid calls, and how many of them had been made before with exactly the same words."""
    questions = [(str(call["name"]), str(call["messages"])) for call in author.ledger.calls]
    lines = [(str(call["voice_id"]), str(call["text"])) for call in narrator.ledger.calls]
    return len(questions) + len(lines), len(questions) + len(lines) - len({*questions, *lines})


Process = subprocess.Popen[str]


class Processes:
    """The processes of a system under measurement, each in a group of its own; a context manager that kills them."""

    def __init__(self) -> None:
        self._all: list[Process] = []

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            kill(process)

    def start(self, command: list[str], env: Mapping[str, str], cwd: Path, until: str) -> tuple[Process, str]:
        """Start a process and wait until it has printed `until`; return the process and the line with `until`."""
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._all.append(process)
        said: list[str] = []
        while line := process.stdout.readline() if process.stdout else "":
            said.append(line)
            if until in line:
                break
        else:
            raise RuntimeError(f"{command[0]} did not start: {''.join(said)}")
        threading.Thread(target=process.communicate, daemon=True).start()
        return process, said[-1]

    def memory_mb(self) -> float:
        """Return the peak resident sizes of all processes and their children, added up, in MB (Linux)."""
        return sum(_peak_kb(pid) for process in self._all for pid in _tree(process.pid)) / 1024


def kill(process: Process) -> None:
    """Kill a process and all that it started, with SIGKILL."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(done: Callable[[], bool], most_s: float, every_s: float = 0.1) -> bool:
    """Wait until `done`, at most `most_s` seconds; return whether it was."""
    end = time.monotonic() + most_s
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(every_s)
    return False


def _tree(pid: int) -> Iterable[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
