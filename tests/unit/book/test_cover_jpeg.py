"""Covers as JPEG: what is looked at is the picture itself."""

import io
from functools import cache

import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.book.cover_jpeg import jpeg_of, shows_title
from chalicelib.book.design import Design, design_of
from chalicelib.book.palettes import contrast

TITLES = (
    "The Lamp Keeper", "Die Uhr des Großvaters", "Murder at Wren Hall", "Orbit", "Żółty dom nad rzeką",
    "Ngọn đèn trong đêm mưa", "Маяк над морем", "灯台守の夜", "The Clockmaker's Last Apprentice",
    "\u039f Τελευταίος Φάρος", "A Comedy of Small Errors", "등대지기의 밤",
)  # fmt: skip
TWELVE = [(f"{number:02d}", title) for number, title in enumerate(TITLES, 1)]


@cache
def jpeg(story: str, title: str) -> bytes:
    return jpeg_of(design_of(story, title))


def picture(story: str, title: str) -> Image.Image:
    return Image.open(io.BytesIO(jpeg(story, title)))


def colour_at(made: Image.Image, x: int, y: int) -> str:
    found = made.getpixel((x, y))
    assert isinstance(found, tuple)
    return "#" + "".join(f"{part:02x}" for part in found)


def rows_of_first_line(small: Image.Image, design: Design) -> tuple[list[int], float]:
    """Return the rows of a picture in which the first line of the title has ink, and the ink's contrast to the ground.

    A pixel counts as ink where it is nearer to it than to the ground.
    """
    scale = small.width / 1200
    line = design.lines[0]
    left, right = int(line.x * scale), int((line.x + line.width) * scale) + 1
    ground, strongest, rows = design.palette.ground, 1.0, []
    middle = contrast(design.palette.ink, ground) ** 0.5
    for y in range(max(0, int((line.y - design.size) * scale)), int(line.y * scale) + 1):
        seen = max(contrast(colour_at(small, x, y), ground) for x in range(left, right))
        strongest = max(strongest, seen)
        if seen >= middle:
            rows.append(y)
    return rows, strongest


@pytest.mark.parametrize(("story", "title"), TWELVE)
def test_a_cover_is_a_baseline_jpeg_of_2400_pixels_and_less_than_600_kb(story: str, title: str) -> None:
    made = picture(story, title)
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (2400, 2400))
    assert "progressive" not in made.info
    assert len(jpeg(story, title)) < 600_000


@pytest.mark.parametrize(("story", "title"), TWELVE)
def test_at_64_pixels_the_title_can_be_read(story: str, title: str) -> None:
    design = design_of(story, title)
    small = picture(story, title).resize((64, 64), Image.Resampling.LANCZOS)
    rows, strongest = rows_of_first_line(small, design)
    # Five rows are what a pixel font needs for capital letters; 4.5:1 is what WCAG asks of small text.
    assert len(rows) >= 5
    assert strongest >= 4.5


def test_twelve_covers_are_unmistakably_different() -> None:
    small = [picture(*one).resize((64, 64), Image.Resampling.LANCZOS) for one in TWELVE]
    for number, one in enumerate(small):
        for other in small[number + 1 :]:
            difference = ImageStat.Stat(ImageChops.difference(one, other)).mean
            assert sum(difference) / 3 > 25  # of 255


def test_the_same_design_gives_the_same_bytes() -> None:
    assert jpeg_of(design_of("01", "The Lamp Keeper")) == jpeg("01", "The Lamp Keeper")


@pytest.mark.parametrize("title", ["ليلة الفنار", "ליל המגדלור", "रात का दीपक", "கலங்கரை", "🦊 Fox", "Ω\U00020000"])
def test_a_title_that_no_font_can_draw_is_left_out_rather_than_shown_as_boxes(title: str) -> None:
    design = design_of("01", title)
    assert not shows_title(design)
    made = Image.open(io.BytesIO(jpeg_of(design)))
    # Where the title would be there is nothing but the ground, to what JPEG rounds.
    colours = made.crop((160, 0, 2400, 900)).getextrema()
    assert all(isinstance(part, tuple) and part[1] - part[0] <= 8 for part in colours)


@pytest.mark.parametrize(("story", "title"), [("01", "Ngọn"), ("01", "灯台"), ("01", "등대"), ("01", "Маяк")])
def test_letters_are_not_boxes(story: str, title: str) -> None:
    design = design_of(story, title)
    assert shows_title(design)
    line = design.lines[0]
    area = (int(line.x * 2), int((line.y - design.size) * 2), int((line.x + line.width) * 2), int(line.y * 2))
    one = picture(story, title).crop(area)
    # A font shows what it lacks as the same box; two titles of such would be one picture.
    swapped = Image.open(io.BytesIO(jpeg_of(design_of(story, title[::-1])))).crop(area)
    assert ImageStat.Stat(ImageChops.difference(one, swapped)).mean[0] > 3
