"""Many speakers from one synthetic voice: each configured voice gets pitch, formants and pace by its traits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log, log2
from pathlib import Path

CAST = Path(__file__).resolve().parent.parent.parent / "configs" / "voices_config.json"

SYNTHETIC_F0 = 190.0
"""The median pitch of the synthetic voice, in Hz."""

SEMITONES, FORMANTS = 2.5, 1.12
"""How far two voices are apart: by so many semitones of pitch, or by this factor of their formants, or by more."""


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

    def distance(self, other: "VoiceSound") -> float:
        """Return how far apart two voices are; at 1 and above one can tell them apart."""
        semitones = abs(12 * log2(self.pitch / other.pitch))
        return max(semitones / SEMITONES, abs(log(self.formants / other.formants)) / log(FORMANTS))


@dataclass(frozen=True, slots=True)
class _Range:
    """Where voices of a kind lie: the usual one first, in Hz and as a factor of formants, and how far they go."""

    hertz: float
    formants: float
    lowest: float
    highest: float
    shortest: float
    longest: float


# Speaking pitch and vocal tracts of adults and children: https://doi.org/10.1121/1.427148 (Lee, Potamianos, Narayanan
# 1999) for ages 5 to 18; men speak at 85 to 155 Hz, women at 165 to 255 Hz.
_MEN = (84.0, 138.0, 0.80, 1.0)
_WOMEN = (158.0, 245.0, 0.90, 1.15)
_CHILDREN = (252.0, 330.0, 1.10, 1.40)
_NEUTRAL = (140.0, 178.0, 0.80, 1.25)
_KINDS: Mapping[tuple[str, str], _Range] = {
    ("male", "young"): _Range(128, 0.95, *_MEN),
    ("male", "middle-aged"): _Range(112, 0.90, *_MEN),
    ("male", "old"): _Range(100, 0.86, *_MEN),
    ("female", "young"): _Range(218, 1.06, *_WOMEN),
    ("female", "middle-aged"): _Range(192, 1.0, *_WOMEN),
    ("female", "old"): _Range(166, 0.96, *_WOMEN),
    ("male", "child"): _Range(262, 1.2, *_CHILDREN),
    ("female", "child"): _Range(288, 1.24, *_CHILDREN),
    ("neutral", "child"): _Range(275, 1.22, *_CHILDREN),
}
_ELSE = _Range(158, 1.0, *_NEUTRAL)
_PACE = {"child": 1.05, "young": 1.03, "middle-aged": 0.98, "old": 0.9}


def sounds(cast: Path = CAST) -> Mapping[str, VoiceSound]:
    """Return the sound of every configured voice by voice id. While there is room, any two can be told apart."""
    config = json.loads(cast.read_text(encoding="utf-8"))
    # The narrator is heard most, and is the usual one of its kind.
    voices = sorted(config["voices"], key=lambda voice: bool(voice["voice_id"] != config["narrator"]))
    made: dict[str, VoiceSound] = {}
    for voice in voices:
        made[voice["voice_id"]] = _free(voice["gender"], voice["age"], list(made.values()))
    return {voice["voice_id"]: made[voice["voice_id"]] for voice in config["voices"]}


def _free(gender: str, age: str, taken: Sequence[VoiceSound]) -> VoiceSound:
    """Return the most usual sound of a kind that can be told from those that are taken, or else the farthest."""
    kind = _KINDS.get((gender, age), _ELSE)
    usual = VoiceSound(kind.hertz / SYNTHETIC_F0, kind.formants, _PACE.get(age, 1.0))
    found = sorted(_sounds(kind, usual.pace), key=usual.distance)
    return max(found, key=lambda sound: min([1.0, *(sound.distance(other) for other in taken)]))


def _sounds(kind: _Range, pace: float) -> Iterator[VoiceSound]:
    """Yield the sounds of a kind in steps of a third of a semitone and of 2 % of the formants."""
    pitches = int(36 * log2(kind.highest / kind.lowest)) + 1
    formants = int(log(kind.longest / kind.shortest) / log(1.02)) + 1
    for pitch, formant in product(range(pitches), range(formants)):
        hertz, length = kind.lowest * 2 ** (pitch / 36), kind.shortest * 1.02**formant
        yield VoiceSound(round(hertz / SYNTHETIC_F0, 4), round(length, 4), pace)
    yield VoiceSound(round(kind.hertz / SYNTHETIC_F0, 4), kind.formants, pace)
