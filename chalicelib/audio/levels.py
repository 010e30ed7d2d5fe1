"""How loud: one gain per line, by its voice, then one for the chapter. Pure arithmetic in decibels."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

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
    others keep their distance from it, within `LOUDER_DB` and `QUIETER_DB`.
    """
    levels: dict[str, list[float]] = {}
    for voice, loudness in lines:
        if not math.isinf(loudness):
            levels.setdefault(voice, []).append(loudness)
    medians = {voice: median(of_voice) for voice, of_voice in levels.items()}
    return [_line_gain(loudness, medians.get(voice, loudness), target) for voice, loudness in lines]


def _line_gain(loudness: float, usual: float, target: float) -> float:
    if math.isinf(loudness):
        return 0.0
    distance = max(-QUIETER_DB, min(LOUDER_DB, loudness - usual))
    return level_gain(usual, target) + distance - (loudness - usual)


def chapter_gain(lines: Iterable[tuple[int, float]], all_samples: int, target_db: float) -> float:
    """Return the gain that brings the whole chapter to `target_db`, its pauses counted as silence.

    `lines` are (samples, RMS in dB after the line's gain); `all_samples` counts the pauses too.
    """
    result = list(lines)
    pauses = all_samples - sum(samples for samples, _ in result)
    return level_gain(mean_level([*result, (pauses, -math.inf)]), target_db)
