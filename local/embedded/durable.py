"""Durability around the services: no call is answered before its changes are on the disk."""

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from local.embedded.calls import ServiceCall
from local.embedded.changes import Recorder
from local.embedded.gate import Answer, AnswerCall, refusal
from local.embedded.journal import Journal, Unwritable

RESERVE = 2_000_000
"""Bytes that stay free for SQLite's log and ministack's files, which are written before a call is answered."""

FULL = 507
"""The status Insufficient Storage. botocore retries 500, 502, 503 and 504 for 13 s (botocore/data/_retry.json); this
error should reach the caller at once."""


class DiskSpace:
    """The free space on the disk of `state_dir`; `say` is called when it runs out and when there is enough again."""

    def __init__(self, state_dir: Path, say: Callable[[str], None]) -> None:
        self._state_dir = state_dir
        self._say = say
        self._full = False

    def shortfall(self, size: int = 0) -> str | None:
        """Return a message if there is no room for `size` bytes more, or None."""
        disk = os.statvfs(self._state_dir)
        free = disk.f_bavail * disk.f_frsize
        if free >= RESERVE + size:
            if self._full:
                self._full = False
                self._say(f"There is room again on the disk of {self._state_dir}.")
            return None
        message = f"The disk of {self._state_dir} is full ({free / 1e6:.1f} MB are free)."
        if not self._full:
            self._full = True
            self._say(
                f"{message} Nothing is lost: changes are refused until there is room; then unfinished work continues."
            )
        return message


class Durable:
    """A wrapper of `services` that writes to `journal` what `recorder` finds changed, before it answers."""

    def __init__(self, services: AnswerCall, recorder: Recorder, journal: Journal, space: DiskSpace) -> None:
        self._services = services
        self._recorder = recorder
        self._journal = journal
        self._space = space

    def __call__(self, call: ServiceCall) -> Coroutine[Any, Any, Answer]:
        """Answer a call; one that changes state is answered once the changes are durable, or refused with `FULL`."""
        return self._change(call) if call.changes_state else self._services(call)

    async def _change(self, call: ServiceCall) -> Answer:
        # Checked before the services change anything: their memory must never get far ahead of the disk.
        if full := self._journal.failure or self._space.shortfall(len(call.body)):
            return _refused(call, full)
        answer = await self._services(call)
        # A refused call has changed nothing. SQS may have moved messages all the same, such as to the dead letters.
        if answer[0] >= 300 and call.service != "sqs":
            return answer
        # ministack answers 200 even if its own write failed; the bytes would be gone with its memory.
        if not self._recorder.stored(call):
            return _refused(call, self._space.shortfall(len(call.body)) or "The object could not be stored.")
        # There is no await between the call and this, so the entries are this call's own, in the order of the calls.
        if changes := self._recorder.after(call):
            try:
                await self._journal.write(changes)
            except Unwritable as failure:
                return _refused(call, str(failure))
        return answer


def _refused(call: ServiceCall, why: str) -> Answer:
    return refusal(FULL, "InsufficientStorage", why, json_protocol=call.service != "s3")
