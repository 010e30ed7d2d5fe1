"""What can be measured of a voice from its sound: pitch, formants, pace and level. Mono samples at `SYNTHETIC_HZ`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log10

import numpy as np
import numpy.typing as npt
import pyworld

from local.narrator.speech import SYNTHETIC_HZ

Wave = npt.NDArray[np.float64]
"""Samples of full scale 1."""

Spectrum = npt.NDArray[np.float64]
"""Natural logarithms of power, one for each of `FREQUENCIES`."""

FFT_SIZE = 2048
FREQUENCIES: npt.NDArray[np.float64] = np.arange(FFT_SIZE // 2 + 1) * SYNTHETIC_HZ / FFT_SIZE
"""In Hz."""

FRAME_MS = 8.0
LOWEST_F0, HIGHEST_F0 = 50.0, 600.0
"""Where pitch is searched for, in Hz: an octave below the deepest voice to nearly one above the highest."""

FORMANTS_FROM, FORMANTS_TO = 300.0, 5000.0
"""The band in Hz in which envelopes are compared: the first four or five formants. Below it the envelope follows the
pitch, and above it the noise of consonants, which a voice shares with every other."""

STEP = 1.0025
SHIFTS: npt.NDArray[np.float64] = STEP ** np.arange(-180.0, 181.0)
"""The factors by which one envelope is stretched to match another: 0.64 to 1.57, with 1 among them."""

WINDOW_S = 0.01
SILENCE_DB = 40.0
"""A window at either end that is so much below the loudest one is silence."""


@dataclass(frozen=True, slots=True)
class Acoustics:
    """What was measured of a voice: median pitch in Hz, long-term envelope, seconds of speech, level in dB (RMS of full
    scale)."""

    hertz: float
    envelope: Spectrum
    seconds: float
    level_db: float


def measure(lines: Sequence[Wave]) -> Acoustics:
    """Measure a voice from lines that it speaks; the silence before and after each is left out."""
    spoken = [without_edges(line) for line in lines]
    pitches, envelopes = zip(*(_voiced_frames(line) for line in spoken), strict=True)
    everything = np.concatenate(spoken)
    return Acoustics(
        hertz=float(np.median(np.concatenate(pitches))),
        envelope=_long_term(np.concatenate(envelopes)),
        seconds=len(everything) / SYNTHETIC_HZ,
        level_db=10 * log10(float(np.mean(everything**2))),
    )


def without_edges(line: Wave) -> Wave:
    """Return the samples from the first window that is heard to the last one."""
    window = int(WINDOW_S * SYNTHETIC_HZ)
    power = np.array([np.mean(line[at : at + window] ** 2) for at in range(0, len(line), window)])
    heard = np.flatnonzero(power > power.max() / 10 ** (SILENCE_DB / 10))
    return line[heard[0] * window : (heard[-1] + 1) * window] if heard.size else line


def _voiced_frames(line: Wave) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the pitch of each voiced frame, in Hz, and its spectral envelope.

    By harvest, not by dio, with which the voices are made: dio's mistakes would be made twice, and so not be seen.
    """
    pitch, times = pyworld.harvest(line, SYNTHETIC_HZ, f0_floor=LOWEST_F0, f0_ceil=HIGHEST_F0, frame_period=FRAME_MS)
    power = pyworld.cheaptrick(line, pitch, times, SYNTHETIC_HZ, fft_size=FFT_SIZE)
    voiced = pitch > 0
    return pitch[voiced], np.log(power[voiced])


def _long_term(envelopes: npt.NDArray[np.float64]) -> Spectrum:
    """Return the mean of the louder half of the frames: vowels, which have formants."""
    loudness = np.logaddexp.reduce(envelopes, axis=1)
    mean: Spectrum = envelopes[loudness >= np.median(loudness)].mean(axis=0)
    return mean


def formant_shift(plain: Spectrum, voice: Spectrum) -> float:
    """Return the factor by which the formants of `voice` are higher than those of `plain`.

    It is the one by which the plain envelope, its frequencies stretched, correlates best with the other (the warping of
    vocal tract length normalization, https://doi.org/10.1109/89.650310, turned around). Level and tilt are taken out of
    both: they depend on how hard a voice is pressed, not on the length of its throat.
    """
    grid = np.exp(np.arange(log(FORMANTS_FROM), log(FORMANTS_TO), log(STEP)))
    wanted = _shape(grid, np.interp(grid, FREQUENCIES, voice))
    found = [float(_shape(grid, np.interp(grid / shift, FREQUENCIES, plain)) @ wanted) for shift in SHIFTS]
    return float(SHIFTS[int(np.argmax(found))])


def _shape(grid: npt.NDArray[np.float64], spectrum: Spectrum) -> Spectrum:
    """Return a spectrum without its level and its tilt per octave, scaled to length 1."""
    line = np.stack([np.ones_like(grid), np.log(grid)], axis=1)
    rest = spectrum - line @ np.linalg.lstsq(line, spectrum, rcond=None)[0]
    shape: Spectrum = rest / np.linalg.norm(rest)
    return shape
