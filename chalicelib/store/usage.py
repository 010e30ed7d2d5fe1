"""What was bought: one record per paid call, for `GET /usage`. Records hold numbers and ids, no text."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from chalicelib import log
from chalicelib.clock import Clock, rfc3339
from chalicelib.errors import Provider
from chalicelib.store.outage import repository
from chalicelib.store.tables import UsageItem
from chalicelib.store.totals import MonthTotals, Sums, is_late, save_record

LINE = "line"
"""The kind of a purchase at ElevenLabs; every other kind is a question to OpenAI."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One paid call: tokens of an author call (`cached_tokens` are part of `input_tokens`), or characters.

    `uncertain`: no answer came in time; it may have been billed or not.
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


@repository
class UsageLog:
    """The records of all users."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._totals = MonthTotals(clock)

    def now(self) -> str:
        """Return the time, as RFC 3339."""
        return rfc3339(self._clock())

    def record(self, user_id: str, story_id: str, purchase: Purchase) -> UsageItem:
        """Return a record of a purchase made now, not kept yet: it is written together with what was bought."""
        log.event(
            "paid",
            story_id=story_id,
            kind=purchase.kind,
            model=purchase.model,
            cost_usd=purchase.cost_usd,
            characters=purchase.characters,
            uncertain=purchase.uncertain,
        )
        return UsageItem(
            user_id,
            f"{rfc3339(self._clock())}#{secrets.token_hex(8)}",
            story_id=story_id,
            **{**asdict(purchase), "uncertain": purchase.uncertain or None},
        )

    def has_sold(self, user_id: str, provider: Provider, within_s: float) -> bool:
        """Return whether the provider has sold this user anything within the last `within_s` seconds."""
        since = rfc3339(self._clock() - within_s)
        lines = UsageItem.kind == LINE
        of_provider = lines if provider == "ElevenLabs" else ~lines
        newest = UsageItem.query(
            user_id,
            UsageItem.time_id > since,
            of_provider & UsageItem.uncertain.does_not_exist(),  # silence is no answer
            scan_index_forward=False,
            consistent_read=True,
            limit=1,
            page_size=100,
        )
        return next(newest, None) is not None

    def save(self, record: UsageItem) -> None:
        """Keep a record now; doing it again changes nothing."""
        save_record(record, self._clock())

    def save_again(self, record: UsageItem) -> None:
        """Keep a record that was most likely kept before."""
        if is_late(record, self._clock()):
            same = UsageItem.time_id == record.time_id
            if next(iter(UsageItem.query(record.user_id, same, consistent_read=True, limit=1)), None):
                return
        self.save(record)

    def month(self, user_id: str, month: str) -> Sums:
        """Return what the user's purchases of a month such as `2026-11` add up to, by story."""
        return self._totals.month(user_id, month)


def to_metadata(item: UsageItem) -> dict[str, str]:
    """Return a record as S3 metadata, kept with the line that was bought: found again, it can be written again."""
    return {
        "bought-at": item.time_id,
        "model": item.model,
        "chapter": str(item.chapter or 0),
        "characters": str(item.characters),
        "cost-usd": repr(float(item.cost_usd)),
    }


def from_metadata(user_id: str, story_id: str, metadata: Mapping[str, str]) -> UsageItem | None:
    """Return the record that `to_metadata` wrote, under the same key, or None if there is none."""
    if "bought-at" not in metadata:
        return None
    return UsageItem(
        user_id,
        metadata["bought-at"],
        story_id=story_id,
        kind=LINE,
        model=metadata["model"],
        chapter=int(metadata["chapter"]),
        input_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        characters=int(metadata["characters"]),
        cost_usd=float(metadata["cost-usd"]),
    )
