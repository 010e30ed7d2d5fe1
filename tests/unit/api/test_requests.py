"""Anything may be sent; what is not accepted is refused with the field's name and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api import requests
from chalicelib.api.usage import month_or_current
from chalicelib.errors import Invalid

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
stories = st.fixed_dictionaries(
    {"prompt": st.text(max_size=30) | json_values},
    optional={
        "title": json_values,
        "num_chapters": st.integers(-2, 60) | json_values,
        "enhance": st.booleans() | json_values,
        "language": st.sampled_from(["en", "pt-BR", "x" * 40, ""]) | json_values,
        "voices": st.dictionaries(st.text(max_size=70), st.text(max_size=5), max_size=3) | json_values,
        "colour": json_values,
    },
)
FIELDS = {"prompt", "title", "num_chapters", "enhance", "language", "voices", "colour", "body"}


@given(stories)
def test_a_story_is_accepted_or_the_field_is_named(body: object) -> None:
    try:
        story = requests.parse_body(json.dumps(body).encode(), requests.CreateStory)
    except Invalid as error:
        assert any(name in str(error) for name in FIELDS)
        return
    assert story.prompt is None or 1 <= len(story.prompt) <= 4000
    assert story.num_chapters is None or 1 <= story.num_chapters <= 50


@given(json_values | stories)
def test_any_json_for_any_struct(body: object) -> None:
    for struct in (requests.CreateStory, requests.Generate, requests.Narrate, requests.Nothing):
        try:
            requests.parse_body(json.dumps(body).encode(), struct)
        except Invalid as error:
            assert str(error)


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    try:
        requests.parse_body(body, requests.Generate)
    except Invalid as error:
        assert str(error)


@pytest.mark.parametrize(
    "body", [b'{"prompt": "\\ud800"}', b"[" * 100_000, b'{"audio": "' + b"x" * 300_000 + b'"}', b"\xff\xfe{}"]
)
def test_hostile_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        requests.parse_body(body, requests.Generate)


@given(st.text(max_size=40))
def test_query_parameters_are_checked(text: str) -> None:
    for check in (requests.page_limit, requests.cursor, requests.idempotency_key):
        try:
            check(text)
        except Invalid as error:
            assert ":" in str(error)
    assert 0 <= requests.chapter_number(text) <= 99
    assert requests.story_id(text) in {text, "-"}


@pytest.mark.parametrize("text", ["0", "101", "-1", "1.5", "\u0661", "", "1" * 5000])
def test_limits_out_of_range(text: str) -> None:
    with pytest.raises(Invalid, match="limit"):
        requests.page_limit(text)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-11", "", "2026-11\n"])
def test_months_that_are_none(text: str) -> None:
    with pytest.raises(Invalid, match="month"):
        requests.month(text)


def test_what_is_left_out_has_a_default() -> None:
    assert requests.page_limit(None) == 20
    assert requests.cursor(None) is requests.idempotency_key(None) is None
    assert month_or_current(requests.month(None), "2026-11-24T00:00:00Z") == "2026-11"
    assert requests.parse_body(b" \n", requests.Generate) == requests.Generate()
