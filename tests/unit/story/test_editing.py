"""A person's changes to a script: what may be asked, and what stays with the lines that did not change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.script import EnhancedLine, EnhancedScript, Script, ScriptLine
from chalicelib.errors import Invalid
from chalicelib.story.editing import LineEdit, edited, kept_tags

CAST = ["Narrator", "Ada", "Bruno"]
SCRIPT = Script([ScriptLine("001", "Narrator", "It rains."), ScriptLine("002", "Ada", "Still.", scene_break=True)])

wishes = st.lists(
    st.builds(
        LineEdit, st.sampled_from([f"{n:03d}" for n in range(1, 9)]), st.sampled_from(CAST), st.sampled_from("abc")
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda edit: edit.line_id,
)


def test_a_line_keeps_its_scene_break_unless_told_otherwise() -> None:
    script = edited(SCRIPT, [LineEdit("002", "Bruno", " Still\n raining. "), LineEdit("new", "Ada", "Yes.")], CAST)
    assert script.lines == [
        ScriptLine("002", "Bruno", "Still raining.", scene_break=True),
        ScriptLine("new", "Ada", "Yes."),
    ]
    assert not edited(SCRIPT, [LineEdit("002", "Ada", "Still.", scene_break=False)], CAST).lines[0].scene_break


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (LineEdit("002", "Somebody", "Hello."), r"lines\[1\].speaker: .*Narrator, Ada, Bruno"),
        (LineEdit("002", "Ada", " \u2028\x00 "), r"lines\[1\].text"),
        (LineEdit("001", "Ada", "Twice."), r"lines\[1\].line_id: 001"),
    ],
)
def test_what_cannot_be_is_refused_with_the_line_named(edit: LineEdit, named: str) -> None:
    with pytest.raises(Invalid, match=named):
        edited(SCRIPT, [LineEdit("001", "Narrator", "It rains."), edit], CAST)


@given(wishes, wishes)
def test_directions_stay_with_lines_that_are_said_by_the_same_speaker(
    first: list[LineEdit], second: list[LineEdit]
) -> None:
    before, after = edited(Script([]), first, CAST), edited(Script([]), second, CAST)
    directed = EnhancedScript([EnhancedLine(x.line_id, x.speaker, x.text, [x.line_id]) for x in before.lines])
    kept = kept_tags(directed, after)
    assert [(x.line_id, x.speaker, x.text) for x in kept.lines] == [(x.line_id, x.speaker, x.text) for x in after.lines]
    for line, script_line in zip(kept.lines, after.lines, strict=True):
        same = any((x.line_id, x.speaker) == (script_line.line_id, script_line.speaker) for x in before.lines)
        assert line.tags == ([line.line_id] if same else [])
