"""The Retry-After header of HTTP (RFC 9110, 10.2.3)."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def retry_after_s(headers: Mapping[str, str] | None) -> float:
    """Return the seconds a server asks us to wait: `Retry-After` as seconds or as a date; 0 without a usable one."""
    value = next((text for name, text in (headers or {}).items() if name.lower() == "retry-after"), "")
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    # A malformed header is none: the step's own delays apply.
    except (ValueError, TypeError):
        return 0.0
