"""What the functions use: invocations, their time, and the CPU time in it; and what Lambda bills for that."""

import resource
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalice.app import Request

from infra.chalice_config import stage_settings

VCPU_MB = 1769
"""Memory in MB with which a function has one whole vCPU; with less it has a proportional share."""

OF_NARRATOR = ("line", "decode", "heartbeat")
"""Names of threads that a handler starts: the narrator's, and heartbeats, counted with the dearer function."""

EVERY_S = 0.05


@dataclass
class Used:
    """A function's invocations and seconds; `at_once` is the largest number of concurrent invocations."""

    invocations: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    at_once: int = 0


def billed_s(wall_s: float, cpu_s: float, memory_mb: int) -> float:
    """Return the seconds on Lambda: waiting takes as long as here, computing longer by the missing share of a vCPU."""
    return max(0.0, wall_s - cpu_s) + cpu_s * max(1.0, VCPU_MB / memory_mb)


def gb_seconds(used: Used, memory_mb: int) -> float:
    """Return the billed GB-seconds of a function: each invocation is rounded up to the next millisecond."""
    seconds = billed_s(used.wall_s, used.cpu_s, memory_mb) + 0.001 * used.invocations
    return seconds * memory_mb / 1024


def memory_of(stage: str = "dev") -> dict[str, int]:
    """Return every function's memory in MB, from .chalice/config.json."""
    functions = stage_settings(stage)["lambda_functions"]
    return {name: facts["lambda_memory_size"] for name, facts in functions.items()}


class Meter:
    """A middleware around every handler; `ended` is called with the function's name after each invocation."""

    def __init__(self, ended: Callable[[str], None]) -> None:
        self.used: defaultdict[str, Used] = defaultdict(Used)
        self._ended = ended
        self._running: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def around(self, event: Any, get_response: Callable[[Any], Any]) -> Any:
        """Measure one invocation, as Chalice's middleware."""
        function = "api_handler" if isinstance(event, Request) else event.context.function_name.rpartition("-")[2]
        return self.measure(function, lambda: get_response(event))

    def measure(self, function: str, call: Callable[[], Any]) -> Any:
        """Return the result of `call`, adding its time to the function's."""
        used = self.used[function]
        with self._lock:
            self._running[function] += 1
            used.at_once = max(used.at_once, self._running[function])
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return call()
        finally:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            with self._lock:
                self._running[function] -= 1
                used.invocations += 1
                used.wall_s += wall
                used.cpu_s += cpu
            self._ended(function)


def children_s() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class ThreadClock:
    """CPU seconds of the threads that handlers start, sampled while they live (Linux)."""

    def __init__(self) -> None:
        self._seen: dict[threading.Thread, float] = {}
        threading.Thread(target=self._look, name="thread clock", daemon=True).start()

    @property
    def seconds(self) -> float:
        """The CPU seconds of all of them so far."""
        return sum(self._seen.copy().values())

    def _look(self) -> None:
        while True:
            for thread in threading.enumerate():
                if thread.name.startswith(OF_NARRATOR) or thread.name.endswith("(_feed)"):
                    with suppress(OSError):  # it has just ended
                        path = Path(f"/proc/self/task/{thread.native_id}/schedstat")
                        self._seen[thread] = int(path.read_text().split()[0]) / 1e9
            time.sleep(EVERY_S)
