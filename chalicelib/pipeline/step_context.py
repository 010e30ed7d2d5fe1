"""The context of a step while one worker works on it: its lease, its message, its time."""

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from chalicelib import log
from chalicelib.domain.chapter import Chapter
from chalicelib.domain.lease import Lease
from chalicelib.domain.steps import Step
from chalicelib.domain.story import Story
from chalicelib.domain.task import Task
from chalicelib.errors import LeaseLost, NotFound, Reschedule, StoreUnavailable
from chalicelib.pipeline.funds import StepFunds
from chalicelib.pipeline.ports import Repositories, Write
from chalicelib.runtime import Runtime
from chalicelib.timing import MARGIN_S

REPORT_S = 2.0
"""Seconds between two writes of a step's progress; a page polls about once a second."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received message: how many seconds of the function are left, and how to extend its visibility time-out."""

    remaining_s: Callable[[], float]
    extend: Callable[[int], None]


class StepContext:
    """The context through which a worker keeps its step alive, reports progress and learns whether to continue.

    The holder of the step's lease renews the lease, the task's heartbeat and the message's visibility time-out every
    third of the lease. A worker that finds the lease or the task gone stops: the step is no longer its own. A message
    whose visibility cannot be extended is no reason to stop: it was delivered again, and the lease keeps the other
    worker out.
    """

    def __init__(
        self,
        *,
        lease: Lease,
        task: Task,
        funds: StepFunds,
        delivery: Delivery,
        repositories: Repositories,
        runtime: Runtime,
    ) -> None:
        self.lease = lease
        self.task = task
        self.step = Step.parse(lease.step)
        self.funds = funds
        self.message = ""
        self.progressed = False
        """Whether something was stored that a later delivery need not do again."""
        self._delivery = delivery
        self._repositories = repositories
        self._clock = runtime.clock
        self._timing = runtime.timing
        # The lease was acquired just now; the message still has the queue's half hour, and is extended at once.
        self._renewed = runtime.clock()
        self._message_held = -math.inf
        # So that the first report is always written.
        self._reported = -REPORT_S
        self._lost = False
        # `heartbeat` runs on a thread of its own and, before every paid call, on the worker's.
        self._lock = threading.Lock()
        self._message_lock = threading.Lock()
        self._renewals: list[Callable[[], None]] = []

    def story(self) -> Story:
        """Return the task's story; raise LeaseLost if it was deleted."""
        try:
            return self._repositories.stories.get(self.task.user_id, self.task.story_id)
        except NotFound:
            raise LeaseLost("the story was deleted") from None

    def chapter(self, number: int) -> Chapter | None:
        """Return a chapter of the task's story, or None."""
        return self._repositories.chapters.get(self.task.story_id, number)

    def written_chapter(self, number: int) -> tuple[Chapter, str]:
        """Return a chapter and the version of its script.

        Raises LookupError if it is not written, LeaseLost if that is because its story was deleted.
        """
        chapter = self.chapter(number)
        if chapter is None or chapter.script is None or chapter.script_version is None:
            # The chapter may be gone with its story: that is no fault of ours, and must not be logged as one.
            self.story()
            raise LookupError(f"chapter {number} is not written yet")
        return chapter, chapter.script_version

    def commit(self, *writes: Write) -> None:
        """Store a result, in one transaction with the records of the calls that were paid for it.

        Raises LeaseLost, and stores nothing, if the lease or what the writes require no longer holds.
        """
        # The lease is checked inside the transaction: a check before it would leave a gap for the next worker.
        held = self._repositories.leases.held(self.lease)
        with self.funds.booking() as booked:
            if not self._repositories.commit(*writes, held, *booked):
                raise LeaseLost("the lease was lost before the result could be stored")
        self.progressed = True

    def report_progress(self, message: str) -> None:
        """Record what the step is doing now as the task's message, or with "" only a heartbeat.

        Raises LeaseLost if the task has ended.
        """
        self.message = message
        if not self._repositories.tasks.record_heartbeat(self.task, message):
            raise LeaseLost("the task has ended")

    def report_percent(self, percent: int, message: str) -> None:
        """Record how far the step is, in percent, at most every two seconds, since each report is a write."""
        self.message = message
        now = self._clock()
        if now - self._reported >= REPORT_S:
            self._reported = now
            self._repositories.tasks.record_progress(self.task, self.step, percent, message)

    def ensure_may_continue(self, call_s: float) -> None:
        """Check that a paid call of up to `call_s` seconds may start; to be called before every such call.

        Renews what is due. Raises LeaseLost if the step or its task is no longer this
        worker's, Reschedule if the function's time is too short.
        """
        self.heartbeat()
        self.extend_message()
        # Measured after the renewals, which may have waited 13 s for a store that does not answer.
        if self._delivery.remaining_s() < call_s + MARGIN_S:
            raise Reschedule
        # Read last, right before the call: a person who has cancelled in the meantime pays for nothing more.
        now = self._repositories.tasks.get(self.task.task_id)
        # The attempt too: after cancel and retry the task is open again, but another message works on it.
        if self._lost or now is None or not now.is_open or now.attempt != self.task.attempt:
            raise LeaseLost("the step is no longer this worker's")

    def on_heartbeat(self, renew: Callable[[], None]) -> None:
        """Call `renew` at every renewal."""
        self._renewals.append(renew)

    def heartbeat(self) -> None:
        """Renew what is due for renewal: the lease first, since anything else may fail.

        A failed renewal of the lease is due again at the next call, not a third of the lease later.
        """
        with self._lock:
            now = self._clock()
            if self._lost or now - self._renewed < self._timing.heartbeat_interval_s:
                return
            # Not to be undone: once lost, the step may be another's, even if a later renewal could succeed.
            self._lost = not self._repositories.leases.renew(self.lease, self._timing.lease_s)
            if self._lost:
                return
            # Before the heartbeat: if that fails, the lease need not be renewed again because of it.
            self._renewed = now
            self._lost = not self._repositories.tasks.record_heartbeat(self.task, self.message)
            for renew in self._renewals:
                renew()

    def extend_message(self) -> None:
        """Extend the message's visibility time-out if that is due; a failure is only logged.

        It has a lock of its own, so that no renewal of the lease waits for it: SQS may hang while DynamoDB answers.
        """
        if not self._message_lock.acquire(blocking=False):
            return  # another thread is extending it
        try:
            now = self._clock()
            if now - self._message_held >= self._timing.heartbeat_interval_s:
                # Set before the call: one that fails is not to be repeated before every paid call.
                self._message_held = now
                self._delivery.extend(self._timing.held_visibility_s)
        except StoreUnavailable as error:  # such as a handle that a second delivery has made invalid
            log.event("message_not_held", level=logging.WARNING, step=self.lease.step, error=error.fault)
        finally:
            self._message_lock.release()


Heartbeat = Callable[[StepContext], AbstractContextManager[None]]
"""Returns a context manager that keeps a step alive while its worker waits for a provider."""


def threaded_heartbeat(every_s: float) -> Heartbeat:
    """Return a heartbeat on threads of its own, one for the lease and one for the message.

    They check every `every_s` seconds what is due, and end with the work, or with the worker if that dies.
    """

    @contextmanager
    def kept_alive(context: StepContext) -> Iterator[None]:
        ended = threading.Event()

        def keep_alive(renew: Callable[[], None]) -> None:
            # Wakes at once when the work ends, so that a short step does not wait for its heartbeat.
            while not ended.wait(every_s):
                try:
                    renew()
                except StoreUnavailable as error:  # the next beat retries before the lease expires
                    log.bug("heartbeat_failed", error)

        renewals = (context.heartbeat, context.extend_message)
        threads = [
            threading.Thread(target=keep_alive, args=(renew,), name="heartbeat", daemon=True) for renew in renewals
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            # Joined as well: none of their writes may come after what the worker writes next.
            ended.set()
            for thread in threads:
                thread.join()

    return kept_alive


def no_heartbeat_thread(_context: StepContext) -> AbstractContextManager[None]:
    """Return a heartbeat without threads: it beats only between calls, which makes every run the same."""
    return nullcontext()
