"""A worker that dies, or loses a reply, at any call to the outside: nothing is lost and nothing is bought again.

`make test` disturbs every nth call; `make chaos` (CRASHES=all) each one, in each way.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import get_args

import pytest
from moto import mock_aws

from chalicelib.timing import Timing
from local.resources import create_missing
from tests.support.boundaries import Boundaries, Mode
from tests.support.crashing import HOOKED, ODD, PARTED, PLAIN, ROUGH, SHORT, Ending, Scenario, crossed_app, post, tell
from tests.support.hooks import OPERATOR, OWN
from tests.support.stage import s3, settings, sqs

pytestmark = pytest.mark.no_cover  # the same lines many thousand times, which tracing makes half as fast again

ALL = os.environ.get("CRASHES") == "all"
BOUNDED = 40
PAID = ("openai", "elevenlabs")
STORES = {"s3.PutObject", "dynamodb.TransactWriteItems"}
MODES: tuple[Mode, ...] = get_args(Mode)


NOT_DONE = {"before", "refused"}
"""Modes in which the call itself is not carried out."""

ROUGH_CALLS = {
    "a worker's time is too short, which is counted": 'UpdateItem .*"cut_short"',
    "the lease is renewed between two lines": r'UpdateItem .*"UpdateExpression": "SET #1 = :1", .*"#1": "until"',
    "money is drawn for the lines": r'TransactWriteItems .*draws#.*\[\\"line',
    "a line's purchase is recorded": r'TransactWriteItems .*"kind": ?{"S": ?"line"}(?!.*"uncertain": ?{"BOOL")',
    "a lost reply is recorded": 'TransactWriteItems .*"uncertain": ?{"BOOL"',
    "what a step has left is given back": 'TransactWriteItems .*"Delete": ?.*draws#',
    "what a task has left is given back": 'TransactWriteItems .*"closed"',
    "a lost line is given back": "DeleteItem .*line#",
    "what is no sound is copied": "s3.CopyObject",
    "what is no sound is taken from its place": "s3.DeleteObject",
    "the line that was no sound is given back": "DeleteItem .*line#",
    "the chapter is marked as failed": 'TransactWriteItems .*ConditionCheck.*"failures"',
    "why it failed is read for the task": 'GetItem .*"failures"',
    "the failed task is opened again": "TransactWriteItems .*queued",
}
"""The calls of the rough story that a plain one does not have: a pattern, for `Boundaries`."""

SECOND = {"the line that was no sound is given back", "the failed task is opened again"}
"""Of which the second call that matches is meant."""


def on_empty_aws(boundaries: Boundaries, scenario: Scenario) -> Ending:
    with mock_aws():
        create_missing(settings, Timing(), sqs(), s3())
        return tell(boundaries, scenario)


@cache
def undisturbed(scenario: Scenario = PLAIN) -> Ending:
    return on_empty_aws(Boundaries(), scenario)


def cases(scenario: Scenario = PLAIN, bounded: int = BOUNDED) -> Iterator[tuple[int, Mode]]:
    """Numbers of calls, with a way to disturb each.

    The bounded run takes the ways in turn, and so does the rough story, whose calls are mostly the plain one's: all of
    its calls in all ways would take an hour.
    """
    count = len(undisturbed(scenario).names)
    if ALL and scenario is PLAIN:
        yield from ((number, mode) for number in range(1, count + 1) for mode in MODES)
    elif ALL:
        yield from ((number, MODES[number % len(MODES)]) for number in range(1, count + 1))
    else:
        step = count / bounded
        yield from ((1 + int(n * step), MODES[n % len(MODES)]) for n in range(bounded))


def check(boundaries: Boundaries, scenario: Scenario = PLAIN) -> Ending:
    calm = undisturbed(scenario)
    ending = on_empty_aws(boundaries, scenario)
    # A line is decoded beside the next call, so the order of calls may differ between two runs: this run's own counts.
    number, mode = boundaries.struck, boundaries.mode
    where = f"{mode} call {number}, {ending.names[number - 1]}"
    assert number, f"{mode}: no such call"
    assert ending.task["status"] == "completed", f"{where}: {ending.task}"
    assert ending.progress == sorted(ending.progress), where
    assert ending.sound == calm.sound, where
    assert ending.book == calm.book, where
    assert ending.texts == calm.texts, where
    assert ending.locked == [], where
    assert set(ending.bought) == set(calm.bought), where
    again = sum(ending.bought.values()) - sum(calm.bought.values())
    lost = in_flight(ending.names, number, mode)
    assert again <= lost, f"{where}: {again} bought again"
    unkept = 0 if mode in {"lost", "refused"} else lost  # a worker that lives writes down what it paid for
    assert ending.recorded >= sum(ending.bought.values()) - unkept, f"{where}: {ending.recorded} on the bill"
    assert ending.set_aside >= calm.set_aside - lost, where
    return ending


def in_flight(names: list[str], number: int, mode: Mode) -> int:
    """How many paid replies were not kept yet at that moment: 1 from a provider's answer until it is stored, else 0."""
    for position in range(number, 0, -1):
        name = names[position - 1]
        if name in STORES:
            return 1 if position == number and mode in NOT_DONE and _paid_since(names, number) else 0
        if name.startswith(PAID):
            return 0 if position == number and mode in NOT_DONE else 1
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
    assert len(calm.book) == 1


@pytest.mark.parametrize("part", range(8))
def test_a_worker_may_die_or_lose_a_reply_at_any_call(part: int) -> None:
    mine = list(cases())[part::8]
    assert mine
    for number, mode in mine:
        check(Boundaries(number, mode))


@pytest.mark.parametrize("part", range(4))
def test_a_worker_may_die_or_lose_a_reply_at_any_call_while_a_book_is_made(part: int) -> None:
    calm = undisturbed(SHORT)
    first = calm.names.index("s3.HeadObject")
    # From when the last narration is stored, over its mark and the sending of the book, to the end of the task.
    calls = range(first - 20, len(calm.names) + 1)
    assert {"sqs.SendMessage", "s3.PutObject", "ffmpeg", "ffprobe", "dynamodb.TransactWriteItems"} <= {
        calm.names[number - 1] for number in calls
    }
    for number in calls[part::4]:
        check(Boundaries(number, MODES[number % len(MODES)]), SHORT)


def test_the_rough_story_crosses_what_a_plain_one_does_not() -> None:
    calm = undisturbed(ROUGH)
    assert (calm.task["status"], calm.failures, calm.set_aside) == ("completed", ["invalid_output"], 1)
    assert sorted(calm.bought.values()) == [*[1] * 9, 2, 3]
    assert calm.recorded == sum(calm.bought.values())


@pytest.mark.parametrize("call", ROUGH_CALLS)
def test_a_worker_may_die_or_lose_a_reply_where_things_go_wrong_already(call: str) -> None:
    for mode in MODES:
        check(Boundaries(2 if call in SECOND else 1, mode, ROUGH_CALLS[call]), ROUGH)


def test_a_worker_may_die_at_any_call_around_the_purchase_of_a_second_take() -> None:
    calm = undisturbed(ODD)
    assert (calm.task["status"], sorted(calm.bought.values())) == ("completed", [*[1] * 10, 2])
    bought = max(number for number, name in enumerate(calm.names, 1) if name.startswith("elevenlabs"))
    for number in range(bought - 3, bought + 5):
        check(Boundaries(number, "before"), ODD)
        check(Boundaries(number, "after"), ODD)


def test_a_worker_may_die_or_lose_a_reply_at_any_call_of_a_chapter_in_parts() -> None:
    calm = undisturbed(PARTED)
    assert calm.bought == {"outline": 1, "chapter1": 2, "revision1": 1, **calm.bought}
    assert calm.texts[0] == "It begins in another way."
    for number, mode in cases(PARTED, 24):
        check(Boundaries(number, mode), PARTED)


def test_what_webhooks_are_told_crosses_boundaries_of_its_own() -> None:
    calm = undisturbed(HOOKED)
    events = Counter((url, kind) for url, kind, _ in calm.told)
    # Each receiver hears of the chapter twice, since it was away the first time, and once of the end.
    assert events == {
        (url, kind): n for url in (OPERATOR, OWN) for kind, n in (("chapter.ready", 2), ("task.ended", 1))
    }
    assert calm.names.count("webhook.post") == len(calm.told)


IN_TURN: tuple[Mode, ...] = ("after", "lost")

HOOKED_CALLS = {
    "whom to tell is read": 'GetItem .*"webhook"',
    "a chapter is published, and told of": 'TransactWriteItems .*"sound_version".*"deliveries"',
    "the task ends, and is told of": 'TransactWriteItems .*"completed".*"deliveries"',
    "a delivery is read": 'Query .*"deliveries"',
    "an attempt is counted": 'UpdateItem .*"deliveries"',
    "the receiver is told": "webhook.post",
    "the delivery is forgotten": 'DeleteItem .*"deliveries"',
}
"""The calls of a story that webhooks are told of: a pattern, for `Boundaries`."""


@pytest.mark.parametrize("call", HOOKED_CALLS)
def test_no_event_is_lost_by_a_worker_that_dies_and_one_that_comes_twice_has_the_same_id(call: str) -> None:
    calm = undisturbed(HOOKED)
    pattern = HOOKED_CALLS[call]
    # A reply that is lost matters most where events are recorded.
    bounded = IN_TURN if pattern.startswith("Transact") else IN_TURN[:1]
    for mode in MODES if ALL else bounded:
        ending = check(Boundaries(1, mode, pattern), HOOKED)
        assert set(ending.told) == set(calm.told), mode
        # One attempt more where the worker died before it had heard, or noted, the answer.
        assert len(ending.told) <= len(calm.told) + 1, mode


@pytest.mark.parametrize("part", range(8))
def test_a_worker_may_die_or_lose_a_reply_at_any_call_of_a_rough_story(part: int) -> None:
    for number, mode in list(cases(ROUGH, 8))[part::8]:
        check(Boundaries(number, mode), ROUGH)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("what", "ends_as"), [("retry", "completed"), ("cancel", "cancelled")])
def test_a_request_on_a_task_that_is_sent_again_is_finished(what: str, ends_as: str, mode: Mode) -> None:
    """The API's function may die after it has opened a task again, before it has sent the steps."""
    number, calls = 1, 1
    while number <= calls:
        boundaries = Boundaries()
        with mock_aws():
            create_missing(settings, Timing(), sqs(), s3())
            testapp = crossed_app(boundaries)
            task_id = testapp.generate(testapp.create(num_chapters=1), audio=False)
            if what == "retry":
                assert testapp.request("POST", f"/tasks/{task_id}/cancel").status_code == 202
            boundaries.at, boundaries.mode = number, mode
            with boundaries.on_aws():
                post(testapp, boundaries, f"/tasks/{task_id}/{what}", {})
            calls = len(boundaries.names)
            testapp.run()
            assert testapp.task(task_id)["status"] == ends_as, (number, boundaries.names)
            assert max(testapp.author.bought.values(), default=1) == 1
        number += 1
    assert calls > 4
