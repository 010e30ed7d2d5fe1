"""The Retry-After header, in seconds or as a date."""

import time
from email.utils import formatdate

import pytest

from chalicelib.providers.retry_after import retry_after_s


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
