"""Many speakers from one synthetic voice: each configured voice gets pitch, formants and pace by its traits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log, log2
from pathlib import Path

import msgspec

from chalicelib.domain.voice import Voice

CAST = Path(__file__).resolve().parent.parent.parent / "configs" / "voices_config.json"

SYNTHETIC_F0 = 194.0
"""The median pitch of the synthetic voice in Hz, as `make demovoices` measures it."""

SEMITONES, FORMANTS = 2.5, 1.12
"""How far two voices are apart: by so many semitones of pitch, or by this factor of their formants, or by more."""

_PLACED = (2.9, 1.13)
"""How far apart they are put where there is room, since what is heard is not quite what is asked for: pitch comes out
up to 3 % too low, formants within 0.7 % (bench/README.md)."""

_UNUSUAL = (2.0, 1.2)
"""What is as unusual for a kind: to lie so many semitones from its pitch, and this factor from its formants."""


@dataclass(frozen=True, slots=True)
class VoiceSound:
    """A voice beside the synthetic one: factors of its pitch, of its formants (a shorter throat has higher ones), and
    of its pace."""

    pitch: float
    formants: float
    pace: float

    @property
    def hertz(self) -> float:
        """The median pitch."""
        return self.pitch * SYNTHETIC_F0

    def distance(self, other: "VoiceSound", semitones: float = SEMITONES, formants: float = FORMANTS) -> float:
        """Return how far apart two voices are; at 1 and above one can tell them apart."""
        by_pitch = abs(12 * log2(self.pitch / other.pitch)) / semitones
        return max(by_pitch, abs(log(self.formants / other.formants)) / log(formants))


@dataclass(frozen=True, slots=True)
class _Range:
    """Where voices of a kind lie: the usual one first, in Hz and as a factor of formants, and how far they go."""

    hertz: float
    formants: float
    lowest: float
    highest: float
    shortest: float
    longest: float


# Men speak at 85 to 155 Hz, women at 165 to 255 Hz, children of 5 to 12 years at 230 to 300 Hz: Lee, Potamianos and
# Narayanan 1999, https://doi.org/10.1121/1.426686. Voices of a kind have room from there; only men below 140 Hz, only
# children above 250 Hz. The synthetic voice's throat is a woman's, about 14.7 cm by its formants. A child's is shorter
# (Fitch and Giedd 1999, https://doi.org/10.1121/1.427148), and would want factors of 1.1 to 1.25. They stay below 1:
# PocketSphinx misses 0.06 of the words at 1.0, 0.20 at 1.06 and 0.36 at 1.1 (bench/README.md). Each range is wide
# enough for two of the same pitch.
_MEN = (84.0, 137.0, 0.80, 1.0)
_WOMEN = (154.0, 246.0, 0.87, 0.985)
_CHILDREN = (258.0, 345.0, 0.80, 0.95)
_NEUTRAL = (141.0, 200.0, 0.77, 0.98)
_KINDS: Mapping[tuple[str, str], _Range] = {
    ("male", "young"): _Range(128, 0.95, *_MEN),
    ("male", "middle-aged"): _Range(112, 0.90, *_MEN),
    ("male", "old"): _Range(100, 0.86, *_MEN),
    ("female", "young"): _Range(218, 0.984, *_WOMEN),
    ("female", "middle-aged"): _Range(188, 0.984, *_WOMEN),
    ("female", "old"): _Range(160, 0.984, *_WOMEN),
    ("male", "child"): _Range(259, 0.95, *_CHILDREN),
    ("female", "child"): _Range(307, 0.95, *_CHILDREN),
    ("neutral", "child"): _Range(282, 0.95, *_CHILDREN),
}
_ELSE = _Range(145, 0.77, *_NEUTRAL)
# Children do not speak faster than adults, but slower (Lee et al.). The numbers are hibari's, and not proportional to
# what is heard: at 0.7 it speaks 176 words a minute, at 0.8 201, at 0.9 236, at 1.0 247, and at 1.1 256.
_PACE = {"child": 0.9, "young": 1.03, "middle-aged": 0.98, "old": 0.82}


DEMO_VOICES: Mapping[str, Voice] = {
    voice.voice_id: voice
    for voice in (
        Voice(
            voice_id="fSmA7sie3Grl9Qd2KxWb",
            name="Maisie",
            role="character",
            gender="female",
            age="child",
            accent="british",
            description="A girl of nine, quick and curious.",
        ),
        Voice(
            voice_id="fStB5yoB8kU1nRz6HvPe",
            name="Toby",
            role="character",
            gender="male",
            age="child",
            accent="american",
            description="A boy of ten, cheerful and a little out of breath.",
        ),
        Voice(
            voice_id="fSeC4hoN0tMf7Jy3LgTa",
            name="Echo",
            role="character",
            gender="neutral",
            age="middle-aged",
            accent="american",
            description="Neither man nor woman: for robots, ghosts and things that talk.",
        ),
    )
}
"""What the account has beside the configured cast, by voice id."""


def traits(cast: Path = CAST) -> Mapping[str, Mapping[str, str]]:
    """Return what is configured of every voice by voice id, such as its `name`, `gender`, `age` and `accent`."""
    return {voice["voice_id"]: voice for voice in json.loads(cast.read_text(encoding="utf-8"))["voices"]}


def account_traits(cast: Path = CAST) -> Mapping[str, Mapping[str, str]]:
    """Return the same of every voice of the account: the configured ones, and then the others."""
    return {**traits(cast), **{voice_id: msgspec.to_builtins(voice) for voice_id, voice in _others(cast).items()}}


def sounds(cast: Path = CAST) -> Mapping[str, VoiceSound]:
    """Return the sound of every configured voice by voice id. While there is room, any two can be told apart."""
    config = json.loads(cast.read_text(encoding="utf-8"))
    # The narrator is heard most, and is the usual one of its kind.
    voices = sorted(config["voices"], key=lambda voice: bool(voice["voice_id"] != config["narrator"]))
    made: dict[str, VoiceSound] = {}
    for voice in voices:
        made[voice["voice_id"]] = _free(voice["gender"], voice["age"], list(made.values()))
    return {voice["voice_id"]: made[voice["voice_id"]] for voice in config["voices"]}


def account_sounds(cast: Path = CAST) -> Mapping[str, VoiceSound]:
    """Return the sound of every voice of the account. Those that are not configured take what the others leave."""
    made = dict(sounds(cast))
    for voice_id, voice in _others(cast).items():
        made[voice_id] = _free(voice.gender, voice.age, list(made.values()))
    return made


def _others(cast: Path) -> Mapping[str, Voice]:
    """Return the voices of the account that are not configured; an operator may have put some into the cast."""
    configured = traits(cast)
    return {voice_id: voice for voice_id, voice in DEMO_VOICES.items() if voice_id not in configured}


def _free(gender: str, age: str, taken: Sequence[VoiceSound]) -> VoiceSound:
    """Return the most usual sound of a kind that can be told from those that are taken, or else the farthest."""
    kind = _KINDS.get((gender, age), _ELSE)
    usual = VoiceSound(kind.hertz / SYNTHETIC_F0, kind.formants, _PACE.get(age, 1.0))
    found = sorted(_sounds(kind, usual.pace), key=lambda sound: usual.distance(sound, *_UNUSUAL))
    return max(found, key=lambda sound: min([1.0, *(round(sound.distance(other, *_PLACED), 3) for other in taken)]))


def _sounds(kind: _Range, pace: float) -> Iterator[VoiceSound]:
    """Yield the sounds of a kind, in steps of a tenth and a sixth of what voices are put apart."""
    semitones, formants = _PLACED
    pitches = int(120 * log2(kind.highest / kind.lowest) / semitones) + 1
    lengths = int(6 * log(kind.longest / kind.shortest) / log(formants)) + 1
    for pitch, length in product(range(pitches), range(lengths)):
        hertz, formant = kind.lowest * 2 ** (pitch * semitones / 120), kind.shortest * formants ** (length / 6)
        yield VoiceSound(hertz / SYNTHETIC_F0, formant, pace)
    yield VoiceSound(kind.hertz / SYNTHETIC_F0, kind.formants, pace)
