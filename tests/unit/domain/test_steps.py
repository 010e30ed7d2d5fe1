"""Steps and plans: how they are written down, and how far they have come."""

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain.steps import Plan, Step, format_plan, parse_plan, progress
from chalicelib.pipeline.stages import audio_plan, story_plan
from tests.support.plans import plans


@given(plans)
def test_a_plan_is_kept_in_few_characters(plan: Plan) -> None:
    text = format_plan(plan)
    assert parse_plan(text) == plan
    assert len(text) <= 160


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


def test_steps_that_the_plan_does_not_have_are_no_progress() -> None:
    plan = frozenset({Step("narrate", 1), Step("narrate", 2)})
    others = {Step("outline"), Step("write", 1), Step("narrate", 3)}
    assert progress(plan, others) == 0
    assert progress(plan, {Step("narrate", 1), *others}) == 50
    assert progress(plan, {Step("narrate", 1)}, dict.fromkeys(others, 80)) == 50
    assert progress(plan, {Step("narrate", 1)}, {Step("narrate", 1): 80, Step("narrate", 2): 10}) == 55


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
