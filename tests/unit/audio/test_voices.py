import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.voices import create_voice_map, likeness, load_voices
from chalicelib.domain.outline import NARRATOR, Character
from chalicelib.domain.voice import Voice
from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS

CONFIG = load_voices()
IDS = [voice.voice_id for voice in CONFIG.voices]

characters = st.builds(
    Character,
    name=st.text("abcdefgh", min_size=1, max_size=3),
    gender=st.sampled_from(["female", "male", "neutral"]),
    age=st.sampled_from(["child", "young", "middle-aged", "old"]),
    accent=st.sampled_from(["none", "british"]),
    role=st.just("friend"),
    description=st.just("Kind."),
)
casts = st.lists(characters, max_size=14, unique_by=lambda character: character.name)


@given(
    casts, st.dictionaries(st.sampled_from([NARRATOR, "a", "b"]), st.sampled_from([*IDS, "own-voice"])), st.randoms()
)
def test_everybody_has_a_voice_and_shares_none_while_voices_last(
    cast: list[Character], chosen: dict[str, str], random: object
) -> None:
    made = create_voice_map(cast, chosen, CONFIG)
    assert set(made) == {NARRATOR, *(character.name for character in cast)}
    assert all(made[name] == voice for name, voice in chosen.items() if name in made)
    assert made[NARRATOR] == chosen.get(NARRATOR, CONFIG.narrator)
    ours = [voice for name, voice in made.items() if name not in chosen]
    if len(made) <= len(IDS) - 2:
        assert len(set(ours)) == len(ours)
    assert create_voice_map(cast[::-1], chosen, CONFIG) == made


def test_gender_goes_before_age() -> None:
    old_man = Character("Tom", "male", "old", "none", "friend", "")
    chosen = max(CONFIG.voices, key=lambda voice: likeness(old_man, voice))
    assert (chosen.gender, chosen.age) == ("male", "old")


ADA = Character("Ada", "female", "young", "Scottish", "the hero of the tale", "Brave.")


def voice(voice_id: str, **traits: str) -> Voice:
    """Ada's own voice, but for these traits."""
    own = {"gender": "female", "age": "young", "accent": "scottish", "role": "hero", **traits}
    return msgspec.convert({"voice_id": voice_id, "name": voice_id, "description": "", **own}, Voice)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"gender": "neutral"}),
        ({"gender": "neutral"}, {"gender": "male"}),
        ({}, {"age": "middle-aged"}),
        ({"age": "middle-aged"}, {"age": "old"}),
        ({}, {"accent": "american"}),
        ({}, {"role": "villain"}),
        ({"age": "old", "accent": "american", "role": "villain"}, {"gender": "male"}),
        ({"accent": "american", "role": "villain"}, {"age": "child"}),
        ({"role": "villain"}, {"accent": "american"}),
    ],
    ids=[
        "the same gender before neither",
        "neither before another gender",
        "the same age",
        "a near age before a far one",
        "the same accent",
        "the same role",
        "gender before all else",
        "age before accent and role",
        "accent before role",
    ],
)
@pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")], ids=["a first", "b first"])
def test_who_speaks_is_chosen_by_gender_age_accent_and_role_in_this_order(
    better: dict[str, str], worse: dict[str, str], ids: tuple[str, str]
) -> None:
    fits, fits_less = voice(ids[0], **better), voice(ids[1], **worse)
    assert likeness(ADA, fits) > likeness(ADA, fits_less)
    narrator = voice("narrator", gender="male", age="old")
    config = msgspec.structs.replace(CONFIG, narrator="narrator", voices=[narrator, fits_less, fits])
    assert create_voice_map([ADA], {}, config) == {NARRATOR: "narrator", "Ada": ids[0]}


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
