from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store.permits import Holding, grant

TOTAL = 10
asks = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 6), st.booleans()), max_size=40)


@given(asks)
def test_all_together_never_pass_the_plan(asks: list[tuple[str, int, bool]]) -> None:
    held: dict[str, Holding] = {}
    for owner, want, gives_back in asks:
        if gives_back:
            held.pop(owner, None)
        else:
            before = held[owner].permits if owner in held else 0
            permits = grant(held, owner, f"user-{owner}", max(want, before), TOTAL, 0.0)
            assert permits >= before
            held[owner] = Holding(f"user-{owner}", permits, 1.0)
        assert sum(holding.permits for holding in held.values()) <= TOTAL


def test_a_user_who_is_alone_has_all_and_a_second_one_gets_half() -> None:
    held = {name: Holding("ann", 5, 9.0) for name in ("one", "two")}
    assert grant({}, "one", "ann", 10, TOTAL, 0.0) == 10
    assert grant(held, "three", "bob", 4, TOTAL, 0.0) == 0
    held["three"] = Holding("bob", 0, 9.0)
    del held["two"]
    assert grant(held, "four", "ann", 4, TOTAL, 0.0) == 0
    assert grant(held, "three", "bob", 8, TOTAL, 0.0) == 5


def test_what_a_dead_worker_held_is_free_when_it_runs_out() -> None:
    held = {"dead": Holding("ann", TOTAL, 5.0)}
    assert grant(held, "next", "ann", 4, TOTAL, 5.0) == 0
    assert grant(held, "next", "ann", 4, TOTAL, 5.1) == 4
