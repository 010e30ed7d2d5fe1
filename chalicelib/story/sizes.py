"""How many bytes of UTF-8 a text may have, checked where it is accepted: from the author, and from a person.

A text that is too large for its item in DynamoDB is stored on S3 (`chalicelib.store.texts`), so these limits are not
DynamoDB's. They are there for the answer of `GET /stories/{id}/chapters/{n}`, which has script, directions and summary:
Lambda passes on 6 MB, and its runtime client for Python 3.11 escapes what is not ASCII, which trebles some texts.
"""

from typing import Any

import msgspec

from chalicelib.errors import Oversized

BEGINNINGS = 24_000
"""Characters of a text of a person's own from which its author tells what it is about, and who is in it."""

LONGEST_SCRIPT = 600_000
LONGEST_DIRECTIONS = 1_300_000
"""Bytes of a script, and of one with directions, as they are stored: JSON with the ids and speakers of all lines."""

LONGEST_SUMMARY = 16_000
"""Bytes of a chapter's summary, and of its seam. Both stay in its item, and go into the prompts of later chapters."""

LONGEST_OUTLINE = 450_000
"""Bytes of a story's outline, as it is stored."""


def too_large(what: str, value: Any, limit: int) -> str | None:
    """Return why a text, or a struct as JSON, has too many bytes, in words that quote nothing; None if it has not."""
    size = len(msgspec.json.encode(value))
    if size <= limit:
        return None
    return f"{what} may have {limit // 1000:,} KB at most; this one has {-(-size // 1000):,}"


def ensure_storable(field: str, what: str, value: Any, limit: int) -> None:
    """Raise Oversized for a text of the author's, or a struct, that has more than `limit` bytes as JSON."""
    if reason := too_large(what, value, limit):
        raise Oversized(field, reason)
