"""A step in the hands of one worker: its lease, its message, its time."""

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import log
from chalicelib.clock import Clock
from chalicelib.errors import LeaseLost, Reschedule
from chalicelib.store.leases import Lease, Leases
from chalicelib.store.tables import TaskItem, UsageItem
from chalicelib.store.tasks import Tasks
from chalicelib.store.totals import save_record
from chalicelib.timing import MARGIN_S, Timing

STORE_ERRORS = (PynamoDBException, BotoCoreError, ClientError)
"""What the AWS clients raise when their own tries are used up."""


REPORT_S = 2.0
"""How often a step's progress is written down: a page looks about once a second."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received message: how much of the function's time is left, and how to keep the message from coming again."""

    remaining_s: Callable[[], float]
    extend: Callable[[int], None]


class StepContext:
    """What a worker asks while it works on a step, and tells between its calls.

    Whoever holds the step's lease renews it, the task's sign of life and the message's visibility every third of the
    lease. A worker that finds the lease or the task gone stops: the step is no longer its own. A message that cannot
    be held any longer says nothing of the kind: it was delivered once more, and the lease keeps the other worker out.
    """

    def __init__(
        self,
        lease: Lease,
        task: TaskItem,
        delivery: Delivery,
        leases: Leases,
        tasks: Tasks,
        clock: Clock,
        timing: Timing,
    ) -> None:
        self.lease = lease
        self.task = task
        self.charges: list[UsageItem] = []
        self.message = ""
        self.progressed = False
        """Whether something was kept that a later delivery need not do again."""
        self._delivery = delivery
        self._leases = leases
        self._tasks = tasks
        self._clock = clock
        self._timing = timing
        self._renewed = clock()
        self._message_held = -math.inf
        self._reported = -REPORT_S
        self._lost = False
        self._lock = threading.Lock()
        self._message_lock = threading.Lock()
        self._also: list[Callable[[], None]] = []

    def report_progress(self, message: str) -> None:
        """Tell whoever polls the task what happens now, or with "" only that something does.

        Raises LeaseLost if the task has ended.
        """
        self.message = message
        if not self._tasks.record_heartbeat(self.task, message):
            raise LeaseLost("the task has ended")

    def report_percent(self, percent: int, message: str) -> None:
        """Tell how far the step is, at most every two seconds: each time is a write."""
        self.message = message
        now = self._clock()
        if now - self._reported >= REPORT_S:
            self._reported = now
            self._tasks.record_progress(self.task, self.lease.step, percent, message)

    def ensure_may_continue(self, call_s: float) -> None:
        """Asked before every paid call, which takes up to `call_s` seconds.

        Raises LeaseLost if the step or its task is no longer ours to work on, Reschedule if time gets short.
        """
        self.save_charges()
        self.heartbeat()
        self.extend_message()
        if self._delivery.remaining_s() < call_s + MARGIN_S:
            raise Reschedule
        now = self._tasks.get(self.task.task_id)
        if self._lost or now is None or not now.open or now.attempt != self.task.attempt:
            raise LeaseLost("the step is no longer this worker's")

    def save_charges(self) -> None:
        """Keep the records of calls that were paid for but bought nothing to keep them with."""
        while self.charges:
            save_record(self.charges[0], self._clock())
            self.charges.pop(0)

    def on_heartbeat(self, renew: Callable[[], None]) -> None:
        """Have `renew` called at every renewal."""
        self._also.append(renew)

    def heartbeat(self) -> None:
        """Renew what is due for renewal: the lease before anything else, since all else may fail.

        What failed is due again at the next call, not a third of the lease later.
        """
        with self._lock:
            now = self._clock()
            if self._lost or now - self._renewed < self._timing.heartbeat_interval_s:
                return
            self._lost = not self._leases.renew(self.lease, self._timing.lease_s)
            if self._lost:
                return
            self._renewed = now
            self._lost = not self._tasks.record_heartbeat(self.task, self.message)
            for renew in self._also:
                renew()

    def extend_message(self) -> None:
        """Keep the message from being delivered again, where that is due; a failure is a note in the log.

        It has a lock of its own, since nothing waits for it: SQS may hang while DynamoDB answers.
        """
        if not self._message_lock.acquire(blocking=False):
            return  # the heartbeat is at it
        try:
            now = self._clock()
            if now - self._message_held >= self._timing.heartbeat_interval_s:
                self._message_held = now
                self._delivery.extend(self._timing.held_visibility_s)
        except STORE_ERRORS as error:  # such as a handle that a second delivery has made invalid
            log.event("message_not_held", level=logging.WARNING, step=self.lease.step, error=type(error).__name__)
        finally:
            self._message_lock.release()


Heartbeat = Callable[[StepContext], AbstractContextManager[None]]
"""Keeps a step alive while its worker waits for a provider."""


def threaded_heartbeat(every_s: float) -> Heartbeat:
    """A heartbeat on threads of its own, one for the lease and one for the message.

    They look every `every_s` seconds what is due, and end with the work, or with the worker if that dies.
    """

    @contextmanager
    def kept_alive(context: StepContext) -> Iterator[None]:
        over = threading.Event()

        def keep_alive(renew: Callable[[], None]) -> None:
            while not over.wait(every_s):
                try:
                    renew()
                except STORE_ERRORS as error:  # the store is away: the next beat tries again before the lease runs out
                    log.bug("heartbeat_failed", error)

        keepers = (context.heartbeat, context.extend_message)
        threads = [
            threading.Thread(target=keep_alive, args=(renew,), name="heartbeat", daemon=True) for renew in keepers
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    return kept_alive


def no_heartbeat_thread(_context: StepContext) -> AbstractContextManager[None]:
    """No thread: the heartbeat is between calls alone, which makes every run the same."""
    return nullcontext()
