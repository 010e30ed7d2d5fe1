"""The clock and the source of new ids: both are passed in, so that tests control them."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Seconds since the epoch."""

Wait = Callable[[float], None]
"""Sleeps for a number of seconds."""

Ids = Callable[[], str]
"""Returns a new, unguessable id; later ids sort after earlier ones."""


def system_clock() -> float:
    """Return the machine's time in seconds since the epoch."""
    return time.time()


def rfc3339(seconds: float) -> str:
    """Format a moment as RFC 3339 in UTC with milliseconds, such as `2026-11-23T20:15:30.123Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp(moment: str) -> float:
    """Parse what `rfc3339` wrote; return seconds since the epoch."""
    return datetime.fromisoformat(moment).timestamp()


def fresh_id(clock: Clock = system_clock) -> str:
    """Return 32 hexadecimal digits: 48 bits of milliseconds, so that ids sort by age, then 80 random bits."""
    return f"{int(clock() * 1000):012x}{secrets.token_hex(10)}"
