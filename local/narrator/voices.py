"""Many speakers from one synthetic voice: each configured voice gets pitch, colour and pace by its traits."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CAST = Path(__file__).resolve().parent.parent.parent / "configs" / "voices_config.json"

_PITCH = {
    ("male", "child"): 0.98,
    ("male", "young"): 0.86,
    ("male", "middle-aged"): 0.80,
    ("male", "old"): 0.75,
    ("female", "child"): 1.12,
    ("female", "young"): 1.04,
    ("female", "middle-aged"): 0.97,
    ("female", "old"): 0.91,
}
_NEUTRAL = 0.89
_PACE = {"child": 1.06, "young": 1.02, "middle-aged": 0.98, "old": 0.92}
_COLOUR = {
    "child": "treble=g=2:f=5000",
    "young": "treble=g=1.5:f=6000",
    "middle-aged": "bass=g=1.5:f=180",
    "old": "equalizer=f=900:t=q:w=1:g=2.5,treble=g=-3:f=6000",
}


@dataclass(frozen=True, slots=True)
class VoiceSound:
    """The difference of a voice from the synthetic one: `pitch` and `pace` are factors, `colour` an ffmpeg filter."""

    pitch: float
    pace: float
    colour: str


def sounds(cast: Path = CAST) -> Mapping[str, VoiceSound]:
    """Return the sound of every configured voice by voice id; no two have the same pitch."""
    alike: Counter[tuple[str, str]] = Counter()
    made: dict[str, VoiceSound] = {}
    for voice in json.loads(cast.read_text(encoding="utf-8"))["voices"]:
        traits = (voice["gender"], voice["age"])
        pitch = _PITCH.get(traits, _NEUTRAL) * (1 - 0.035 * alike[traits])
        alike[traits] += 1
        made[voice["voice_id"]] = VoiceSound(
            round(pitch, 4), _PACE.get(traits[1], 1.0), _COLOUR.get(traits[1], "anull")
        )
    return made
