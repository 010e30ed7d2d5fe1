"""Every call over the edge of a worker, numbered; at one of them the worker dies, or believes that the call failed.

AWS calls are met where botocore sends them, so that PynamoDB and the SDK's own handling run as they are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from botocore.exceptions import BotoCoreError
from moto.core.models import botocore_stubber

from chalicelib.errors import ProviderFault, ToolFailed
from chalicelib.store.aws import s3
from chalicelib.store.connections import connection

T = TypeVar("T")

Mode = Literal["before", "after", "lost", "doubled"]
"""The worker dies before the call, or after it; the call is done but seen as failed; the call is carried out twice."""


class Crash(BaseException):
    """The worker is gone: nothing may catch this, as nothing catches SIGKILL."""


class ReplyLost(BotoCoreError):
    """A time-out after all of the SDK's own tries."""

    fmt = "the reply was lost"


class Boundaries:
    """Numbers the calls from 1 and disturbs the one with the number `at`, once. With `at` 0 it only counts."""

    def __init__(self, at: int = 0, mode: Mode = "before") -> None:
        self.names: list[str] = []
        self.at = at
        self.mode = mode
        self.struck = False
        self._counting = False

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Calls inside the block are a worker's; others are the test's own."""
        self._counting = True
        try:
            yield
        finally:
            self._counting = False

    def cross(self, name: str, call: Callable[[], T], lost: Callable[[], Exception]) -> T:
        """Make a call, or spoil it."""
        if not self._counting:
            return call()
        self.names.append(name)
        if self.struck or len(self.names) != self.at:
            return call()
        self.struck = True
        if self.mode == "before":
            raise Crash
        if self.mode == "doubled":
            call()
            return call()
        call()
        if self.mode == "after":
            raise Crash
        raise lost()

    @contextmanager
    def on_aws(self) -> Iterator[None]:
        """Stand in the way of the DynamoDB and S3 clients of this process."""

        def send(request: Any, event_name: str, **_: Any) -> Any:
            operation = event_name.removeprefix("before-send.")
            # botocore asks every handler of this event; moto's own must not carry the call out once more.
            botocore_stubber.enabled = True

            def carry_out() -> Any:
                request.reset_stream()  # as the SDK does before it sends a body again
                return botocore_stubber(event_name, request)

            try:
                return self.cross(operation, carry_out, ReplyLost)
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


def author_timed_out() -> Exception:
    return ProviderFault("OpenAI", "timeout")


def narrator_timed_out() -> Exception:
    return ProviderFault("ElevenLabs", "timeout")


def tool_failed() -> Exception:
    return ToolFailed("ffmpeg did not finish in time.")
