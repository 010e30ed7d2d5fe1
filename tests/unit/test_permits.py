from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store.permits import Holding, allot, grant

TOTAL = 10
owners = st.sampled_from("abcdef")
asks = st.lists(st.tuples(owners, st.integers(1, 6), st.integers(0, 6), st.booleans()), max_size=40)


def user_of(owner: str) -> str:
    return "ann" if owner in "abc" else "bob"


@given(asks)
def test_all_together_never_pass_the_plan(asks: list[tuple[str, int, int, bool]]) -> None:
    held: dict[str, Holding] = {}
    for owner, want, calls, gives_back in asks:
        if gives_back:
            held.pop(owner, None)
            continue
        running = min(calls, held[owner].permits if owner in held else 0)
        permits = grant(held, owner, user_of(owner), want, running, TOTAL, 0.0)
        assert permits >= running
        held[owner] = Holding(user_of(owner), permits, 1.0, want)
        assert sum(holding.permits for holding in held.values()) <= TOTAL


@given(st.dictionaries(owners, st.integers(0, 15), min_size=1), st.integers(1, 20))
def test_what_is_wanted_is_allotted_and_nobody_has_less_than_a_fair_share(wants: dict[str, int], total: int) -> None:
    allotted = allot({owner: (user_of(owner), want) for owner, want in wants.items()}, total)
    assert sum(allotted.values()) == min(total, sum(wants.values()))
    assert all(allotted[owner] <= want for owner, want in wants.items())
    users = {user: [o for o in wants if user_of(o) == user] for user in map(user_of, wants)}
    given_to = {user: sum(allotted[owner] for owner in mine) for user, mine in users.items()}
    for user, mine in users.items():
        if given_to[user] < sum(wants[owner] for owner in mine):  # nobody is given more while this user still wants
            assert given_to[user] >= max(given_to.values()) - 1


def test_a_newcomer_has_its_share_as_soon_as_calls_return() -> None:
    held = {"a": Holding("ann", 6, 9.0, 6), "b": Holding("ann", 4, 9.0, 6)}
    assert grant(held, "d", "bob", 4, 0, TOTAL, 0.0) == 0
    held["d"] = Holding("bob", 0, 9.0, 4)
    assert grant(held, "a", "ann", 6, 6, TOTAL, 0.0) == 6  # all of its calls still run
    assert grant(held, "a", "ann", 6, 1, TOTAL, 0.0) == 3
    held["a"] = Holding("ann", 3, 9.0, 6)
    assert grant(held, "d", "bob", 4, 0, TOTAL, 0.0) == 3


def test_what_a_dead_worker_held_is_free_when_it_runs_out() -> None:
    held = {"dead": Holding("ann", TOTAL, 5.0, TOTAL)}
    assert grant(held, "next", "ann", 4, 0, TOTAL, 5.0) == 0
    assert grant(held, "next", "ann", 4, 0, TOTAL, 5.1) == 4
