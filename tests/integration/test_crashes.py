"""A worker that dies, or loses a reply, at any call to the outside: nothing is lost and nothing is bought again.

`make test` disturbs every nth call; `make chaos` (CRASHES=all) each one, in each way.
"""

import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import get_args

import pytest
from moto import mock_aws

from chalicelib.settings import settings
from chalicelib.store.aws import s3, sqs
from chalicelib.timing import Timing
from local.resources import create_missing
from tests.support.boundaries import Boundaries, Mode
from tests.support.crashing import Ending, tell

ALL = os.environ.get("CRASHES") == "all"
BOUNDED = 40
PAID = ("openai", "elevenlabs")
STORES = {"s3.PutObject", "dynamodb.TransactWriteItems"}
MODES: tuple[Mode, ...] = get_args(Mode)


def on_empty_aws(boundaries: Boundaries) -> Ending:
    with mock_aws():
        create_missing(settings, Timing(), sqs(), s3())
        return tell(boundaries)


@cache
def undisturbed() -> Ending:
    return on_empty_aws(Boundaries())


def cases() -> Iterator[tuple[int, Mode]]:
    """Numbers of calls, with a way to disturb each; the bounded run takes the ways in turn."""
    count = len(undisturbed().names)
    if ALL:
        yield from ((number, mode) for number in range(1, count + 1) for mode in MODES)
    else:
        step = count / BOUNDED
        yield from ((1 + int(n * step), MODES[n % len(MODES)]) for n in range(BOUNDED))


def check(number: int, mode: Mode) -> None:
    calm = undisturbed()
    boundaries = Boundaries(number, mode)
    ending = on_empty_aws(boundaries)
    # A line is decoded beside the next call, so the order of calls may differ between two runs: this run's own counts.
    where = f"{mode} call {number}, {ending.names[number - 1]}"
    assert boundaries.struck, where
    assert ending.task["status"] == "completed", f"{where}: {ending.task}"
    assert ending.progress == sorted(ending.progress), where
    assert ending.sound == calm.sound, where
    assert ending.locked == [], where
    assert set(ending.bought) == set(calm.bought), where
    again = sum(ending.bought.values()) - sum(calm.bought.values())
    assert again <= in_flight(ending.names, number, mode), f"{where}: {again} bought again"
    assert ending.recorded >= sum(calm.bought.values()), where


def in_flight(names: list[str], number: int, mode: Mode) -> int:
    """How many paid replies were not kept yet at that moment: 1 from a provider's answer until it is stored, else 0."""
    for position in range(number, 0, -1):
        name = names[position - 1]
        if name in STORES:
            return 1 if position == number and mode == "before" and _paid_since(names, number) else 0
        if name.startswith(PAID):
            return 0 if position == number and mode == "before" else 1
    return 0


def _paid_since(names: list[str], number: int) -> bool:
    """Whether a paid call came after the last store before the call with this number."""
    earlier = names[: number - 1]
    paid = max((i for i, name in enumerate(earlier) if name.startswith(PAID)), default=-1)
    stored = max((i for i, name in enumerate(earlier) if name in STORES), default=-1)
    return paid > stored


def test_the_undisturbed_story_crosses_every_kind_of_boundary(
    record_property: Callable[[str, object], None],
) -> None:
    calm = undisturbed()
    record_property("crash matrix", f"{len(calm.names)} boundaries, {len(calm.names) * len(MODES)} cases")
    kinds = {name.partition(".")[0] for name in calm.names}
    assert kinds == {"dynamodb", "s3", "sqs", "openai", "elevenlabs", "ffmpeg", "ffprobe"}
    assert calm.task["status"] == "completed"
    assert set(calm.bought.values()) == {1}
    assert calm.recorded == sum(calm.bought.values())
    assert len(calm.sound) == 3


@pytest.mark.parametrize("part", range(8))
def test_a_worker_may_die_or_lose_a_reply_at_any_call(part: int) -> None:
    mine = list(cases())[part::8]
    assert mine
    for number, mode in mine:
        check(number, mode)
