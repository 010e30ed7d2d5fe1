"""A chapter from its lines: joined, levelled, limited and encoded in one pass, then measured as a listener hears it.

The norm is that of audiobook shops (ACX): RMS -23 to -18 dB, peak at most -3 dB, 44.1 kHz, 192 kb/s constant, 0.5 to
1 s of silence before and 1 to 5 s after. Levels are known from decoding, so the gains are arithmetic and the sound is
encoded once; MP3 bytes are never joined, since the duration read back from such a file is wrong by seconds.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.audio.astats import FILTER, read_levels
from chalicelib.audio.decoding import DecodedClip
from chalicelib.audio.levels import chapter_gain, voice_gains
from chalicelib.audio.pauses import LineTiming, Pauses
from chalicelib.audio.probing import Probe, probe
from chalicelib.audio.tools import BYTES_PER_SAMPLE, SAMPLE_RATE, Ffmpeg
from chalicelib.errors import NotAudio, ToolFailed

_BLOCK = 1 << 16
_EFFORT = 7
"""LAME's, 0 most to 9 least: with 192 kb/s for one channel a longer search for what to leave out gains nothing (signal
to noise 55.8 dB, by its own choice 54.7 dB) and takes two thirds longer."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Clip:
    """A line of the chapter; `clip` is None where nothing is spoken, which becomes a longer pause."""

    clip: DecodedClip | None
    voice: str
    speaker: str
    scene_break: bool = False


@dataclass(frozen=True, slots=True)
class Tags:
    """What a player shows (ID3v2). `track` of `total`."""

    title: str
    artist: str
    album: str
    track: int
    total: int


@dataclass(frozen=True, slots=True)
class Norm:
    """Where the finished file must lie, in dB of full scale, and where we aim.

    The limiter's ceiling lies a decibel below the highest peak allowed: MP3 overshoots it a little.
    """

    target_db: float = -20.0
    quietest_db: float = -23.0
    loudest_db: float = -18.0
    peak_db: float = -3.0
    ceiling_db: float = -4.0
    bit_rate: str = "192k"


@dataclass(frozen=True, slots=True)
class Mastered:
    """A finished chapter: its facts as read back, and start and end in seconds of every line."""

    path: Path
    duration_s: float
    size_bytes: int
    rms_db: float
    peak_db: float
    times: list[tuple[float, float]] = field(repr=False)


def master(
    ffmpeg: Ffmpeg,
    lines: Sequence[Clip],
    out: Path,
    tags: Tags,
    *,
    pauses: Pauses | None = None,
    norm: Norm | None = None,
    timeout_s: float = 90.0,
) -> Mastered:
    """Make the MP3 `out` of the lines; raise ToolFailed if the norm is missed. Silence has no level to miss.

    The input has been decoded already, so no provider's sound is at fault if ffmpeg rejects it.
    """
    try:
        return _master(ffmpeg, lines, out, tags, pauses or Pauses(), norm or Norm(), timeout_s)
    except NotAudio as error:
        raise ToolFailed(f"Mastering: {error}") from error


def _master(
    ffmpeg: Ffmpeg,
    lines: Sequence[Clip],
    out: Path,
    tags: Tags,
    pauses: Pauses,
    norm: Norm,
    timeout_s: float,
) -> Mastered:
    timings = [LineTiming(line.clip.samples if line.clip else 0, line.speaker, line.scene_break) for line in lines]
    gaps = pauses.before(timings)
    gains = _line_gains(lines, sum(gaps) + sum(timing.samples for timing in timings), norm.target_db)
    correction, ceiling = 0.0, norm.ceiling_db
    for _ in range(_TRIES):
        _encode(ffmpeg, lines, gaps, [gain + correction for gain in gains], ceiling, out, tags, norm, timeout_s)
        rms, peak = _measure(ffmpeg, out, timeout_s)
        if math.isinf(rms) or (norm.quietest_db <= rms <= norm.loudest_db and peak <= norm.peak_db):
            facts: Probe = probe(ffmpeg, out)
            return Mastered(out, facts.duration_s, facts.size_bytes, rms, peak, pauses.timeline(timings))
        # Of what was measured in the file: limiter and encoder take some level away, which no arithmetic foresees.
        correction += norm.target_db - rms
        # A little lower than needed, since the next encoding overshoots somewhere else.
        ceiling -= max(0.0, peak - norm.peak_db) + 0.3
    raise ToolFailed(f"The chapter misses the norm after {_TRIES} tries: RMS {rms:.1f} dB, peak {peak:.1f} dB.")


def _line_gains(lines: Sequence[Clip], all_samples: int, target_db: float) -> list[float]:
    """Return each line's gain in dB: its voice's and the chapter's."""
    voices: dict[str, list[tuple[int, float]]] = {}
    for line in lines:
        if line.clip is not None:
            voices.setdefault(line.voice, []).append((line.clip.samples, line.clip.rms_db))
    gains = voice_gains(voices, target_db)
    levelled = [(line.clip.samples, line.clip.rms_db + gains[line.voice]) for line in lines if line.clip is not None]
    whole = chapter_gain(levelled, all_samples, target_db)
    return [gains.get(line.voice, 0.0) + whole for line in lines]


def _encode(
    ffmpeg: Ffmpeg,
    lines: Sequence[Clip],
    gaps: Sequence[int],
    gains: Sequence[float],
    ceiling_db: float,
    out: Path,
    tags: Tags,
    norm: Norm,
    timeout_s: float,
) -> None:
    commands = out.with_suffix(".gains")
    # In a file: there are hundreds of them, and as an argument each would need ffmpeg's escapes.
    commands.write_text(_gain_commands(lines, gaps, gains), encoding="ascii")
    limit = 10 ** (ceiling_db / 20)
    chain = (
        # "latency=1" compensates the limiter's look-ahead: the sound would otherwise be 5 ms late, and its end cut off.
        f"asendcmd=f={commands},volume=volume={gains[0]:.2f}dB:precision=float,"
        f"alimiter=limit={limit:.4f}:level=0:attack=5:release=60:latency=1"
    )
    ffmpeg.convert(
        [
            *("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0"),
            *("-af", chain, "-ar", str(SAMPLE_RATE), "-ac", "1"),
            *("-c:a", "libmp3lame", "-b:a", norm.bit_rate, "-compression_level", str(_EFFORT)),
            *("-id3v2_version", "3"),  # some players do not read version 4
            *_metadata(tags),
            str(out),
        ],
        _pcm(lines, gaps),
        timeout_s=timeout_s,
    )


def _gain_commands(lines: Sequence[Clip], gaps: Sequence[int], gains: Sequence[float]) -> str:
    """Return ffmpeg's asendcmd script: the gain changes in the middle of each pause, where it is silent."""
    commands: list[str] = []
    position = 0
    for line, gap, gain in zip(lines, gaps, gains, strict=False):
        commands.append(f"{(position + gap / 2) / SAMPLE_RATE:.4f} volume volume {gain:.2f}dB;")
        position += gap + (line.clip.samples if line.clip else 0)
    return "\n".join(commands)


def _pcm(lines: Sequence[Clip], gaps: Sequence[int]) -> Iterator[bytes]:
    """Return the whole chapter's PCM, in blocks: silence, line, silence, line, ..., silence."""
    for gap, line in zip(gaps, lines, strict=False):
        yield bytes(gap * BYTES_PER_SAMPLE)
        if line.clip is not None:
            yield from _blocks(line.clip.path)
    yield bytes(gaps[-1] * BYTES_PER_SAMPLE)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _metadata(tags: Tags) -> list[str]:
    values = {"title": tags.title, "artist": tags.artist, "album": tags.album, "track": f"{tags.track}/{tags.total}"}
    # A title may hold any character that the author wrote; line breaks would end the tag in some players.
    shown = {name: "".join(c for c in value if c.isprintable()) for name, value in values.items()}
    return [argument for name, value in shown.items() for argument in ("-metadata", f"{name}={value}")]


def _measure(ffmpeg: Ffmpeg, path: Path, timeout_s: float) -> tuple[float, float]:
    """Return RMS and peak of the finished file in dB, as a listener's player decodes it."""
    # Through a pipe, as all sound goes in: if this process is killed the pipe ends, and ffmpeg with it.
    printed = ffmpeg.convert(
        ["-i", "pipe:0", "-af", FILTER, "-f", "null", "-"], _blocks(path), timeout_s=timeout_s
    ).stderr
    levels = read_levels(printed)
    return levels.rms_db, levels.peak_db
