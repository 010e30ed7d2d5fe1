"""configs/voices_config.json: the voices, and what the narrator's models take."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from chalicelib.audio.effects import PLACES
from chalicelib.domain.voice import Voice, VoiceId
from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS, load_file


class NarratorModel(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a narrator model takes: its longest text, audio tags, and the neighbours' text.

    `languages` are the codes (ISO 639-1, else 639-3) that it takes as a language, none if it finds the language out by
    itself; `text_normalization` says whether it can be told how to read numbers and signs, `audio_effects` whether it
    makes a voice sound as if on the phone or in a hall; `tags` are those that its documentation names, and no others
    are sent if there are any.
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
    audio_effects: bool = False
    tags: list[Annotated[str, msgspec.Meta(min_length=1, max_length=40)]] = []

    def language_code(self, language: str) -> str | None:
        """Return what to send for a language such as `pt-BR`, or None where nothing is to be sent."""
        code = language.partition("-")[0].lower()
        return code if code in self.languages else None


class VoicesConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file. `narrator` is the voice id of the one who tells the story.

    `output_format` is one of ElevenLabs' MP3 formats, or the name of a format for a server at SPEECH_BASE_URL.
    `text_normalization` is sent to the models that take it, if it is set. `use_account_voices`: where the account does
    not have one of the voices, others that it has may be given to characters instead. `scene_sound`: a direction such
    as "on the phone" is heard in the sound of its line. `sting`: a file in this directory, music of up to twenty
    seconds that is played between chapters; "" for none.
    """

    narrator: VoiceId
    model: str
    output_format: Annotated[str, msgspec.Meta(pattern=r"^(mp3_[0-9]+_[0-9]+|mp3|wav|flac|opus|aac)$(?!\n)")]
    settings: dict[str, float | bool]
    models: dict[str, NarratorModel]
    voices: Annotated[list[Voice], msgspec.Meta(min_length=1)]
    text_normalization: Literal["auto", "on", "off"] | None = None
    use_account_voices: bool = True
    scene_sound: bool = False
    sting: Annotated[str, msgspec.Meta(pattern=r"^([\w .-]+\.(mp3|wav|flac|ogg))?$(?!\n)", max_length=100)] = ""
    schema: str = msgspec.field(name="$schema", default="")
    """For the operator's editor alone."""

    @property
    def traits(self) -> NarratorModel:
        """What the configured model takes."""
        return self.models[self.model]

    @property
    def directs(self) -> bool:
        """Whether directions for the voices are heard at all."""
        return self.traits.audio_tags or self.scene_sound

    @property
    def vocabulary(self) -> list[str]:
        """The directions that may be given; none for any."""
        places = list(PLACES) if self.scene_sound else []
        if not self.traits.audio_tags:
            return places
        return [*self.traits.tags, *places] if self.traits.tags else []

    def settings_of(self, voice_id: str) -> Mapping[str, float | bool]:
        """Return the narrator's settings for a voice: those of the cast, with the voice's own in their place."""
        own = next((voice.settings for voice in self.voices if voice.voice_id == voice_id), {})
        return {**self.settings, **own}

    def with_others(self, others: Iterable[Voice]) -> "VoicesConfig":
        """Return the configuration with further voices, whose names and settings are then known."""
        ids = {voice.voice_id for voice in self.voices}
        more = [voice for voice in others if voice.voice_id not in ids]
        return msgspec.structs.replace(self, voices=[*self.voices, *more])

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
    if config.sting and not (path.parent / config.sting).is_file():
        raise ConfigError(f"{path.name}: sting: there is no file {config.sting} beside it.")
    if config.model not in config.models:
        raise ConfigError(f"{path.name}: model {config.model} is not described under models.")
    return config
