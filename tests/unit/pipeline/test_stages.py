"""The order of the steps: which a task has, and what each unlocks."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.steps import Plan, Step, progress
from chalicelib.domain.task import OF_THE_ACCOUNT, ErrorCode
from chalicelib.pipeline.stages import (
    audio_plan,
    book_plan,
    dependents,
    is_join,
    is_over,
    lost_with,
    prerequisites,
    queue_of,
    ready_steps,
    rewrite_plan,
    story_plan,
)
from tests.support.plans import plans


@given(plans)
def test_every_step_but_the_book_is_unlocked_by_just_one_and_the_critical_path_goes_first(plan: Plan) -> None:
    unlocked = [other for step in plan for other in dependents(step, plan)]
    first, book = ready_steps(plan, set()), {Step("book")} & plan
    assert sorted({*unlocked, *first} | book) == sorted(plan)
    assert len(unlocked) + len(first) == len(plan - book) or plan == book
    assert [step for step in plan if is_join(step)] == [*book]
    for step in plan:
        kinds = [other.kind for other in dependents(step, plan)]
        assert "write" not in kinds[1:]


@given(plans, st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_ends_the_same_and_progress_never_goes_back(plan: Plan, random: object) -> None:
    done: set[Step] = set()
    seen = [0]
    waiting = ready_steps(plan, done)
    while waiting:
        step = random.choice(waiting)  # type: ignore[attr-defined]
        if random.random() < 0.7:  # type: ignore[attr-defined]
            waiting.remove(step)  # else it is delivered again later
        assert prerequisites(step, plan) <= done
        if step not in done:
            waiting += dependents(step, plan)
        done.add(step)
        # As each worker does after it has marked its step, also with one that was marked before.
        waiting += filter(is_join, ready_steps(plan, done))
        seen.append(progress(plan, done))
    assert done == plan
    assert seen == sorted(seen)
    assert (seen[-1], progress(plan, set())) == (100, 0)


@pytest.mark.parametrize(
    ("enhance", "audio", "codes"),
    [
        (True, True, {"o", "w1", "w2", "e1", "e2", "n1", "n2", "b"}),
        (True, False, {"o", "w1", "w2", "e1", "e2"}),
        (False, True, {"o", "w1", "w2", "n1", "n2", "b"}),
        (False, False, {"o", "w1", "w2"}),
    ],
)
def test_a_story_of_two_chapters_has_the_steps_that_were_asked_for(enhance: bool, audio: bool, codes: set[str]) -> None:
    assert {step.code for step in story_plan(2, enhance=enhance, audio=audio)} == codes


def test_other_plans_have_the_steps_of_their_chapters_alone() -> None:
    assert audio_plan([2, 5]) == {Step("narrate", 2), Step("narrate", 5), Step("book")}
    assert book_plan() == {Step("book")}
    assert rewrite_plan(3, enhance=True) == {Step("write", 3), Step("enhance", 3)}
    assert rewrite_plan(3, enhance=False) == {Step("write", 3)}


def test_chapter_two_is_written_while_chapter_one_is_narrated() -> None:
    plan = story_plan(2, enhance=True, audio=True)
    done = {Step("outline"), Step("write", 1), Step("enhance", 1)}
    assert ready_steps(plan, done) == [Step("narrate", 1), Step("write", 2)]


@given(plans, st.randoms(use_true_random=False))
def test_whatever_fails_the_rest_is_carried_out_and_then_it_is_over(plan: Plan, random: object) -> None:
    done: set[Step] = set()
    failed: set[Step] = set()
    while waiting := ready_steps(plan, done, failed):
        assert not is_over(plan, done, failed)
        step = random.choice(waiting)  # type: ignore[attr-defined]
        (failed if random.random() < 0.2 else done).add(step)  # type: ignore[attr-defined]
    assert is_over(plan, done, failed)
    assert is_over(plan, plan, ())
    assert all(step in failed or prerequisites(step, plan) - done for step in plan - done)


@given(plans, st.randoms(use_true_random=False))
def test_the_book_waits_for_every_narration_of_its_plan_whatever_their_order(plan: Plan, random: object) -> None:
    order = sorted(plan - {Step("book")})
    random.shuffle(order)  # type: ignore[attr-defined]
    done: set[Step] = set()
    for step in order:
        narrated = all(other in done for other in plan if other.kind == "narrate")
        assert (Step("book") in ready_steps(plan, done)) == (Step("book") in plan and narrated)
        done.add(step)
    assert ready_steps(plan, done) == [*({Step("book")} & plan)]
    assert is_over(plan, done, ()) == (Step("book") not in plan)


def test_a_book_is_not_made_without_a_chapter_that_has_failed() -> None:
    plan = audio_plan([1, 2])
    assert is_over(plan, {Step("narrate", 1)}, {Step("narrate", 2)})
    assert not is_over(plan, (), {Step("narrate", 2)})


def test_a_step_of_a_later_version_is_never_over_until_it_is_done() -> None:
    plan = frozenset({Step.parse("n1"), Step.parse("cover")})
    assert not is_over(plan, (), {Step.parse("n1")})
    assert is_over(plan, {Step.parse("cover")}, {Step.parse("n1")})


@pytest.mark.parametrize(
    ("step", "code", "lost"),
    [
        ("n3", "content_refused", "step"),
        ("n3", "provider_rejected", "step"),
        ("n3", "invalid_output", "step"),
        ("n3", "timeout", "step"),
        ("e3", "invalid_output", "nothing"),
        ("e3", "content_refused", "nothing"),
        ("e3", "provider_rejected", "task"),
        ("w3", "content_refused", "task"),
        ("o", "invalid_output", "task"),
        ("cover", "invalid_output", "task"),
        *((step, code, "task") for step in ("n3", "e3") for code in sorted(OF_THE_ACCOUNT)),
    ],
)
def test_what_is_lost_with_a_step_depends_on_the_step_and_the_failure(step: str, code: Any, lost: str) -> None:
    assert lost_with(Step.parse(step), code, story_plan(3, enhance=True, audio=True)) == lost


@pytest.mark.parametrize("code", get_args(ErrorCode))
def test_a_book_fails_nothing_but_the_task_that_is_for_it_alone(code: Any) -> None:
    assert lost_with(Step("book"), code, audio_plan([1])) == "nothing"
    assert lost_with(Step("book"), code, book_plan()) == "task"


@pytest.mark.parametrize(
    ("code", "queue"),
    [("o", "authoring"), ("w1", "authoring"), ("e1", "authoring"), ("n1", "narration"), ("b", "narration")],
)
def test_narration_has_a_queue_of_its_own(code: str, queue: str) -> None:
    assert queue_of(Step.parse(code)) == queue
