"""The record of a stand-in's calls: what is billed, and how many ran at once."""

from contextlib import ExitStack

import pytest

from local.standin.ledger import Ledger


def test_calls_are_numbered_as_they_arrive_and_billed_when_they_are_sold() -> None:
    ledger = Ledger()
    assert [ledger.arrive() for _ in range(3)] == [1, 2, 3]
    ledger.sold({"model": "v3"})
    assert ledger.report() == {"calls": [{"model": "v3"}], "arrived": 3, "peak_concurrency": 0}


def test_no_more_calls_run_than_may() -> None:
    ledger = Ledger()
    with ExitStack() as running:
        assert [running.enter_context(ledger.running(2)) for _ in range(4)] == [True, True, False, False]
        assert ledger.in_flight == 2
    assert ledger.in_flight == 0
    assert ledger.report()["peak_concurrency"] == 2


def test_a_call_that_fails_runs_no_more() -> None:
    ledger = Ledger()
    with pytest.raises(RuntimeError), ledger.running():
        raise RuntimeError
    assert ledger.in_flight == 0
    with ledger.running(1) as allowed:
        assert allowed


def test_what_was_read_does_not_change_any_more() -> None:
    ledger = Ledger()
    before = ledger.calls
    ledger.sold({})
    assert (before, len(ledger.calls)) == ([], 1)
