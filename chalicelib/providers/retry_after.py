"""The Retry-After header of HTTP (RFC 9110, 10.2.3), and its forms in fractions and in milliseconds."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
"""OpenAI's and Azure's own headers, which say more exactly what `Retry-After` says in whole seconds."""

_NUMBER = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s)?\s*")


def retry_after_s(headers: Mapping[str, str] | None) -> float:
    """Return the seconds a server asks us to wait, as a number or as a date; 0 without a usable one."""
    given = {name.lower(): value for name, value in (headers or {}).items()}
    for name in _MILLISECONDS:
        if match := _NUMBER.fullmatch(given.get(name, "")):
            return float(match[1]) / 1000
    value = given.get("retry-after", "")
    if match := _NUMBER.fullmatch(value):
        return float(match[1]) / (1000 if match[2] == "ms" else 1)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    # A malformed header is none: the step's own delays apply.
    except (ValueError, TypeError, OverflowError):
        return 0.0
