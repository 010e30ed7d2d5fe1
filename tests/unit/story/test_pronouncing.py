import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.story.pronouncing import is_saying, is_word, pronouncer


def pronounced(text: str, pronunciations: dict[str, str]) -> str:
    return pronouncer(pronunciations)(text)


SAYINGS = {
    "Aoife": "EE-fa",
    "Siobhan": "shi-VAWN",
    "lough": "lock",
    "R2D2": "artoo detoo",
    "Ao": "ow",
    "東京": "とうきょう",
}


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Aoife waited.", "EE-fa waited."),
        ("Aoife's coat, Aoife!", "EE-fa's coat, EE-fa!"),
        ("AOIFE!", "EE-fa!"),
        ("aoife is no name", "aoife is no name"),
        ("the lough, Lough Neagh, LOUGH", "the lock, lock Neagh, lock"),
        ("loughs and clough", "loughs and clough"),
        ("[Aoife] Aoife said", "[Aoife] EE-fa said"),
        ("R2D2 beeped", "artoo detoo beeped"),
        ("Aoife and Ao", "EE-fa and ow"),
        ("昔々東京に", "昔々とうきょうに"),
        ("Siobhan, meet Aoife", "shi-VAWN, meet EE-fa"),
        ("", ""),
    ],
)
def test_words_are_said_as_they_are_given(text: str, spoken: str) -> None:
    assert pronounced(text, SAYINGS) == spoken


def test_a_word_is_found_however_its_accents_are_encoded() -> None:
    assert pronounced(unicodedata.normalize("NFD", "Zoë waits"), {"Zoë": "ZO-ee"}) == "ZO-ee waits"
    assert pronounced("Zoë waits", {unicodedata.normalize("NFD", "Zoë"): "ZO-ee"}) == "ZO-ee waits"


def test_what_replaces_a_word_is_not_looked_at_again() -> None:
    assert pronounced("Ann and Bea", {"Ann": "Bea", "Bea": "Ann"}) == "Bea and Ann"


def test_a_form_that_was_given_goes_before_one_that_follows_from_another() -> None:
    assert pronounced("polish the Polish brass", {"polish": "PAH-lish", "Polish": "POH-lish"}) == (
        "PAH-lish the POH-lish brass"
    )


@given(st.text(), st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=5))
def test_no_text_and_no_list_is_an_error(text: str, sayings: dict[str, str]) -> None:
    pronounced(text, {word: say for word, say in sayings.items() if is_word(word) and is_saying(say)})


@given(st.lists(st.sampled_from(["[a]", "[ab a]", "a ", "ab ", "b.", "a"]), max_size=8))
def test_tags_stay_as_they_are(parts: list[str]) -> None:
    spoken = pronounced("".join(parts), {"a": "x", "ab": "y"})
    assert re.findall(r"\[[^\[\]]*\]", spoken) == [part for part in parts if part.startswith("[")]


@pytest.mark.parametrize(
    ("text", "usable"), [("Aoife", True), ("!", False), ("", False), ("a[b]", False), ("x" * 61, False)]
)
def test_a_word_has_something_to_say(text: str, usable: bool) -> None:
    assert is_word(text) is usable
