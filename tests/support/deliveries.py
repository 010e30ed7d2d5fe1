"""Messages from the queues in memory to the worker, one by one, as Lambda delivers them."""

from collections.abc import Callable
from random import Random

from chalicelib.errors import Redeliver
from chalicelib.pipeline.step_context import Delivery
from chalicelib.pipeline.worker import Worker
from chalicelib.timing import FUNCTION_S
from local import lineage
from tests.support.clock import ManualClock
from tests.support.queues import MemoryQueues, Waiting


class Deliveries:
    """Deliveries to whichever worker the process has now, on the test's clock."""

    def __init__(self, worker: Callable[[], Worker], queues: MemoryQueues, clock: ManualClock) -> None:
        self._worker = worker
        self._queues = queues
        self._clock = clock
        self.pauses_s: list[float] = []
        """Seconds for which `run` found no message to deliver, each time."""

    def deliver(self, message: Waiting, *, remaining_s: float | None = None) -> bool:
        """Deliver a message as Lambda would; return False if it must be redelivered."""
        chain = self._queues.admit(message)
        if chain is None:
            return False
        started, receipt = self._clock(), message.receipt
        function_s = remaining_s or min(FUNCTION_S["write_chapter"], FUNCTION_S["narrate_chapter"])
        delivery = Delivery(
            remaining_s=lambda: function_s - (self._clock() - started),
            extend=lambda seconds: self._queues.extend_visibility(message.queue, receipt, seconds),
        )
        try:
            with lineage.carried(chain):
                self._worker().deliver(message.body, delivery)
        except Redeliver:
            return False
        self._queues.delete(receipt)
        return True

    def run(self, *, random: Random | None = None, most: int = 2000) -> int:
        """Deliver messages, waiting for delayed ones, until there are none; return how many were delivered."""
        for delivered in range(most):
            message = self._queues.receive(random)
            while message is None:
                self.fail_dead_letter()
                if (at := self._queues.next_at()) is None:
                    return delivered
                self.pauses_s.append(max(0.0, at - self._clock.now))
                self._clock.now = max(self._clock.now, at)
                message = self._queues.receive(random)
            self.deliver(message)
        raise AssertionError(f"still not done after {most} deliveries")

    def fail_dead_letter(self) -> None:
        """Pass the dead letters to their function."""
        while self._queues.dead:
            self._worker().fail_dead_letter(self._queues.dead.pop())
