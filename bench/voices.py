"""`make demovoices`: how far apart the demonstration's voices are, by their sound, and how well each is understood.

Every voice speaks the same text by the stand-in narrator's own way from text to sound, and so does hibari-tts without
the vocoder: the plain voice, with which the others are compared. Pitch, formants, pace and level are measured by WORLD
(`acoustics.py`), errors are counted in what PocketSphinx hears (`recognizer.py`, which runs in .venv-bench).
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import exp, log, log2
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.acoustics import Acoustics, Wave, formant_shift, measure
from bench.measure import ROOT
from bench.recognizer import RECOGNIZER_HZ
from local.narrator.speech import SYNTHETIC_HZ, Hibari, Samples, Speech, pieces_of, say
from local.narrator.voices import FORMANTS, SEMITONES, VoiceSound, account_sounds, account_traits
from local.tools import put_on_path

PYTHON = ROOT / ".venv-bench" / "bin" / "python"

LINES = (
    "The road to the village was long, and the rain had not stopped since the morning.",
    "An old man walked in front with a lamp, and a girl of nine or ten followed him with a basket under her coat.",
    "Neither of them had said a word for an hour.",
    "When they came to the bridge, the old man stopped and held up his light.",
    "The water was higher than he had ever seen it, brown and fast, and it carried branches, boards, and half a door.",
    "I think that we must wait, he said.",
    "The girl looked at the river, and then at the basket.",
    "She knew that the bread inside was still warm, and that her mother would be standing at the window by now.",
    "On the other side, somebody had lit a fire.",
    "They could see a tall woman who waved both arms above her head and called to them, but the wind took her voice.",
    "Can you hear what she wants, the girl asked.",
    "The old man listened for a while before he answered.",
    "She says that the bridge is safe, he told her, but I believe that she is wrong.",
    "So they sat down under a tree, ate some of the bread, and watched the fire until the sun came up.",
)
"""Written for this. Every line is spoken by itself, as those of a chapter are."""

PCM = ["-c:a", "pcm_s16le", "-f", "s16le"]

PLAIN = VoiceSound(pitch=1.0, formants=1.0, pace=1.0)
MEN_BELOW_HZ, CHILDREN_ABOVE_HZ = 140.0, 250.0
MOST_ERRORS_MORE = 0.05
"""How much higher than the plain voice's an error rate may be: ten words of the text."""


class PlainHibari:
    """hibari-tts as it is, without the vocoder: the yardstick."""

    @cached_property
    def _model(self) -> Any:
        from hibari import Hibari as Model  # noqa: PLC0415 # as in local/narrator/speech.py

        return Model()

    def samples(self, text: str, voice: VoiceSound) -> Samples:
        """Return speech; nothing of the voice is heard but its pace."""
        spoken: Samples = np.concatenate([self._model(piece, speed=voice.pace, seed=0) for piece in pieces_of(text)])
        return spoken


@dataclass(frozen=True, slots=True)
class HeardVoice:
    """A voice as it was measured. `formants` is a factor of the plain voice's, `pace` counts words a minute, `level_db`
    is RMS of full scale, and `errors` is the share of words that were not understood."""

    name: str
    gender: str
    age: str
    hertz: float
    formants: float
    pace: float
    level_db: float
    errors: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two voices, and how far apart they are: in semitones of pitch, and by a factor of formants of 1 and more."""

    one: str
    other: str
    semitones: float
    formants: float

    @property
    def distance(self) -> float:
        """The larger of both, in units of what the law asks for: at 1 and above it is kept."""
        return max(self.semitones / SEMITONES, log(self.formants) / log(FORMANTS))


def pairs(voices: Sequence[HeardVoice]) -> list[Pair]:
    """Return every two voices, the closest first: any may meet, for a person may choose any for a character."""
    found = [
        Pair(
            one.name,
            other.name,
            abs(12 * log2(one.hertz / other.hertz)),
            exp(abs(log(one.formants / other.formants))),
        )
        for one, other in combinations(voices, 2)
    ]
    return sorted(found, key=lambda pair: pair.distance)


def faults(plain: HeardVoice, voices: Sequence[HeardVoice]) -> list[str]:
    """Return a sentence for everything that is not as it should be."""
    said = []
    for pair in pairs(voices):
        if pair.distance < 1:
            apart = f"{pair.semitones:.2f} semitones and {pair.formants - 1:.1%} of formants"
            said.append(f"{pair.one} and {pair.other} are only {apart} apart.")
    for voice in voices:
        if voice.age == "child" and voice.hertz <= CHILDREN_ABOVE_HZ:
            said.append(f"{voice.name}, a child, speaks at {voice.hertz:.0f} Hz.")
        if voice.age != "child" and voice.gender == "male" and voice.hertz >= MEN_BELOW_HZ:
            said.append(f"{voice.name}, a man, speaks at {voice.hertz:.0f} Hz.")
        if voice.errors > plain.errors + MOST_ERRORS_MORE:
            said.append(f"{voice.errors:.3f} of {voice.name}'s words were not understood, {plain.errors:.3f} if plain.")
    return said


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return re.findall(r"[a-z']+", text.lower())


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words must be changed, left out or put in to make what was heard into what was said."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, 1):
        above, row[0] = row[0], count
        for at, other in enumerate(heard, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (word != other))
    return row[-1]


def error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Return the word error rate of lines, each compared with what was heard of it."""
    errors = sum(word_errors(words(line), words(other)) for line, other in zip(said, heard, strict=True))
    return errors / sum(len(words(line)) for line in said)


def speak(speech: Speech, sound: VoiceSound) -> list[bytes]:
    """Return the lines of the text, spoken: signed 16 bit at `SYNTHETIC_HZ`."""
    return [say(speech, line, sound, PCM, SYNTHETIC_HZ) for line in LINES]


def transcribe(lines: Iterable[bytes]) -> list[str]:
    """Return what PocketSphinx hears in lines at `SYNTHETIC_HZ`, which ffmpeg resamples for it."""
    source = ["-f", "s16le", "-ar", str(SYNTHETIC_HZ), "-ac", "1", "-i", "pipe:0"]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, line in enumerate(lines):
            files.append(f"{folder}/{number:02d}.raw")
            command = ["ffmpeg", "-v", "error", *source, "-ar", str(RECOGNIZER_HZ), *PCM, files[-1]]
            subprocess.run(command, input=line, check=True)
        program = [str(PYTHON), "-m", "bench.recognizer", *files]
        heard: list[str] = json.loads(subprocess.run(program, cwd=ROOT, capture_output=True, check=True).stdout)
    return heard


def _measured(traits: Mapping[str, str], plain: Acoustics, voice: Acoustics, heard: Sequence[str]) -> HeardVoice:
    return HeardVoice(
        name=traits["name"],
        gender=traits["gender"],
        age=traits["age"],
        hertz=voice.hertz,
        formants=formant_shift(plain.envelope, voice.envelope),
        pace=60 * sum(len(words(line)) for line in LINES) / voice.seconds,
        level_db=voice.level_db,
        errors=error_rate(LINES, heard),
    )


def listen() -> tuple[HeardVoice, list[HeardVoice]]:
    """Return the plain voice and all of the account's, as they were measured."""
    hibari, traits = Hibari(), account_traits()
    spoken = [speak(PlainHibari(), PLAIN), *(speak(hibari, sound) for sound in account_sounds().values())]
    about = [{"name": "plain", "gender": "", "age": ""}, *(traits[voice_id] for voice_id in account_sounds())]
    # The recognizer is a process of its own: it takes one core while the other measures.
    with ThreadPoolExecutor(1) as pool:
        heard = pool.map(transcribe, spoken)
        sounds = [measure([_wave(line) for line in lines]) for lines in track(spoken, "Measuring", transient=True)]
        plain, *voices = [
            _measured(one, sounds[0], sound, text) for one, sound, text in zip(about, sounds, heard, strict=True)
        ]
    return plain, voices


def _wave(pcm: bytes) -> Wave:
    wave: Wave = np.frombuffer(pcm, dtype="<i2") / 32768
    return wave


def main() -> int:
    """Measure, print, and fail where a limit is exceeded."""
    console = Console(width=110)
    if not PYTHON.exists():
        console.print("The recognizer is not set up; `make demovoices` does that.")
        return 1
    plain, voices = listen()
    table = Table("", "", "Hz", "formants", "words a minute", "dB", "word errors")
    for voice in (plain, *voices):
        kind = f"{voice.age} {voice.gender}".strip()
        shift = f"{voice.formants - 1:+.1%}"
        numbers = (f"{voice.hertz:.0f}", shift, f"{voice.pace:.0f}", f"{voice.level_db:.1f}", f"{voice.errors:.3f}")
        table.add_row(voice.name, kind, *numbers)
    console.print(table)
    table = Table("closest pairs", "semitones", "formants", f"of {SEMITONES} semitones or {FORMANTS - 1:.0%}")
    for pair in pairs(voices)[:10]:
        verdict = f"{pair.distance:.2f} {'apart' if pair.distance >= 1 else 'TOO CLOSE'}"
        table.add_row(f"{pair.one}, {pair.other}", f"{pair.semitones:.2f}", f"{pair.formants - 1:.1%}", verdict)
    console.print(table)
    said = faults(plain, voices)
    console.print("\n".join(said) or "Every voice can be told from every other, and is understood.")
    return int(bool(said))


if __name__ == "__main__":
    put_on_path(Path(tempfile.mkdtemp(prefix="fireside-bin-")))
    sys.exit(main())
