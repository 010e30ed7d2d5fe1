"""The four kinds of items in the table of leases, as they have always been stored, on moto."""

from chalicelib.domain.lease import Lease
from chalicelib.store.claims import LineClaims
from chalicelib.store.failures import FailureCounter
from chalicelib.store.lease_tables import StepLeaseItem
from chalicelib.store.leases import StepLeases
from chalicelib.store.semaphore import FairSemaphore
from tests.support.clock import ManualClock


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
