"""Moments, ids, and the Retry-After header."""

import time
from email.utils import formatdate

import pytest

from chalicelib.clock import fresh_id, rfc3339, system_clock
from chalicelib.providers.retry_after import retry_after_s


def test_a_moment_is_rfc_3339_in_utc() -> None:
    assert rfc3339(1_795_464_000.1234) == "2026-11-23T20:00:00.123Z"


def test_ids_sort_by_age_and_differ() -> None:
    assert fresh_id(lambda: 1.0) < fresh_id(lambda: 1.5) < fresh_id(lambda: 1e9)
    assert len({fresh_id(lambda: 1.0) for _ in range(100)}) == 100
    assert len(fresh_id()) == 32


def test_the_machines_time() -> None:
    before = time.time()
    assert before <= system_clock() <= time.time()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 30 "}, 30.0),
        ({"RETRY-AFTER": "soon"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": formatdate(0, usegmt=True)}, 0.0),
        ({}, 0.0),
        (None, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str] | None, seconds: float) -> None:
    assert retry_after_s(headers) == seconds


def test_retry_after_as_a_date() -> None:
    assert 3500 < retry_after_s({"retry-after": formatdate(time.time() + 3600, usegmt=True)}) <= 3600
