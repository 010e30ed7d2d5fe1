import json
from pathlib import Path

import msgspec
import pytest

from chalicelib.audio.voices import load_voices
from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS

CONFIG = load_voices()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"narrator": "nobody"}, "narrator"),
        ({"model": "eleven_v9"}, "eleven_v9"),
        ({"voices": []}, "voices"),
        ({"voices": [msgspec.to_builtins(CONFIG.voices[0])] * 2}, "duplicate voice_id"),
        ({"output_format": "pcm_44100"}, "output_format"),  # without a header nobody could tell it from noise
        ({"text_normalization": "maybe"}, "text_normalization"),
    ],
)
def test_an_unusable_file_is_named_with_its_field(tmp_path: Path, change: dict[str, object], named: str) -> None:
    path = tmp_path / "voices_config.json"
    path.write_text(json.dumps({**json.loads((CONFIGS / "voices_config.json").read_text()), **change}))
    with pytest.raises(ConfigError, match=named) as error:
        load_voices(path)
    assert "voices_config.json" in str(error.value)


@pytest.mark.parametrize(
    ("model", "language", "code"),
    [
        ("eleven_multilingual_v2", "de", None),  # it finds the language out by itself, and refuses to be told
        ("eleven_flash_v2_5", "de", "de"),
        ("eleven_flash_v2_5", "pt-BR", "pt"),
        ("eleven_flash_v2_5", "FR", "fr"),
        ("eleven_flash_v2_5", "fa", None),  # 400: https://github.com/pipecat-ai/pipecat/issues/5395
        ("eleven_v3", "fa", "fa"),  # 200: the same
        ("eleven_v4", "vi", "vi"),
        ("eleven_v4_turbo", "ko", "ko"),
        ("eleven_turbo_v2_5", "tlh", None),
    ],
)
def test_a_language_is_sent_to_the_models_that_take_it(model: str, language: str, code: str | None) -> None:
    assert CONFIG.models[model].language_code(language) == code


def test_every_model_of_elevenlabs_that_speaks_in_late_2026_is_described() -> None:
    limits = {name: model.max_characters for name, model in CONFIG.models.items()}
    assert limits == {
        "eleven_multilingual_v2": 10_000,
        "eleven_v3": 5_000,
        "eleven_v4": 10_000,
        "eleven_v4_turbo": 10_000,
        "eleven_flash_v2_5": 40_000,
        "eleven_turbo_v2_5": 40_000,
    }
    assert {name for name, model in CONFIG.models.items() if model.audio_tags} == {
        "eleven_v3",
        "eleven_v4",
        "eleven_v4_turbo",
    }
    assert {name for name, model in CONFIG.models.items() if model.neighbours} == {
        "eleven_multilingual_v2",
        "eleven_flash_v2_5",
        "eleven_turbo_v2_5",
    }
