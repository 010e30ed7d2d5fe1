"""configs/voices_config.json, and the choice of a voice for each speaker."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from chalicelib.domain.digest import text_digest
from chalicelib.domain.outline import NARRATOR, Character, Teller
from chalicelib.domain.voice import Voice, VoiceId
from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS, load_file


class NarratorModel(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a narrator model takes: its longest text, audio tags, and the neighbours' text.

    `languages` are the codes (ISO 639-1, else 639-3) that it takes as a language, none if it finds the language out by
    itself; `text_normalization` says whether it can be told how to read numbers and signs; `tags` are those that its
    documentation names, and no others are sent if there are any.
    """

    # Of ElevenLabs' models: https://elevenlabs.io/docs/overview/models and the elevenlabs SDK 2.78 (multilingual_v2
    # refuses a language; v2.5 normalizes on Enterprise plans alone), https://github.com/pipecat-ai/pipecat/issues/5395
    # (v3 takes a language; one that a model does not know is a 400), https://github.com/home-assistant/core/issues/182944
    # (v3 refuses neighbours). Tags of v3, without sounds that are no manner of speaking and those that need a certain
    # voice: https://elevenlabs.io/docs/overview/capabilities/text-to-speech/best-practices. For v4 the same, and the 32
    # languages of v2.5, though it has more: no lists of them were found.
    max_characters: Annotated[int, msgspec.Meta(ge=100)]
    audio_tags: bool
    neighbours: bool
    languages: list[Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}$(?!\n)")]] = []
    text_normalization: bool = False
    tags: list[Annotated[str, msgspec.Meta(min_length=1, max_length=40)]] = []

    def language_code(self, language: str) -> str | None:
        """Return what to send for a language such as `pt-BR`, or None where nothing is to be sent."""
        code = language.partition("-")[0].lower()
        return code if code in self.languages else None


class VoicesConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file. `narrator` is the voice id of the one who tells the story.

    `output_format` is one of ElevenLabs' MP3 formats, or the name of a format for a server at SPEECH_BASE_URL.
    `text_normalization` is sent to the models that take it, if it is set.
    """

    narrator: VoiceId
    model: str
    output_format: Annotated[str, msgspec.Meta(pattern=r"^(mp3_[0-9]+_[0-9]+|mp3|wav|flac|opus|aac)$(?!\n)")]
    settings: dict[str, float | bool]
    models: dict[str, NarratorModel]
    voices: Annotated[list[Voice], msgspec.Meta(min_length=1)]
    text_normalization: Literal["auto", "on", "off"] | None = None
    schema: str = msgspec.field(name="$schema", default="")
    """For the operator's editor alone."""

    @property
    def traits(self) -> NarratorModel:
        """What the configured model takes."""
        return self.models[self.model]

    def name_of(self, voice_id: str) -> str | None:
        """Return the configured name of a voice, or None if it is not one of the configured ones."""
        return next((voice.name for voice in self.voices if voice.voice_id == voice_id), None)


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


_NOBODY = Teller()

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


def create_voice_map(
    cast: Sequence[Character], chosen: Mapping[str, str], config: VoicesConfig, teller: Teller = _NOBODY
) -> dict[str, str]:
    """Return a voice id for the narrator and every character of the cast.

    The user's choice wins. A `teller` who says "I" narrates in their own voice. The others are matched by traits, best
    match first, and share no voice while voices last. The same cast gives the same map, in any order.
    """
    own = next((character for character in cast if character.name == teller.character), None)
    voice_map = {NARRATOR: _narrating_voice(teller, own, chosen, config)}
    voice_map |= {character.name: chosen[character.name] for character in cast if character.name in chosen}
    if own is not None:
        voice_map.setdefault(own.name, voice_map[NARRATOR])
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


def _narrating_voice(teller: Teller, own: Character | None, chosen: Mapping[str, str], config: VoicesConfig) -> str:
    """Return the voice that narrates: one that was chosen, the teller's own, or the configured one if it suits."""
    if (named := chosen.get(NARRATOR) or (chosen.get(own.name) if own is not None else None)) is not None:
        return named
    taken = set(chosen.values())
    free = [voice for voice in config.voices if voice.voice_id not in taken] or list(config.voices)
    configured = next(voice for voice in config.voices if voice.voice_id == config.narrator)
    if own is None:
        # A narrator nobody has an idea of is the configured one, and so is one of the gender that was asked for.
        if teller.gender in {"neutral", configured.gender}:
            return config.narrator
        wanted = Character(NARRATOR, gender=teller.gender, age=teller.age, role="narrator")
    else:
        wanted = own
    return max(free, key=lambda voice: (likeness(wanted, voice), _tiebreak(wanted.name, voice.voice_id))).voice_id


def _tiebreak(name: str, voice_id: str) -> str:
    return text_digest(f"{name}\n{voice_id}")
