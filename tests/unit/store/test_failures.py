"""How the failures of a step are counted, on moto."""

from chalicelib.domain.lease import Lease
from chalicelib.store.failures import FailureCounter
from chalicelib.store.leases import StepLeases
from tests.support.clock import ManualClock


def test_failures_are_counted_for_each_attempt(memory_aws: None) -> None:
    clock, mine = ManualClock(), Lease("story", "w1", "me")
    leases, failures = StepLeases(clock), FailureCounter(clock)
    assert leases.acquire(mine, 60)
    counted = [failures.count_failure(mine, attempt, "It broke.", "internal") for attempt in ("t:1", "t:1", "t:2")]
    assert counted == [1, 2, 1]
    assert failures.last_failure("story", "w1", "t:1") is None
    assert failures.last_failure("story", "w1", "t:2") == ("It broke.", "internal")
