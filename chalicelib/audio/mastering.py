"""A chapter from its lines: joined, levelled, limited and encoded in one pass, then measured as a listener hears it.

The norm is that of audiobook shops (ACX): RMS -23 to -18 dB, peak at most -3 dB, 44.1 kHz, 192 kb/s constant, 0.5 to
1 s of silence before and 1 to 5 s after. Levels are known from decoding, so the gains are arithmetic and the sound is
encoded once; MP3 bytes are never joined, since the duration read back from such a file is wrong by seconds.

A chapter that misses the norm is made all the same, and says so: most of one that is a word and three dots is silence.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.audio.decoding import DecodedClip
from chalicelib.audio.levels import LOUDEST_SPEECH, chapter_gain, line_gains
from chalicelib.audio.m4b import AAC
from chalicelib.audio.pauses import LineTiming, Schedule, schedule
from chalicelib.audio.probing import Probe, probe
from chalicelib.audio.tagging import Tags, arguments
from chalicelib.audio.tools import BYTES_PER_SAMPLE, SAMPLE_RATE, Ffmpeg
from chalicelib.audio.volume import FILTER, PRECISION_DB, read_levels
from chalicelib.errors import NotAudio, ToolFailed

_BLOCK = 1 << 16
_EFFORT = 7
"""LAME's, 0 most to 9 least: with 192 kb/s for one channel a longer search for what to leave out gains nothing (signal
to noise 55.8 dB, by its own choice 54.7 dB) and takes two thirds longer."""
_TRIES = 3

_FRAME = 1024
"""Samples between which the gain may change. ffmpeg reads PCM in frames of 93 ms, and a command takes effect with the
first that begins after it: a rapid answer would begin with the gain of the question. These are of 23 ms, which is less
than what decoding keeps of silence at the end of a clip. They are also AAC's packets: the last one is filled up, so
that a chapter is as long in a book as in its own file."""

ROOM_TONE_DB = -62.0
_ROOM_TONE = (
    # Pink noise without its hiss, as in a quiet room. The same seed for all chapters: a book is read in one room.
    "anoisesrc=color=pink:seed=18:sample_rate=44100:amplitude={amplitude},lowpass=f=4000"
)
_ROOM_TONE_AT_1_DB = -15.1
"""RMS of the room tone with an amplitude of 1."""

_NO_CHANGE_DB = 0.05


@dataclass(frozen=True, slots=True)
class Clip:
    """A line of the chapter; `clip` is None where nothing is spoken, which becomes a longer pause."""

    clip: DecodedClip | None
    voice: str
    speaker: str
    scene_break: bool = False
    text: str = ""
    line_id: str = ""

    @property
    def timing(self) -> LineTiming:
        """The line as the joiner sees it."""
        samples, lead, tail = (self.clip.samples, self.clip.lead, self.clip.tail) if self.clip else (0, 0, 0)
        return LineTiming(samples, self.speaker, self.scene_break, self.text, self.line_id, lead, tail)

    @property
    def loudness(self) -> float:
        """The loudness of its speech in LUFS, -inf where there is none."""
        return self.clip.loudness if self.clip else -math.inf


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
    """A finished chapter, as MP3 and as AAC beside it: its facts as read back, whether they meet the norm, and start
    and end in seconds of every line."""

    path: Path
    duration_s: float
    size_bytes: int
    rms_db: float
    peak_db: float
    meets_norm: bool
    times: list[tuple[float, float]] = field(repr=False)


def master(
    ffmpeg: Ffmpeg,
    lines: Sequence[Clip],
    out: Path,
    tags: Tags,
    *,
    norm: Norm | None = None,
    timeout_s: float = 90.0,
) -> Mastered:
    """Make the MP3 `out` of the lines, within the norm where that can be, and its AAC beside it; raise ToolFailed.

    The input has been decoded already, so no provider's sound is at fault if ffmpeg rejects it.
    """
    try:
        return _master(ffmpeg, lines, out, tags, norm or Norm(), timeout_s)
    except NotAudio as error:
        raise ToolFailed(f"Mastering: {error}") from error


def _master(ffmpeg: Ffmpeg, lines: Sequence[Clip], out: Path, tags: Tags, norm: Norm, timeout_s: float) -> Mastered:
    planned = schedule([line.timing for line in lines])
    gains, speech = _line_gains(lines, planned, norm.target_db)
    highest = LOUDEST_SPEECH - speech
    correction, ceiling = min(0.0, highest), norm.ceiling_db
    for _ in range(_TRIES):
        _encode(ffmpeg, lines, planned.gaps, [gain + correction for gain in gains], ceiling, out, tags, norm, timeout_s)
        rms, peak = _measure(ffmpeg, out, timeout_s)
        meets_norm = norm.quietest_db <= rms <= norm.loudest_db and peak <= norm.peak_db
        # Of what was measured in the file: limiter and encoder take some level away, which no arithmetic foresees.
        further = min(highest, correction + norm.target_db - rms)
        if meets_norm or (peak <= norm.peak_db and abs(further - correction) < _NO_CHANGE_DB):
            break
        correction = further
        # A little lower than needed, since the next encoding overshoots somewhere else.
        ceiling -= max(0.0, peak - norm.peak_db) + 0.3
    facts: Probe = probe(ffmpeg, out)
    return Mastered(out, facts.duration_s, facts.size_bytes, rms, peak, meets_norm, planned.times)


def _line_gains(lines: Sequence[Clip], planned: Schedule, target_db: float) -> tuple[list[float], float]:
    """Return each line's gain in dB, its voice's and the chapter's, and the loudness of a voice after it in LUFS."""
    gains = line_gains([(line.voice, line.loudness) for line in lines], target_db)
    levelled = [
        (line.clip.samples, line.clip.rms_db + gain)
        for line, gain in zip(lines, gains, strict=True)
        if line.clip is not None and not math.isinf(line.loudness)
    ]
    whole = chapter_gain(levelled, planned.samples, target_db)
    # Where nothing is heard nothing can be raised.
    return [gain + whole for gain in gains], target_db + whole if levelled else LOUDEST_SPEECH


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
    tone = _ROOM_TONE.format(amplitude=round(10 ** ((ROOM_TONE_DB - _ROOM_TONE_AT_1_DB) / 20), 6))
    graph = (
        # "latency=1" compensates the limiter's look-ahead: the sound would otherwise be 5 ms late, and its end cut off.
        f"[0:a]asetnsamples=n={_FRAME}:p=1,asendcmd=f={commands},volume=volume={gains[0]:.2f}dB:precision=float,"
        f"alimiter=limit={limit:.4f}:level=0:attack=5:release=60:latency=1[speech];"
        # Under the speech as well, where nobody hears it: a tone that came and went would be heard at every edge.
        f"{tone}[room];[speech][room]amix=inputs=2:duration=first:normalize=0,asplit[mp3][aac]"
    )
    ffmpeg.convert(
        [
            *("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0"),
            *("-filter_complex", graph, "-map", "[mp3]", "-ar", str(SAMPLE_RATE), "-ac", "1"),
            *("-c:a", "libmp3lame", "-b:a", norm.bit_rate, "-compression_level", str(_EFFORT)),
            *("-id3v2_version", "3"),  # some players do not read version 4
            *arguments(tags.shown()),
            str(out),
            *("-map", "[aac]", "-ar", str(SAMPLE_RATE), "-ac", "1", *AAC, str(out.with_suffix(".m4a"))),
        ],
        _pcm(lines, gaps),
        timeout_s=timeout_s,
    )


def _gain_commands(lines: Sequence[Clip], gaps: Sequence[int], gains: Sequence[float]) -> str:
    """Return ffmpeg's asendcmd script: the gain changes before each line, where it is silent."""
    commands: list[str] = []
    position = 0
    for line, gap, gain in zip(lines, gaps, gains, strict=False):
        position += gap
        if line.clip is not None:
            commands.append(f"{max(0, position - _FRAME) / SAMPLE_RATE:.4f} volume volume {gain:.2f}dB;")
            position += line.clip.samples
    return "\n".join(commands) or "0 volume volume 0dB;"


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


def _measure(ffmpeg: Ffmpeg, path: Path, timeout_s: float) -> tuple[float, float]:
    """Return RMS and peak of the finished file in dB, as a listener's player decodes it."""
    # Through a pipe, as all sound goes in: if this process is killed the pipe ends, and ffmpeg with it.
    printed = ffmpeg.convert(
        ["-i", "pipe:0", "-af", FILTER, "-f", "null", "-"], _blocks(path), timeout_s=timeout_s
    ).stderr
    levels = read_levels(printed)
    # What is printed may be rounded down.
    return levels.rms_db, levels.peak_db + PRECISION_DB
