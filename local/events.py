"""Event sources of a Chalice app besides HTTP: its queues and its schedules, read from the app itself."""

import re
import threading
import time
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalice.app import Chalice, EventSourceHandler, ScheduledEventConfig, ScheduleExpression, SQSEventConfig

from chalicelib.errors import ConfigError
from chalicelib.log import bug
from chalicelib.timing import RECURSIVE
from local.lambda_context import ACCOUNT, REGION, LambdaContext
from local.queue_source import EventSourceMapping, FunctionHandler, LambdaFunction, QueueSource, SqsAccess

CONCURRENCY = 10
"""Concurrent invocations of a queue's function that sets no `maximum_concurrency`."""

TIMEOUT_S = 60.0
"""Time-out in seconds of a function that has none in `timeouts`: Chalice's own default."""

SHORTEST_S = 0.05
"""Shortest period of a schedule in seconds, at any clock scale."""

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_S = {"minute": 60, "hour": 3600, "day": 86400}


class EventSources:
    """Runs the SQS handlers and schedules of `app` as Lambda would, from `start()` to `stop()`. It starts only once.

    `timeouts` gives each function's time-out in seconds by handler name; the context counts it down. Schedules run
    `clock_scale` times as often. The handlers in `recursive` may be invoked in chains of messages of any length.
    Raises ConfigError for a schedule that is not a rate.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        sqs: SqsAccess,
        timeouts: Mapping[str, float],
        clock_scale: float = 1.0,
        recursive: Collection[str] = RECURSIVE,
    ) -> None:
        self._app = app
        self._region = sqs.region
        self._timeouts = timeouts
        self._stopped = threading.Event()
        self._sources: list[QueueSource] = []
        self._schedules: list[threading.Thread] = []
        for config in app.event_sources:
            if isinstance(config, SQSEventConfig):
                function = LambdaFunction(
                    name=config.name,
                    handler=self._handler(config.name),
                    context=partial(self._context, config.name),
                    allows_loops=config.name in recursive,
                )
                self._sources.append(QueueSource(function, _mapping(config), sqs))
            elif isinstance(config, ScheduledEventConfig):
                period_s = max(SHORTEST_S, _period_s(config) / clock_scale)
                self._schedules.append(
                    threading.Thread(
                        target=self._keep_schedule, args=(config.name, period_s), name=config.name, daemon=True
                    )
                )

    def start(self) -> None:
        """Begin to receive messages; each schedule first runs one period from now."""
        for source in self._sources:
            source.start()
        for schedule in self._schedules:
            schedule.start()

    def stop(self, wait_s: float) -> bool:
        """Start nothing more, wait up to `wait_s` seconds for running invocations, and return whether all have ended.

        Their contexts report no time left, so they finish the calls they have begun and reschedule the rest.
        """
        deadline = time.monotonic() + wait_s
        self._stopped.set()
        for source in self._sources:
            source.stop()
        ended = [source.join(deadline) for source in self._sources]
        for schedule in self._schedules:
            schedule.join(max(0.0, deadline - time.monotonic()))
        return all(ended) and not any(schedule.is_alive() for schedule in self._schedules)

    @property
    def busy(self) -> bool:
        """Whether a queue's function is running."""
        return any(source.busy for source in self._sources)

    def _handler(self, name: str) -> FunctionHandler:
        handler = self._app.handler_map[name]
        if isinstance(handler, EventSourceHandler):
            # Chalice holds middleware as a generator until the first call. Two concurrent first calls would share it,
            # and one of them would run without the middleware.
            handler.middleware_handlers = list(handler.middleware_handlers)
        return handler

    def _context(self, name: str) -> LambdaContext:
        timeout_s = self._timeouts.get(name, TIMEOUT_S)
        return LambdaContext(
            f"{self._app.app_name}-local-{name}", timeout_s, region=self._region, stopped=self._stopped.is_set
        )

    def _keep_schedule(self, name: str, period_s: float) -> None:
        handler = self._handler(name)
        due = time.monotonic() + period_s
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            context = self._context(name)
            try:
                handler(scheduled_event(name, self._region), context)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - as EventBridge: a failed run does not stop the next
                bug("function.failed", error, function=context.function_name, request=context.aws_request_id)
            due = max(due + period_s, time.monotonic())


def scheduled_event(name: str, region: str = REGION) -> dict[str, Any]:
    """Return the event that EventBridge passes to the function of the schedule `name`."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{ACCOUNT}:rule/{name}"],
        "detail": {},
    }


def _mapping(config: SQSEventConfig) -> EventSourceMapping:
    return EventSourceMapping(
        queue_name=config.queue or str(config.queue_arn).rpartition(":")[2],
        concurrency=config.maximum_concurrency or CONCURRENCY,
        batch_size=config.batch_size,
    )


def _period_s(config: ScheduledEventConfig) -> float:
    expression = config.schedule_expression
    text = expression.to_string() if isinstance(expression, ScheduleExpression) else str(expression)
    match = _RATE.fullmatch(text)
    if not match or not int(match[1]):
        raise ConfigError(
            f"The schedule {config.name} is {text!r}; on this machine only rates such as rate(5 minutes) run."
        )
    return float(int(match[1]) * _UNIT_S[match[2]])
