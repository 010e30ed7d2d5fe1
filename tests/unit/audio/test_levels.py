import itertools
import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.levels import (
    LONGEST_STRIDE_DB,
    LOUDER_DB,
    QUIETER_DB,
    chapter_gain,
    level_gain,
    line_gains,
    mean_level,
)

levels = st.floats(-40, -5)


@given(st.lists(st.tuples(st.integers(1, 100_000), levels), min_size=1))
def test_the_mean_lies_between_the_quietest_and_the_loudest(parts: list[tuple[int, float]]) -> None:
    quietest, loudest = min(level for _, level in parts), max(level for _, level in parts)
    assert quietest - 1e-6 <= mean_level(parts) <= loudest + 1e-6


def test_silence_has_no_level_and_gets_no_gain() -> None:
    assert mean_level([]) == mean_level([(100, -math.inf)]) == -math.inf
    assert level_gain(-math.inf) == 0
    assert line_gains([("a", -math.inf)], -20) == [0.0]


@given(levels)
def test_a_level_is_brought_to_the_target(level: float) -> None:
    assert level + level_gain(level, -20) == pytest.approx(-20)


def test_nothing_is_raised_without_bound() -> None:
    assert level_gain(-90) == LONGEST_STRIDE_DB
    assert level_gain(60) == -LONGEST_STRIDE_DB


def test_voices_meet_at_their_median_lines() -> None:
    lines = [("low", -31.0), ("low", -30.0), ("high", -15.0), ("low", -29.0), ("high", -15.0)]
    assert line_gains(lines, -20) == pytest.approx([10, 10, -5, 10, -5], abs=0.05)


def test_a_shouted_line_pushes_no_other_line_down() -> None:
    quiet, hot = [("ada", -20.0)] * 4, ("ada", -6.0)
    gains = line_gains([*quiet, hot], -20)
    assert gains[:4] == pytest.approx([0.0] * 4, abs=0.5)
    assert hot[1] + gains[4] == pytest.approx(-20 + gains[0] + LOUDER_DB)


def test_a_whisper_is_raised_until_it_can_be_heard() -> None:
    gains = line_gains([("ada", -20.0), ("ada", -20.0), ("ada", -38.0)], -20)
    assert -38.0 + gains[2] == pytest.approx(-20 + gains[0] - QUIETER_DB)
    assert gains[0] == pytest.approx(0.0, abs=1.0)


def test_silence_between_lines_has_no_part_in_a_voices_median() -> None:
    assert line_gains([("a", -30.0), ("a", -math.inf), ("a", -math.inf)], -20)[0] == pytest.approx(10)


@given(st.lists(st.tuples(st.sampled_from("ab"), levels), min_size=1, max_size=30))
def test_every_line_stays_within_bounds_and_order_of_its_voice(lines: list[tuple[str, float]]) -> None:
    after = [(voice, level + gain) for (voice, level), gain in zip(lines, line_gains(lines, -20), strict=True)]
    for voice in {voice for voice, _ in lines}:
        levels_now = [level for name, level in after if name == voice]
        assert abs(median(levels_now) + 20) <= 1.1
        assert abs(mean_level((1, level) for level in levels_now) + 20) <= 1.1
        assert all(-QUIETER_DB - 1e-6 <= level - median(levels_now) <= LOUDER_DB + 1e-6 for level in levels_now)
        before = [level for name, level in lines if name == voice]
        now = [level for name, level in after if name == voice]
        order = sorted(range(len(before)), key=before.__getitem__)
        assert all(now[one] <= now[other] + 1e-6 for one, other in itertools.pairwise(order))


def test_pauses_count_as_silence() -> None:
    assert chapter_gain([(50, -20)], 100, -20) == pytest.approx(10 * math.log10(2))
