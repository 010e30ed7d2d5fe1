"""Tags: what a player shows, on one line each, and in the forms that containers want."""

import pytest

from chalicelib.audio.tagging import Tags, arguments, language_code


def test_a_tag_keeps_its_spaces_and_loses_what_would_end_it() -> None:
    shown = Tags(title="The\nLamp\u0000", artist="Fireside", album=" 第一章\u3000霧\u00a0II ", track=2, total=3).shown()
    assert shown == {
        "title": "The Lamp",
        "artist": "Fireside",
        "album": "第一章 霧 II",
        "album_artist": "Fireside",
        "track": "2/3",
        "genre": "Audiobook",
    }


def test_a_book_has_its_narrators_year_and_language() -> None:
    shown = Tags("T", "A", "T", narrators=["Rachel", "Adam"], year="2026", language="pt-BR", comment="By AI.").shown()
    assert shown["composer"] == "Rachel, Adam"
    assert (shown["date"], shown["language"], shown["comment"]) == ("2026", "por", "By AI.")
    assert "track" not in shown


@pytest.mark.parametrize(
    ("language", "code"), [("de", "deu"), ("zh-Hant-TW", "zho"), ("fil", "fil"), ("xx", "und"), ("", ""), ("EN", "eng")]
)
def test_a_language_has_three_letters(language: str, code: str) -> None:
    assert language_code(language) == code


def test_a_value_is_one_argument_whatever_it_holds() -> None:
    assert arguments({"title": "a = b; -c"}) == ["-metadata", "title=a = b; -c"]
