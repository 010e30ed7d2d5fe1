"""The configuration with Kokoro's voices is the user's own but for what this machine's narrator needs."""

import json
import shutil
from pathlib import Path

import pytest

from chalicelib.audio.voices import load_voices
from chalicelib.story.config import load_config
from local.kokoro.configuration import CONFIGS, configuration


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return a user's configuration: Fireside's own, but in German and dry."""
    folder = tmp_path / "own"
    shutil.copytree(CONFIGS, folder)
    config = json.loads((folder / "story_config.json").read_bytes())
    config["writing"]["tone"] = "trocken, für Erwachsene"
    (folder / "story_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_the_voices_are_kokoros_and_the_rest_is_the_users(base: Path, tmp_path: Path) -> None:
    made = configuration(base, 2, tmp_path / "made")
    assert load_voices(made / "voices_config.json").model == "kokoro"
    config = load_config(made / "story_config.json")
    assert (config.plan.lines_at_once, config.plan.narrations_at_once) == (2, 2)
    assert config.writing.tone == "trocken, für Erwachsene"
    assert config.prices.per_thousand_characters["kokoro"].usd == 0


def test_a_smaller_plan_stays(base: Path, tmp_path: Path) -> None:
    config = load_config(configuration(base, 64, tmp_path / "made") / "story_config.json")
    assert (config.plan.lines_at_once, config.plan.narrations_at_once) == (4, 10)


def test_the_users_own_choice_of_kokoros_voices_is_taken(base: Path, tmp_path: Path) -> None:
    voices = json.loads((base / "voices_config.kokoro.json").read_bytes())
    (base / "voices_config.kokoro.json").write_text(json.dumps(voices | {"voices": voices["voices"][:3]}))
    assert len(load_voices(configuration(base, 2, tmp_path / "made") / "voices_config.json").voices) == 3


def test_without_a_choice_fireside_has_one(base: Path, tmp_path: Path) -> None:
    (base / "voices_config.kokoro.json").unlink()
    assert load_voices(configuration(base, 2, tmp_path / "made") / "voices_config.json").narrator == "af_heart"


@pytest.mark.parametrize("torn", [b'{"plan": ', b"[]", b'{"plan": {"lines_at_once": "4"}}', b"\xff"])
def test_a_configuration_that_is_wrong_is_left_to_those_who_say_so(base: Path, tmp_path: Path, torn: bytes) -> None:
    (base / "story_config.json").write_bytes(torn)
    assert (configuration(base, 2, tmp_path / "made") / "story_config.json").read_bytes() == torn
