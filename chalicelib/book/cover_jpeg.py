"""A cover as JPEG, for players and shops: 2400 x 2400, drawn with Pillow, which only the narrator's function has."""

import io
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING

from chalicelib.book.design import Design, Line
from chalicelib.book.shapes import SIDE, Disc, Outline, Point
from chalicelib.book.typesetting import is_cjk, is_latin, kerning

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

PIXELS = 2400
_FINER = 2
"""Drawn so many times larger, and then made smaller: Pillow's shapes have hard edges."""
_SCALE = PIXELS * _FINER / SIDE

_QUALITY = 84
_WEIGHT = 800
_STEPS = 24
"""Straight pieces of a curve; the largest, a quarter of a circle across the picture, is off by 1/4 pixel."""


def jpeg_of(design: Design) -> bytes:
    """Return the cover as a baseline JPEG.

    A title with characters that none of the fonts has is left out, so that no boxes stand for them.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415

    picture = Image.new("RGB", (PIXELS * _FINER, PIXELS * _FINER), design.palette.ground)
    draw = ImageDraw.Draw(picture)
    for shape in design.shapes:
        for outline in shape.outlines:
            if isinstance(outline, Disc):
                _fill_disc(draw, outline, shape.fill)
            else:
                draw.polygon(list(_flattened(outline)), fill=shape.fill)
    if shows_title(design):
        fonts = _Fonts(design.size * _SCALE)
        for line in design.lines:
            _write(draw, line, fonts, design.palette.ink)
    encoded = io.BytesIO()
    picture.reduce(_FINER).save(encoded, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return encoded.getvalue()


def shows_title(design: Design) -> bool:
    """Return whether the picture can show the title: in Latin, Greek, Cyrillic, Chinese, Japanese and Korean.

    Other scripts need shaping, which Lambda's Pillow lacks (it has no FriBidi), and fonts of their own.
    """
    return all(is_latin(letter) or is_cjk(letter) for line in design.lines for letter in line.text)


class _Fonts:
    """The two fonts in one size, each loaded when it is first needed."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._loaded: dict[bool, FreeTypeFont] = {}

    def of(self, letter: str) -> "FreeTypeFont":
        """Return the font that has a letter."""
        latin = is_latin(letter)
        if latin not in self._loaded:
            self._loaded[latin] = self._load(latin)
        return self._loaded[latin]

    def _load(self, latin: bool) -> "FreeTypeFont":
        from PIL import ImageFont  # noqa: PLC0415

        package, path = _FILES[latin]
        with resources.as_file(resources.files(package) / path) as file:
            # The basic engine is the one that every machine has.
            font = ImageFont.truetype(str(file), self._size, layout_engine=ImageFont.Layout.BASIC)
        if latin:
            font.set_variation_by_axes([_WEIGHT])
        return font


_FILES = {
    True: ("fontpkg_vollkorn", "files/Vollkorn[wght].ttf"),
    False: ("noto_cjk_sans_jp_bold", "NotoSansCJKjp-Bold.otf"),
}


def _write(draw: "ImageDraw", line: Line, fonts: _Fonts, ink: str) -> None:
    x, y, before = line.x * _SCALE, line.y * _SCALE, ""
    for letter in line.text:
        font = fonts.of(letter)
        x += kerning(before, letter) * font.size if before else 0.0
        draw.text((x, y), letter, font=font, fill=ink, anchor="ls")
        x += font.getlength(letter)
        before = letter


def _fill_disc(draw: "ImageDraw", disc: Disc, fill: str) -> None:
    x, y, radius = disc.x * _SCALE, disc.y * _SCALE, disc.radius * _SCALE
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _flattened(outline: Outline) -> Iterator[Point]:
    """Yield the corners of an outline in pixels, curves as straight pieces."""
    here = outline.start
    yield _scaled(here)
    for curve in outline.curves:
        if len(curve) == 3:
            first, second, end = curve
            for step in range(1, _STEPS):
                part = step / _STEPS
                yield _scaled(_between(here, first, second, end, part))
        here = curve[-1]
        yield _scaled(here)


def _between(start: Point, first: Point, second: Point, end: Point, part: float) -> Point:
    rest = 1 - part
    weights = (rest**3, 3 * rest**2 * part, 3 * rest * part**2, part**3)
    return (
        sum(weight * point[0] for weight, point in zip(weights, (start, first, second, end), strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, (start, first, second, end), strict=True)),
    )


def _scaled(point: Point) -> Point:
    return (point[0] * _SCALE, point[1] * _SCALE)
