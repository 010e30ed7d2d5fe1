"""Texts in the store are read by whatever version comes along: a field more or less is no error."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.outline import Age, Character, Outline, Seam
from chalicelib.domain.script import EnhancedScript, Script, ScriptLine
from chalicelib.store.kept import read_kept

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
NAMES = ["title", "premise", "cast", "chapters", "name", "gender", "age", "lines", "tags", "text", "rules"]
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)


def test_a_text_of_this_version_is_read_as_it_is() -> None:
    text = '{"lines":[{"line_id":"001","speaker":"Ada","text":"Light it.","scene_break":true}]}'
    assert read_kept(text, Script) == Script([ScriptLine("001", "Ada", "Light it.", scene_break=True)])


def test_a_field_of_a_later_version_is_passed_over() -> None:
    text = '{"ending_state":"Home.","open_question":"Why?","mood":"calm"}'
    assert read_kept(text, Seam) == Seam("Home.", "Why?")


def test_a_field_that_an_earlier_version_lacked_is_empty() -> None:
    assert read_kept('{"lines":[{"line_id":"001"}]}', Script) == Script([ScriptLine("001", "", "")])
    assert read_kept('{"title":"The Lamp"}', Outline) == Outline("The Lamp", "", "", [], [], [])


@pytest.mark.parametrize("text", [None, ""])
def test_no_text_is_an_empty_one(text: str | None) -> None:
    assert read_kept(text, Script) == Script([])


def test_a_word_that_is_not_known_is_one_of_those_that_are() -> None:
    later = {"name": "Ada", "gender": "female", "age": "ancient", "accent": "", "role": "", "description": "", "x": 1}
    kept = read_kept(json.dumps(later), Character)
    assert (kept.name, kept.gender) == ("Ada", "female")
    assert kept.age in get_args(Age)


@given(values, st.sampled_from([Outline, Script, EnhancedScript, Seam]))
def test_whatever_json_is_kept_it_is_read(kept: object, type_: type[object]) -> None:
    assert isinstance(read_kept(json.dumps(kept), type_), type_)
