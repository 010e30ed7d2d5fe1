"""The stand-in for ElevenLabs refuses what ElevenLabs refuses, so that a wrong request is noticed without an account.

What is refused, and by whose report, is said in local/narrator/models.py and server.py.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from chalicelib.audio.effects import SPECS, Effect
from chalicelib.audio.narration import segments
from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.audio.voices import load_voices
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import classify
from chalicelib.providers.narrator import ElevenLabsNarrator
from local.narrator import NarratorServer
from local.narrator.models import FORMATS, MODELS
from local.narrator.speech import Hum

CONFIG = load_voices()
LINE = SpeechRequest("Good night.", CONFIG.narrator, "eleven_multilingual_v2", "mp3_44100_128", dict(CONFIG.settings))

Speak = Callable[[SpeechRequest], SpeechResult]


@pytest.fixture(scope="module")
def speak() -> Iterator[Speak]:
    with (
        NarratorServer(speech=Hum()) as server,
        closing(ElevenLabsNarrator(lambda: "xi-test", server.url, 20)) as narrator,
    ):
        yield narrator.speak


@pytest.mark.parametrize("model", sorted(CONFIG.models))
@pytest.mark.parametrize("language", ["en", "de", "pt-BR", "fa", "tlh"])
def test_what_is_sent_for_a_configured_model_is_taken(speak: Speak, model: str, language: str) -> None:
    config = msgspec.structs.replace(CONFIG, model=model, text_normalization="on")
    script: list[ScriptLine | EnhancedLine] = [
        ScriptLine("001", NARRATOR, "Before."),
        EnhancedLine("002", NARRATOR, "It is 3 pm.", ["whispers"]),
        ScriptLine("003", NARRATOR, "After."),
    ]
    segment = segments(script, {NARRATOR: config.narrator}, config, language=language)[1]
    assert segment.request is not None
    assert speak(segment.request).characters == len(segment.request.text)


def test_the_configured_models_are_those_that_there_are() -> None:
    assert set(CONFIG.models) == set(MODELS)
    for name, model in MODELS.items():
        traits = CONFIG.models[name]
        assert (traits.max_characters, traits.neighbours) == (model.longest, model.neighbours)
        assert set(traits.languages) <= model.languages
        assert traits.text_normalization is model.normalizes
    assert CONFIG.output_format in FORMATS


@pytest.mark.parametrize("output_format", ["mp3_24000_48", "wav_48000", "opus_48000_96", "mp3_44100_192"])
def test_the_formats_that_there_are_are_spoken(speak: Speak, output_format: str) -> None:
    assert speak(replace(LINE, output_format=output_format)).audio


def setting(**settings: Any) -> dict[str, Any]:
    return {"settings": settings}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": "eleven_v9"}, 400, "model_not_found"),
        ({"model": "kokoro"}, 400, "model_not_found"),
        ({"voice_id": "nobody"}, 404, "voice_not_found"),
        ({"text": "x" * 10_001}, 400, "max_character_limit_exceeded"),
        ({"text": "x" * 5_001, "model": "eleven_v3"}, 400, "max_character_limit_exceeded"),
        ({"text": " "}, 400, "input_text_empty"),
        ({"output_format": "mp3_44100_127"}, 400, "invalid_output_format"),
        ({"output_format": "mp3_22050_192"}, 400, "invalid_output_format"),
        ({"output_format": "mp3"}, 400, "invalid_output_format"),
        (setting(stability=1.1), 400, "invalid_voice_settings"),
        (setting(style=-0.1), 400, "invalid_voice_settings"),
        (setting(speed=1.5), 400, "invalid_voice_settings"),
        (setting(warmth=0.5), 400, "invalid_voice_settings"),
        ({"model": "eleven_v3", **setting(stability=0.3)}, 400, "invalid_voice_settings"),
        ({"model": "eleven_v3", "previous_text": "Before."}, 400, "unsupported_model"),
        ({"model": "eleven_v3", "next_text": "After."}, 400, "unsupported_model"),
        ({"model": "eleven_v4", "previous_text": "Before."}, 400, "unsupported_model"),
        ({"model": "eleven_v4_turbo", "next_text": "After."}, 400, "unsupported_model"),
        ({"language_code": "de"}, 400, ""),
        ({"model": "eleven_flash_v2_5", "language_code": "fa"}, 400, ""),
        ({"model": "eleven_turbo_v2_5", "language_code": "tlh"}, 400, ""),
        ({"model": "eleven_flash_v2_5", "text_normalization": "on"}, 400, "unsupported_model"),
        ({"text_normalization": "always"}, 422, ""),
    ],
)
def test_what_elevenlabs_refuses_is_refused(speak: Speak, change: dict[str, Any], status: int, code: str) -> None:
    with pytest.raises(ProviderFault) as caught:
        speak(replace(LINE, **change))
    assert (caught.value.status, caught.value.code) == (status, code)
    assert classify(caught.value).code == "provider_rejected"


@pytest.mark.parametrize(
    "settings",
    [{"stability": 0, "similarity_boost": 1}, {"speed": 0.7, "use_speaker_boost": True, "style": 0.5}, {}],
)
def test_settings_within_their_ranges_are_taken(speak: Speak, settings: dict[str, Any]) -> None:
    assert speak(replace(LINE, settings=settings)).audio


@pytest.mark.parametrize("effect", sorted(SPECS))
def test_effects_are_asked_for_as_they_are_documented(speak: Speak, effect: Effect) -> None:
    assert speak(replace(LINE, audio_effect=effect)).audio


@pytest.mark.parametrize(
    ("effects", "status"),
    [
        ({"filter_preset_id": "megaphone"}, 404),
        ({"environment_id": "cave"}, 404),
        ({"distance": 1.5}, 422),
        ("phone", 422),
        ({"filter_preset_id": "old_radio", "distance": 0.5}, 200),
    ],
)
def test_effects_that_there_are_not_are_refused(effects: object, status: int) -> None:
    body = {"text": "Hello?", "model_id": LINE.model, "audio_effects": effects}
    with NarratorServer(speech=Hum()) as server:
        path = f"{server.url}/v1/text-to-speech/{LINE.voice_id}"
        answer = httpx.post(path, json=body, headers={"xi-api-key": "xi-test"}, timeout=20)
    assert answer.status_code == status, answer.text
