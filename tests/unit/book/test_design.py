"""The design of covers: one family, each with a face of its own that a new title does not change."""

import itertools
import uuid

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.book.design import HIGHEST_ORNAMENT, Design, design_of
from chalicelib.book.ornaments import LEFT
from chalicelib.book.palettes import PALETTES
from chalicelib.book.scenes import ORNAMENTS
from chalicelib.book.shapes import SIDE, Disc
from chalicelib.book.typesetting import DESCENT

STORIES = [uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex for number in range(400)]


def highest(design: Design) -> float:
    """Return how far up the ornament reaches: the spine are the last two shapes."""
    return min(
        one.y - one.radius if isinstance(one, Disc) else min(point[1] for curve in one.curves for point in curve[-1:])
        for shape in design.shapes[:-2]
        for one in shape.outlines
    )


def test_the_same_story_always_has_the_same_cover() -> None:
    assert design_of("s1", "The Lamp") == design_of("s1", "The Lamp")


def test_a_new_title_keeps_the_look() -> None:
    for story in STORIES:
        one, alike, longer = (
            design_of(story, title) for title in ("Orbit", "Comet", "The Lamp Keeper of Marrow Point")
        )
        assert one.shapes == alike.shapes
        # A longer title pushes the ornament down; it is the same one in the same colours.
        assert longer.palette == one.palette
        assert longer.shapes[-2:] == one.shapes[-2:]


def test_two_stories_do_not_look_alike_though_they_have_one_title() -> None:
    designs = [design_of(story, "The Lamp") for story in STORIES]
    assert all(one.shapes != other.shapes for one, other in itertools.combinations(designs, 2))


def test_twelve_in_a_row_have_at_least_six_grounds() -> None:
    for start in range(0, len(STORIES), 12):
        assert len({design_of(story, "x").palette.ground for story in STORIES[start : start + 12]}) >= min(
            6, len(STORIES) - start
        )


def test_every_palette_is_used() -> None:
    assert {design_of(story, "x").palette for story in STORIES} == set(PALETTES)
    assert len(ORNAMENTS) == len(set(ORNAMENTS)) == 15


def test_the_ornament_stays_below_the_title() -> None:
    for story in STORIES:
        for title in ("Orbit", "The Lamp Keeper of Marrow Point", "word " * 60):
            design = design_of(story, title)
            lowest = design.lines[-1].y + DESCENT * design.size
            assert highest(design) >= min(lowest, HIGHEST_ORNAMENT) - 1


@given(st.text(max_size=250))
def test_any_title_gives_a_cover_whose_lines_are_on_it(title: str) -> None:
    design = design_of("s1", title)
    for line in design.lines:
        assert LEFT < line.x < SIDE
        assert 0 < line.y < SIDE
        assert line.width <= SIDE - LEFT
        assert not any(letter < " " for letter in line.text)


def test_a_title_that_begins_in_arabic_begins_at_the_right() -> None:
    assert design_of("s1", "ليلة الفنار").right_to_left
    assert design_of("s1", "ليلة الفنار").lines[0].x > SIDE / 2
    assert not design_of("s1", "The Lamp").right_to_left


def test_the_width_of_a_script_without_measures_is_left_open() -> None:
    assert [line.width for line in design_of("s1", "ليلة").lines] == [0.0]
    assert design_of("s1", "Night").lines[0].width > 0


def test_an_apostrophe_is_a_printers() -> None:
    assert design_of("s1", "Mara's Lamp").lines[0].text == "Mara\u2019s"
