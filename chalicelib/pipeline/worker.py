"""The worker: per message, acquire the step's lease, do its work, send what it unlocks or handle its failure."""

import logging
from collections.abc import Callable

import msgspec

from chalicelib import log
from chalicelib.clock import timestamp
from chalicelib.domain.lease import Lease
from chalicelib.domain.message import DELIVER, PURGE, StepMessage
from chalicelib.domain.steps import Step
from chalicelib.domain.task import Task
from chalicelib.errors import LeaseLost, Postponed, ProviderFault, Redeliver, Reschedule
from chalicelib.pipeline.failure import INTERNAL, Failure, classify, too_many_reschedules
from chalicelib.pipeline.flow import Flow, message_of
from chalicelib.pipeline.funds import StepFunds
from chalicelib.pipeline.ports import Repositories, StepQueues, Write
from chalicelib.pipeline.stages import Lost, lost_with, queue_of
from chalicelib.pipeline.step_context import Delivery, Heartbeat, StepContext
from chalicelib.runtime import Runtime

Work = Callable[[StepContext, Step], None]
"""Carries out a step: finds what is stored, buys what is missing and stores it. Running it twice buys nothing twice."""

UNREADABLE_S = 240
"""Seconds until an unreadable message is delivered again: its five deliveries outlast a deployment that can read it."""


class Worker:
    """The worker that carries out the steps that messages name."""

    def __init__(
        self,
        *,
        carry_out: Work,
        flow: Flow,
        repositories: Repositories,
        queues: StepQueues,
        runtime: Runtime,
        heartbeat: Heartbeat,
        deliver_event: Callable[[str], None],
    ) -> None:
        self._carry_out = carry_out
        self._flow = flow
        self._repositories = repositories
        self._leases = repositories.leases
        self._failures = repositories.failures
        self._queues = queues
        self._runtime = runtime
        self._timing = runtime.timing
        self._heartbeat = heartbeat
        self._deliver_event = deliver_event

    def deliver(self, body: str, delivery: Delivery) -> None:
        """Carry out one message.

        Returns when the message is dealt with; raises Redeliver when it must be delivered again.
        """
        try:
            self._deliver(body, delivery)
        except Redeliver:
            raise
        except Exception as error:  # noqa: BLE001 # logged by place, and raised again without its message
            log.bug("delivery_broke", error)
            raise Redeliver(type(error).__name__) from None

    def _deliver(self, body: str, delivery: Delivery) -> None:
        try:
            message = msgspec.json.decode(body, type=StepMessage)
            if message.step == PURGE:
                self._flow.purge(message.user_id, message.story_id)
                return
            if message.step == DELIVER:
                self._deliver_event(message.task_id)
                return
            step = _known_step(message)
        except (msgspec.DecodeError, ValueError) as error:
            log.bug("message_unreadable", error)
            # The queue's own half hour would let its five deliveries take two and a half hours.
            delivery.extend(UNREADABLE_S)
            raise Redeliver("the message cannot be read") from None
        if task := self._current(message, step):
            self._begin(task, step, message, delivery)

    def _begin(self, task: Task, step: Step, message: StepMessage, delivery: Delivery) -> None:
        """Carry out a step whose task is waiting for it, unless it is done or another worker is at it."""
        # Delivered again after a crash between the last two writes: the step is marked, the task perhaps not ended.
        if step in task.done or step in task.failed:
            self._flow.continue_or_end(task)
            return
        # A new owner for every delivery: two deliveries of one message are two workers.
        lease = Lease(task.story_id, step.code, self._runtime.ids())
        if not self._leases.acquire(lease, self._timing.lease_s):
            # Another worker holds the lease. A fresh message replaces this one, so that no delivery is used up.
            self._queues.send(queue_of(step), message, self._timing.lease_s)
            return
        stores = self._repositories
        context = StepContext(
            lease=lease,
            task=task,
            funds=StepFunds(repositories=stores, task=task, lease=lease, hold=self._flow.held),
            delivery=delivery,
            repositories=stores,
            runtime=self._runtime,
        )
        self._work(step, context)

    def _current(self, message: StepMessage, step: Step) -> Task | None:
        task = self._repositories.tasks.get(message.task_id)
        if task is None or not task.is_open or task.attempt != message.attempt or step not in task.plan:
            return None  # ended, cancelled, retried or deleted since: the message is stale
        return task

    def _work(self, step: Step, context: StepContext) -> None:
        task, lease = context.task, context.lease
        age_s = self._runtime.clock() - timestamp(task.created_at)
        log.event("step_began", task_id=task.task_id, step=step.code, task_age_s=round(age_s, 1))
        try:
            try:
                with self._heartbeat(context):
                    context.extend_message()  # under the heartbeat: SQS may hang for longer than a lease
                    self._carry_out(context, step)
            finally:
                # After any error as well: what was paid for goes on record before the lease is given back.
                context.funds.save()
        except LeaseLost:
            log.event("step_superseded", task_id=task.task_id, step=step.code)
            context.funds.close()
            self._leases.release(lease)
        except Reschedule as request:
            self._reschedule(request, step, context)
        except Postponed as order:
            log.event("narration_postponed", task_id=task.task_id, step=step.code, cost_micro_usd=order.micro)
            self._complete(context, order.micro)
        except Exception as error:  # noqa: BLE001 # classified; failures of our own are raised again
            self._handle_failure(error, step, context)
        else:
            self._complete(context)

    def _complete(self, context: StepContext, postponed: int | None = None, *, skipped: bool = False) -> None:
        # First: the task may end with this step, and what it holds is released then.
        context.funds.close()
        self._flow.complete_step(context.task, context.step, postponed, skipped=skipped)
        self._leases.delete(context.lease)

    def _give_up(self, context: StepContext, failure: Failure, lost: Lost, *also: Write) -> None:
        """End what is `lost` with a step that failed for good, together with the writes `also`."""
        if lost == "nothing":
            log.event("step_skipped", task_id=context.task.task_id, step=context.step.code, error_code=failure.code)
            self._complete(context, skipped=True)
            return
        context.funds.close()
        if lost == "step":
            self._flow.fail_step(context.task, context.step, failure.sentence, failure.code, *also)
        else:
            self._flow.fail(context.task, context.step, failure.sentence, failure.code)

    def _reschedule(self, request: Reschedule, step: Step, context: StepContext) -> None:
        """Send the rest of a step as a new message, or give it up after too many without progress.

        AWS's guard against endless loops (RECURSIVE in chalicelib.timing) is off for the workers, so this is ours.
        """
        task = context.task
        context.funds.settle()
        # This also gives the lease back, in the same write, before the message is sent: it may arrive at once.
        times = self._failures.count_reschedule(
            context.lease, task.attempt_id, request.awaited, progressed=context.progressed
        )
        if failure := too_many_reschedules(request.awaited, times, step):
            log.event("step_given_up", task_id=task.task_id, step=step.code, awaited=request.awaited, times=times)
            self._give_up(context, failure, lost_with(step, failure.code, task.plan))
            return
        self._queues.send(
            queue_of(step), message_of(task, step.code), self._timing.reschedule_delay_s(request.delay_s, times)
        )

    def _handle_failure(self, error: Exception, step: Step, context: StepContext) -> None:
        task, lease, failure = context.task, context.lease, classify(error)
        if failure.kind == "ours":
            log.bug("step_broke", error, task_id=task.task_id, step=step.code)
            self._count_failure(context, failure)
            self._leases.release(lease)
            raise Redeliver(type(error).__name__) from None
        # Of a provider's fault the status, the code and the name of a parameter: no text.
        fault = str(error) if isinstance(error, ProviderFault) else ""
        log.event(
            "step_failed", task_id=task.task_id, step=step.code, kind=failure.kind, error_code=failure.code, fault=fault
        )
        lost = lost_with(step, failure.code, task.plan)
        if failure.kind == "transient":
            # Counted before the lease is given back: the next worker must find this failure.
            failures = self._count_failure(context, failure)
            if not self._exhausted(failures, task, failure):
                self._retry_later(step, context, failure, failures)
                return
            # A provider that answers nobody is away for the other chapters too.
            if lost == "step" and not self._answers_others(task, failure):
                lost = "task"
        # The lease is checked in the mark's transaction: another worker may have the step by now, and succeed.
        self._give_up(context, failure, lost, self._leases.held(lease))
        self._leases.delete(lease)

    def _count_failure(self, context: StepContext, failure: Failure) -> int:
        """Count a failure of the context's step, and return how many there are in this attempt at its task."""
        attempt = context.task.attempt_id
        return self._failures.count_failure(context.lease, attempt, failure.sentence, failure.code)

    def _retry_later(self, step: Step, context: StepContext, failure: Failure, failures: int) -> None:
        """Say that the step is tried again, give it back, and send it anew."""
        task, delays = context.task, self._timing.retry_delays_s
        context.funds.settle()
        delay = max(delays[min(failures, len(delays)) - 1], failure.retry_after_s)
        # SQS delays a message by 15 minutes at most; a longer Retry-After is cut, and the provider asked again then.
        delay = min(delay, self._timing.longest_delay_s)
        first_sentence = failure.sentence.split(".")[0]
        message = f"{first_sentence}; trying again in {delay:.0f} s"
        self._repositories.tasks.record_heartbeat(task, message, delay)
        self._leases.release(context.lease)
        self._queues.send(queue_of(step), message_of(task, step.code), delay)

    def _exhausted(self, failures: int, task: Task, failure: Failure) -> bool:
        """Return whether a step has used up its retries.

        Beyond the two regular ones it has some more while the provider still answers other calls of the user.
        """
        # Within the regular retries the usage records need not be read.
        if failures <= len(self._timing.retry_delays_s):
            return False
        return failures >= self._timing.max_failures or not self._answers_others(task, failure)

    def _answers_others(self, task: Task, failure: Failure) -> bool:
        """Return whether the provider that failed still answers other calls of the user."""
        provider = failure.provider
        sold = self._repositories.usage.has_sold
        return provider is not None and sold(task.user_id, provider, self._timing.patience_s)

    def fail_dead_letter(self, body: str) -> None:
        """End the task of a dead letter as failed, with the step's last known error.

        Raises Redeliver for a message that cannot be read, and for one that was to remove a deleted story: it stays in
        the dead-letter queue for its 14 days, is read again every six minutes (so that a version that can read it will
        do so), and holds an alarm on until a person has dealt with it.
        """
        try:
            message = msgspec.json.decode(body, type=StepMessage)
            if message.step == PURGE:
                log.event("purge_given_up", level=logging.ERROR, story_id=message.story_id)
                raise Redeliver("a deleted story could not be removed")
            if message.step == DELIVER:
                return  # its delivery is stored, and the sweeper has it made
            step = _known_step(message)
        except (msgspec.DecodeError, ValueError) as error:
            log.bug("message_unreadable", error)
            raise Redeliver("the message cannot be read") from None
        task = self._current(message, step)
        # A dead letter may be late: its step was done by another delivery, or its task ended for another reason.
        if task is None or step in task.done or step in task.failed:
            return
        known = self._failures.last_failure(task.story_id, step.code, task.attempt_id)
        sentence, code = known or (INTERNAL.sentence, INTERNAL.code)
        if lost_with(step, code, task.plan) == "nothing":
            self._flow.complete_step(task, step, skipped=True)
        else:
            self._flow.fail(task, step, sentence, code)


def _known_step(message: StepMessage) -> Step:
    step = Step.parse(message.step)
    if not step.known:
        raise ValueError("a step of a later version")
    return step
