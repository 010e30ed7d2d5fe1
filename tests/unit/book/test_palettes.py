"""The colours of covers can be read, and told apart."""

import itertools

import pytest

from chalicelib.book.palettes import PALETTES, Palette, contrast


def test_contrast_is_that_of_wcag() -> None:
    # The examples of the definition: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.ground)
def test_the_title_stands_out_from_its_ground_by_seven_to_one(palette: Palette) -> None:
    assert contrast(palette.ink, palette.ground) >= 7


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.ground)
def test_every_tone_of_the_ornament_is_seen_on_the_ground(palette: Palette) -> None:
    assert min(contrast(tone, palette.ground) for tone in palette.tones) >= 1.2


def test_no_two_grounds_are_alike() -> None:
    def distance(one: str, other: str) -> int:
        return sum(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) for at in (1, 3, 5))

    pairs = itertools.combinations([palette.ground for palette in PALETTES], 2)
    assert min(distance(one, other) for one, other in pairs) >= 20
