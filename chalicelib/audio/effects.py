"""Where a line is heard from: on the phone, far away, in a cave. Said by a direction, and made audible if it is wished.

ElevenLabs' models do it themselves, free of charge (`audio_effects` of the elevenlabs SDK 2.78, whose documentation
names the ids used here). For others it is a chain of ffmpeg's filters over the clip as it was bought: another effect,
or none, buys nothing again.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from chalicelib.domain.texts import name_key

Effect = Literal["phone", "radio", "far", "door", "room", "hall", "cave"]

PLACES: Mapping[str, Effect] = {
    "on the phone": "phone",
    "over the phone": "phone",
    "on the radio": "radio",
    "over the radio": "radio",
    "far away": "far",
    "from afar": "far",
    "in the distance": "far",
    "behind a door": "door",
    "through the door": "door",
    "from the next room": "door",
    "in a small room": "room",
    "in a hall": "hall",
    "in a church": "hall",
    "in a cave": "cave",
    "in a tunnel": "cave",
}
"""Directions, in English as all are, and the effect of each."""

_TELEPHONE = "highpass=f=300,highpass=f=300,lowpass=f=3400,lowpass=f=3400"
"""The band of a telephone, 300 to 3,400 Hz (ITU-T G.712)."""

CHAINS: Mapping[Effect, str] = {
    "phone": _TELEPHONE,
    "radio": f"{_TELEPHONE},highpass=f=500,volume=9dB,asoftclip=type=tanh",
    "far": "highpass=f=250,lowpass=f=3500,volume=-6dB,aecho=0.8:0.7:60|110:0.3|0.2",
    "door": "lowpass=f=900,lowpass=f=1200,volume=-3dB",
    "room": "aecho=0.9:0.8:23|37|53:0.25|0.2|0.15",
    "hall": "aecho=0.8:0.8:71|131|211|317:0.35|0.27|0.2|0.12",
    "cave": "lowpass=f=6000,aecho=0.8:0.8:113|241|379|557:0.5|0.36|0.26|0.16",
}
"""What ffmpeg does to a clip."""

SPECS: Mapping[Effect, Mapping[str, str | float]] = {
    "phone": {"filter_preset_id": "phone"},
    "radio": {"filter_preset_id": "old_radio"},
    "far": {"distance": 0.8},
    "door": {"distance": 0.5, "environment_id": "small_room", "send_level": 0.3},
    "room": {"environment_id": "small_room", "send_level": 0.5},
    "hall": {"environment_id": "hall", "send_level": 0.5},
    "cave": {"environment_id": "hall", "send_level": 0.9},
}
"""What ElevenLabs is asked for."""

_BRACKETS = re.compile(r"\s*\[([^\[\]\n]{1,60})\]\s*")


def place_of(text: str, tags: Sequence[str]) -> tuple[Effect | None, str, list[str]]:
    """Return the effect that a line's directions ask for, the last one if there are several, and what is left of its
    text and of its tags without them."""
    effects = [effect for tag in tags if (effect := _effect(tag))]
    kept = [tag for tag in tags if not _effect(tag)]

    def without(match: re.Match[str]) -> str:
        effect = _effect(match[1])
        if effect is None:
            return match[0]
        effects.append(effect)
        return " "

    left = _BRACKETS.sub(without, text).strip() if "[" in text else text
    return (effects[-1] if effects else None), left, kept


def _effect(direction: str) -> Effect | None:
    return PLACES.get(name_key(direction))
