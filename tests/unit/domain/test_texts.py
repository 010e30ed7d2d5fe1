"""Names and texts from outside: what nobody sees, and which of our names is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.texts import find_name, is_narrator, name_key, narrator_in, one_line, visible

CAST = ["Narrator", "Mara Voss", "Zoë", "Old Tom", "Young Tom", "李明", "മാലിനി"]


@pytest.mark.parametrize(
    ("given_name", "ours"),
    [
        ("Mara Voss", "Mara Voss"),
        ("MARA VOSS", "Mara Voss"),
        ("Mara Voss:", "Mara Voss"),
        ("**Mara  Voss**", "Mara Voss"),
        ("mara_voss", "Mara Voss"),
        ("Mara Voss (whispering)", "Mara Voss"),
        ("Mara Voss [off]", "Mara Voss"),
        ("\u202eMara\u200b Voss\u202c", "Mara Voss"),
        ("Mara", "Mara Voss"),
        ("Captain Mara Voss", "Mara Voss"),
        ("zoe", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("the narrator", "Narrator"),
        ("NARRATOR (V.O.)", "Narrator"),
        ("李明：", "李明"),  # noqa: RUF001
        ("മാലിനി", "മാലിനി"),
        ("മലിന", None),  # other vowels are another name
        ("Tom", None),  # two could be meant
        ("Mara's mother", None),
        ("Mara Voss and Zoë", None),
        ("Nobody", None),
        ("...", None),
        ("", None),
        ("M", None),
    ],
)
def test_a_name_from_outside_is_the_one_a_reader_would_take_it_for(given_name: str, ours: str | None) -> None:
    assert find_name(given_name, CAST) == ours


def test_the_very_name_comes_before_one_that_is_alike() -> None:
    assert find_name("TOM", ["Tom", "TOM"]) == "TOM"


@given(st.lists(st.text(min_size=1, max_size=12), unique_by=name_key, max_size=6))
def test_every_name_finds_itself_however_it_is_written(names: list[str]) -> None:
    for name in names:
        assert find_name(name, names) == name
        assert find_name(f" {name} ", names) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Good night.", "Good night."),
        ("Good\x00 night\x07.", "Good night."),
        ("two\nlines\tand more", "two\nlines\tand more"),
        ("\u202eevil\u202c \u2066name\u2069", "evil name"),
        ("soft\u00adhyphen, zero\u200bwidth, \ufeffmark", "softhyphen, zerowidth, mark"),
        ("a lone \ud83d half", "a lone \ufffd half"),
        ("a pair \ud83d\ude00", "a pair \U0001f600"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),  # a family, joined
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian spelling
        ("\u200b\u2060\u200d \u3164", ""),
    ],
)
def test_what_nobody_sees_is_no_part_of_a_text(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_a_text_that_was_looked_at_can_be_stored_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert shown.encode() is not None
    assert visible(shown) == shown
    assert "\n" not in one_line(text)


@pytest.mark.parametrize("language", ["de", "fr-CA", "pt_BR", "ja", "tr", "zh-Hant"])
def test_what_the_narrator_is_called_in_a_language_is_read_back_as_the_narrator(language: str) -> None:
    name = narrator_in(language)
    assert name != "Narrator"
    assert is_narrator(name)


def test_the_narrator_is_called_so_in_english_and_where_nobody_knows_better() -> None:
    assert [narrator_in(language) for language in ("en", "en-GB", "tlh", "")] == ["Narrator"] * 4
