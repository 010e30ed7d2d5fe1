from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.fairness import Holder, grant, max_min_fair_share, max_min_fair_shares

TOTAL = 10
USERS = {"a": "ann", "b": "ann", "c": "bob", "d": "cyd"}
"""Whose each story is."""
owners = st.builds("{}/n{}".format, st.sampled_from(sorted(USERS)), st.integers(1, 12))
asks = st.lists(st.tuples(owners, st.integers(1, 6), st.integers(0, 6), st.booleans()), max_size=40)
wishes_of_all = st.dictionaries(owners, st.integers(0, 8), min_size=1)


def user_of(owner: str) -> str:
    return USERS[owner[0]]


def chapter_of(owner: str) -> int:
    return int(owner[3:])


def allotted_to(wants: dict[str, int], total: int) -> dict[str, int]:
    return max_min_fair_share({owner: (user_of(owner), want) for owner, want in wants.items()}, total)


@given(asks)
def test_all_together_never_pass_the_plan(asks: list[tuple[str, int, int, bool]]) -> None:
    held: dict[str, Holder] = {}
    for owner, want, calls, gives_back in asks:
        if gives_back:
            held.pop(owner, None)
            continue
        running = min(calls, held[owner].permits if owner in held else 0)
        semaphore = grant(held, owner, user_of(owner), want, running, TOTAL, 0.0).permits
        assert semaphore >= running
        held[owner] = Holder(user_of(owner), semaphore, 1.0, want)
        assert sum(holding.permits for holding in held.values()) <= TOTAL


@given(wishes_of_all, st.integers(1, 20))
def test_what_is_wanted_is_allotted_and_nothing_beyond(wants: dict[str, int], total: int) -> None:
    allotted = allotted_to(wants, total)
    assert sum(allotted.values()) == min(total, sum(wants.values()))
    assert all(0 <= allotted[owner] <= want for owner, want in wants.items())


@given(wishes_of_all, st.integers(1, 20))
def test_nobody_has_less_than_a_fair_share_among_users_and_then_among_stories(
    wants: dict[str, int], total: int
) -> None:
    allotted = allotted_to(wants, total)

    def fair(groups: dict[str, list[str]]) -> None:
        given_to = {name: sum(allotted[owner] for owner in members) for name, members in groups.items()}
        for name, members in groups.items():
            if given_to[name] < sum(wants[owner] for owner in members):  # it wants more: nobody has much more than it
                assert given_to[name] >= max(given_to.values()) - 1

    fair({user: [o for o in wants if user_of(o) == user] for user in map(user_of, wants)})
    for user in set(map(user_of, wants)):
        fair({s: [o for o in wants if o[0] == s] for s in {o[0] for o in wants if user_of(o) == user}})


@given(wishes_of_all, st.integers(1, 20))
def test_within_a_story_the_earliest_chapter_has_what_it_can_use_and_no_later_one_has_more(
    wants: dict[str, int], total: int
) -> None:
    allotted = allotted_to(wants, total)
    for early, want in wants.items():
        for late in wants:
            if early[0] == late[0] and chapter_of(early) < chapter_of(late):
                assert allotted[early] >= min(want, allotted[late])
                if chapter_of(early) == min(chapter_of(other) for other in wants if other[0] == early[0]):
                    assert allotted[early] == want or not allotted[late]


@given(wishes_of_all.filter(lambda wants: all(wants.values())), st.integers(1, 4), st.randoms(use_true_random=False))
def test_nobody_waits_for_ever(wants: dict[str, int], total: int, random: object) -> None:
    """Whoever holds a permit narrates its lines and gives it back; in the end all have narrated."""
    left, held = dict(wants), dict[str, Holder]()
    for _ in range(200 * len(wants)):
        if not left:
            return
        owner = random.choice(sorted(left))  # type: ignore[attr-defined]
        semaphore = grant(held, owner, user_of(owner), left[owner], 0, total, 0.0).permits
        held[owner] = Holder(user_of(owner), semaphore, 1.0, left[owner])
        left[owner] -= min(semaphore, left[owner])
        if not left[owner]:
            del left[owner], held[owner]
    raise AssertionError(f"still waiting: {left}")


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9), min_size=1), st.integers(0, 30))
def test_fair_shares_differ_by_one_at_most_among_those_who_want_more(wants: dict[str, int], total: int) -> None:
    shares = max_min_fair_shares(wants, total)
    assert sum(shares.values()) == min(total, sum(wants.values()))
    for one, share in shares.items():
        assert share == wants[one] or share >= max(shares.values()) - 1


def test_of_more_stories_than_permits_the_older_ones_are_first() -> None:
    wishes = {f"{story:03d}/n1": (f"user {9 - story}", 4) for story in range(6)}
    assert [owner for owner, semaphore in max_min_fair_share(wishes, 3).items() if semaphore] == [
        "000/n1",
        "001/n1",
        "002/n1",
    ]


def test_the_first_chapter_gets_what_it_can_use_though_the_last_one_came_first() -> None:
    held: dict[str, Holder] = {}
    for chapter in (6, 5, 4, 3, 2, 1):
        owner = f"a/n{chapter}"
        granted = grant(held, owner, "ann", 4, 0, TOTAL, 0.0)
        held[owner] = Holder("ann", granted.permits, 9.0, 4)
    assert [held[f"a/n{chapter}"].permits for chapter in range(1, 7)] == [0, 0, 0, 2, 4, 4]
    running = {"a/n4": 2, "a/n5": 4, "a/n6": 4}
    for owner in ("a/n6", "a/n5", "a/n4"):  # their calls end one by one, and few new ones begin
        while running[owner] > 1:
            running[owner] -= 1
            granted = grant(held, owner, "ann", 4, running[owner], TOTAL, 0.0)
            assert (granted.permits, granted.share) == (running[owner], 1)
            held[owner] = Holder("ann", granted.permits, 9.0, 4)
    for chapter, semaphore in ((1, 4), (2, 2), (3, 1)):
        assert grant(held, f"a/n{chapter}", "ann", 4, 0, TOTAL, 0.0).permits == semaphore
        held[f"a/n{chapter}"] = Holder("ann", semaphore, 9.0, 4)


def test_as_many_are_next_in_line_as_could_run() -> None:
    held = {f"a/n{chapter}": Holder("ann", [4, 4, 2][chapter - 1], 9.0, 4) for chapter in (1, 2, 3)}
    following = []
    for chapter in range(4, 10):
        granted = grant(held, f"a/n{chapter}", "ann", 4, 0, TOTAL, 0.0)
        held[f"a/n{chapter}"] = Holder("ann", granted.permits, 9.0, 4)
        following.append((granted.permits, granted.next_in_line))
    assert following == [(0, True)] * 3 + [(0, False)] * 3
    assert grant(held, "c/n7", "bob", 4, 0, TOTAL, 0.0).next_in_line  # another user's first one is next as well


def test_a_newcomer_has_its_share_as_soon_as_calls_return() -> None:
    held = {"a/n1": Holder("ann", 6, 9.0, 6), "b/n1": Holder("ann", 4, 9.0, 6)}
    assert grant(held, "d/n1", "cyd", 4, 0, TOTAL, 0.0).permits == 0
    held["d/n1"] = Holder("cyd", 0, 9.0, 4)
    assert grant(held, "a/n1", "ann", 6, 6, TOTAL, 0.0).permits == 6  # all of its calls still run
    assert grant(held, "a/n1", "ann", 6, 1, TOTAL, 0.0).permits == 3
    held["a/n1"] = Holder("ann", 3, 9.0, 6)
    assert grant(held, "d/n1", "cyd", 4, 0, TOTAL, 0.0).permits == 3


def test_what_a_dead_worker_held_is_free_when_it_runs_out() -> None:
    held = {"a/n1": Holder("ann", TOTAL, 5.0, TOTAL)}
    assert grant(held, "a/n2", "ann", 4, 0, TOTAL, 5.0).permits == 0
    assert grant(held, "a/n2", "ann", 4, 0, TOTAL, 5.1).permits == 4
