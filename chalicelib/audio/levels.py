"""How loud: one gain per voice, then one for the chapter. Pure arithmetic in dB of full scale."""

import math
from collections.abc import Iterable, Mapping, Sequence

LONGEST_STRIDE_DB = 24.0
"""No voice is raised or lowered by more: a clip that is that quiet is broken, not quiet."""


def mean_level(parts: Iterable[tuple[int, float]]) -> float:
    """Return the RMS level of parts played in a row: (samples, RMS in dB) each; -inf for silence or nothing."""
    total = power = 0.0
    for samples, rms_db in parts:
        total += samples
        # Power is averaged and not decibels: two halves of -20 and -inf dB make -23 dB.
        power += samples * 10 ** (rms_db / 10)
    return 10 * math.log10(power / total) if power > 0 else -math.inf


def level_gain(rms_db: float, target_db: float = -20.0) -> float:
    """Return the gain in dB that brings a voice from `rms_db` to `target_db` (RMS of full scale, negative).

    One gain per voice, not per line: per-line levelling pumps. Target from the ACX window of -23..-18 dB.
    """
    if math.isinf(rms_db):
        return 0.0
    return max(-LONGEST_STRIDE_DB, min(LONGEST_STRIDE_DB, target_db - rms_db))


def voice_gains(clips: Mapping[str, Sequence[tuple[int, float]]], target_db: float) -> dict[str, float]:
    """Return the gain of every voice, from the (samples, RMS in dB) of all its lines in the chapter."""
    return {voice: level_gain(mean_level(parts), target_db) for voice, parts in clips.items()}


def chapter_gain(lines: Iterable[tuple[int, float]], all_samples: int, target_db: float) -> float:
    """Return the gain that brings the whole chapter to `target_db`, its pauses counted as silence.

    `lines` are (samples, RMS in dB after the voice's gain); `all_samples` counts the pauses too.
    """
    result = list(lines)
    pauses = all_samples - sum(samples for samples, _ in result)
    return level_gain(mean_level([*result, (pauses, -math.inf)]), target_db)
