"""Who makes a line that several steps want, on moto."""

from chalicelib.domain.lease import Lease
from chalicelib.store.claims import LineClaims
from tests.support.clock import ManualClock


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
