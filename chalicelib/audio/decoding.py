"""A narrated line, from MP3 bytes to PCM: trimmed, measured, and listened to."""

import io
import math
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import mul
from pathlib import Path

from chalicelib.audio.envelope import Envelope, envelope_of
from chalicelib.audio.frames import read_frames
from chalicelib.audio.listening import Listened
from chalicelib.audio.speech import FRAME, WEIGHTING, find_speech, frame_powers
from chalicelib.audio.tools import BYTES_PER_SAMPLE, SAMPLE_RATE, Ffmpeg
from chalicelib.errors import NotAudio, ToolFailed

_MAGIC = (b"ID3", b"RIFF", b"OggS", b"fLaC")
_MPEG_SYNC = 0xE0

_FADE = 441
"""Samples of 10 ms, over which two ends are joined where a long pause was shortened."""

LONGEST_MUSIC_S = 20
"""Seconds of music between two chapters; longer, and it is a concert."""

_OFFSET = 100
"""Steps of 16 bits (-50 dB of full scale) that the mean of a clip may lie beside zero."""

_LEVEL_STRIDE = 11
"""Every eleventh sample tells the RMS of a line of two seconds within 0.1 dB, in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class DecodedClip:
    """A line as raw PCM (mono, 44.1 kHz, signed 16 bit) in a file: its samples, RMS and peak in dB of full scale.

    `loudness` is that of its speech alone in LUFS, -inf where nothing is heard. `lead` and `tail` are the samples at
    its edges that are heard as silence. `whole_s` is its length in seconds before long pauses and noise were shortened.
    `complete` says that all of the file came that it was decoded from, as far as one can see.
    """

    path: Path
    samples: int
    rms_db: float
    peak_db: float
    loudness: float
    lead: int = 0
    tail: int = 0
    whole_s: float | None = None
    envelope: Envelope | None = None
    complete: bool = True

    @property
    def seconds(self) -> float:
        """The length of what is heard, silent edges left out."""
        return self.samples / SAMPLE_RATE

    def listened(self, text: str, voice: str) -> Listened:
        """Return what is known of this as the clip of a text in a voice."""
        seconds = self.seconds if self.whole_s is None else self.whole_s
        heard = self.envelope or Envelope(silent=False, speech_s=seconds, hole_s=0.0)
        return Listened(
            text=text,
            voice=voice,
            seconds=seconds,
            speech_s=heard.speech_s,
            silent=heard.silent,
            complete=self.complete,
            hole_s=heard.hole_s,
        )


def looks_like_audio(data: bytes) -> bool:
    """Return whether a provider's reply starts as MP3, WAV, Ogg or FLAC does: a first look, not a proof."""
    return data.startswith(_MAGIC) or (len(data) > 3 and data[0] == 0xFF and data[1] & _MPEG_SYNC == _MPEG_SYNC)


def decode_clip(ffmpeg: Ffmpeg, sound: bytes, into: Path, *, timeout_s: float = 60.0) -> DecodedClip:
    """Decode a line to the file `into`, without what is silence at its edges, and measure its speech; listen to it.

    Pauses within it that are longer than a scene's are shortened to that, and so is a line that is silent from end to
    end. Raises NotAudio for bytes that are not audio or hold no sample, and ToolFailed where not even a sound that is
    known to be good can be decoded: then nothing is known of these bytes, which were paid for.
    """
    try:
        return _decode(ffmpeg, sound, into, timeout_s)
    except NotAudio:
        try:
            _decode(ffmpeg, _known_good(), into.with_suffix(".proof"), timeout_s)
        except NotAudio as error:
            raise ToolFailed(f"ffmpeg decodes no sound at all: {error}") from error
        raise


def decode_music(ffmpeg: Ffmpeg, sound: bytes, into: Path, *, timeout_s: float = 60.0) -> DecodedClip:
    """Decode music to the file `into` as it is, up to `LONGEST_MUSIC_S`, with its loudness; raise NotAudio."""
    samples, weighted = weighted_sound(ffmpeg, [sound], into, timeout_s, effect=f"atrim=end={LONGEST_MUSIC_S}")
    clip = measured(samples, weighted, into, trimmed=False)
    if math.isinf(clip.loudness):
        raise NotAudio("The music is silent.")
    return clip


def _decode(ffmpeg: Ffmpeg, sound: bytes, into: Path, timeout_s: float) -> DecodedClip:
    clip = measured(*weighted_sound(ffmpeg, [sound], into, timeout_s), into)
    frames = read_frames(sound)
    return replace(clip, complete=frames is None or frames.whole)


def weighted_sound(
    ffmpeg: Ffmpeg,
    sound: Iterable[bytes],
    into: Path,
    timeout_s: float,
    *,
    source: Sequence[str] = (),
    effect: str = "anull",
) -> "tuple[array[int], array[float]]":
    """Return sound as samples, and as they are weighted to be measured; raise NotAudio. Uses the file `into`.

    `source` are ffmpeg's options for what is no file of a known kind, `effect` is a chain of its filters.
    """
    # The weighted sound comes as floats: of a line at -50 dB, 16 bits would leave too little to tell words by.
    graph = (
        f"[0:a:0]aformat=sample_fmts=fltp:sample_rates={SAMPLE_RATE}:channel_layouts=mono,{effect},asplit=2[plain][same];"
        f"[same]{WEIGHTING}[weighted]"
    )
    outputs = [*("-map", "[plain]", "-f", "s16le", str(into)), *("-map", "[weighted]", "-f", "f32le", "pipe:1")]
    done = ffmpeg.convert([*source, "-i", "pipe:0", "-filter_complex", graph, *outputs], sound, timeout_s=timeout_s)
    samples, weighted = array("h"), array("f")
    samples.frombytes(into.read_bytes() if into.exists() else b"")
    weighted.frombytes(done.stdout)
    if not samples or not weighted:
        raise NotAudio("The sound holds no sample.")
    return samples, weighted


def measured(samples: "array[int]", weighted: "array[float]", into: Path, *, trimmed: bool = True) -> DecodedClip:
    """Return sound as a clip in the file `into`, measured and, if it is to be, trimmed."""
    samples = _centred(samples)
    powers = frame_powers(weighted)
    speech = find_speech(powers)
    if not trimmed:
        whole_clip = (0, len(powers))
        speech = replace(speech, edges=whole_clip, spans=(whole_clip,), lead=0, tail=0)
    whole = samples[_sample(speech.edges[0]) : _sample(speech.edges[1])]
    kept = _joined([samples[_sample(start) : _sample(end)] for start, end in speech.spans])
    into.write_bytes(kept.tobytes())
    return DecodedClip(
        path=into,
        samples=len(kept),
        rms_db=_rms_db(kept),
        peak_db=_decibels(max(max(kept) ** 2, min(kept) ** 2)),
        loudness=speech.loudness,
        lead=min(len(kept), _sample(speech.lead)),
        # The last frame may be cut short.
        tail=max(0, _sample(speech.tail) - max(0, _sample(speech.spans[-1][1]) - len(samples))),
        whole_s=len(whole) / SAMPLE_RATE,
        envelope=envelope_of(whole),
    )


def _centred(samples: "array[int]") -> "array[int]":
    """Return samples whose mean is zero: a constant is not heard, but for a click where the clip begins."""
    offset = round(sum(samples) / len(samples))
    # A clip of a few cycles may end within one; what is small is not heard at all.
    if abs(offset) <= _OFFSET:
        return samples
    return array("h", (max(-32768, min(32767, sample - offset)) for sample in samples))


def _sample(frame: int) -> int:
    """Return the first sample of a frame."""
    return frame * FRAME


def _joined(parts: "Sequence[array[int]]") -> "array[int]":
    """Return samples in a row, each part faded into the next."""
    joined = parts[0]
    for part in parts[1:]:
        fade = min(_FADE, len(joined), len(part))
        for n in range(fade):
            at = len(joined) - fade + n
            joined[at] += (part[n] - joined[at]) * (n + 1) // (fade + 1)
        joined.extend(part[fade:])
    return joined


def _rms_db(samples: "array[int]") -> float:
    few = samples[::_LEVEL_STRIDE]
    return _decibels(sum(map(mul, few, few)) / len(few))


def _decibels(power: float) -> float:
    """Return the level of a power of 16-bit samples in dB of full scale."""
    return 10 * math.log10(power / 32768**2) if power > 0 else -math.inf


def _known_good() -> bytes:
    """Return a tenth of a second of a square wave, as WAV."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((b"\x00\x20" * 50 + b"\x00\xe0" * 50) * (SAMPLE_RATE // 1000))
    return written.getvalue()
