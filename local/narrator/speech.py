"""Speech by hibari-tts, with its pitch shifted to the voice, encoded by ffmpeg as requested."""

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

HUM_S_PER_CHARACTER = 0.06
"""Seconds of hum per character of text that the model, which speaks English, cannot pronounce."""

Samples = npt.NDArray[np.float32]


class Speech(Protocol):
    """A converter of text to samples."""

    def samples(self, text: str, speed: float) -> Samples:
        """Return mono samples at `SYNTHETIC_HZ`, spoken `speed` times as fast as usual."""


class Hibari:
    """The model of hibari-tts, loaded on first use (0.4 s); it speaks one text at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @cached_property
    def _model(self) -> Any:
        from hibari import Hibari as Model  # noqa: PLC0415 # loads onnxruntime, only when something is spoken

        return Model()

    def samples(self, text: str, speed: float) -> Samples:
        """Return speech, or a hum for text that has no English sound."""
        spoken = text if text.isascii() else latin(text)
        with self._lock:
            pieces = [self._model(piece, speed=speed, seed=0) for piece in pieces_of(spoken) if self._says(piece)]
        return np.concatenate(pieces) if pieces else hum(len(text))

    def _says(self, piece: str) -> bool:
        return any(self._model.phonemize(piece))


class Hum:
    """A tone instead of speech, for tests that are not about sound; it takes a hundredth of the time."""

    def samples(self, text: str, speed: float) -> Samples:
        """Return a tone whose pitch depends on the text."""
        return hum(round(len(text) / speed), 180 + sum(text.encode()) % 16 * 20)


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
    """Return `text` spoken in `voice`, encoded by ffmpeg's `codec` options at `rate` Hz.

    The model speaks 1/pitch times as fast. Played at `pitch` times its sample rate, the voice changes its pitch and
    regains its pace.
    """
    samples = speech.samples(text, voice.pace / voice.pitch)
    source = ["-f", "f32le", "-ar", str(round(SYNTHETIC_HZ * voice.pitch)), "-ac", "1", "-i", "pipe:0"]
    filters = f"aresample={rate},{voice.colour}"
    command = ["ffmpeg", "-v", "error", *source, "-af", filters, "-ar", str(rate), "-ac", "1", *codec, "pipe:1"]
    return subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True).stdout
