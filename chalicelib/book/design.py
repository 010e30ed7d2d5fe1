"""The design of a cover: colours, ornament and title, for every renderer alike.

The look is that of the story and not of its title, so that a book that is renamed is found again. All books are of one
family: a spine in a colour of its own, the title from the upper left in one font, and below it the ornament.
"""

import unicodedata

import msgspec

from chalicelib.book.dice import Dice
from chalicelib.book.ornaments import LEFT
from chalicelib.book.palettes import PALETTES, Palette
from chalicelib.book.scenes import ORNAMENTS
from chalicelib.book.shapes import SIDE, Shape, box, drop, mirrored
from chalicelib.book.typesetting import (
    CAP_HEIGHT,
    LEADING,
    block_height,
    is_cjk,
    is_latin,
    runs_right_to_left,
    set_title,
    width,
)

MARGIN = 76.0
TITLE_HEIGHT = 590.0
LARGEST, SMALLEST = 320.0, 88.0
"""Sizes of the title. At 64 px across, a capital letter of the smallest is 3.2 px high, of the largest 11.5 px."""

HIGHEST_ORNAMENT = 500.0


class Line(msgspec.Struct, frozen=True):
    """A line of the title: where it begins, on its base line. `width` is its measure, 0 where that is unknown."""

    text: str
    x: float
    y: float
    width: float


class Design(msgspec.Struct, frozen=True):
    """A cover on a square of SIDE units. Shapes are drawn in their order, the title last."""

    palette: Palette
    shapes: list[Shape]
    lines: list[Line]
    size: float
    right_to_left: bool
    language: str


def design_of(story_id: str, title: str, language: str = "en") -> Design:
    """Return the design of a story's cover: the same for the same arguments, on every machine."""
    dice = Dice(story_id)
    palette, ornament = dice.one_of(PALETTES), dice.one_of(ORNAMENTS)
    tones, flipped = dice.shuffled(palette.tones), dice.part() < 0.5
    shown = _plain(title)
    left, right = LEFT + MARGIN, SIDE - MARGIN
    size, texts = set_title(shown, right - left, TITLE_HEIGHT, LARGEST, SMALLEST) if shown else (SMALLEST, [])
    backwards = runs_right_to_left(shown)
    lines = [
        Line(
            text=text,
            x=right if backwards else left,
            y=round(MARGIN + 22 + size * (CAP_HEIGHT + LEADING * number), 1),
            width=round(width(text) * size, 1) if _measured(text) else 0.0,
        )
        for number, text in enumerate(texts)
    ]
    bottom = MARGIN + 22 + (block_height(len(lines), size) if lines else 0.0)
    top = max(HIGHEST_ORNAMENT, bottom + 0.12 * size + 24)
    drawn = ornament(dice, palette, tones, top)
    if flipped:
        drawn = mirrored(drawn, LEFT + (SIDE - LEFT) / 2)
    return Design(palette, [*drawn, *_spine(palette, tones[0])], lines, round(size, 2), backwards, language)


def _measured(text: str) -> bool:
    return all(is_latin(letter) or is_cjk(letter) for letter in text)


def _spine(palette: Palette, tone: str) -> list[Shape]:
    """Return the spine, with a flame as the mark of the house."""
    middle = LEFT / 2
    return [
        Shape(tone, [box(0, 0, LEFT, SIDE)]),
        Shape(palette.ground, [drop(middle, SIDE - 34, 24, 40, 3)]),
    ]


def _plain(title: str) -> str:
    """Return a title on one line, with a printer's apostrophe, without what is not seen: no font has a glyph for it."""
    shown = "".join(
        " " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", title.replace("'", "\u2019"))
    )
    return " ".join("".join(one for one in shown if unicodedata.category(one) not in _UNSEEN).split())


_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
