"""Alarms: few enough to be free, each with something to do, each on a metric that somebody writes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.cost.bill import alarm_metrics
from chalicelib.observing import METRICS, NAMESPACE
from infra.stage_parameters import StageParameters
from infra.template import functions, render

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = json.loads(render(StageParameters.of("dev", "eu-central-1", "123456789012")))
ALARMS = {
    resource["Properties"]["AlarmName"]: resource["Properties"]
    for resource in TEMPLATE["Resources"].values()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}


def watched(alarm: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Namespace, name and dimensions of an alarm's metric."""
    return alarm["Namespace"], alarm["MetricName"], {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])}


def test_the_alarms_are_free() -> None:
    assert len(ALARMS) == alarm_metrics((ROOT / "infra" / "fireside.yaml").read_text()) <= 10


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_every_alarm_tells_a_person_who_finds_what_to_do(name: str) -> None:
    slug, alarm = name.removeprefix("fireside-dev-"), ALARMS[name]
    assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
    assert alarm["AlarmDescription"].endswith(f"See docs/operating.md, {slug}.")
    assert re.search(rf"^### {slug}$", (ROOT / "docs" / "operating.md").read_text(), re.MULTILINE)


def test_every_metric_is_one_that_is_written() -> None:
    ours = {metric for measured in METRICS.values() for metric, _, _ in measured}
    deployed = {f"fireside-dev-{name}" for name in functions("dev")}
    for alarm in ALARMS.values():
        namespace, metric, dimensions = watched(alarm)
        if namespace == NAMESPACE:
            assert metric in ours
            assert dimensions == {"service": "fireside-dev"}
        if "FunctionName" in dimensions:
            assert dimensions["FunctionName"] in deployed


def test_what_the_issue_names_rings() -> None:
    seen = {
        (namespace, metric, dimensions.get("FunctionName", ""))
        for namespace, metric, dimensions in map(watched, ALARMS.values())
    }
    assert {
        ("Fireside", "TasksFailed", ""),
        ("AWS/Lambda", "Invocations", "fireside-dev-sweep"),
        ("AWS/Lambda", "Errors", "fireside-dev-dead_letters"),
        ("AWS/Lambda", "RecursiveInvocationsDropped", "fireside-dev-write_chapter"),
        ("AWS/Lambda", "RecursiveInvocationsDropped", "fireside-dev-narrate_chapter"),
        ("AWS/ApiGateway", "5XXError", ""),
        ("AWS/Lambda", "Throttles", ""),
        ("Fireside", "DaySpent", ""),
        ("Fireside", "TasksSwept", ""),
    } == seen


def test_a_sweeper_that_does_not_run_writes_nothing_and_that_is_the_alarm() -> None:
    silent = ALARMS["fireside-dev-sweep-silent"]
    assert silent["TreatMissingData"] == "breaching"
    assert all(alarm["TreatMissingData"] == "notBreaching" for alarm in ALARMS.values() if alarm is not silent)


def test_what_is_deleted_can_be_brought_back_and_is_gone_after_two_weeks() -> None:
    bucket = TEMPLATE["Resources"]["Audio"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["deleted-sound"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 14}
    assert rules["deleted-sound"]["ExpiredObjectDeleteMarker"] is True  # else deleted names would stay for ever
