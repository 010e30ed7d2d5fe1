import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain.steps import Plan, Step, format_plan, parse_plan, progress
from chalicelib.pipeline.workflow import (
    audio_plan,
    dependents,
    prerequisite,
    queue_of,
    ready_steps,
    rewrite_plan,
    story_plan,
)

plans = st.one_of(
    st.builds(story_plan, st.integers(1, 50), enhance=st.booleans(), audio=st.booleans()),
    st.builds(audio_plan, st.sets(st.integers(1, 50), min_size=1)),
    st.builds(rewrite_plan, st.integers(1, 50), enhance=st.booleans()),
)


@given(plans)
def test_a_plan_is_kept_in_few_characters(plan: Plan) -> None:
    text = format_plan(plan)
    assert parse_plan(text) == plan
    assert len(text) <= 160


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


@given(plans)
def test_a_hundred_percent_means_all(plan: Plan) -> None:
    for step in plan:
        assert progress(plan, plan - {step}) < 100


@given(st.text(max_size=6))
@example("write")
@example("outline")
def test_only_codes_of_steps_are_parsed(text: str) -> None:
    try:
        step = Step.parse(text)
    except ValueError:
        return
    assert step.code == text


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


def test_steps_that_the_plan_does_not_have_are_no_progress() -> None:
    plan = frozenset({Step("narrate", 1), Step("narrate", 2)})
    others = {Step("outline"), Step("write", 1), Step("narrate", 3)}
    assert progress(plan, others) == 0
    assert progress(plan, {Step("narrate", 1), *others}) == 50
    assert progress(plan, {Step("narrate", 1)}, dict.fromkeys(others, 80)) == 50
    assert progress(plan, {Step("narrate", 1)}, {Step("narrate", 1): 80, Step("narrate", 2): 10}) == 55


def test_chapter_two_is_written_while_chapter_one_is_narrated() -> None:
    plan = story_plan(2, enhance=True, audio=True)
    done = {Step("outline"), Step("write", 1), Step("enhance", 1)}
    assert ready_steps(plan, done) == [Step("narrate", 1), Step("write", 2)]


@pytest.mark.parametrize(
    ("code", "queue"), [("o", "authoring"), ("w1", "authoring"), ("e1", "authoring"), ("n1", "narration")]
)
def test_narration_has_a_queue_of_its_own(code: str, queue: str) -> None:
    assert queue_of(Step.parse(code)) == queue


@given(plans, st.data())
def test_lines_count_and_never_make_progress_go_back(plan: Plan, data: st.DataObject) -> None:
    """Steps are done in parts, some parts are told of steps that are done or of none of the plan's."""
    done: set[Step] = set()
    parts: dict[Step, int] = {Step("narrate", 99): 50}
    seen = [0]
    for step in data.draw(st.permutations(sorted(plan))):
        for percent in sorted(data.draw(st.lists(st.integers(-5, 150), max_size=3))):
            parts[step] = percent
            seen.append(progress(plan, done, parts))
        done.add(step)
        if data.draw(st.booleans()):
            parts.pop(step, None)
        seen.append(progress(plan, done, parts))
        assert (seen[-1] == 100) == (done == plan)
    assert seen == sorted(seen)


def test_progress_moves_with_every_line_of_a_chapter_alone() -> None:
    plan = audio_plan([7])
    assert [progress(plan, (), {Step("narrate", 7): percent}) for percent in (0, 50, 99, 100)] == [0, 50, 99, 99]
    assert progress(story_plan(2, enhance=True, audio=True), {Step("outline")}, {Step("write", 1): 50}) == 150 // 7
