import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.levels import LONGEST_STRIDE_DB, chapter_gain, level_gain, mean_level, voice_gains

levels = st.floats(-40, -5)


@given(st.lists(st.tuples(st.integers(1, 100_000), levels), min_size=1))
def test_the_mean_lies_between_the_quietest_and_the_loudest(parts: list[tuple[int, float]]) -> None:
    quietest, loudest = min(level for _, level in parts), max(level for _, level in parts)
    assert quietest - 1e-6 <= mean_level(parts) <= loudest + 1e-6


def test_silence_has_no_level_and_gets_no_gain() -> None:
    assert mean_level([]) == mean_level([(100, -math.inf)]) == -math.inf
    assert level_gain(-math.inf) == 0


@given(levels)
def test_a_voice_is_brought_to_the_target(level: float) -> None:
    assert level + level_gain(level, -20) == pytest.approx(-20)


def test_nothing_is_raised_without_bound() -> None:
    assert level_gain(-90) == LONGEST_STRIDE_DB
    assert level_gain(60) == -LONGEST_STRIDE_DB


def test_a_voice_has_one_gain_for_all_its_lines() -> None:
    gains = voice_gains({"low": [(10, -30), (10, -30)], "high": [(10, -15)]}, -20)
    assert gains == {"low": pytest.approx(10), "high": pytest.approx(-5)}


def test_pauses_count_as_silence() -> None:
    assert chapter_gain([(50, -20)], 100, -20) == pytest.approx(10 * math.log10(2))
