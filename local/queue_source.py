"""An SQS queue that invokes a function, as a Lambda event source mapping does."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.log import bug, event
from local import lineage
from local.backoff import Backoff
from local.lambda_context import REGION, LambdaContext
from local.sqs_event import queue_arn, sqs_event

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST = 10
"""Most messages that SQS returns per receive."""

WAIT_S = 1
"""Seconds a receive waits for a message. It is short because a receive whose caller has died may still take a message,
which no other receiver then sees until its visibility time-out ends."""

GONE = frozenset(
    {"ReceiptHandleIsInvalid", "InvalidParameterValue", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}
)
"""Error codes of DeleteMessage that another attempt cannot change."""

FunctionHandler = Callable[[dict[str, Any], LambdaContext], object]


@dataclass(frozen=True)
class SqsAccess:
    """How SQS is reached: a client, what gives the URL of a queue by its name, and the region of the queues."""

    client: "SQSClient"
    url_of: Callable[[str], str]
    region: str = REGION


@dataclass(frozen=True, kw_only=True)
class LambdaFunction:
    """A function as Lambda knows it. `context` makes the context of an invocation.

    `allows_loops` is its RecursiveLoop setting: without it, AWS invokes it at most 16 times in one chain of messages.
    """

    name: str
    handler: FunctionHandler
    context: Callable[[], LambdaContext]
    allows_loops: bool = False


@dataclass(frozen=True, kw_only=True)
class EventSourceMapping:
    """What connects a queue to a function: messages per invocation, and how many invocations run at once."""

    queue_name: str
    concurrency: int
    batch_size: int = 1


class QueueSource:
    """Passes the messages of the mapping's queue to `function`, in at most as many invocations at once as it says.

    No message is received before a thread is free for it. It is deleted when the handler returns; when the handler
    raises, SQS delivers it again after its visibility time-out. While AWS does not answer, the source waits.

    A message beyond what `allows_loops` permits is redelivered until it goes to the dead-letter queue, as on AWS.
    """

    def __init__(self, function: LambdaFunction, mapping: EventSourceMapping, sqs: SqsAccess) -> None:
        self._function = function
        self._loops_allowed = frozenset({function.name} if function.allows_loops else ())
        self._queue_name = mapping.queue_name
        self._batch_size = mapping.batch_size
        self._sqs = sqs.client
        # Before the first message: what a function sends must carry its chain from the start.
        lineage.follow(sqs.client)
        self._queue_url_of = sqs.url_of
        self._region = sqs.region
        self._free = mapping.concurrency  # shared by the poller and the workers, guarded by the condition
        self._free_or_stopped = threading.Condition()
        self._stopped = threading.Event()
        self._batches: queue.SimpleQueue[tuple[str, list[MessageTypeDef]] | None] = queue.SimpleQueue()
        self._poller = threading.Thread(target=self._poll, name=f"{mapping.queue_name} receive", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"{mapping.queue_name} {number}", daemon=True)
            for number in range(mapping.concurrency)
        ]

    def start(self) -> None:
        """Begin to receive messages."""
        for thread in (self._poller, *self._workers):
            thread.start()

    def stop(self) -> None:
        """Receive no more messages; invocations that have started continue."""
        self._stopped.set()
        with self._free_or_stopped:
            self._free_or_stopped.notify_all()
        for _ in self._workers:
            self._batches.put(None)

    @property
    def busy(self) -> bool:
        """Whether an invocation is running."""
        with self._free_or_stopped:
            return self._free < len(self._workers)

    def join(self, deadline: float) -> bool:
        """Wait until nothing runs or time.monotonic() reaches `deadline`, and return whether nothing runs."""
        threads = (self._poller, *self._workers)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _poll(self) -> None:
        backoff = Backoff(f"sqs:{self._queue_name}", self._stopped)
        url = ""
        while free := self._wait_for_free_threads():
            try:
                url = url or self._queue_url_of(self._queue_name)
                # No more than can be worked on at once: a message that waits here is hidden from every other worker.
                messages = self._receive(url, min(MOST, free * self._batch_size))
            except (BotoCoreError, ClientError) as error:
                url = ""
                backoff.failed(error)
                continue
            backoff.succeeded()
            for start in range(0, len(messages), self._batch_size):
                self._hand_out(url, messages[start : start + self._batch_size])

    def _wait_for_free_threads(self) -> int:
        """Wait for a free thread and return how many there are; 0 once stopped."""
        with self._free_or_stopped:
            self._free_or_stopped.wait_for(lambda: self._free or self._stopped.is_set())
            return 0 if self._stopped.is_set() else self._free

    def _receive(self, url: str, most: int) -> "list[MessageTypeDef]":
        reply = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=WAIT_S,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return reply.get("Messages", [])

    def _hand_out(self, url: str, batch: "list[MessageTypeDef]") -> None:
        if self._stopped.is_set():
            # Stopped while the receive was under way: kept here, the messages would be hidden until their time-out.
            self._give_back(url, batch)
            return
        with self._free_or_stopped:
            # Counted down here and not by the worker, or the poller would fetch for the same thread again.
            self._free -= 1
        self._batches.put((url, batch))

    def _give_back(self, url: str, batch: "list[MessageTypeDef]") -> None:
        """Make messages that arrived after `stop()` visible to other receivers at once."""
        for message in batch:
            try:
                self._sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            except (BotoCoreError, ClientError) as error:
                event("sqs.not_given_back", queue=self._queue_name, error=type(error).__name__)

    def _work(self) -> None:
        while (item := self._batches.get()) is not None:
            try:
                self._invoke(*item)
            finally:
                with self._free_or_stopped:
                    self._free += 1
                    self._free_or_stopped.notify_all()

    def _invoke(self, url: str, batch: "list[MessageTypeDef]") -> None:
        function, context = self._function, self._function.context()
        chain = lineage.admit(_longest(batch, function.name), function.name, self._loops_allowed)
        # Not deleted: as on AWS the message comes back, until the queue's redrive policy takes it away.
        if chain is None:
            event("invocation.refused", level=logging.ERROR, function=context.function_name, reason="recursive loop")
            return
        try:
            with lineage.carried(chain):
                function.handler(sqs_event(batch, queue_arn(url, self._region)), context)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as on Lambda, after any error the message is redelivered
            bug("function.failed", error, function=context.function_name, request=context.aws_request_id)
            return
        if not context.get_remaining_time_in_millis() and not self._stopped.is_set():
            event("function.overran", function=context.function_name, request=context.aws_request_id)
        # Last, as Lambda does: a process that dies before this has its messages delivered again.
        self._delete(url, [message["ReceiptHandle"] for message in batch])

    def _delete(self, url: str, receipts: Iterable[str]) -> None:
        backoff = Backoff(f"sqs:{self._queue_name}", self._stopped)
        for receipt in receipts:
            # Tried until AWS answers: a message whose work is done must not be delivered again for nothing.
            while True:
                try:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
                except (BotoCoreError, ClientError) as error:
                    if isinstance(error, ClientError) and error.response["Error"]["Code"] in GONE:
                        break
                    if self._stopped.is_set():
                        event("sqs.not_deleted", queue=self._queue_name, error=type(error).__name__)
                        break
                    backoff.failed(error)
                else:
                    backoff.succeeded()
                    break


def _longest(batch: "Iterable[MessageTypeDef]", function: str) -> str | None:
    """Return the trace header whose chain contains `function` most often.

    AWS does not say which header of a batch it uses.
    """
    headers = [message.get("Attributes", {}).get("AWSTraceHeader") for message in batch]
    return max(headers, key=lambda header: lineage.Lineage.parse(header).count(function), default=None)
