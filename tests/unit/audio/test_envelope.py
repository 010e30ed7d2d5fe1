import math
from array import array
from collections.abc import Iterable

import pytest

from chalicelib.audio.envelope import envelope_of
from chalicelib.audio.tools import SAMPLE_RATE


def sound(parts: Iterable[tuple[float, float]]) -> "array[int]":
    """Return tones in a row: (seconds, amplitude) each."""
    return array(
        "h",
        (
            round(32767 * amplitude * math.sin(2 * math.pi * 220 * n / SAMPLE_RATE))
            for seconds, amplitude in parts
            for n in range(int(seconds * SAMPLE_RATE))
        ),
    )


def test_a_tone_is_heard_from_end_to_end() -> None:
    heard = envelope_of(sound([(2.0, 0.3)]))
    assert not heard.silent
    assert heard.speech_s == pytest.approx(2.0, abs=0.05)
    assert heard.hole_s == 0


def test_a_short_pause_is_speech_and_a_long_one_is_not() -> None:
    assert envelope_of(sound([(1, 0.3), (0.5, 0), (1, 0.3)])).speech_s == pytest.approx(2.5, abs=0.05)
    assert envelope_of(sound([(1, 0.3), (3.0, 0.002), (1, 0.3)])).speech_s == pytest.approx(2.6, abs=0.1)


def test_a_hole_is_digital_silence_and_breath_is_not() -> None:
    assert envelope_of(sound([(0.5, 0.3), (2.0, 0), (0.5, 0.3)])).hole_s == pytest.approx(2.0, abs=0.05)
    assert envelope_of(sound([(0.5, 0.3), (2.0, 0.0005), (0.5, 0.3)])).hole_s < 0.1


@pytest.mark.parametrize(("amplitude", "silent"), [(0.0, True), (0.0003, True), (0.01, False)])
def test_a_whisper_is_heard_and_an_encoders_hiss_is_not(amplitude: float, silent: bool) -> None:
    assert envelope_of(sound([(1.0, amplitude)])).silent is silent


def test_nothing_is_silent() -> None:
    assert envelope_of(array("h")).silent
