"""A month's sums that are kept: whatever meets whatever, they are those of the records."""

import json
import os
import subprocess
import sys
import threading
from ast import literal_eval
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from moto import mock_aws

from chalicelib.domain.usage import Purchase, UsageRecord
from chalicelib.naming import TABLES, encode_tables
from chalicelib.store.tables import UsageItem
from chalicelib.store.totals import MonthSums, MonthTotals, TotalsItem
from chalicelib.store.usage import UsageLog
from chalicelib.timing import Timing
from local import summing
from local.resources import create_missing
from local.summing import sum_up
from tests.support.clock import ManualClock
from tests.support.stage import s3, settings, sqs
from tests.support.testapp import TestApp

MONTH = "2026-11"
STORIES = ("one", "two", "three")


def test_sums_are_beside_the_records_wherever_those_are() -> None:
    """A usage table that was restored has a name of its own, which is in the stage's settings."""
    program = (
        "import os\n"
        "from chalicelib.settings import Settings\n"
        "from chalicelib.store import connections, tables, totals\n"
        "connections.connect(Settings.from_env(os.environ))\n"
        "print({model.full_name() for model in connections.Table.__subclasses__()})"
    )
    others = {name: f"fireside-local-{name}-restored" for name in TABLES}
    env = {**os.environ, "FIRESIDE_STAGE": "local", "FIRESIDE_TABLES": encode_tables(others)}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert literal_eval(printed) == set(others.values())


def plain(month: str = MONTH) -> MonthSums:
    """Return the sums of all records, each read."""
    sums: MonthSums = {}
    for item in UsageItem.query("ann", UsageItem.time_id.startswith(month)):
        numbers = [1, int(bool(item.uncertain)), item.input_tokens, item.cached_tokens, item.output_tokens]
        numbers += [item.characters, round(float(item.cost_usd) * 1e9)]
        before = sums.get(item.story_id, [0] * 7)
        sums[item.story_id] = [a + int(b) for a, b in zip(before, numbers, strict=True)]
    return sums


class Meanwhile(MonthTotals):
    """A reader beside whom something happens before it reads, between its reads, and before it writes."""

    def __init__(self, clock: ManualClock, happens: Callable[[], None]) -> None:
        super().__init__(clock)
        self._happens = happens

    def _records(self, user_id: str, month: str, since: str) -> Iterator[tuple[str, str, list[int]]]:
        self._happens()
        found = list(super()._records(user_id, month, since))
        self._happens()
        yield from found

    def _keep(self, item: TotalsItem, kept: TotalsItem | None, sums: MonthSums) -> None:
        self._happens()
        super()._keep(item, kept, sums)


class Months(RuleBasedStateMachine):
    """Purchases recorded at once, late, or twice; questions that meet them and each other; time that passes."""

    @initialize(asking=st.booleans())
    def begin(self, asking: bool) -> None:
        self.asking = asking
        self.aws = mock_aws()
        self.aws.start()
        create_missing(settings, Timing(), sqs(), s3())
        self.clock = ManualClock()
        self.usage = UsageLog(self.clock)
        self.made: list[UsageRecord] = []

    def teardown(self) -> None:
        if hasattr(self, "aws"):
            self.check()
            self.aws.stop()

    def check(self) -> None:
        assert self.usage.month("ann", MONTH) == plain()

    @rule(story=st.sampled_from(STORIES), minutes=st.sampled_from([31, 59, 90, 150, 300]))
    def a_record_comes_late(self, story: str, minutes: int) -> None:
        self.buy(story, 1000, uncertain=False, now=False)
        self.clock.advance(60 * minutes)
        self.usage.save(self.made[-1])

    @rule(story=st.sampled_from(STORIES), cost=st.integers(1, 10**9), uncertain=st.booleans(), now=st.booleans())
    def buy(self, story: str, cost: int, uncertain: bool, now: bool) -> None:
        purchase = Purchase("line", "m", cost / 1e9, 1, 3, 1, 2, characters=7, uncertain=uncertain)
        record = self.usage.record("ann", story, purchase)
        self.made.append(record)
        if now:
            self.usage.save(record)

    @rule(which=st.integers(0, 1000), again=st.booleans())
    def record_what_was_made_earlier(self, which: int, again: bool) -> None:
        if self.made:
            record = self.made[which % len(self.made)]
            (self.usage.save_again if again else self.usage.save)(record)

    @rule(minutes=st.sampled_from([1, 10, 29, 40, 61, 150, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(60 * minutes)

    @rule(which=st.lists(st.integers(0, 1000), min_size=3, max_size=3), ask=st.lists(st.booleans(), min_size=3))
    def ask_while_records_come(self, which: list[int], ask: list[bool]) -> None:
        events = iter(zip(which, ask, strict=False))

        def happens() -> None:
            number, other = next(events, (0, False))
            self.record_what_was_made_earlier(number, again=False)
            if other:
                self.usage.month("ann", MONTH)

        Meanwhile(self.clock, happens).month("ann", MONTH)

    @invariant()
    def the_sums_are_those_of_the_records(self) -> None:
        if getattr(self, "asking", False):  # a read keeps sums: in half of the runs nobody reads until the end
            self.check()


def test_whatever_meets_whatever_the_sums_are_those_of_the_records() -> None:
    run_state_machine_as_test(
        Months, settings=hypothesis_settings(max_examples=25, stateful_step_count=25, deadline=None)
    )


def test_a_late_record_counts_once_before_and_after_its_hour_is_summed(testapp: TestApp) -> None:
    usage = testapp.services.usage
    first, second = (usage.record("ann", "one", Purchase("line", "m", 0.1, characters=9)) for _ in range(2))
    testapp.clock.advance(2400)
    usage.save(first)  # late, and nobody has summed its hour
    assert usage.month("ann", MONTH) == plain()
    testapp.clock.advance(9000)
    assert usage.month("ann", MONTH) == plain()
    usage.save(second)  # late, when its hour is summed
    usage.save(second)
    usage.save_again(first)
    for _ in range(3):
        assert usage.month("ann", MONTH) == plain()
        testapp.clock.advance(9000)
    assert plain()["one"][0] == 2


def test_a_record_that_comes_between_the_reads_counts_once(testapp: TestApp) -> None:
    usage, late = testapp.services.usage, []
    for _ in range(3):
        late.append(usage.record("ann", "one", Purchase("line", "m", 0.1, characters=9)))
    testapp.clock.advance(9000)
    coming = iter(late)  # before the records are read, after, and before the sums are written
    Meanwhile(testapp.clock, lambda: usage.save(next(coming))).month("ann", MONTH)
    assert next(coming, None) is None
    for _ in range(2):
        assert usage.month("ann", MONTH) == plain()
        testapp.clock.advance(9000)


def read(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each page has that is read from now on."""
    pages: list[int] = []
    query = UsageItem.connected().query

    def counted(*args: Any, **kwargs: Any) -> Any:
        page = query(*args, **kwargs)
        pages.append(len([item for item in page["Items"] if "kind" in item]))
        return page

    monkeypatch.setattr(UsageItem.connected(), "query", counted)
    return pages


def test_a_record_is_read_once_when_its_hour_is_closed(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = testapp.services.usage
    for _ in range(20):
        usage.save(usage.record("ann", "one", Purchase("line", "m", 0.000_000_3, characters=9)))
    testapp.clock.advance(7300)
    usage.save(usage.record("ann", "two", Purchase("line", "m", 0.1, characters=9)))
    pages = read(testapp, monkeypatch)
    before = testapp.request("GET", f"/usage?month={MONTH}").json_body
    assert sum(pages) == 21
    pages.clear()
    assert testapp.request("GET", f"/usage?month={MONTH}").json_body == before
    assert sum(pages) == 1
    assert before["total"] == {
        "calls": 21,
        "uncertain_calls": 0,
        "input_tokens": 0,
        "cached_tokens": 0,
        "output_tokens": 0,
        "characters": 189,
        "cost_usd": 0.100006,  # rounded once, not twenty times
    }


def test_of_a_month_that_has_not_begun_nothing_is_kept(testapp: TestApp) -> None:
    assert testapp.services.usage.month("ann", "2027-01") == {}
    assert list(TotalsItem.query("totals#ann")) == []


def test_one_machine_sums_every_month_of_everybody_before_they_ask(testapp: TestApp) -> None:
    usage = testapp.services.usage
    for user in ("ann", "local"):
        for _ in range(3):
            usage.save(usage.record(user, "one", Purchase("line", "m", 0.1, characters=9)))
            testapp.clock.advance(31 * 86_400)
    sum_up(testapp.services, "local", threading.Event())
    for user, months in (("ann", ["2026-11", "2026-12", "2027-01"]), ("local", ["2027-02", "2027-03", "2027-04"])):
        asked = [item.time_id for item in TotalsItem.query(f"totals#{user}") if item.sums != "{}"]
        assert asked == months


def test_the_present_month_is_summed_before_anybody_can_ask(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = testapp.services.usage
    usage.save(usage.record("local", "one", Purchase("line", "m", 0.1, characters=9)))
    testapp.clock.advance(9000)
    monkeypatch.setattr(summing, "sum_up", lambda *_: None)  # the rest never comes to its turn
    summing.start_summing(testapp.services, "local")()
    [kept] = TotalsItem.query("totals#local")
    assert (kept.time_id, json.loads(kept.sums or "")["one"][0]) == (MONTH, 1)


def test_summing_ends_with_the_system(testapp: TestApp) -> None:
    usage, over = testapp.services.usage, threading.Event()
    usage.save(usage.record("local", "one", Purchase("line", "m", 0.1, characters=9)))
    testapp.clock.advance(31 * 86_400)
    over.set()
    sum_up(testapp.services, "local", over)
    assert list(TotalsItem.query("totals#local")) == []
