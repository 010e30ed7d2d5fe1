"""Every call that a worker makes to the outside, numbered; at one of them the worker dies or sees the call fail.

AWS calls are intercepted where botocore sends them, so that PynamoDB's and the SDK's own handling run unchanged.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from botocore.exceptions import BotoCoreError
from moto.core.models import botocore_stubber

from chalicelib.errors import ProviderFault, ToolFailed
from chalicelib.store.connections import connection
from chalicelib.store.outage import unavailable
from tests.support.stage import s3

T = TypeVar("T")

Mode = Literal["before", "after", "lost", "doubled", "refused"]
"""before, after: the worker dies before or after the call; lost: the call is made but seen as failed; doubled: it is
made twice; refused: it is not made, and seen as failed."""


KNOWN_AGAIN = {"dynamodb.TransactWriteItems"}
"""Calls that AWS knows again by a token and answers as the first time, without carrying them out; moto does not:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, ClientRequestToken."""


class Crash(BaseException):
    """The death of a worker. Nothing may catch it, as nothing catches SIGKILL: hence a BaseException."""


class ReplyLost(BotoCoreError):
    """A time-out after all of the SDK's own retries."""

    fmt = "the reply was lost"


class Boundaries:
    """A counter of calls, from 1, that disturbs one of them once: the one numbered `at` among those that match `of`.

    `of` is searched for in the call's name and, after a space, its body if it has one. With `at` 0 it only counts.
    """

    def __init__(self, at: int = 0, mode: Mode = "before", of: str = "") -> None:
        self.names: list[str] = []
        self.at = at
        self.mode = mode
        self.struck = 0
        """The number, among all calls, of the one that was disturbed; 0 before that."""
        self._of = re.compile(of)
        self._matched = 0
        self._counting = False
        self._gone = False
        self._lock = threading.Lock()  # clips are decoded, and set aside, on threads of their own

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the calls in the block as the worker's; others are the test's own. Raises Crash if the worker has died.

        A dead worker does nothing more on any of its threads: no clean-up of its own reaches the outside.
        """
        self._counting, self._gone = True, False
        try:
            yield
            if self._gone:
                raise Crash
        finally:
            self._counting = self._gone = False

    def cross(self, name: str, call: Callable[[], T], lost: Callable[[], Exception], body: str = "") -> T:
        """Make a call, disturbed if it is the chosen one; `lost` makes the error that the worker sees."""
        if not self._counting:
            return call()
        if not self._strikes(name, body):
            return call()
        if self.mode == "before":
            raise Crash
        if self.mode == "refused":
            raise lost()
        if self.mode == "doubled":
            answer = call()
            return answer if name in KNOWN_AGAIN else call()
        call()
        if self.mode == "after":
            raise Crash
        raise lost()

    def _strikes(self, name: str, body: str) -> bool:
        with self._lock:
            if self._gone:
                raise Crash
            self.names.append(name)
            self._matched += bool(self._of.search(f"{name} {body}"))
            if self.struck or not self.at or self._matched != self.at:
                return False
            self.struck = len(self.names)
            self._gone = self.mode in {"before", "after"}
            return True

    @contextmanager
    def on_aws(self) -> Iterator[None]:
        """Intercept the calls of this process's DynamoDB and S3 clients."""

        def send(request: Any, event_name: str, **_: Any) -> Any:
            operation = event_name.removeprefix("before-send.")
            # botocore calls every handler of this event; moto's own must not carry out the call a second time.
            botocore_stubber.enabled = True

            def carry_out() -> Any:
                request.reset_stream()  # as the SDK does before it sends a body again
                return botocore_stubber(event_name, request)

            try:
                return self.cross(operation, carry_out, ReplyLost, _text(request.body))
            finally:
                botocore_stubber.enabled = False

        clients: list[Any] = [s3(), connection().client]
        for client in clients:
            client.meta.events.register_first("before-send.*.*", send)
        try:
            yield
        finally:
            for client in clients:
                client.meta.events.unregister("before-send.*.*", send)
            botocore_stubber.enabled = True


def _text(body: object) -> str:
    return body.decode(errors="replace") if isinstance(body, bytes) else ""


def queue_away() -> Exception:
    return unavailable(ReplyLost())


def author_timed_out() -> Exception:
    return ProviderFault("OpenAI", "timeout")


def narrator_timed_out() -> Exception:
    return ProviderFault("ElevenLabs", "timeout")


def tool_failed() -> Exception:
    return ToolFailed("ffmpeg did not finish in time.")
