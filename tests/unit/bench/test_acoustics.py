"""Measuring a voice: signals whose pitch, formants, length and level are known."""

import numpy as np
import pytest

from bench.acoustics import FREQUENCIES, Spectrum, Wave, formant_shift, measure, without_edges
from local.narrator.speech import SYNTHETIC_HZ

FORMANTS_HZ = (600.0, 1700.0, 2900.0, 4000.0)


def envelope(frequencies: Wave, scale: float = 1.0) -> Spectrum:
    """Return the logarithms of power of a throat with resonances 200 Hz wide, whose formants are multiplied."""
    spectrum = np.zeros_like(frequencies)
    for formant in FORMANTS_HZ:
        spectrum = spectrum - np.log((frequencies / scale - formant) ** 2 + 100.0**2)
    return spectrum


def vowel(hertz: float, scale: float = 1.0, seconds: float = 1.0) -> Wave:
    """Return a sound of that pitch, wavering by a tenth of it, as voices do, through that throat."""
    time = np.arange(int(seconds * SYNTHETIC_HZ)) / SYNTHETIC_HZ
    pitch = hertz * (1 + 0.1 * np.sin(2 * np.pi * 3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SYNTHETIC_HZ
    wave = np.zeros_like(time)
    for harmonic in range(1, int(10_000 / hertz)):
        wave += np.exp(envelope(harmonic * pitch, scale) / 2) * np.sin(harmonic * phase)
    loudest: Wave = 0.3 * wave / np.abs(wave).max()
    return loudest


def silence(seconds: float) -> Wave:
    return np.zeros(int(seconds * SYNTHETIC_HZ))


@pytest.mark.parametrize("scale", [0.8, 0.92, 1.0, 1.07, 1.25])
def test_the_shift_of_an_envelope_is_found(scale: float) -> None:
    assert formant_shift(envelope(FREQUENCIES), envelope(FREQUENCIES, scale)) == pytest.approx(scale, abs=0.003)


def test_neither_level_nor_tilt_is_taken_for_a_shift() -> None:
    tilted = envelope(FREQUENCIES, 1.1) + 5 - 0.8 * np.log(FREQUENCIES + 1)
    assert formant_shift(envelope(FREQUENCIES), tilted) == pytest.approx(1.1, abs=0.003)


@pytest.mark.parametrize(("hertz", "scale"), [(95.0, 0.85), (190.0, 1.0), (190.0, 1.15), (300.0, 1.15)])
def test_pitch_and_formants_of_a_sound_are_told_apart(hertz: float, scale: float) -> None:
    plain, voice = measure([vowel(190.0)]), measure([vowel(hertz, scale)])
    assert voice.hertz == pytest.approx(hertz, rel=0.02)
    assert formant_shift(plain.envelope, voice.envelope) == pytest.approx(scale, rel=0.03)


def test_silence_at_the_edges_counts_for_neither_length_nor_level() -> None:
    line = vowel(190.0)
    alone, between = measure([line, line]), measure([np.concatenate([silence(0.5), line, silence(0.7)]), line])
    assert between.seconds == pytest.approx(2.0, abs=0.05)
    assert between.level_db == pytest.approx(alone.level_db, abs=0.1)


def test_a_pause_within_a_line_stays() -> None:
    line = np.concatenate([vowel(190.0, seconds=0.3), silence(0.4), vowel(190.0, seconds=0.3)])
    assert len(without_edges(line)) / SYNTHETIC_HZ == pytest.approx(1.0, abs=0.03)


def test_the_level_is_the_root_mean_square_of_full_scale() -> None:
    time = np.arange(SYNTHETIC_HZ) / SYNTHETIC_HZ
    assert measure([0.5 * np.sin(2 * np.pi * 200 * time)]).level_db == pytest.approx(-9.03, abs=0.05)
