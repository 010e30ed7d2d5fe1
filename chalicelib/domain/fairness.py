"""How the permits of a provider account are divided among the workers that want some.

The account allows a number of calls at the same time. It is divided among the users first, then among each user's
stories, by max-min fairness. Within a story the earliest chapter has what it can use, so that a listener can begin
while the rest is made; the others share what is left, so that the last one, which can use no more than any other, is
not all that is left to do at the end. No permit is idle that a worker wants.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

_OWNER = re.compile(r"(?P<story>.*)/[a-z]+(?P<chapter>[0-9]+)", re.DOTALL)

Key = TypeVar("Key", bound=str)


@dataclass(frozen=True, slots=True)
class Holder:
    """A worker's permits (0 while it waits for the first), its story's user, until when, and how many it wants.

    Stored as a list of these four, which an older version can read too.
    """

    user: str
    permits: int
    until: float
    want: int


@dataclass(frozen=True, slots=True)
class Grant:
    """How many permits a worker holds now, for calls that run, and its `share`, which is fewer while others wait.

    `next_in_line`: it would have one if all that run ended.
    """

    permits: int
    share: int
    next_in_line: bool = True


Holdings = Mapping[str, Holder]
"""Holdings by owner."""

Demands = Mapping[str, tuple[str, int]]
"""The user and the number of permits wanted, by owner."""


Divide = Callable[[Mapping[str, int], int], dict[str, int]]
"""Divides a number of permits among chapters in order, given how many each wants."""


def owner_of(story_id: str, step: str) -> str:
    """Return the name under which a step of a story holds permits: a redelivery finds what a dead worker held."""
    return f"{story_id}/{step}"


def max_min_fair_shares(wants: Mapping[Key, int], total: int) -> dict[Key, int]:
    """Divide `total`: one at a time, to the one with least that wants more. Ties go to the first in order."""
    shares = dict.fromkeys(wants, 0)
    for _ in range(min(total, sum(wants.values()))):
        unmet = [key for key, share in shares.items() if share < wants[key]]
        shares[min(unmet, key=shares.__getitem__)] += 1
    return shares


def earliest_then_even(wants: Mapping[Key, int], total: int) -> dict[Key, int]:
    """Divide `total` among chapters in order: the first has what it can use, the others share the rest."""
    first, *others = wants
    mine = min(wants[first], total)
    return {first: mine, **max_min_fair_shares({key: wants[key] for key in others}, total - mine)}


def in_order(wants: Mapping[Key, int], total: int) -> dict[Key, int]:
    """Divide `total` among chapters in order: each has what it can use, as far as it goes."""
    shares: dict[Key, int] = {}
    for key, want in wants.items():
        shares[key] = min(want, total - sum(shares.values()))
    return shares


def max_min_fair_share(demands: Demands, total: int, within: Divide = earliest_then_even) -> dict[str, int]:
    """Return permits by owner: fair among users, then among each one's stories; `within` a story by chapter.

    Where there are more users or stories than permits, the older story is first, so every one has its turn: ids of
    stories sort by age.
    """
    owners = sorted(demands, key=_place)
    of_story = _grouped(owners, lambda owner: _place(owner)[0])
    of_user = _grouped(of_story, lambda story: demands[of_story[story][0]][0])
    wanted = {story: sum(demands[owner][1] for owner in chapters) for story, chapters in of_story.items()}
    users = max_min_fair_shares({user: sum(wanted[s] for s in stories) for user, stories in of_user.items()}, total)
    allotted: dict[str, int] = {}
    for user, stories in of_user.items():
        for story, share in max_min_fair_shares({story: wanted[story] for story in stories}, users[user]).items():
            allotted |= within({owner: demands[owner][1] for owner in of_story[story]}, share)
    return allotted


def grant(holdings: Holdings, owner: str, user: str, want: int, running: int, total: int, now: float) -> Grant:
    """Return what `owner` holds from now on, of the `want` it asks for: never fewer than its `running` calls.

    The law: as long as no owner runs more calls than it holds permits, the permits of all owners never pass `total`.
    """
    others = {name: held for name, held in holdings.items() if held.until >= now and name != owner}
    demands = {name: (held.user, max(held.want, held.permits)) for name, held in others.items()}
    mine = max_min_fair_share({**demands, owner: (user, want)}, total)[owner]
    free = total - sum(held.permits for held in others.values())
    share = min(mine, max(0, free))
    waiting = {name: demands[name] for name, held in others.items() if not held.permits}
    next_in_line = share > 0 or max_min_fair_share({**waiting, owner: (user, want)}, total, in_order)[owner] > 0
    return Grant(max(running, share), share, next_in_line)


def _place(owner: str) -> tuple[str, int, str]:
    match = _OWNER.fullmatch(owner)
    return (match["story"], int(match["chapter"]), owner) if match else (owner, 0, owner)


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)
    return groups
