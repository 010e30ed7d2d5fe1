import pytest

from chalicelib.timing import (
    AUTHOR_CALL_S,
    FUNCTION_S,
    MARGIN_S,
    MASTERING_S,
    NARRATOR_CALL_S,
    RECEIVES,
    SHORTEST_LEASE_S,
    Timing,
)
from infra.chalice_config import stage_settings, stages


@pytest.mark.parametrize("stage", stages())
def test_the_deployed_time_outs_are_the_engines(stage: str) -> None:
    functions = stage_settings(stage)["lambda_functions"]
    assert {name: functions[name]["lambda_timeout"] for name in FUNCTION_S} == FUNCTION_S


def test_a_function_has_time_for_its_calls_and_for_handing_over() -> None:
    assert FUNCTION_S["write_chapter"] >= 2 * (AUTHOR_CALL_S + MARGIN_S)  # the second one repairs
    assert FUNCTION_S["narrate_chapter"] >= NARRATOR_CALL_S + MASTERING_S + 2 * MARGIN_S


@pytest.mark.parametrize("scale", [1, 10, 1000, 100_000])
def test_waiting_times_follow_from_each_other(scale: float) -> None:
    timing = Timing().scaled(scale)
    assert timing.lease_s >= SHORTEST_LEASE_S
    assert timing.heartbeat_interval_s * 3 <= timing.lease_s
    assert timing.held_visibility_s > timing.lease_s
    assert timing.visibility_s > timing.held_visibility_s
    assert timing.silence_s > timing.held_visibility_s
    assert timing.claim_s >= max(FUNCTION_S.values())
    assert list(timing.retry_delays_s) == sorted(timing.retry_delays_s)


def test_on_aws_the_queues_follow_awss_rules() -> None:
    timing = Timing()
    assert timing.visibility_s >= 6 * max(FUNCTION_S.values())
    assert RECEIVES >= 5
    assert list(timing.retry_delays_s) == [60, 120]
    assert timing.longest_delay_s <= 900
    assert Timing().scaled(1) == timing


def test_a_webhook_is_tried_ever_less_often_and_for_a_day() -> None:
    timing, scaled = Timing(), Timing().scaled(10)
    assert list(timing.webhook_delays_s) == sorted(timing.webhook_delays_s)
    assert sum(timing.webhook_delays_s) < timing.webhook_for_s == 86_400
    assert [10 * delay for delay in scaled.webhook_delays_s] == list(timing.webhook_delays_s)
    assert scaled.webhook_for_s == 8_640
