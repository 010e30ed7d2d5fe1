"""Where speech is in a clip: judged by the power of its frames, at any level."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.pauses import SCENE_S
from chalicelib.audio.speech import FRAME, FRAME_S, find_speech, frame_powers

DIGITAL = -200.0
WORDS = [-26, -20, -19, -20, -24, -34, -45, -24, -18, -20, -30, -48, -52, -50, -30] * 4
"""Levels of frames, as of syllables with consonants between them, 1.2 s."""


def frames(*parts: tuple[float, float], speech_db: float = 0.0) -> list[float]:
    """Return the powers of stretches of (seconds, dB) each."""
    return [10 ** ((level + speech_db) / 10) for seconds, level in parts for _ in range(round(seconds / FRAME_S))]


def words(db: float = 0.0) -> list[float]:
    return [10 ** ((level + db) / 10) for level in WORDS]


def hiss(seconds: float, db: float) -> list[float]:
    """Return noise, whose frames vary by a decibel."""
    return [10 ** ((db + (0.5, -0.5, 0.2, -0.3)[n % 4]) / 10) for n in range(round(seconds / FRAME_S))]


def test_silence_around_words_goes_and_they_stay() -> None:
    found = find_speech([*frames((1.5, DIGITAL)), *words(), *frames((2.0, DIGITAL))])
    [(start, end)] = found.spans
    assert (75 - start, end - 75 - len(WORDS)) == (1, 2)
    assert (found.lead, found.tail) == (1, 2)


@given(st.floats(-45, 0), st.floats(-40, -20), st.floats(0.02, 0.28), st.floats(-40, -20), st.floats(0.02, 0.36))
def test_a_soft_beginning_and_ending_stay_at_any_level(
    db: float, onset_db: float, onset_s: float, ending_db: float, ending_s: float
) -> None:
    """/h/ and /f/ are 20 to 40 dB below a vowel."""
    onset, ending = frames((onset_s, onset_db - 18 + db)), frames((ending_s, ending_db - 18 + db))
    before = frames((1.0, DIGITAL))
    found = find_speech([*before, *onset, *words(db), *ending, *frames((1.0, DIGITAL))])
    [(start, end)] = found.spans
    assert start <= len(before)
    assert end >= len(before) + len(onset) + len(WORDS) + len(ending)


@pytest.mark.parametrize("noise_db", [-30.0, -40.0, -55.0, -70.0])
def test_hiss_around_words_neither_raises_nor_lowers_their_level_nor_stays(noise_db: float) -> None:
    alone = find_speech(words())
    found = find_speech([*hiss(9, noise_db), *words(), *hiss(9, noise_db)])
    assert found.loudness == pytest.approx(alone.loudness, abs=0.3)
    assert sum(end - start for start, end in found.spans) * FRAME_S <= len(WORDS) * FRAME_S + SCENE_S


def test_a_minute_of_noise_as_loud_as_the_words_is_no_speech() -> None:
    found = find_speech([*hiss(60, -20.0), *words(), *hiss(10, -20.0)])
    assert found.loudness == pytest.approx(find_speech(words()).loudness, abs=0.5)
    assert sum(end - start for start, end in found.spans) * FRAME_S < len(WORDS) * FRAME_S + 2.5


def test_a_breath_before_the_words_does_not_count() -> None:
    found = find_speech([*frames((0.4, -38)), *frames((0.1, -60)), *words()])
    assert found.loudness == pytest.approx(find_speech(words()).loudness, abs=0.1)


def test_a_tone_is_not_taken_for_noise_where_there_is_nothing_else() -> None:
    found = find_speech(frames((20.0, -20)))
    assert found.spans == ((0, 1000),)
    assert found.loudness == pytest.approx(-20.691, abs=0.01)


def test_a_scream_of_three_seconds_is_no_noise() -> None:
    found = find_speech([*words(), *hiss(3, -15), *words()[:10]])
    assert found.spans == ((0, len(WORDS) + 160),)
    assert found.loudness > find_speech(words()).loudness + 2


@pytest.mark.parametrize("quiet", [DIGITAL, -58.0])
def test_a_long_pause_within_a_line_is_as_long_as_a_scenes(quiet: float) -> None:
    found = find_speech([*words(), *frames((6.0, quiet)), *words()])
    assert sum(end - start for start, end in found.spans) == 2 * len(WORDS) + round(SCENE_S / FRAME_S)
    assert len(found.spans) == 2
    short = find_speech([*words(), *frames((1.5, quiet)), *words()])
    assert len(short.spans) == 1


def test_one_word_is_as_loud_as_many() -> None:
    word = words()[:12]
    found = find_speech([*frames((1.0, DIGITAL)), *word, *frames((1.0, DIGITAL))])
    assert found.loudness == pytest.approx(10 * math.log10(sum(word) / len(word)) - 0.691, abs=0.5)


@pytest.mark.parametrize("powers", [[], [0.0], frames((5.0, DIGITAL)), frames((5.0, -75))])
def test_what_is_silent_stays_up_to_a_scenes_pause(powers: list[float]) -> None:
    found = find_speech(powers)
    assert found.loudness == -math.inf
    assert found.spans == ((0, min(len(powers), 100)),)


@given(st.integers(0, 5 * FRAME))
def test_frames_cover_every_sample(count: int) -> None:
    powers = frame_powers(array("f", [0.5] * count))
    assert len(powers) == math.ceil(count / FRAME)
    assert all(power == pytest.approx(0.25) for power in powers)


@pytest.mark.parametrize(("seconds", "db", "kept_s"), [(1.5, -40.0, 1.5), (3.0, -40.0, 0.3), (3.0, -20.0, 3.0)])
def test_noise_stays_no_longer_than_a_scenes_pause_unless_it_may_be_a_scream(
    seconds: float, db: float, kept_s: float
) -> None:
    [(start, end)] = find_speech([*hiss(seconds, db), *words()]).spans
    assert (end - start) * FRAME_S - len(WORDS) * FRAME_S == pytest.approx(kept_s, abs=0.05)
