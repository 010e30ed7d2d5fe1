"""Where in a clip is speech, and how loud it is: from the power of short frames, relative to the clip's own loudest.

Loudness is that of ITU-R BS.1770, by which listeners and ffmpeg's ebur128 measure. The RMS of a clip lies between
1.2 dB below it and 0.2 dB above, by the voice and by the silence within (5th and 95th percentile of a story's lines).
The standard's gates are meant for whole programmes. A line needs one that does not depend on how much silence, breath
or hiss is around the words, so the gate lies below the clip's loudest 400 ms.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from operator import mul
from statistics import median, quantiles

from chalicelib.audio.pauses import SCENE_S
from chalicelib.audio.tools import SAMPLE_RATE

WEIGHTING = "highshelf=f=1681.97:g=4:t=q:w=0.7072,highpass=f=38.135:t=q:w=0.5003"
"""BS.1770's K-weighting as filters of ffmpeg. A line's loudness comes out 0.16 LU above ebur128's in the mean, with a
deviation of 0.2 LU."""

FRAME_S = 0.02
FRAME = int(FRAME_S * SAMPLE_RATE)
"""Samples of a frame of 20 ms."""

_STRIDE = 4
"""Every fourth sample: what is left out changes the power of a frame by less than half a decibel."""

_BLOCK = 20
_HOP = 5
"""Frames of a block of 400 ms and of the step to the next, as in BS.1770."""

_GATE_DB = 14.0
"""Blocks that are quieter by more than this than the loudest one do not count: BS.1770's gate is 10 LU below the mean,
which lies some 4 LU below the loudest block of a line."""

_AUDIBLE_DB = 34.0
"""Frames that are quieter by more than this are heard as a pause: a chapter at -20 dB has them at -51 dB."""

_SOUND_DB = 50.0
"""Frames that are quieter by more than this hold nothing of a word: /f/, /th/ and /h/ are 20 to 40 dB below a vowel."""

_NOTHING = 1e-12
"""The power of a frame, at -120 dB, in which there is nothing but rounding."""

_SILENT = 10**-7.5
"""A loudest block of about -75 LUFS: speech with peaks at -60 dB of full scale, below which nothing is heard in a clip.
"""

_BURST_DB = 9.0
_BURST_S, _REST_S = 0.3, 0.5
"""The loudest frame of speech lies at most 8 dB above that which a fifth of them passes (forty lines). What lies
further above, for less than a third of a second beside speech of half a second, is a door that slams, or a click."""

_BEFORE_S, _AFTER_S = 0.3, 0.4
"""Most that stays of what is quieter than audible before and after the words: room for a soft onset or ending, and
for a breath; of noise, no more than this."""

_STEADY_S = 4.0
_STEADY_DB = 5.0
"""Within a second the level of speech, by 100 ms, varies by far more than 5 dB. Where it does not at the edge of a
clip, that is noise: after four seconds if it is as loud as the words, which a scream may be for less, else after a
scene's pause."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The speech of a clip, in frames: `edges` of what is not silent, `spans` to keep, and silence kept at their edges.

    `loudness` is in LUFS, -inf where nothing is heard; `lead` and `tail` are the frames before the first audible one
    of the spans, and after the last.
    """

    edges: tuple[int, int]
    spans: tuple[tuple[int, int], ...]
    loudness: float
    lead: int = 0
    tail: int = 0


def frame_powers(weighted: "array[float]") -> list[float]:
    """Return the mean square of each frame of K-weighted samples (mono, 44.1 kHz, full scale 1)."""
    coarse = weighted[::_STRIDE]
    # Ends are counted in samples of the clip, so that rounding does not add up over a long one.
    ends = [-(-end // _STRIDE) for end in range(FRAME, len(weighted) + FRAME, FRAME)]
    starts = [0, *ends][:-1]
    frames = (coarse[start:end] for start, end in zip(starts, ends, strict=True))
    return [sum(map(mul, frame, frame)) / len(frame) for frame in frames if frame]


def find_speech(powers: Sequence[float]) -> Speech:
    """Return the speech in a clip's frames. What is silent from end to end stays, up to a scene's pause."""
    loudest = max(_blocks(_without_burst(powers)), default=0.0)
    if loudest <= _SILENT:
        kept = min(len(powers), round(SCENE_S / FRAME_S))
        return Speech((0, len(powers)), ((0, kept),), -math.inf, lead=kept)
    audible = [power > loudest * 10 ** (-_AUDIBLE_DB / 10) for power in powers]
    least = max(loudest * 10 ** (-_SOUND_DB / 10), _NOTHING)
    sound = [at for at, power in enumerate(powers) if power > least]
    first, last = audible.index(True), len(powers) - 1 - audible[::-1].index(True)
    # A frame before and two after: a word begins and ends within a frame, and a decay is slower than an onset.
    edges = max(0, sound[0] - 1), min(len(powers), sound[-1] + 3)
    begin, end = _without_noise(powers, first, last + 1)
    start = max(edges[0], begin - round(_BEFORE_S / FRAME_S))
    stop = min(edges[1], end + round(_AFTER_S / FRAME_S))
    return Speech(
        edges=edges,
        spans=tuple(_without_long_pauses(audible, start, stop)),
        loudness=_loudness(_without_burst(powers[begin:end])),
        lead=begin - start,
        tail=stop - end,
    )


def _without_burst(powers: Sequence[float]) -> Sequence[float]:
    """Return frames without a burst that is far louder than the speech beside it; all of them where there is none."""
    least = max(powers, default=0.0) * 10 ** (-_AUDIBLE_DB / 10)
    audible = sorted(power for power in powers if power > least)
    most = audible[4 * (len(audible) - 1) // 5] * 10 ** (_BURST_DB / 10) if audible else 0.0
    burst = sum(1 for power in powers if power > most)
    rest = [power for power in powers if least < power <= most]
    if not 0 < burst * FRAME_S <= _BURST_S or len(rest) * FRAME_S < _REST_S:
        return powers
    # Of noise beside a short word, the word is not the burst: half of the frames of noise lie within 2 dB.
    low, _, high = quantiles(rest)
    return [power for power in powers if power <= most] if high > low * 10 ** (_STEADY_DB / 10) else powers


def _blocks(powers: Sequence[float]) -> list[float]:
    """Return the mean power of each block; of all frames if they are fewer than a block."""
    if len(powers) <= _BLOCK:
        return [sum(powers) / len(powers)] if powers else []
    sums = list(accumulate(powers, initial=0.0))
    # The last one ends with the last frame: a word may.
    starts = {*range(0, len(powers) - _BLOCK + 1, _HOP), len(powers) - _BLOCK}
    return [(sums[at + _BLOCK] - sums[at]) / _BLOCK for at in sorted(starts)]


def _loudness(powers: Sequence[float]) -> float:
    """Return the loudness in LUFS of the loud blocks among these frames."""
    gate = max(_blocks(powers)) * 10 ** (-_GATE_DB / 10)
    # From the first loud frame to the last: a block that is half breath would lower the level of a short line.
    loud_frames = [at for at, power in enumerate(powers) if power >= gate]
    blocks = _blocks(powers[loud_frames[0] : loud_frames[-1] + 1])
    loud = [block for block in blocks if block >= gate]
    return -0.691 + 10 * math.log10(sum(loud) / len(loud))


def _without_noise(powers: Sequence[float], begin: int, end: int) -> tuple[int, int]:
    """Return the range without long steady noise at its edges; as it is where nothing else would be left."""
    gate = max(_blocks(powers)) * 10 ** (-_GATE_DB / 10)
    before = _steady(powers[begin:end], gate)
    after = _steady(powers[begin:end][::-1], gate)
    if before + after >= end - begin - _BLOCK:
        return begin, end
    return begin + before, end - after


def _steady(powers: Sequence[float], gate: float) -> int:
    """Return for how many frames from the first on the level hardly changes; 0 if that is less than noise needs."""
    tenths = [10 * math.log10(sum(powers[at : at + 5]) / 5 + _NOTHING) for at in range(0, len(powers) - 4, 5)]
    usual = median(tenths[:10]) if tenths else 0.0
    seconds = 0
    while len(window := sorted(tenths[10 * seconds : 10 * seconds + 10])) == 10:
        # One tenth of a second may stand out either way: a click, or a dropout.
        if window[-2] - window[1] > _STEADY_DB or abs(median(window) - usual) > _STEADY_DB:
            break
        seconds += 1
    least = _STEADY_S if usual >= 10 * math.log10(gate) else SCENE_S
    return round(seconds / FRAME_S) if seconds >= least else 0


def _without_long_pauses(audible: Sequence[bool], start: int, stop: int) -> list[tuple[int, int]]:
    """Return the spans of a range with the middle left out of every pause that is longer than a scene's."""
    most = round(SCENE_S / FRAME_S)
    spans: list[tuple[int, int]] = []
    at = start
    for heard, run in groupby(audible[start:stop]):
        length = sum(1 for _ in run)
        if not heard and length > most:
            spans.append((start, at + most // 2))
            start = at + length - most // 2
        at += length
    return [*spans, (start, stop)]
