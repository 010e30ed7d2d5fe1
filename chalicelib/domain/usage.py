"""What was bought: one record per paid call, and what they add up to. Records hold numbers and ids, no text."""

from collections.abc import Mapping, Sequence

import msgspec

from chalicelib.domain.money import micro

LINE = "line"
"""The kind of a purchase from the narrator; every other kind is a question to OpenAI."""

COUNTS = ("calls", "uncertain_calls", "input_tokens", "cached_tokens", "output_tokens", "characters", "cost_micro_usd")
"""What is summed, as integers, in this order."""

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

    @property
    def micro(self) -> int:
        """The cost in whole micro-dollars."""
        return micro(self.cost_usd)


class UsageRecord(msgspec.Struct, frozen=True):
    """A purchase of one user for one story. `time_id` is its time and a unique id, so that a month is one key range.

    `month` is the month whose money it was; "" in records of versions that had no budgets.
    """

    user_id: str
    time_id: str
    story_id: str
    purchase: Purchase
    month: str = ""

    @property
    def time(self) -> str:
        """The time of the purchase, as RFC 3339."""
        return self.time_id.partition("#")[0]


def to_metadata(record_id: str, purchase: Purchase) -> dict[str, str]:
    """Return a purchase as S3 metadata, stored with the line that was bought, so that the line says what it cost."""
    return {
        "bought-at": record_id,
        "model": purchase.model,
        "chapter": str(purchase.chapter),
        "characters": str(purchase.characters),
        "cost-usd": repr(purchase.cost_usd),
    }


def numbers_of(purchase: Purchase) -> list[int]:
    """Return the numbers of COUNTS for one purchase."""
    tokens = [purchase.input_tokens, purchase.cached_tokens, purchase.output_tokens]
    return [1, int(purchase.uncertain), *tokens, purchase.characters, purchase.micro]
