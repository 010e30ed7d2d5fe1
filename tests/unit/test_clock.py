"""Moments, and ids that sort by them."""

import time

from chalicelib.clock import fresh_id, rfc3339, system_clock


def test_a_moment_is_rfc_3339_in_utc() -> None:
    assert rfc3339(1_795_464_000.1234) == "2026-11-23T20:00:00.123Z"


def test_ids_sort_by_age_and_differ() -> None:
    assert fresh_id(lambda: 1.0) < fresh_id(lambda: 1.5) < fresh_id(lambda: 1e9)
    assert len({fresh_id(lambda: 1.0) for _ in range(100)}) == 100
    assert len(fresh_id()) == 32


def test_the_machines_time() -> None:
    before = time.time()
    assert before <= system_clock() <= time.time()
