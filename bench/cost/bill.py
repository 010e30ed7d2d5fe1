"""The two bills: what one book costs, and what a month costs in which nobody listens."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.cost.assumptions import Assumptions
from bench.cost.book import Measured
from bench.cost.counting import Counts
from bench.cost.functions import Used, gb_seconds
from bench.cost.prices import Price, Prices

GB = 1e9
HOURS = 730
"""Hours in a month."""

S3_CLASS = {"PutObject": "s3_puts", "ListObjectsV2": "s3_puts", "GetObject": "s3_gets", "HeadObject": "s3_gets"}
UNGROUPED = {"GetQueueUrl", "GetQueueAttributes"}
"""SQS requests that are not about a message, and therefore not billed as fair-queue requests."""


@dataclass(frozen=True)
class Line:
    """One line of a bill: dollars at the list price, and dollars beyond what is always free in a month."""

    service: str
    what: str
    count: str
    usd: float
    beyond_free: float


def book(measured: Measured, prices: Prices, memory: dict[str, int], assumed: Assumptions) -> list[Line]:
    """Return the bill for making a book, by call."""
    requests = measured.used["api_handler"].invocations
    invocations = sum(used.invocations for used in measured.used.values())
    own = invocations * assumed.invocation_log_bytes + requests * assumed.access_log_bytes
    workers = sum(measured.used[name].at_once for name in ("write_chapter", "narrate_chapter"))
    renewed = 2  # a provider's key is read at the first call, and again after five minutes
    return [
        _line("API Gateway", "requests", requests, prices.api_requests),
        _line("Lambda", "requests", invocations, prices.lambda_requests),
        *(_function(name, used, memory[name], prices) for name, used in sorted(measured.used.items())),
        _cold(measured, memory, prices),
        *_calls(measured.counts, prices),
        _line("S3", "GetObject, by the listener's signed URLs", assumed.chapters, prices.s3_gets),
        _line("CloudWatch", "logs, GB", (measured.log_bytes + own) / GB, prices.logs),
        _line("KMS", "keys read", renewed * workers, prices.kms),
    ]


def idle(
    measured: Measured, prices: Prices, memory: dict[str, int], assumed: Assumptions, template: Path
) -> list[Line]:
    """Return the bill for a month with one book stored and nobody listening."""
    text = template.read_text(encoding="utf-8")
    there = Counter(re.findall(r"^    Type: (AWS::\w+::\w+)$", text, re.MULTILINE))
    sweeps = assumed.sweeps_a_month
    polls = there["AWS::SQS::Queue"] * assumed.pollers * HOURS * 3600 / assumed.long_poll_s
    looks = sum(n for (service, _), n in measured.sweep.calls.items() if service == "sqs") * sweeps
    reads = sum(units.reads for units in measured.sweep.units.values()) * sweeps
    logged = (assumed.invocation_log_bytes + measured.sweep_log_bytes) * sweeps / GB
    tables = measured.table_bytes / GB
    return [
        _line("CloudWatch", "metrics that alarms watch", alarm_metrics(text), prices.alarms),
        _line("CloudWatch", "dashboard", there["AWS::CloudWatch::Dashboard"], prices.dashboards),
        _line("SQS", "polls of empty queues, and the sweeps' looks", polls + looks, prices.sqs_requests),
        _line("Lambda", "sweeps", sweeps, prices.lambda_requests),
        _line("Lambda", "sweeps, GB-s", gb_seconds(measured.sweep_used, memory["sweep"]) * sweeps,
              prices.lambda_gb_seconds),
        _line("DynamoDB", "the sweeps' read units", reads, prices.dynamodb_reads),
        _line("CloudWatch", "the sweeps' logs, GB", logged, prices.logs),
        _line("CloudWatch", "logs kept for 30 days, GB", logged, prices.logs_storage),
        _line("DynamoDB", "one book, GB", tables, prices.dynamodb_storage),
        _line("DynamoDB", "one book, to be restored to any second, GB", tables, prices.dynamodb_backup),
        _line("S3", "one book with its lines, GB", measured.object_bytes / GB, prices.s3_storage),
    ]  # fmt: skip


def alarm_metrics(template: str) -> int:
    """Return how many metrics the template's alarms watch, which is what AWS bills: each alarm has one MetricName."""
    return len(re.findall(r"^ +MetricName:", template, re.MULTILINE))


def metric_hour(measured: Measured, prices: Prices) -> Line:
    """Return the line for an hour of custom metrics, which are billed for the hours in which they are written."""
    return _line("CloudWatch", f"{measured.metrics} metrics for an hour", measured.metrics / HOURS, prices.metrics)


def total(lines: list[Line]) -> float:
    """Return the dollars at list prices."""
    return sum(line.usd for line in lines)


def _calls(counts: Counts, prices: Prices) -> list[Line]:
    lines: list[Line] = []
    for (service, operation), calls in sorted(counts.calls.items()):
        if service == "dynamodb":
            units = counts.units[operation]
            price, number = (prices.dynamodb_writes, units.writes) if units.writes else (
                prices.dynamodb_reads, units.reads)  # fmt: skip
            count, usd = f"{calls} ({number:,.0f} {'write' if units.writes else 'read'} units)", price.of(number)
            lines.append(Line("DynamoDB", operation, count, usd, usd))
        elif service == "sqs":
            price = prices.sqs_requests if operation in UNGROUPED else prices.sqs_fair
            lines.append(_line("SQS", operation, calls, price))
        elif service == "s3":
            lines.append(_line("S3", operation, calls, getattr(prices, S3_CLASS[operation])))
    return lines


def _function(name: str, used: Used, memory_mb: int, prices: Prices) -> Line:
    what = f"{name}, {memory_mb} MB: {used.invocations} in {used.wall_s:.1f} s, {used.cpu_s:.1f} s CPU"
    return _line("Lambda", what, gb_seconds(used, memory_mb), prices.lambda_gb_seconds, " GB-s")


def _cold(measured: Measured, memory: dict[str, int], prices: Prices) -> Line:
    """Return the line for cold starts: as many per function as it ran at once, each with nothing loaded."""
    number, gb_s = 0, 0.0
    for name, cpu_s in measured.cold_s.items():
        number += measured.used[name].at_once
        gb_s += measured.used[name].at_once * gb_seconds(Used(1, cpu_s, cpu_s), memory[name])
    return _line("Lambda", f"{number} cold starts", gb_s, prices.lambda_gb_seconds, " GB-s")


def _line(service: str, what: str, count: float, price: Price, unit: str = "") -> Line:
    shown = f"{count:,.0f}" if count >= 100 or count == int(count) else f"{count:.3g}"
    return Line(service, what, shown + unit, price.of(count), price.beyond_free(count))
