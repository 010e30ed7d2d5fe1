"""A narrated line, from MP3 bytes to PCM with its level."""

import io
import wave
from dataclasses import dataclass
from pathlib import Path

from chalicelib.audio.astats import FILTER, read_levels
from chalicelib.audio.envelope import Envelope, read_envelope
from chalicelib.audio.frames import read_frames
from chalicelib.audio.listening import Listened
from chalicelib.audio.tools import BYTES_PER_SAMPLE, SAMPLE_RATE, Ffmpeg
from chalicelib.errors import NotAudio, ToolFailed

_MAGIC = (b"ID3", b"RIFF", b"OggS", b"fLaC")
_MPEG_SYNC = 0xE0

_KEPT_SILENCE_S = 0.12
_SILENCE_DB = -55
_TRIM = f"silenceremove=start_periods=1:start_silence={_KEPT_SILENCE_S}:start_threshold={_SILENCE_DB}dB:detection=rms"


@dataclass(frozen=True, slots=True)
class DecodedClip:
    """A line as raw PCM (mono, 44.1 kHz, signed 16 bit) in a file: its samples, RMS and peak in dB of full scale.

    `complete` says that all of the file came that it was decoded from, as far as one can see.
    """

    path: Path
    samples: int
    rms_db: float
    peak_db: float
    envelope: Envelope | None = None
    complete: bool = True

    @property
    def seconds(self) -> float:
        """The length of what is heard, silent edges left out."""
        return self.samples / SAMPLE_RATE

    def listened(self, text: str, voice: str) -> Listened:
        """Return what is known of this as the clip of a text in a voice."""
        heard = self.envelope or Envelope(silent=False, speech_s=self.seconds, hole_s=0.0)
        return Listened(
            text=text,
            voice=voice,
            seconds=self.seconds,
            speech_s=heard.speech_s,
            silent=heard.silent,
            complete=self.complete,
            hole_s=heard.hole_s,
        )


def looks_like_audio(data: bytes) -> bool:
    """Return whether a provider's reply starts as MP3, WAV, Ogg or FLAC does: a first look, not a proof."""
    return data.startswith(_MAGIC) or (len(data) > 3 and data[0] == 0xFF and data[1] & _MPEG_SYNC == _MPEG_SYNC)


def decode_clip(ffmpeg: Ffmpeg, sound: bytes, into: Path, *, timeout_s: float = 60.0) -> DecodedClip:
    """Decode a line to the file `into`, its silent edges cut to 0.12 s, and measure it in the same pass; listen to it.

    A line that is silent from end to end stays as long as it is. Raises NotAudio for bytes that are not audio or hold
    no sample, and ToolFailed where not even a sound that is known to be good can be decoded: then nothing is known of
    these bytes, which were paid for.
    """
    try:
        return _decode(ffmpeg, sound, into, timeout_s)
    except NotAudio:
        try:
            _decode(ffmpeg, _known_good(), into.with_suffix(".proof"), timeout_s)
        except NotAudio as error:
            raise ToolFailed(f"ffmpeg decodes no sound at all: {error}") from error
        raise


def _decode(ffmpeg: Ffmpeg, sound: bytes, into: Path, timeout_s: float) -> DecodedClip:
    # Reversed for the trailing edge: at the end, silenceremove would stop at the first pause within the line.
    for chain in (f"{_TRIM},areverse,{_TRIM},areverse,{FILTER}", FILTER):
        edges = ["-i", "pipe:0", "-vn", "-af", f"aresample={SAMPLE_RATE},{chain}"]
        raw = ["-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", str(into)]
        printed = ffmpeg.convert([*edges, *raw], [sound], timeout_s=timeout_s).stderr
        samples = into.stat().st_size // BYTES_PER_SAMPLE if into.exists() else 0
        if samples:
            levels = read_levels(printed)
            frames = read_frames(sound)
            whole = frames is None or frames.whole
            return DecodedClip(into, samples, levels.rms_db, levels.peak_db, read_envelope(into), whole)
    raise NotAudio("The sound holds no sample.")


def _known_good() -> bytes:
    """Return a tenth of a second of a square wave, as WAV."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((b"\x00\x20" * 50 + b"\x00\xe0" * 50) * (SAMPLE_RATE // 1000))
    return written.getvalue()
