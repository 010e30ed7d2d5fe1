"""The services with a memory: nothing is answered before what it changed is on the disk."""

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from local.embedded.calls import Call
from local.embedded.changes import Recorder
from local.embedded.gate import Answer, Services, refusal
from local.embedded.journal import Journal, Unwritable

RESERVE = 2_000_000
"""Bytes that stay free: room for SQLite's log and for ministack's files, which come before anything is answered."""

FULL = 507
"""Insufficient Storage. botocore tries 500, 502, 503 and 504 again, for 13 s (botocore/data/_retry.json); who waits for
this answer is to hear of it at once."""


class DiskSpace:
    """How much room there is on the disk of `state_dir`; `say` is told when it ends, and when it is back."""

    def __init__(self, state_dir: Path, say: Callable[[str], None]) -> None:
        self._state_dir = state_dir
        self._say = say
        self._full = False

    def shortfall(self, size: int = 0) -> str | None:
        """Return what to say where there is no room for `size` bytes, or None."""
        disk = os.statvfs(self._state_dir)
        free = disk.f_bavail * disk.f_frsize
        if free >= RESERVE + size:
            if self._full:
                self._full = False
                self._say(f"There is room again on the disk of {self._state_dir}.")
            return None
        said = f"The disk of {self._state_dir} is full ({free / 1e6:.1f} MB are free)."
        if not self._full:
            self._full = True
            self._say(
                f"{said} Nothing is lost: changes are refused until there is room, and what was begun goes on then."
            )
        return said


class Durable:
    """Calls of `services`, kept by `journal` as `recorder` sees them."""

    def __init__(self, services: Services, recorder: Recorder, journal: Journal, space: DiskSpace) -> None:
        self._services = services
        self._recorder = recorder
        self._journal = journal
        self._space = space

    def __call__(self, call: Call) -> Coroutine[Any, Any, Answer]:
        """Answer a call."""
        return self._change(call) if call.changes_state else self._services(call)

    async def _change(self, call: Call) -> Answer:
        # Before the services change anything: what they hold in memory must never be far ahead of the disk.
        if full := self._journal.failure or self._space.shortfall(len(call.body)):
            return _refused(call, full)
        answer = await self._services(call)
        if answer[0] >= 300 and call.service != "sqs":
            return answer
        if not self._recorder.stored(call):
            return _refused(call, self._space.shortfall(len(call.body)) or "The object could not be stored.")
        # No await between the call and this: the entries are those of this call, and in the order of the calls.
        if changes := self._recorder.after(call):
            try:
                await self._journal.write(changes)
            except Unwritable as failure:
                return _refused(call, str(failure))
        return answer


def _refused(call: Call, why: str) -> Answer:
    return refusal(FULL, "InsufficientStorage", why, json_protocol=call.service != "s3")
