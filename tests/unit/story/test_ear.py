"""What a voice is given to say: words, whatever the author wrote."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.story.ear import in_words, plain

CASES = json.loads((Path(__file__).parents[2] / "cases" / "ear.json").read_text(encoding="utf-8"))
SAID = [(case["language"], case["written"], case["said"]) for case in CASES]


@pytest.mark.parametrize(("language", "written", "said"), SAID)
def test_figures_and_signs_are_said_in_words(language: str, written: str, said: str) -> None:
    assert in_words(written, language) == said


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_of_a_page_of_figures_nothing_raw_is_left_but_names(language: str) -> None:
    page = " ".join(written for tag, written, _ in SAID if tag.startswith(language))
    left = set(re.findall(r"\S*[\d%&+=$\u20ac\u00a3\u00b0#\u00a7/@]\S*", in_words(page, language)))
    assert left <= {"R2D2"}, left


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("**Run**, said the _old_ `man` &amp; left. \U0001f600", "Run, said the old man & left."),
        ("# Chapter", "Chapter"),
        ("- a list", "a list"),
        ("See [the map](https://example.com/map).", "See the map."),
        ("<i>Softly</i> she came.<br/>", "Softly she came."),
        ("[whispers] Come. [Dear John, come home at once.]", "Come. Dear John, come home at once."),
        (
            "He opened the letter: [Dear John, come home at once.] Then he sat down.",
            "He opened the letter: Dear John, come home at once. Then he sat down.",
        ),
        ("5 * 4 * 3", "5 * 4 * 3"),
        ("snake_case_name", "snake_case_name"),
        ("Wait\u2026 what?!", "Wait\u2026 what?!"),
        ("It was 20 \u00b0C.", "It was 20 \u00b0C."),
    ],
)
def test_markup_directions_and_pictures_never_reach_a_voice(written: str, kept: str) -> None:
    assert plain(written) == kept


@given(st.text(max_size=200), st.sampled_from(["en", "de", "es-MX", "fr", "ja", "xx", ""]))
def test_any_text_in_any_language_is_one_line_and_raises_nothing(text: str, language: str) -> None:
    said = in_words(plain(text), language)
    assert "\n" not in said
    assert said == said.strip()


@given(st.text(alphabet="0123456789.,:/-$%\u20ac\u00b0 CkmhUr", max_size=40), st.sampled_from(["en", "de", "es"]))
def test_any_heap_of_figures_can_be_said(text: str, language: str) -> None:
    in_words(text, language)


@given(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyz ,.?!'\u201c\u201d\u2014", max_size=120),
    st.sampled_from(["en", "de", "es"]),
)
def test_a_text_of_words_stays_as_it_is(text: str, language: str) -> None:
    words = " ".join(text.split())
    # Abbreviations such as "etc." are no words.
    if not re.search(r"(?:^|[^a-z])[a-z]{1,6}\.", words):
        assert in_words(words, language) == words
