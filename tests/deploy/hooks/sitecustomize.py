"""Imported by every Python that has this directory on PYTHONPATH: what deploy tests see of the commands they run.

Each call to AWS is written to FIRESIDE_TEST_CALLS, as a line of JSON: service, operation, and the parameters as far as
JSON can hold them. At the one that FIRESIDE_TEST_DIE names (`before` or `after`, the call, and its ordinal,
such as `after lambda.CreateFunction 3`) the whole process group is killed, the command and what it has started, as by
a power cut. Waiting takes no time.
"""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

_sleep = time.sleep
time.sleep = lambda _seconds: _sleep(0.02)

_calls = os.environ.get("FIRESIDE_TEST_CALLS")
_die = os.environ.get("FIRESIDE_TEST_DIE", "").split()


def _watch(calls: Path) -> None:
    from botocore.client import BaseClient  # noqa: PLC0415 # only where calls are watched

    make: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(self: Any, operation: str, parameters: Any) -> Any:
        service = self.meta.service_model.service_name
        with calls.open("a", encoding="utf-8") as log:
            log.write(json.dumps([service, operation, parameters], default=lambda _value: None) + "\n")
        due = bool(_die) and _die[1:] == [f"{service}.{operation}", str(_count(calls, service, operation))]
        if due and _die[0] == "before":
            os.killpg(os.getpgrp(), signal.SIGKILL)
        answer = make(self, operation, parameters)
        if due:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        return answer

    BaseClient._make_api_call = make_api_call  # type: ignore[attr-defined]


def _count(calls: Path, *call: str) -> int:
    """Return how often the command, with what it has started, has made a call."""
    return sum(json.loads(line)[:2] == list(call) for line in calls.read_text(encoding="utf-8").splitlines())


if _calls:
    _watch(Path(_calls))
