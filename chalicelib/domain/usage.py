"""What was bought: one record per paid call, and what they add up to. Records hold numbers and ids, no text."""

from collections.abc import Mapping, Sequence

import msgspec

LINE = "line"
"""The kind of a purchase at ElevenLabs; every other kind is a question to OpenAI."""

COUNTS = ("calls", "uncertain_calls", "input_tokens", "cached_tokens", "output_tokens", "characters", "cost_nano_usd")
"""What is summed, as integers, in this order; the cost in billionths of a dollar, so that it is rounded but once."""

Sums = Mapping[str, Sequence[int]]
"""For each story, the numbers of COUNTS."""


class Purchase(msgspec.Struct, frozen=True):
    """One paid call: tokens of an author call (`cached_tokens` are part of `input_tokens`), or characters.

    `uncertain`: no answer came in time; it may have been billed or not, and its numbers are estimates.
    """

    kind: str
    model: str
    cost_usd: float
    chapter: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    characters: int = 0
    uncertain: bool = False


class UsageRecord(msgspec.Struct, frozen=True):
    """A purchase of one user for one story. `time_id` is its time and a unique id, so that a month is one key range."""

    user_id: str
    time_id: str
    story_id: str
    purchase: Purchase

    @property
    def time(self) -> str:
        """The time of the purchase, as RFC 3339."""
        return self.time_id.partition("#")[0]


def to_metadata(record: UsageRecord) -> dict[str, str]:
    """Return a record as S3 metadata, stored with the line that was bought, from which it can be stored again."""
    purchase = record.purchase
    return {
        "bought-at": record.time_id,
        "model": purchase.model,
        "chapter": str(purchase.chapter),
        "characters": str(purchase.characters),
        "cost-usd": repr(purchase.cost_usd),
    }


def from_metadata(user_id: str, story_id: str, metadata: Mapping[str, str]) -> UsageRecord | None:
    """Return the record that `to_metadata` wrote, under the same key, or None if there is none."""
    if "bought-at" not in metadata:
        return None
    purchase = Purchase(
        LINE,
        metadata["model"],
        float(metadata["cost-usd"]),
        int(metadata["chapter"]),
        characters=int(metadata["characters"]),
    )
    return UsageRecord(user_id, metadata["bought-at"], story_id, purchase)
