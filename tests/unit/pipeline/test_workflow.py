"""The workflow: which steps a task has, and what each unlocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.steps import Plan, Step, progress
from chalicelib.pipeline.workflow import (
    audio_plan,
    dependents,
    prerequisite,
    queue_of,
    ready_steps,
    rewrite_plan,
    story_plan,
)
from tests.support.plans import plans


@given(plans)
def test_every_step_is_unlocked_by_just_one_and_the_critical_path_goes_first(plan: Plan) -> None:
    unlocked = [other for step in plan for other in dependents(step, plan)]
    first = ready_steps(plan, set())
    assert sorted([*unlocked, *first]) == sorted(plan)
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
        before = prerequisite(step, plan)
        assert before is None or before in done
        if step not in done:
            waiting += dependents(step, plan)
        done.add(step)
        seen.append(progress(plan, done))
    assert done == plan
    assert seen == sorted(seen)
    assert (seen[-1], progress(plan, set())) == (100, 0)


@pytest.mark.parametrize(
    ("enhance", "audio", "codes"),
    [
        (True, True, {"o", "w1", "w2", "e1", "e2", "n1", "n2"}),
        (True, False, {"o", "w1", "w2", "e1", "e2"}),
        (False, True, {"o", "w1", "w2", "n1", "n2"}),
        (False, False, {"o", "w1", "w2"}),
    ],
)
def test_a_story_of_two_chapters_has_the_steps_that_were_asked_for(enhance: bool, audio: bool, codes: set[str]) -> None:
    assert {step.code for step in story_plan(2, enhance=enhance, audio=audio)} == codes


def test_other_plans_have_the_steps_of_their_chapters_alone() -> None:
    assert audio_plan([2, 5]) == {Step("narrate", 2), Step("narrate", 5)}
    assert rewrite_plan(3, enhance=True) == {Step("write", 3), Step("enhance", 3)}
    assert rewrite_plan(3, enhance=False) == {Step("write", 3)}


def test_chapter_two_is_written_while_chapter_one_is_narrated() -> None:
    plan = story_plan(2, enhance=True, audio=True)
    done = {Step("outline"), Step("write", 1), Step("enhance", 1)}
    assert ready_steps(plan, done) == [Step("narrate", 1), Step("write", 2)]


@pytest.mark.parametrize(
    ("code", "queue"), [("o", "authoring"), ("w1", "authoring"), ("e1", "authoring"), ("n1", "narration")]
)
def test_narration_has_a_queue_of_its_own(code: str, queue: str) -> None:
    assert queue_of(Step.parse(code)) == queue
