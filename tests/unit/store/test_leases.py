"""Who holds a step, on moto."""

from chalicelib.domain.lease import Lease
from chalicelib.store.leases import StepLeases
from tests.support.clock import ManualClock


def test_a_lease_whose_answer_was_lost_is_its_writers(memory_aws: None) -> None:
    """The AWS client sends such a write again: the lease that it finds there is its own."""
    leases, mine = StepLeases(ManualClock()), Lease("story", "w1", "me")
    assert leases.acquire(mine, 60)
    assert leases.acquire(mine, 60)
    assert not leases.acquire(Lease("story", "w1", "another"), 60)


def test_a_step_is_free_when_its_lease_has_run_out_or_was_given_back(memory_aws: None) -> None:
    clock = ManualClock()
    leases, mine, others = StepLeases(clock), Lease("story", "w1", "me"), Lease("story", "w1", "another")
    assert leases.acquire(mine, 60)
    clock.advance(60)
    assert not leases.acquire(others, 60)
    clock.advance(1)
    assert leases.acquire(others, 60)
    leases.release(mine)  # it has it no more, so it cannot give it back
    assert not leases.renew(mine, 60)
    assert not leases.acquire(mine, 60)
    leases.release(others)
    assert leases.acquire(mine, 60)
    leases.delete(mine)
    assert leases.acquire(others, 60)
