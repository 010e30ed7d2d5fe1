"""Who holds a step or a line, and how its failures are counted, on moto."""

from chalicelib.domain.lease import Lease
from chalicelib.store.claims import LineClaims
from chalicelib.store.failures import FailureCounter
from chalicelib.store.lease_tables import StepLeaseItem
from chalicelib.store.leases import StepLeases
from chalicelib.store.semaphore import FairSemaphore
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


def test_failures_are_counted_for_each_attempt(memory_aws: None) -> None:
    clock, mine = ManualClock(), Lease("story", "w1", "me")
    leases, failures = StepLeases(clock), FailureCounter(clock)
    assert leases.acquire(mine, 60)
    counted = [failures.count_failure(mine, attempt, "It broke.", "internal") for attempt in ("t:1", "t:1", "t:2")]
    assert counted == [1, 2, 1]
    assert failures.last_failure("story", "w1", "t:1") is None
    assert failures.last_failure("story", "w1", "t:2") == ("It broke.", "internal")


def test_a_line_is_claimed_by_one_step_until_it_gives_it_up_or_its_time_is_over(memory_aws: None) -> None:
    clock = ManualClock()
    claims, first = LineClaims(clock), Lease("story", "n1", "me")
    redelivered, second = Lease("story", "n1", "another worker"), Lease("story", "n2", "me")
    assert claims.claim(first, "line", 60)
    assert claims.claim(redelivered, "line", 60)
    assert not claims.claim(second, "line", 60)
    claims.release(second, "line")  # it has no claim to give up
    assert not claims.claim(second, "line", 60)
    clock.advance(61)
    assert claims.claim(second, "line", 60)
    claims.release(second, "line")
    assert claims.claim(first, "line", 60)


def stored() -> dict[str, dict[str, dict[str, str]]]:
    """Return the items of the table by their sort keys, as DynamoDB has them."""
    items = StepLeaseItem.connected().scan(StepLeaseItem.full_name())["Items"]
    return {item["name"]["S"]: item for item in items}


def test_the_lease_and_the_failures_of_a_step_are_one_item_as_they_always_were(memory_aws: None) -> None:
    clock, mine = ManualClock(1000.5), Lease("story", "n1", "me")
    leases, failures = StepLeases(clock), FailureCounter(clock)
    assert leases.acquire(mine, 60)
    failures.count_failure(mine, "t:1", "It broke.", "internal")
    lease = {"story_id": {"S": "story"}, "name": {"S": "step#n1"}, "owner": {"S": "me"}, "until": {"N": "1060.5"}}
    counted = {
        "run": {"S": "t:1"},
        "failures": {"N": "1"},
        "error": {"S": "It broke."},
        "error_code": {"S": "internal"},
    }
    assert stored() == {"step#n1": {**lease, **counted, "expires": {"N": "87400"}}}
    assert failures.count_reschedule(mine, "t:1", "time", progressed=False) == 1
    del lease["owner"], lease["until"]
    assert stored() == {"step#n1": {**lease, **counted, "cut_short": {"N": "1"}, "expires": {"N": "87400"}}}
    assert leases.acquire(mine, 60)
    leases.delete(mine)
    assert stored() == {}


def test_a_claim_and_a_semaphore_are_stored_as_they_always_were(memory_aws: None) -> None:
    clock = ManualClock(1000.5)
    LineClaims(clock).claim(Lease("story", "n1", "me"), "abc", 60)
    FairSemaphore("narration", 4, clock).acquire("story/n1", "ann", 2, 0, 60.0)
    claim = {"owner": {"S": "n1"}, "until": {"N": "1060.5"}, "expires": {"N": "87400"}}
    permits = {"holders": {"S": '{"story/n1": ["ann", 2, 1060.5, 2]}'}, "version": {"N": "1"}}
    assert stored() == {
        "line#abc": {"story_id": {"S": "story"}, "name": {"S": "line#abc"}, **claim},
        "narration": {"story_id": {"S": "permits"}, "name": {"S": "narration"}, **permits},
    }


def test_a_deleted_story_leaves_no_lease_and_no_claim(memory_aws: None) -> None:
    clock, mine = ManualClock(), Lease("story", "n1", "me")
    leases, claims = StepLeases(clock), LineClaims(clock)
    other = Lease("another", "n1", "me")
    assert leases.acquire(mine, 60)
    assert claims.claim(mine, "abc", 60)
    assert leases.acquire(other, 60)
    leases.delete_story("story")
    assert set(stored()) == {"step#n1"}
    assert not leases.acquire(Lease("another", "n1", "somebody else"), 60)
