"""Speech by hibari-tts, with pitch and formants of the voice, encoded by ffmpeg as requested."""

import re
import subprocess
import threading
import unicodedata
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from local.narrator.voices import VoiceSound

SYNTHETIC_HZ = 24_000
PIECE = 280
"""Most characters given to the model at once: its cost grows with the square of a sentence's length."""

FRAME_MS = 8.0
"""How often pitch and formants are measured. Twice as often takes twice the time, and is not understood better."""

HUM_S_PER_CHARACTER = 0.06
"""Seconds of hum per character of text that the model, which speaks English, cannot pronounce."""

Samples = npt.NDArray[np.float32]


class Speech(Protocol):
    """A converter of text to samples."""

    def samples(self, text: str, voice: VoiceSound) -> Samples:
        """Return mono samples at `SYNTHETIC_HZ`, spoken in the voice."""


class Hibari:
    """The model of hibari-tts, loaded on first use (0.4 s); it speaks one text at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @cached_property
    def _model(self) -> Any:
        from hibari import Hibari as Model  # noqa: PLC0415 # loads onnxruntime, only when something is spoken

        return Model()

    def samples(self, text: str, voice: VoiceSound) -> Samples:
        """Return speech, or a hum for text that has no English sound."""
        spoken = text if text.isascii() else latin(text)
        with self._lock:
            pieces = [self._model(piece, speed=voice.pace, seed=0) for piece in pieces_of(spoken) if self._says(piece)]
        return voiced(np.concatenate(pieces), voice) if pieces else hum(len(text))

    def _says(self, piece: str) -> bool:
        return any(self._model.phonemize(piece))


def voiced(samples: Samples, voice: VoiceSound) -> Samples:
    """Return speech with another pitch and other formants, by the vocoder WORLD: 20 times as fast as it is spoken."""
    import pyworld  # noqa: PLC0415 # like the model, only when something is spoken

    wave = np.ascontiguousarray(samples, dtype=np.float64)
    rough, times = pyworld.dio(wave, SYNTHETIC_HZ, frame_period=FRAME_MS)
    pitch = pyworld.stonemask(wave, rough, times, SYNTHETIC_HZ)
    envelope = pyworld.cheaptrick(wave, pitch, times, SYNTHETIC_HZ)
    noise = pyworld.d4c(wave, pitch, times, SYNTHETIC_HZ)
    # A formant at 1,000 Hz is at 1,200 Hz in a throat that is a sixth shorter: the envelope is read further down.
    bins = np.arange(envelope.shape[1])
    at = np.clip(bins / voice.formants, 0, bins[-1])
    low, part = np.floor(at).astype(int), at % 1
    high = np.minimum(low + 1, bins[-1])
    envelope, noise = (
        np.ascontiguousarray(one[:, low] * (1 - part) + one[:, high] * part) for one in (envelope, noise)
    )
    made = pyworld.synthesize(pitch * voice.pitch, envelope, noise, SYNTHETIC_HZ, frame_period=FRAME_MS)
    spoken: Samples = np.clip(made, -1, 1).astype(np.float32)
    return spoken


class Hum:
    """A tone instead of speech, for tests that are not about sound; it takes a hundredth of the time."""

    def samples(self, text: str, voice: VoiceSound) -> Samples:
        """Return a tone whose pitch depends on the text and the voice."""
        return hum(round(len(text) / voice.pace), voice.pitch * (180 + sum(text.encode()) % 16 * 20))


def hum(characters: int, hertz: float = 140) -> Samples:
    """Return a soft tone of `hertz`, as long as speaking `characters` characters takes (0.3 to 24 s)."""
    seconds = max(0.3, min(characters, 400) * HUM_S_PER_CHARACTER)
    time = np.arange(int(seconds * SYNTHETIC_HZ), dtype=np.float32) / SYNTHETIC_HZ
    swell = np.sin(np.pi * time / seconds)
    return (0.2 * swell * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def latin(text: str) -> str:
    """Return `text` without accents, for the English pronunciation."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def pieces_of(text: str) -> list[str]:
    """Split `text` into pieces of at most `PIECE` characters, at sentence ends, else at spaces."""
    pieces: list[str] = []
    for sentence in re.split(r"(?<=[.!?…])\s+", text):
        rest = sentence
        while len(rest) > PIECE:
            cut = rest.rfind(" ", 1, PIECE)
            cut = cut if cut > 0 else PIECE
            pieces.append(rest[:cut])
            rest = rest[cut:].lstrip()
        pieces.append(rest)
    return [piece for piece in pieces if piece.strip()]


def say(speech: Speech, text: str, voice: VoiceSound, codec: list[str], rate: int) -> bytes:
    """Return `text` spoken in `voice`, encoded by ffmpeg's `codec` options at `rate` Hz."""
    samples = speech.samples(text, voice)
    source = ["-f", "f32le", "-ar", str(SYNTHETIC_HZ), "-ac", "1", "-i", "pipe:0"]
    command = ["ffmpeg", "-v", "error", *source, "-ar", str(rate), "-ac", "1", *codec, "pipe:1"]
    return subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True).stdout
