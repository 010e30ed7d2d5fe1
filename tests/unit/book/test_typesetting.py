"""Titles in lines: all of it is there, it fits, and it is as large as it can be."""

import unicodedata
from collections.abc import Iterator
from importlib import resources

import pytest
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.book import typesetting
from chalicelib.book.typesetting import block_height, is_cjk, is_latin, runs_right_to_left, set_title, width

titles = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=120).map(
    lambda text: " ".join(text.split())
)


@pytest.fixture(scope="module")
def font() -> Iterator[TTFont]:
    """Give the cover's font at its weight."""
    path = resources.files("fontpkg_vollkorn") / "files/Vollkorn[wght].ttf"
    with TTFont(str(path)) as variable:
        yield instantiateVariableFont(variable, {"wght": 800})


def test_the_measures_are_those_of_the_font(font: TTFont) -> None:
    glyphs, advances = font.getBestCmap(), font["hmtx"]
    for letter in "TheLampKeeper 0123,.?!-ß Żółć Ποιοςείναι Маяк Ngọnđèn":
        known = advances[glyphs[ord(letter)]][0] / font["head"].unitsPerEm
        assert width(letter) == pytest.approx(known, abs=0.0351), letter


def test_what_counts_as_drawn_is_in_the_font(font: TTFont) -> None:
    glyphs = font.getBestCmap()
    assert [chr(code) for code in range(0x20, 0x10000) if is_latin(chr(code)) and code not in glyphs] == []


def test_latin_of_all_europe_and_vietnam_greek_and_cyrillic_can_be_drawn() -> None:
    for text in (
        "ÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ",
        "ąćęłńóśźż",
        "őűğışİ",
        "þðæøåÅ",
        "ểẫợựỵ",
        "ΆΈΉΊΌΎΏάέήίόύώς",
        "ЁЇЄҐђћљњџѓќ",
        "„“«»…\u2013\u2014",
    ):
        assert [letter for letter in text if not is_latin(letter)] == []
    assert not any(is_latin(letter) for letter in "灯あ한שمक")


def test_the_font_for_east_asia_has_every_character_that_counts_as_drawn() -> None:
    path = resources.files("noto_cjk_sans_jp_bold") / "NotoSansCJKjp-Bold.otf"
    with TTFont(str(path), lazy=True) as cjk:
        glyphs = cjk.getBestCmap()
    assert [chr(code) for code in range(0x2E80, 0x10000) if is_cjk(chr(code)) and code not in glyphs] == []
    assert all(is_cjk(letter) for letter in "灯台守の夜、東京トウキョウ漢字汉字臺灣등대지기")


@given(titles)
def test_every_line_fits_and_every_word_is_there(title: str) -> None:
    size, lines = set_title(title, 980, 590, 320, 88)
    assert 88 <= size <= 320
    assert all(width(line) * size <= 980 * 1.001 for line in lines)
    assert block_height(len(lines), size) <= 590
    if not lines[-1].endswith(typesetting.ELLIPSIS):
        assert "".join("".join(lines).split()) == "".join(title.split())


def test_a_short_title_is_large_and_a_long_one_smaller() -> None:
    sizes = [
        set_title(title, 980, 590, 320, 88)[0] for title in ("Orbit", "The Lamp Keeper", "A Very Long Journey " * 3)
    ]
    assert sizes[0] == 320
    assert sizes[0] > sizes[1] > sizes[2] > 88


def test_a_title_that_is_too_long_ends_with_an_ellipsis_after_a_word() -> None:
    size, lines = set_title("word " * 100, 980, 590, 320, 88)
    assert size == 88
    assert lines[-1].endswith("word…")


def test_no_line_has_one_forgotten_word() -> None:
    _, lines = set_title("The House at the End of the Road", 980, 590, 140, 88)
    assert min(map(width, lines)) > 0.5 * max(map(width, lines))


def test_japanese_is_broken_between_any_two_characters_but_before_closing_marks() -> None:
    _, lines = set_title("灯台守の夜、そして朝のこと、海の歌", 980, 590, 320, 88)
    assert len(lines) > 1
    assert not any(line.startswith("、") for line in lines)


def test_japanese_with_a_space_is_broken_there() -> None:
    _, lines = set_title("第一章 霧", 980, 590, 320, 88)
    assert lines == ["第一章", "霧"]


def test_a_word_that_is_wider_than_the_cover_is_cut_into_pieces() -> None:
    size, lines = set_title("Donaudampfschifffahrtsgesellschaftskapitän", 980, 590, 320, 88)
    assert (size, "".join(lines)) == (88, "Donaudampfschifffahrtsgesellschaftskapitän")


@pytest.mark.parametrize(("text", "backwards"), [("ليلة", True), ("«לילה»", True), ("The 1st", False), ("12", False)])
def test_the_first_letter_gives_the_direction(text: str, backwards: bool) -> None:
    assert runs_right_to_left(text) is backwards


def test_marks_have_no_width_of_their_own() -> None:
    assert width(unicodedata.normalize("NFD", "é")) == width("e")
