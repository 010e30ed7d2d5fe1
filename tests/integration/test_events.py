import itertools
import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from logging.handlers import QueueHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Chalice, Cron, Rate, SQSEvent

from chalicelib.errors import ConfigError
from local.aws import EmbeddedAws
from local.events import EventSources
from local.queue_source import SqsAccess
from tests.support.aws import sqs_client

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

LONG_S = 20.0
"""Longer than anything here takes; reached only by a failure."""

_names = (f"events-{number}" for number in itertools.count())


class Calls:
    """A queue handler that reports each call, and then does what `then` does."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.events: queue.Queue[tuple[dict[str, Any], Any]] = queue.Queue()
        self._then = then
        self.__name__ = "calls"  # Chalice names handlers

    def __call__(self, event: SQSEvent) -> None:
        self.events.put((event.to_dict(), event.context))
        self._then()

    def next_record(self) -> dict[str, Any]:
        event, _context = self.events.get(timeout=LONG_S)
        [record] = event["Records"]
        return dict(record)


def an_app() -> Chalice:
    return Chalice(app_name="tale", configure_logs=False, env={})


def a_queue(sqs: "SQSClient", visibility_s: int = 30) -> tuple[str, str]:
    name = next(_names)
    return name, sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": str(visibility_s)})["QueueUrl"]


@contextmanager
def running(app: Chalice, sqs: "SQSClient", **options: Any) -> Iterator[EventSources]:
    sources = EventSources(
        app,
        sqs=SqsAccess(sqs, lambda name: sqs.get_queue_url(QueueName=name)["QueueUrl"]),
        timeouts={"work": 30.0},
        **options,
    )
    sources.start()
    try:
        yield sources
    finally:
        assert sources.stop(LONG_S), "everything ends"


def left(sqs: "SQSClient", url: str) -> tuple[int, int]:
    """Messages that wait, and messages that somebody holds."""
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(answer["ApproximateNumberOfMessages"]), int(answer["ApproximateNumberOfMessagesNotVisible"])


def test_a_message_arrives_in_lambdas_shape_and_is_deleted(embedded_sqs: "SQSClient") -> None:
    name, url = a_queue(embedded_sqs)
    app, calls = an_app(), Calls()
    app.on_sqs_message(name, name="work")(calls)
    with running(app, embedded_sqs):
        attributes: Any = {
            "kind": {"DataType": "String", "StringValue": "story"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        }
        sent = embedded_sqs.send_message(
            QueueUrl=url, MessageBody="a step", MessageGroupId="ann", MessageAttributes=attributes
        )
        event, context = calls.events.get(timeout=LONG_S)
        assert 0 < context.get_remaining_time_in_millis() <= 30_000  # a source that is stopped leaves none
    [record] = event["Records"]
    assert record["messageId"] == sent["MessageId"]
    assert record["body"] == "a step"
    assert record["md5OfBody"] == sent["MD5OfMessageBody"]
    assert record["receiptHandle"]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == f"arn:aws:sqs:us-east-1:000000000000:{name}"
    assert record["awsRegion"] == "us-east-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["MessageGroupId"] == "ann"
    assert record["attributes"]["SentTimestamp"].isdigit()
    assert record["messageAttributes"]["kind"]["stringValue"] == "story"
    assert record["messageAttributes"]["raw"] == {
        "binaryValue": "AP8=",
        "dataType": "Binary",
        "stringListValues": [],
        "binaryListValues": [],
    }
    assert context.function_name == "tale-local-work"
    assert context.aws_request_id
    assert left(embedded_sqs, url) == (0, 0)


def test_a_message_whose_handler_fails_comes_back(embedded_sqs: "SQSClient") -> None:
    name, url = a_queue(embedded_sqs, visibility_s=1)
    outcomes = iter([True, False])

    def fail_first() -> None:
        if next(outcomes):
            raise ValueError("the first time")

    app, calls = an_app(), Calls(fail_first)
    app.on_sqs_message(name, name="work")(calls)
    with running(app, embedded_sqs):
        embedded_sqs.send_message(QueueUrl=url, MessageBody="a step")
        assert calls.next_record()["attributes"]["ApproximateReceiveCount"] == "1"
        assert calls.next_record()["attributes"]["ApproximateReceiveCount"] == "2"
    assert left(embedded_sqs, url) == (0, 0)


def test_no_more_is_received_than_can_be_started(embedded_sqs: "SQSClient") -> None:
    name, url = a_queue(embedded_sqs)
    go_on = threading.Event()
    app, calls = an_app(), Calls(lambda: assert_true(go_on.wait(LONG_S)))
    app.on_sqs_message(name, name="work", maximum_concurrency=4)(calls)
    for number in range(10):
        embedded_sqs.send_message(QueueUrl=url, MessageBody=str(number))
    with running(app, embedded_sqs):
        bodies = {calls.next_record()["body"] for _ in range(4)}
        assert left(embedded_sqs, url) == (6, 4)
        assert calls.events.empty()
        go_on.set()
        bodies |= {calls.next_record()["body"] for _ in range(6)}
    assert bodies == {str(number) for number in range(10)}
    assert left(embedded_sqs, url) == (0, 0)


def test_batches_hold_as_many_messages_as_asked_for(embedded_sqs: "SQSClient") -> None:
    name, url = a_queue(embedded_sqs)
    app, calls = an_app(), Calls()
    app.on_sqs_message(name, name="work", batch_size=3, maximum_concurrency=2)(calls)
    for number in range(5):
        embedded_sqs.send_message(QueueUrl=url, MessageBody=str(number))
    with running(app, embedded_sqs):
        batches = [calls.events.get(timeout=LONG_S)[0]["Records"] for _ in range(2)]
    assert sorted(len(batch) for batch in batches) == [2, 3]
    assert left(embedded_sqs, url) == (0, 0)


def test_middleware_runs_when_the_first_calls_come_together(embedded_sqs: "SQSClient") -> None:
    name, url = a_queue(embedded_sqs)
    together = threading.Barrier(5)
    app, calls, wrapped = an_app(), Calls(lambda: assert_true(together.wait(LONG_S) >= 0)), queue.SimpleQueue[str]()
    app.on_sqs_message(name, name="work", maximum_concurrency=5)(calls)

    def middleware(event: Any, get_response: Callable[[Any], Any]) -> Any:
        wrapped.put("wrapped")
        return get_response(event)

    app.register_middleware(middleware, "sqs")
    for number in range(5):
        embedded_sqs.send_message(QueueUrl=url, MessageBody=str(number))
    with running(app, embedded_sqs):
        assert [wrapped.get(timeout=LONG_S) for _ in range(5)] == ["wrapped"] * 5


def test_stopping_lets_what_runs_end_and_leaves_the_rest(embedded_sqs: "SQSClient") -> None:
    name, url = a_queue(embedded_sqs)
    go_on = threading.Event()
    app, calls = an_app(), Calls(lambda: assert_true(go_on.wait(LONG_S)))
    app.on_sqs_message(name, name="work", maximum_concurrency=1)(calls)
    with running(app, embedded_sqs) as sources:
        embedded_sqs.send_message(QueueUrl=url, MessageBody="runs")
        calls.next_record()
        assert not sources.stop(0.0)
        embedded_sqs.send_message(QueueUrl=url, MessageBody="waits")
        go_on.set()
        assert sources.stop(LONG_S)
    assert calls.events.empty()
    assert left(embedded_sqs, url) == (1, 0)


def test_work_goes_on_after_aws_was_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="fireside")
    go_on = threading.Event()
    away: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    noticing, logger = QueueHandler(away), logging.getLogger("fireside")
    noticing.addFilter(lambda record: "service.away" in record.getMessage())
    app, calls = an_app(), Calls(lambda: assert_true(go_on.wait(LONG_S)))
    app.on_sqs_message("steps", name="work", maximum_concurrency=2)(calls)
    with ExitStack() as stack:
        logger.addHandler(noticing)
        stack.callback(logger.removeHandler, noticing)
        first = stack.enter_context(EmbeddedAws(tmp_path))
        sqs = stack.enter_context(closing(sqs_client(first)))
        url = sqs.create_queue(QueueName="steps")["QueueUrl"]
        with running(app, sqs):
            sqs.send_message(QueueUrl=url, MessageBody="before")
            assert calls.next_record()["body"] == "before"
            first.stop()
            go_on.set()  # the handler ends while nobody can delete its message
            noticed = [away.get(timeout=LONG_S)]  # before the second AWS: one that is up soon enough is never missed
            second = stack.enter_context(EmbeddedAws(tmp_path))
            assert second.endpoint == first.endpoint
            sqs.send_message(QueueUrl=url, MessageBody="after")
            assert calls.next_record()["body"] == "after"
        assert calls.events.empty(), "what was done is deleted, not done again"
        assert left(sqs, url) == (0, 0)
    noticed += [away.get() for _ in range(away.qsize())]
    assert 1 <= len(noticed) <= 2, "once for receiving, at most once for deleting"


def test_a_schedule_runs_again_and_again_also_after_a_failure(embedded_sqs: "SQSClient") -> None:
    app = an_app()
    events: queue.Queue[dict[str, Any]] = queue.Queue()

    def sweep(event: Any) -> None:
        events.put(event.to_dict())
        raise ValueError("a failed run")

    app.schedule(Rate(1, unit=Rate.HOURS))(sweep)
    with running(app, embedded_sqs, clock_scale=36_000.0):
        first, second = (events.get(timeout=LONG_S) for _ in range(2))
    assert first["id"] != second["id"]
    assert first["source"] == "aws.events"
    assert first["detail-type"] == "Scheduled Event"


@pytest.mark.parametrize("expression", [Cron(0, 18, "?", "*", "MON-FRI", "*"), "rate(0 minutes)", "hourly"])
def test_a_schedule_that_is_no_rate_is_refused(embedded_sqs: "SQSClient", expression: Any) -> None:
    app = an_app()
    app.schedule(expression, name="sweep")(print)
    with pytest.raises(ConfigError, match="sweep"):
        EventSources(app, sqs=SqsAccess(embedded_sqs, str), timeouts={})


def assert_true(value: bool) -> None:
    assert value


def loops(sqs: "SQSClient", most: int, **options: Any) -> tuple[int, list[str]]:
    """How often a function that sends itself a message is invoked, at most `most` times; the bodies given up."""
    dead_name, dead_url = a_queue(sqs)
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    name, url = a_queue(sqs, visibility_s=1)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    app, given_up, over = an_app(), Calls(), threading.Event()
    invocations = itertools.count(1)

    def again(event: SQSEvent) -> None:
        number = next(invocations)
        if number < most:
            sqs.send_message(QueueUrl=url, MessageBody=str(number + 1))
        else:
            over.set()

    def dead(event: SQSEvent) -> None:
        given_up(event)
        over.set()

    app.on_sqs_message(name, name="work")(again)
    app.on_sqs_message(dead_name, name="dead")(dead)
    with running(app, sqs, **options):
        sqs.send_message(QueueUrl=url, MessageBody="1")
        assert over.wait(LONG_S)
    bodies = [given_up.next_record()["body"]] if not given_up.events.empty() else []
    return next(invocations) - 1, bodies


def test_a_function_is_not_invoked_again_and_again_by_its_own_messages(
    embedded_sqs: "SQSClient", caplog: pytest.LogCaptureFixture
) -> None:
    assert loops(embedded_sqs, 40) == (16, ["17"])
    refused = [record for record in caplog.records if "invocation.refused" in record.getMessage()]
    assert [record.levelname for record in refused] == ["ERROR"] * 2  # at each of its deliveries


def test_a_function_that_is_allowed_to_is(embedded_sqs: "SQSClient") -> None:
    assert loops(embedded_sqs, 40, recursive={"work"}) == (40, [])
