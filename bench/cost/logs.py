"""Bytes that CloudWatch would receive: the program's events as Powertools writes them, and the metrics in the log."""

import json
import logging
from collections.abc import Mapping
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from chalicelib import log
from chalicelib.log import Field
from chalicelib.observing import METRICS, NAMESPACE

EVENT_BYTES = 26
"""Bytes that CloudWatch adds to every event."""

AT_ONCE = 40
"""The most events in one line of metrics: Powertools writes only a metric's first hundred values."""


class _Weigh(logging.Handler):
    """A log handler that adds up the bytes that would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.bytes += len(self.format(record).encode()) + EVENT_BYTES


class LogMeter:
    """A meter of every event in the form in which `chalicelib.observing` logs it on Lambda, metrics included."""

    def __init__(self) -> None:
        self._lines = _Weigh()
        logger = Logger(service=log.logger.name, level="INFO", stage="dev", logger_handler=self._lines)
        logger.append_keys(request_id=str(uuid4()), task_id=uuid4().hex)
        self.metrics: set[str] = set()
        self._metric_bytes = 0
        self._seen: list[tuple[str, Mapping[str, Field]]] = []
        log.listen(self._observe)

    @property
    def bytes(self) -> int:
        """All bytes so far."""
        return self._lines.bytes + self._metric_bytes

    def flush(self, _function: str) -> None:
        """Write the metrics of an invocation that has ended."""
        seen, self._seen = self._seen, []
        for start in range(0, len(seen), AT_ONCE):
            metrics = EphemeralMetrics(namespace=NAMESPACE, service="fireside-dev")
            for name, fields in seen[start : start + AT_ONCE]:
                for metric, unit, field in METRICS[name]:
                    kind = MetricUnit.NoUnit if unit == "None" else MetricUnit(unit)
                    metrics.add_metric(metric, kind, float(fields[field] or 0) if field else 1.0)
                    self.metrics.add(metric)
            self._metric_bytes += len(json.dumps(metrics.serialize_metric_set())) + EVENT_BYTES

    def _observe(self, name: str, fields: Mapping[str, Field]) -> None:
        if name in METRICS:
            self._seen.append((name, fields))
