"""AWS's rule against recursive loops, as the local queue source and the test queues apply it.

A message that a function sends carries the chain of invocations that led to it. "If your function is invoked
approximately 16 times in the same chain of requests, then Lambda automatically stops the next function invocation in
that request chain": the message returns to its queue, is refused at each delivery, and ends in the dead-letter queue
once it has been received too often. The function's own code never sees it.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

On Lambda the chain is the field `Lineage=` of a trace header. The runtime puts it into `_X_AMZN_TRACE_ID`, botocore
into the header `X-Amzn-Trace-Id` of every request (`botocore.handlers.add_recursion_detection_header`), and SQS into
the message's system attribute `AWSTraceHeader`. Here one process runs many functions, so a context variable takes the
environment variable's place. Threads that a handler starts do not inherit it, and none of ours sends a message.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

MOST = 16
"""Invocations of one function in one chain; the next one is refused. AWS says "approximately"."""

_ROOT = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0"


@dataclass(frozen=True, slots=True)
class Lineage:
    """A chain of invocations: the number of times that each function is in it, by the function's hash."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, header: str | None) -> "Lineage":
        """Parse a trace header such as `Root=1-...;Lineage=a87bd80c:1|68fd508a:5`; without one the chain is empty."""
        fields = dict(part.strip().partition("=")[::2] for part in (header or "").split(";"))
        counted = (entry.rpartition(":")[::2] for entry in fields.get("Lineage", "").split("|") if entry)
        return cls({name: int(count) for name, count in counted})

    @property
    def header(self) -> str:
        """The trace header that carries this chain."""
        return f"{_ROOT};Lineage=" + "|".join(f"{name}:{count}" for name, count in self.counts.items())

    def invoked(self, function: str) -> "Lineage":
        """Return the chain with one more invocation of `function`."""
        name = _hashed(function)
        return Lineage({**self.counts, name: self.counts.get(name, 0) + 1})

    def count(self, function: str) -> int:
        """Return the number of times that `function` has been invoked so far."""
        return self.counts.get(_hashed(function), 0)


_current: ContextVar[Lineage | None] = ContextVar("lineage", default=None)


def admit(header: str | None, function: str, allowed: Collection[str]) -> Lineage | None:
    """Return the chain of an invocation of `function` by a message with this trace header; None if AWS refuses it.

    `allowed` names the functions whose RecursiveLoop is "Allow".
    """
    before = Lineage.parse(header)
    if before.count(function) >= MOST and function not in allowed:
        return None
    return before.invoked(function)


@contextmanager
def carried(lineage: Lineage) -> Iterator[None]:
    """Make messages that are sent inside the block part of the chain."""
    token = _current.set(lineage)
    try:
        yield
    finally:
        _current.reset(token)


def current_header() -> str | None:
    """Return the trace header for messages sent now; None outside an invocation."""
    lineage = _current.get()
    return lineage.header if lineage else None


def follow(sqs: "SQSClient") -> None:
    """Make this client add the current chain to the messages it sends. Calling this again changes nothing."""
    hooks: Any = sqs.meta.events  # typed for handlers that return nothing; handlers of this event return the parameters
    # With an id of its own: a client that is used by three sources must add the header once.
    hooks.register("provide-client-params.sqs.SendMessage", _carry, unique_id="fireside-lineage")


def _carry(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    header = current_header()
    if header is None:
        return params
    return {**params, "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}}


def _hashed(function: str) -> str:
    return sha256(function.encode()).hexdigest()[:8]
