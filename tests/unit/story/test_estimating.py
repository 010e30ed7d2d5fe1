"""Estimates of what writing a story takes: nothing for what is there, and more for more."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.story.config import load_config
from chalicelib.story.estimating import TokenEstimate, author_tokens, characters_of

CONFIG = load_config()
chapters = st.integers(1, 50)


def tokens(num_chapters: int, **given_: Any) -> TokenEstimate:
    """Return the estimate of a story of which all is written but what is given."""
    there = {"outlined": True, "unwritten": (), "undirected": 0, "unsummarized": 0}
    return author_tokens(prompt="A lamp", num_chapters=num_chapters, config=CONFIG, **{**there, **given_})


@given(chapters)
def test_a_story_that_is_complete_takes_nothing(num_chapters: int) -> None:
    assert tokens(num_chapters) == TokenEstimate(0, 0, 0.0)
    assert characters_of(0, CONFIG) == 0


@given(chapters, st.data())
def test_the_whole_is_the_sum_of_its_parts(num_chapters: int, data: st.DataObject) -> None:
    unwritten = data.draw(st.sets(st.integers(1, num_chapters)))
    undirected, unsummarized = data.draw(chapters), data.draw(chapters)
    whole = tokens(num_chapters, outlined=False, unwritten=unwritten, undirected=undirected, unsummarized=unsummarized)
    parts = [
        tokens(num_chapters, outlined=False),
        *(tokens(num_chapters, unwritten={number}) for number in unwritten),
        *[tokens(num_chapters, undirected=1)] * undirected,
        *[tokens(num_chapters, unsummarized=1)] * unsummarized,
    ]
    total = sum(parts, TokenEstimate())
    assert (whole.input, whole.output) == (total.input, total.output)
    assert abs(whole.cost_usd - total.cost_usd) < 1e-9


@given(st.integers(1, 49))
def test_a_later_chapter_is_told_more_of_what_came_before(number: int) -> None:
    earlier, later = tokens(50, unwritten={number}), tokens(50, unwritten={number + 1})
    assert later.input > earlier.input
    assert later.output == earlier.output


def test_every_part_that_is_missing_costs_something() -> None:
    parts: list[dict[str, Any]] = [{"outlined": False}, {"unwritten": {1}}, {"undirected": 1}, {"unsummarized": 1}]
    for part in parts:
        estimate = tokens(3, **part)
        assert min(estimate.input, estimate.output) > 0
        assert estimate.cost_usd > 0


def test_a_chapter_has_as_many_characters_as_its_words() -> None:
    words = CONFIG.writing.words_per_chapter
    assert 5 * words < characters_of(1, CONFIG) < 6 * words
    assert abs(characters_of(10, CONFIG) - 10 * characters_of(1, CONFIG)) <= 10
