"""The person and the thing that a prompt is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.author.wishes import wish_of


@pytest.mark.parametrize(
    ("prompt", "role", "thing"),
    [
        ("A lighthouse keeper who is afraid of the dark finds a lamp that burns", "lighthouse keeper", "lamp"),
        ("the old baker and his oven", "old baker", "oven"),
        ("A young dragon learns to fly", "young dragon", None),
        ("Nobody in town remembers a letter", None, "letter"),
        ("Rain", None, None),
    ],
)
def test_the_role_stands_first_and_a_new_thing_matters_more(prompt: str, role: str | None, thing: str | None) -> None:
    wish = wish_of(prompt)
    assert (wish.role, wish.thing) == (role, thing)


@given(st.text(min_size=1, max_size=600).filter(str.strip))
def test_any_prompt_becomes_one_sentence_that_is_not_too_long(prompt: str) -> None:
    sentence = wish_of(prompt).sentence
    assert sentence.endswith((".", "!", "?", "…"))
    assert "\n" not in sentence
    assert len(sentence) <= 283


def test_a_long_prompt_ends_after_a_whole_word() -> None:
    assert wish_of("word " * 100).sentence == "Word" + " word" * 55 + " …"
