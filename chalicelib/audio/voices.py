"""configs/voices_config.json, and the choice of a voice for each speaker."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from chalicelib.domain.digest import text_digest
from chalicelib.domain.outline import NARRATOR, Character
from chalicelib.domain.voice import Voice, VoiceId
from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS, load_file


class NarratorModel(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a narrator model takes: its longest text, audio tags, and the neighbours' text."""

    max_characters: Annotated[int, msgspec.Meta(ge=100)]
    audio_tags: bool
    neighbours: bool


class VoicesConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file. `narrator` is the voice id of the one who tells the story."""

    narrator: VoiceId
    model: str
    output_format: Annotated[str, msgspec.Meta(pattern=r"^mp3_[0-9]+_[0-9]+$(?!\n)")]
    settings: dict[str, float | bool]
    models: dict[str, NarratorModel]
    voices: Annotated[list[Voice], msgspec.Meta(min_length=1)]
    schema: str = msgspec.field(name="$schema", default="")
    """For the operator's editor alone."""

    @property
    def traits(self) -> NarratorModel:
        """What the configured model takes."""
        return self.models[self.model]


def load_voices(path: Path = CONFIGS / "voices_config.json") -> VoicesConfig:
    """Return the voices configuration; raises ConfigError with the field at fault."""
    config = load_file(path, VoicesConfig)
    ids = [voice.voice_id for voice in config.voices]
    if config.narrator not in ids:
        raise ConfigError(f"{path.name}: narrator is not one of the voices.")
    if len(set(ids)) < len(ids):
        raise ConfigError(f"{path.name}: voices: duplicate voice_id.")
    if config.model not in config.models:
        raise ConfigError(f"{path.name}: model {config.model} is not described under models.")
    return config


_AGES = ("child", "young", "middle-aged", "old")


def likeness(character: Character, voice: Voice) -> int:
    """Return how well a voice fits a character: gender before age before accent before role."""
    score = 0
    if character.gender == voice.gender:
        score += 100
    elif "neutral" in {character.gender, voice.gender}:
        score += 40
    score -= 12 * abs(_AGES.index(character.age) - _AGES.index(voice.age))
    if character.accent.casefold() == voice.accent.casefold():
        score += 6
    if voice.role.casefold() in character.role.casefold():
        score += 3
    return score


def create_voice_map(cast: Sequence[Character], chosen: Mapping[str, str], config: VoicesConfig) -> dict[str, str]:
    """Return a voice id for the narrator and every character of the cast.

    The user's choice wins. The others are matched by traits, best match first, and share no voice while voices
    last. The same cast gives the same map, in any order.
    """
    voice_map = {NARRATOR: chosen.get(NARRATOR, config.narrator)}
    voice_map |= {character.name: chosen[character.name] for character in cast if character.name in chosen}
    open_characters = [character for character in cast if character.name not in voice_map]
    free = [voice for voice in config.voices if voice.voice_id not in voice_map.values()]
    while open_characters:
        if not free:  # more speakers than voices: begin again, the narrator's voice last of all
            free = [v for v in config.voices if v.voice_id != voice_map[NARRATOR]] or list(config.voices)
        character, voice = max(
            ((character, voice) for character in open_characters for voice in free),
            # Ties are broken by a digest: by order, a cast that is listed differently would get other voices.
            key=lambda pair: (likeness(*pair), _tiebreak(pair[0].name, pair[1].voice_id)),
        )
        voice_map[character.name] = voice.voice_id
        open_characters.remove(character)
        free.remove(voice)
    return {NARRATOR: voice_map[NARRATOR], **{character.name: voice_map[character.name] for character in cast}}


def _tiebreak(name: str, voice_id: str) -> str:
    return text_digest(f"{name}\n{voice_id}")
