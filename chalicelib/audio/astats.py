"""The levels of sound, as ffmpeg's astats filter measures them."""

import math
import re
from dataclasses import dataclass

FILTER = "astats=measure_perchannel=none:measure_overall=RMS_level+Peak_level"

_LEVEL = re.compile(r"(RMS|Peak) level dB: (-?[0-9.]+|-?inf|nan)")


@dataclass(frozen=True, slots=True)
class Levels:
    """RMS and peak in dB of full scale; -inf for digital silence."""

    rms_db: float
    peak_db: float


def read_levels(printed: str) -> Levels:
    """Return the levels that ffmpeg printed; both are -inf if it printed none."""
    found = {name: _decibels(value) for name, value in _LEVEL.findall(printed)}
    return Levels(found.get("RMS", -math.inf), found.get("Peak", -math.inf))


def _decibels(text: str) -> float:
    value = float(text)
    return -math.inf if math.isnan(value) else value
