"""The queues in memory, on the test's clock, with delays, visibility, receive counts and dead letters as on SQS."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count
from random import Random

import msgspec

from chalicelib.domain.message import AUTHORING, NARRATION, StepMessage
from chalicelib.errors import StoreUnavailable
from chalicelib.store.queues import Queues
from chalicelib.timing import RECEIVES, RECURSIVE, Timing
from local import lineage
from tests.support.clock import ManualClock


@dataclass
class Waiting:
    """A message in a queue."""

    number: int
    queue: str
    body: str
    visible_at: float
    receives: int = 0
    chain: str | None = None

    @property
    def receipt(self) -> str:
        """The handle of the latest receive: every receive gives a new one, and only the latest is valid.

        For an older one ChangeMessageVisibility answers InvalidParameterValue ("not available for visibility timeout
        change", github.com/mapbox/ecs-watchbot/issues/135; aws/aws-sdk-java#1628; localstack/localstack#6103), and
        DeleteMessage of a standard queue succeeds but need not delete (SQS API reference, DeleteMessage).
        """
        return f"{self.number}:{self.receives}"


FUNCTIONS = {AUTHORING: "write_chapter", NARRATION: "narrate_chapter"}


@dataclass
class MemoryQueues(Queues):
    """The interface of `Queues` without SQS. `sent` counts all sends.

    A function that is not `recursive` is invoked at most 16 times in one chain; `refused` are the steps beyond.
    """

    clock: ManualClock
    timing: Timing = field(default_factory=Timing)
    messages: list[Waiting] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    sent: int = 0
    recursive: Collection[str] = RECURSIVE
    refused: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def send(self, queue: str, message: StepMessage, delay_s: float = 0.0) -> None:
        self.sent += 1
        body = msgspec.json.encode(message).decode()
        visible_at = self.clock() + min(900.0, delay_s)
        self.messages.append(Waiting(next(self._numbers), queue, body, visible_at, chain=lineage.current_header()))

    def waiting(self, queue: str) -> int:
        return sum(1 for m in self.messages if m.queue == queue and m.visible_at <= self.clock())

    def extend_visibility(self, queue: str, receipt: str, seconds: int) -> None:
        for message in self.messages:
            if message.receipt == receipt:
                message.visible_at = self.clock() + seconds
                return
        raise StoreUnavailable("ClientError")

    def receive(self, random: Random | None = None, queue: str | None = None) -> Waiting | None:
        """Receive the next visible message (a random one with `random`); exhausted ones become dead letters."""
        while visible := [
            m for m in self.messages if m.visible_at <= self.clock() and (queue is None or m.queue == queue)
        ]:
            message = random.choice(visible) if random else visible[0]
            if message.receives >= RECEIVES:
                self.messages.remove(message)
                self.dead.append(message.body)
                continue
            message.receives += 1
            message.visible_at = self.clock() + self.timing.visibility_s
            return message
        return None

    def admit(self, message: Waiting) -> lineage.Lineage | None:
        """Return the chain of the invocation that takes a received message; None where AWS refuses it.

        A refused message is like one whose function failed: invisible until its visibility time-out ends.
        """
        chain = lineage.admit(message.chain, FUNCTIONS[message.queue], self.recursive)
        if chain is None:
            self.refused.append(msgspec.json.decode(message.body, type=StepMessage).step)
        return chain

    def delete(self, receipt: str) -> None:
        """Delete the message that was received with this handle; an older handle silently deletes nothing."""
        self.messages[:] = [message for message in self.messages if message.receipt != receipt]

    def next_at(self) -> float | None:
        """Return when the next message becomes visible, or None if there is none."""
        return min((m.visible_at for m in self.messages), default=None)


QUEUES = (AUTHORING, NARRATION)
