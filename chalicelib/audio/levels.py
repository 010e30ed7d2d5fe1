"""How loud: one gain per line, by its voice, then one for the chapter. Pure arithmetic in decibels."""

import math
from collections.abc import Iterable, Sequence
from statistics import median, median_low

LONGEST_STRIDE_DB = 36.0
"""No voice is raised or lowered by more: a clip that is that quiet is broken, not quiet. It brings a clip that peaks at
-39 dB to the level of the others."""

LOUDER_DB, QUIETER_DB = 3.0, 6.0
"""How far a line may lie from its voice's median. A shout stays louder than what is said, and a whisper quieter; where
they lie further apart one line is too loud, or cannot be heard in a train."""

LOUDEST_SPEECH = -14.5
"""LUFS above which speech is not raised to meet the norm of a file that is mostly pauses: it would be crushed."""


def mean_level(parts: Iterable[tuple[int, float]]) -> float:
    """Return the RMS level of parts played in a row: (samples, RMS in dB) each; -inf for silence or nothing."""
    total = power = 0.0
    for samples, rms_db in parts:
        total += samples
        # Power is averaged and not decibels: two halves of -20 and -inf dB make -23 dB.
        power += samples * 10 ** (rms_db / 10)
    return 10 * math.log10(power / total) if power > 0 else -math.inf


def level_gain(level_db: float, target_db: float = -20.0) -> float:
    """Return the gain in dB that brings a level to the target; silence gets none."""
    if math.isinf(level_db):
        return 0.0
    return max(-LONGEST_STRIDE_DB, min(LONGEST_STRIDE_DB, target_db - level_db))


def line_gains(lines: Sequence[tuple[str, float]], target: float) -> list[float]:
    """Return the gain in dB of every line of a chapter: (voice, loudness of its speech in LUFS) each.

    The median line of each voice comes to `target`: the mean would let one shouted line push all the others down. The
    others keep their distance from it, within `LOUDER_DB` and `QUIETER_DB`. Of a voice that shouts or whispers nearly
    as often as not, its median and the mean that a meter shows are up to 2 dB apart, and both come within one.
    """
    levels: dict[str, list[float]] = {}
    for voice, loudness in lines:
        if not math.isinf(loudness):
            levels.setdefault(voice, []).append(loudness)
    # Between two middle lines far apart: a place that is still in the middle once both were brought nearer.
    medians = {voice: min(median(of_voice), median_low(of_voice) + LOUDER_DB) for voice, of_voice in levels.items()}
    aims = {voice: target - _mean_distance(levels[voice], usual) / 2 for voice, usual in medians.items()}
    return [
        0.0 if math.isinf(loudness) else _line_gain(loudness, medians[voice], aims[voice]) for voice, loudness in lines
    ]


def _line_gain(loudness: float, usual: float, target: float) -> float:
    return level_gain(usual, target) + _distance(loudness, usual) - (loudness - usual)


def _distance(loudness: float, usual: float) -> float:
    """Return how far a line is to lie from its voice's median, in dB."""
    return max(-QUIETER_DB, min(LOUDER_DB, loudness - usual))


def _mean_distance(levels: Sequence[float], usual: float) -> float:
    """Return how far the mean of a voice's lines will lie from their median, in dB."""
    return mean_level((1, _distance(level, usual)) for level in levels)


def chapter_gain(lines: Iterable[tuple[int, float]], all_samples: int, target_db: float) -> float:
    """Return the gain that brings the whole chapter to `target_db`, its pauses counted as silence.

    `lines` are (samples, RMS in dB after the line's gain); `all_samples` counts the pauses too.
    """
    result = list(lines)
    pauses = all_samples - sum(samples for samples, _ in result)
    return level_gain(mean_level([*result, (pauses, -math.inf)]), target_db)
