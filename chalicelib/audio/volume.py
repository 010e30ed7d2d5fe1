"""The level of a finished file, as ffmpeg's volumedetect filter measures it: in half of astats' time, to 0.1 dB."""

import math
import re
from dataclasses import dataclass

FILTER = "volumedetect"
PRECISION_DB = 0.05

_LEVEL = re.compile(r"(mean|max)_volume: (-?[0-9.]+|-?inf|nan) dB")

_DIGITAL_SILENCE_DB = -91.0
"""What it prints of samples that are all zero: one step of 16 bits."""


@dataclass(frozen=True, slots=True)
class Levels:
    """RMS and peak in dB of full scale; -inf for digital silence."""

    rms_db: float
    peak_db: float


def read_levels(printed: str) -> Levels:
    """Return the levels that ffmpeg printed; both are -inf if it printed none."""
    found = {name: _decibels(value) for name, value in _LEVEL.findall(printed)}
    return Levels(found.get("mean", -math.inf), found.get("max", -math.inf))


def _decibels(text: str) -> float:
    value = float(text)
    return -math.inf if math.isnan(value) or value <= _DIGITAL_SILENCE_DB else value
