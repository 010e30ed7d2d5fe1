"""What a user's purchases of a month add up to, without reading all of them again at every request.

Beside the records, in the usage table, an item per user and month keeps the sums of the hours that are closed: those
that ended an hour ago or earlier. A record is written within seconds of its purchase, so a closed hour gets no more of
them; one that is late all the same (a crash came between a line and its record, a laptop slept) is written in one
transaction with a note beside the sums. So a month is one item, the records since then, and few notes if any.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.usage import COUNTS, Purchase, UsageRecord
from chalicelib.store.connections import Table, Where
from chalicelib.store.outage import repository
from chalicelib.store.tables import UsageItem
from chalicelib.store.transactions import conditional_write

PAGE = 2000
"""Records in one answer: the AWS of one machine answers nobody else while it collects them, for some 40 ms."""

CLOSED_S = 3600.0
"""An hour is closed so long after its end."""

LARGEST = 300_000
"""Characters of the sums, of the 400 KB that an item may have: some 3,000 stories. Beyond, records are read again."""

MonthSums = dict[str, list[int]]
"""For each story, the numbers of COUNTS."""


class TotalsItem(Table):
    """The sums of a user's month before the hour `until`, which hold the late records `counted`; or the note of one.

    They share the table of the records, under a hash key that no user has. `time_id` is the month, and of a note
    `2026-11~` and its record's own. `version` goes up with every change of the sums.
    """

    class Meta(Where):
        table_name = UsageItem.Meta.of_stage

    user_id = UnicodeAttribute(hash_key=True)
    time_id = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    until = UnicodeAttribute(null=True)
    sums = UnicodeAttribute(null=True)
    counted = UnicodeSetAttribute(null=True)
    story_id = UnicodeAttribute(null=True)
    numbers = UnicodeAttribute(null=True)


@repository
class MonthTotals:
    """The sums of all users."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def month(self, user_id: str, month: str) -> MonthSums:
        """Return what the purchases of a month such as `2026-11` add up to, by story."""
        kept = next(iter(TotalsItem.query(_key(user_id), TotalsItem.time_id == month, consistent_read=True)), None)
        until: str = (kept and kept.until) or month
        sums: MonthSums = json.loads(kept.sums) if kept and kept.sums else {}
        counted = set(kept.counted or ()) if kept else set()
        # Of a month that is over, no hour is later than its end, which `~` sorts after.
        closed = min(rfc3339(self._clock() - CLOSED_S)[: len("2026-11-23T20")], f"{month}~")
        recent: MonthSums = {}
        found: set[str] = set()
        for moment, story_id, numbers in self._records(user_id, month, until):
            found.add(moment)
            _add(sums if moment < closed else recent, story_id, numbers)
        # After the records: the note of each that was found, late or not, is there by now.
        for note in TotalsItem.query(_key(user_id), TotalsItem.time_id.startswith(f"{month}~"), consistent_read=True):
            moment = note.time_id.removeprefix(f"{month}~")
            # A late record may be in the range just read, or in the sums already: it is counted once.
            if moment not in found and moment not in counted:
                _add(sums if moment < closed else recent, note.story_id or "", json.loads(note.numbers or "[]"))
            if moment < closed:
                counted.add(moment)
        # One write per hour and user at most, however often the page asks.
        if until < closed:
            self._keep(TotalsItem(_key(user_id), month, until=closed, counted=counted or None), kept, sums)
        for story_id, numbers in recent.items():
            _add(sums, story_id, numbers)
        return sums

    def forget(self, user_id: str) -> None:
        """Remove a user's sums: once the user has no records any more, they would all be wrong."""
        with TotalsItem.batch_write() as batch:
            for item in TotalsItem.query(_key(user_id)):
                batch.delete(item)

    def _keep(self, item: TotalsItem, kept: TotalsItem | None, sums: MonthSums) -> None:
        """Store the sums, unless another reader has done so since `kept` was read: theirs are as good."""
        item.sums = json.dumps(sums, separators=(",", ":"))
        if len(item.sums) > LARGEST:
            return
        item.version = (kept.version if kept else 0) + 1
        # Two readers may sum at once. The loser's result is the same, so it is dropped and not tried again.
        same = TotalsItem.version == kept.version if kept else TotalsItem.user_id.does_not_exist()
        conditional_write(lambda: item.save(condition=same))

    def _records(self, user_id: str, month: str, since: str) -> Iterator[tuple[str, str, list[int]]]:
        """Yield time, story and numbers of a month's records from `since` on, oldest first.

        Read without PynamoDB's models: there may be thousands of them, and a model takes 0.1 ms of each.
        """
        name, wanted = UsageItem.full_name(), UsageItem.time_id.between(since, f"{month}~")
        start: dict[str, Any] | None = None
        while True:
            page = UsageItem.connected().query(
                name, user_id, wanted, exclusive_start_key=start, limit=PAGE, consistent_read=True
            )
            for item in page["Items"]:
                yield _text(item, "time_id"), _text(item, "story_id"), _numbers(item)
            start = page.get("LastEvaluatedKey")
            if not start:
                return


def late_note(record: UsageRecord) -> TotalsItem:
    """Return the note of a record whose hour may be summed already."""
    key = f"{record.time_id[: len('2026-11')]}~{record.time_id}"
    numbers = json.dumps(numbers_of(record.purchase))
    return TotalsItem(_key(record.user_id), key, story_id=record.story_id, numbers=numbers)


def numbers_of(purchase: Purchase) -> list[int]:
    """Return the numbers of COUNTS for one purchase."""
    tokens = [purchase.input_tokens, purchase.cached_tokens, purchase.output_tokens]
    # Billionths of a dollar: integers add up exactly, in any order.
    return [1, int(purchase.uncertain), *tokens, purchase.characters, round(purchase.cost_usd * 1e9)]


def _key(user_id: str) -> str:
    return f"totals#{user_id}"


def _add(sums: MonthSums, story_id: str, numbers: list[int]) -> None:
    so_far = sums.get(story_id)
    sums[story_id] = numbers if so_far is None else [a + b for a, b in zip(so_far, numbers, strict=True)]


def _text(item: Mapping[str, Any], name: str) -> str:
    text: str = item.get(name, {}).get("S", "")
    return text


def _numbers(item: Mapping[str, Any]) -> list[int]:
    """Return the numbers of a record as DynamoDB sends it: each is a text. What another version left out is none."""

    def number(name: str) -> float:
        return float(item[name]["N"]) if name in item else 0.0

    tokens = [int(number(name)) for name in COUNTS[2:-1]]
    return [1, int(item.get("uncertain", {}).get("BOOL", False)), *tokens, round(number("cost_usd") * 1e9)]
