"""The permits of a provider account, on moto: never more than there are, and none lost with a dead worker."""

import pytest

from chalicelib.errors import FiresideError
from chalicelib.store import semaphore as module
from chalicelib.store.lease_tables import SemaphoreItem
from chalicelib.store.semaphore import PERMITS, WAITING_S, FairSemaphore, clear_semaphores
from tests.support.clock import ManualClock


def version() -> int:
    """Return how often the permits have been written."""
    return int(SemaphoreItem.get(PERMITS, "narration").version)


def test_what_one_worker_holds_another_does_not_get(memory_aws: None) -> None:
    permits = FairSemaphore("narration", 3, ManualClock())
    assert permits.acquire("s1/n1", "ann", 2, 0, 60.0).permits == 2
    assert permits.acquire("s2/n1", "ann", 2, 0, 60.0).permits == 1
    permits.release("s1/n1")
    assert permits.acquire("s2/n1", "ann", 2, 1, 60.0).permits == 2


def test_a_dead_workers_permits_are_free_when_their_time_is_over(memory_aws: None) -> None:
    clock = ManualClock()
    permits = FairSemaphore("narration", 2, clock)
    assert permits.acquire("s1/n1", "ann", 2, 0, 60.0).permits == 2
    clock.advance(60)
    assert permits.acquire("s2/n1", "bob", 2, 0, 60.0).permits == 0
    clock.advance(1)
    assert permits.acquire("s2/n1", "bob", 2, 0, 60.0).permits == 2


def test_the_wish_of_a_worker_that_asks_no_more_counts_for_a_few_seconds(memory_aws: None) -> None:
    clock = ManualClock()
    permits = FairSemaphore("narration", 2, clock)
    permits.acquire("s1/n1", "ann", 2, 0, 60.0)
    permits.acquire("s2/n1", "bob", 2, 0, 60.0)
    assert permits.acquire("s1/n1", "ann", 2, 2, 60.0).share == 1  # the other is bob's as soon as it is free
    clock.advance(WAITING_S + 1)
    assert permits.acquire("s1/n1", "ann", 2, 2, 60.0).share == 2


def test_nothing_is_written_before_a_quarter_of_the_time_is_over(memory_aws: None) -> None:
    clock = ManualClock()
    permits = FairSemaphore("narration", 2, clock)
    for passed, written in ((0, 1), (14, 1), (2, 2)):
        clock.advance(passed)
        permits.acquire("s1/n1", "ann", 2, 0, 60.0)
        assert version() == written
    permits.release("s3/n1")  # which holds none
    assert version() == 2


def test_two_accounts_have_nothing_to_do_with_each_other_until_all_are_cleared(memory_aws: None) -> None:
    clock = ManualClock()
    narration, authoring = FairSemaphore("narration", 1, clock), FairSemaphore("authoring", 1, clock)
    assert narration.acquire("s1/n1", "ann", 1, 0, 60.0).permits == 1
    assert authoring.acquire("s1/w1", "ann", 1, 0, 60.0).permits == 1
    assert narration.acquire("s2/n1", "ann", 1, 0, 60.0).permits == 0
    clear_semaphores()
    assert narration.acquire("s2/n1", "ann", 1, 0, 60.0).permits == 1


def test_permits_that_never_stand_still_are_given_up(memory_aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []

    def outpaced(write: object) -> bool:
        tries.append(write)
        return False

    monkeypatch.setattr(module, "conditional_write", outpaced)
    with pytest.raises(FiresideError, match="narration are contended"):
        FairSemaphore("narration", 2, ManualClock()).acquire("s1/n1", "ann", 2, 0, 60.0)
    assert len(tries) == 20
