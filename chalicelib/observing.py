"""The logs and metrics on AWS: logs as JSON with the ids of request and task, and metrics, both written by Powertools.

The engine only logs events; the table below says which of them become metrics. On one machine there is neither.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.log import Field

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import Metrics, MetricUnit

NAMESPACE = "Fireside"

Measured = tuple[str, str, str]
"""A metric's name, its unit, and the field of the event that holds its value; "" counts the event."""

METRICS: Mapping[str, tuple[Measured, ...]] = {
    "chapter_written": (("ChaptersWritten", "Count", ""),),
    "task_completed": (("TasksCompleted", "Count", ""),),
    "task_failed": (("TasksFailed", "Count", ""),),
    "task_swept": (("TasksSwept", "Count", ""),),
    "paid": (("Cost", "None", "cost_usd"), ("CharactersNarrated", "Count", "characters")),
    "day_spent": (("DaySpent", "Percent", "percent"),),
    "step_began": (("TaskAge", "Seconds", "task_age_s"),),
    "message_received": (("QueueAge", "Seconds", "age_s"),),
}


def on_lambda(env: Mapping[str, str] = os.environ) -> bool:
    """Return whether this process is a Lambda function."""
    return "AWS_LAMBDA_FUNCTION_NAME" in env


class Observer:
    """The observer of invocations: adds their ids to what is logged, and flushes their metrics when they end."""

    def __init__(self, stage: str) -> None:
        from aws_lambda_powertools import Logger  # noqa: PLC0415 # only present on Lambda

        self._logger = Logger(service=log.logger.name, level="INFO", stage=stage)
        self._service = f"fireside-{stage}"
        self._metrics: Metrics | None = None
        self._seen: list[tuple[str, Mapping[str, Field]]] = []
        log.listen(self._observe)

    def around(self, request_id: str, call: Callable[[], Any], api_request_id: str = "") -> Any:
        """Run one invocation and return its result.

        `request_id` is Lambda's, `api_request_id` that of an API request.
        """
        self._logger.append_keys(request_id=request_id)
        if api_request_id:
            self._logger.append_keys(api_request_id=api_request_id)
        try:
            return call()
        finally:
            self._logger.remove_keys(["task_id", "api_request_id"])
            self._flush()

    def _observe(self, name: str, fields: Mapping[str, Field]) -> None:
        if name == "step_began":
            self._logger.append_keys(task_id=fields["task_id"])
        if name in METRICS:
            self._seen.append((name, fields))

    def _flush(self) -> None:
        if not self._seen:
            return
        from aws_lambda_powertools.metrics import Metrics, MetricUnit  # noqa: PLC0415 # only workers need it

        metrics = self._metrics = self._metrics or Metrics(namespace=NAMESPACE, service=self._service)
        failures = [str(fields["error_code"]) for name, fields in self._seen if name == "task_failed"]
        for name, fields in self._seen:
            for metric, unit, field in METRICS[name]:
                value = fields[field] if field else 1
                metrics.add_metric(metric, MetricUnit(unit) if unit != "None" else MetricUnit.NoUnit, float(value or 0))
        self._seen.clear()
        metrics.flush_metrics()
        for code in failures:
            _count_failure(self._service, code, MetricUnit.Count)


def _count_failure(service: str, code: str, unit: "MetricUnit") -> None:
    from aws_lambda_powertools.metrics import single_metric  # noqa: PLC0415

    with single_metric("Failures", unit, 1, namespace=NAMESPACE) as metric:
        metric.add_dimension("service", service)
        metric.add_dimension("error_code", code)
