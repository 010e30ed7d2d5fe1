"""Estimates of what the author's calls take: more for more."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.story.config import load_config
from chalicelib.story.estimating import NO_TOKENS, AuthorCalls, TokenEstimate, characters_of

CONFIG = load_config()
CALLS = AuthorCalls(CONFIG)


@given(st.lists(st.integers(1, 50)))
def test_the_whole_is_the_sum_of_its_parts(numbers: list[int]) -> None:
    parts = [CALLS.chapter(number) for number in numbers]
    total = sum(parts, NO_TOKENS)
    assert total == TokenEstimate(sum(p.input for p in parts), sum(p.output for p in parts), total.cost_usd)
    assert abs(total.cost_usd - sum(part.cost_usd for part in parts)) < 1e-9


@given(st.integers(1, 49))
def test_a_later_chapter_is_told_more_of_what_came_before(number: int) -> None:
    earlier, later = CALLS.chapter(number), CALLS.chapter(number + 1)
    assert later.input > earlier.input
    assert later.output == earlier.output


@given(st.integers(1, 50))
def test_a_chapter_that_is_written_again_is_told_what_it_was(number: int) -> None:
    assert CALLS.chapter(number, again=True).input > CALLS.chapter(number).input


def test_every_call_costs_something() -> None:
    for estimate in (CALLS.outline("A lamp", 3), CALLS.chapter(1), CALLS.enhancement(), CALLS.summary(3)):
        assert min(estimate.input, estimate.output) > 0
        assert estimate.cost_usd > 0


def test_a_chapter_has_as_many_characters_as_its_words() -> None:
    words = CONFIG.writing.words_per_chapter
    assert 5 * words < characters_of(1, CONFIG) < 6 * words
    assert abs(characters_of(10, CONFIG) - 10 * characters_of(1, CONFIG)) <= 10
    assert characters_of(0, CONFIG) == 0
