"""Clips as they sound where their lines are heard from: many in one run of ffmpeg, whose start takes longest."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from chalicelib.audio.decoding import DecodedClip, measured, weighted_sound
from chalicelib.audio.effects import CHAINS, Effect
from chalicelib.audio.speech import FRAME
from chalicelib.audio.tools import BYTES_PER_SAMPLE, SAMPLE_RATE, Ffmpeg
from chalicelib.errors import NotAudio, ToolFailed

_GAP = 60 * FRAME
"""Samples of silence after each clip, 1.2 s: the longest echo is over then."""

_MOST_S = 60.0
"""Seconds of clips in one run: they are in memory, some 15 MB."""

_RAW = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1")

Placed = tuple[Path, Effect]
"""A clip's file, and the effect that it is given."""


def placed(
    ffmpeg: Ffmpeg, wanted: Iterable[tuple[DecodedClip, Effect]], *, timeout_s: float
) -> dict[Placed, DecodedClip]:
    """Return each of the clips with its effect, in a file beside its own, measured anew; raise ToolFailed."""
    by_effect: dict[Effect, dict[Path, DecodedClip]] = {}
    for clip, effect in wanted:
        by_effect.setdefault(effect, {})[clip.path] = clip
    found: dict[Placed, DecodedClip] = {}
    for effect, clips in by_effect.items():
        for batch in _batches(clips.values()):
            for clip, sound in zip(batch, _processed(ffmpeg, batch, effect, timeout_s), strict=True):
                found[clip.path, effect] = sound
    return found


def _batches(clips: Iterable[DecodedClip]) -> Iterator[list[DecodedClip]]:
    batch: list[DecodedClip] = []
    for clip in clips:
        if batch and sum(one.seconds for one in batch) + clip.seconds > _MOST_S:
            yield batch
            batch = []
        batch.append(clip)
    if batch:
        yield batch


def _processed(ffmpeg: Ffmpeg, batch: list[DecodedClip], effect: Effect, timeout_s: float) -> Iterator[DecodedClip]:
    whole = batch[0].path.with_suffix(f".{effect}.all")
    blocks = (clip.path.read_bytes() + bytes((_room(clip) - clip.samples) * BYTES_PER_SAMPLE) for clip in batch)
    try:
        samples, weighted = weighted_sound(ffmpeg, blocks, whole, timeout_s, source=_RAW, effect=CHAINS[effect])
    except NotAudio as error:
        raise ToolFailed(f"The effect {effect}: {error}") from error
    whole.unlink()
    at = 0
    for clip in batch:
        end = at + _room(clip)
        yield measured(samples[at:end], weighted[at:end], clip.path.with_suffix(f".{effect}"))
        at = end


def _room(clip: DecodedClip) -> int:
    """Return the samples that a clip takes with the silence after it, in whole frames."""
    return -(-clip.samples // FRAME) * FRAME + _GAP
