"""What a coarse look at a clip's samples shows: whether anything is heard, for how long, and the longest hole in it."""

from array import array
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from chalicelib.audio.tools import SAMPLE_RATE

WINDOW_S = 0.02
_WINDOW = int(WINDOW_S * SAMPLE_RATE)
_STRIDE = 5
"""Every fifth sample: a look at all takes five times as long, and finds peaks that are hardly higher."""

_SILENT = 33
"""A peak of -60 dB of full scale: below it nothing is heard in a clip."""

_DEAD = 3
"""A peak of -80 dB of full scale: quieter than any room or breath, it is what an encoder makes of digital zeros."""

_BELOW_PEAK = 100
"""A window that is 40 dB below the clip's peak is a pause."""

_PAUSE_S = 0.6
"""Silence within speech up to this long belongs to it: a comma, a breath, the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """`silent`: nothing can be heard. `speech_s` leaves out what pauses have beyond 0.6 s; `hole_s` is the longest
    stretch of digital silence, in seconds."""

    silent: bool
    speech_s: float
    hole_s: float


def read_envelope(pcm: Path) -> Envelope:
    """Return the envelope of a clip (mono, 44.1 kHz, signed 16 bit): a few milliseconds for a line of ten seconds."""
    samples = array("h")
    samples.frombytes(pcm.read_bytes())
    return envelope_of(samples)


def envelope_of(samples: "array[int]") -> Envelope:
    """Return the envelope of samples."""
    coarse = samples[::_STRIDE]
    step = _WINDOW // _STRIDE
    windows = (coarse[at : at + step] for at in range(0, len(coarse), step))
    peaks = [max(max(window), -min(window)) for window in windows]  # noqa: PLW3301 # unpacking would copy each window
    loudest = max(peaks, default=0)
    pause = max(_DEAD, loudest // _BELOW_PEAK)
    quiet = [sum(1 for _ in run) * WINDOW_S for is_quiet, run in groupby(peaks, lambda peak: peak <= pause) if is_quiet]
    dead = [sum(1 for _ in run) * WINDOW_S for is_dead, run in groupby(peaks, lambda peak: peak <= _DEAD) if is_dead]
    return Envelope(
        silent=loudest <= _SILENT,
        speech_s=len(peaks) * WINDOW_S - sum(max(0.0, seconds - _PAUSE_S) for seconds in quiet),
        hole_s=max(dead, default=0.0),
    )
