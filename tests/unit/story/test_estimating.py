"""Estimates of what the author's calls take: more for more."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.manuscript import ManuscriptFacts
from chalicelib.domain.story import Story, Wish
from chalicelib.story.config import load_config
from chalicelib.story.estimating import (
    CHARACTERS_A_SECOND,
    NO_TOKENS,
    AuthorCalls,
    TokenEstimate,
    characters_of,
    words_of,
)

CONFIG = load_config()
CALLS = AuthorCalls(CONFIG, 900)
DRAFT = Story(
    user_id="ann",
    story_id="s1",
    prompt="A lamp",
    num_chapters=3,
    enhance=False,
    language="en",
    created_at="2026-11-20T12:00:00Z",
    updated_at="2026-11-20T12:00:00Z",
)


def total(calls: list[TokenEstimate]) -> TokenEstimate:
    return sum(calls, NO_TOKENS)


def chapter(number: int, **how: Any) -> TokenEstimate:
    """Return all that writing a chapter takes."""
    return total(CALLS.chapter(number, **how))


@given(st.lists(st.integers(1, 50)))
def test_the_whole_is_the_sum_of_its_parts(numbers: list[int]) -> None:
    parts = [chapter(number) for number in numbers]
    whole = total(parts)
    assert whole == TokenEstimate(sum(p.input for p in parts), sum(p.output for p in parts), whole.cost_usd)
    assert abs(whole.cost_usd - sum(part.cost_usd for part in parts)) < 1e-9


@given(st.integers(1, 49))
def test_a_later_chapter_is_told_more_of_what_came_before(number: int) -> None:
    earlier, later = chapter(number), chapter(number + 1)
    assert later.input > earlier.input
    assert later.output == earlier.output


@given(st.integers(1, 50))
def test_a_chapter_that_is_written_again_is_told_what_it_was(number: int) -> None:
    assert chapter(number, again=True).input > chapter(number).input


def test_every_call_costs_something() -> None:
    for estimate in (CALLS.outline(DRAFT), chapter(1), CALLS.enhancement(), CALLS.summary(3)):
        assert min(estimate.input, estimate.output) > 0
        assert estimate.cost_usd > 0


def test_a_chapter_has_as_many_characters_as_its_words() -> None:
    assert 5 * 900 < characters_of(900) < 6 * 900
    assert characters_of(0) == 0


def test_a_minute_has_as_many_words_as_are_spoken_in_it() -> None:
    assert words_of(Wish(), CONFIG) == CONFIG.writing.words_per_chapter
    for minutes in (1, 10, 30):
        words = words_of(Wish(minutes_per_chapter=minutes), CONFIG)
        assert abs(characters_of(words) / CHARACTERS_A_SECOND - 60 * minutes) < 3
        # Ten minutes take longer to write, and cost more, than one.
        assert (words > 900) is (minutes > 5)


def test_a_longer_chapter_is_estimated_at_more() -> None:
    assert total(AuthorCalls(CONFIG, 1700).chapter(1)).cost_usd > chapter(1).cost_usd


def test_a_sequel_and_a_text_are_planned_from_more() -> None:
    sequel = msgspec.structs.replace(DRAFT, sequel_of="s0")
    text = msgspec.structs.replace(DRAFT, manuscript=ManuscriptFacts("digest", "It rained", [9000, 9000, 9000]))
    assert CALLS.outline(sequel).input > CALLS.outline(DRAFT).input
    assert CALLS.outline(text).input > CALLS.outline(DRAFT).input


def test_finding_the_speakers_of_a_text_costs_less_than_writing_it() -> None:
    written, told = chapter(2), chapter(2, told=characters_of(900))
    assert told.output < written.output
    assert chapter(2, told=20_000).cost_usd > told.cost_usd
    # Once it is written again, it is a chapter like any other.
    assert chapter(2, again=True, told=4000) == chapter(2, again=True)


def test_a_long_chapter_is_written_in_parts_of_its_own_price() -> None:
    parts = AuthorCalls(CONFIG, 5100).chapter(1)
    assert len(parts) == 3
    assert [part.input for part in parts] == sorted({part.input for part in parts})
    assert len({part.output for part in parts}) == 1


def test_a_revision_is_one_more_call() -> None:
    revising = msgspec.structs.replace(CONFIG, writing=msgspec.structs.replace(CONFIG.writing, revise=True))
    assert len(AuthorCalls(revising, 900).chapter(1)) == 2
    assert len(AuthorCalls(revising, 900).chapter(1, again=True)) == 1
