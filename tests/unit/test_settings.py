"""Environment and configuration: what is wrong is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS, Settings
from chalicelib.story.config import load_config


def test_names_follow_from_the_stage() -> None:
    settings = Settings.from_env({"FIRESIDE_STAGE": "dev", "AWS_REGION": "eu-west-1"})
    assert settings.table("stories") == "fireside-dev-stories"
    assert (settings.region, settings.bucket) == ("eu-west-1", "fireside-dev-audio")
    assert Settings.from_env({"FIRESIDE_BUCKET": "mine"}).bucket == "mine"
    assert Settings.from_env({}).region == "us-east-1"


def test_a_stage_that_cannot_be_part_of_a_name() -> None:
    with pytest.raises(ConfigError, match="FIRESIDE_STAGE"):
        Settings.from_env({"FIRESIDE_STAGE": "my stage"})


def changed(tmp_path: Path, change: dict[str, Any]) -> Path:
    path = tmp_path / "story_config.json"
    path.write_text(json.dumps({**json.loads((CONFIGS / "story_config.json").read_text()), **change}))
    return path


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"defaults": {"num_chapters": 0, "enhance": True, "language": "en"}}, r"defaults\.num_chapters"),
        ({"colour": "red"}, "colour"),
        ({"limits": {}}, "max_completion_tokens"),
        (
            {"plan": {"lines_at_once": 9, "narrations_at_once": 4, "writers_at_once": 2, "narrators_at_once": 2}},
            "lines_at_once",
        ),
    ],
)
def test_an_unusable_file_is_named_with_its_field(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as error:
        load_config(changed(tmp_path, change))
    assert "story_config.json" in str(error.value)


def test_a_missing_file_and_one_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "story_config.json"
    with pytest.raises(ConfigError, match=r"story_config\.json cannot be read"):
        load_config(path)
    path.write_text("{")
    with pytest.raises(ConfigError, match=r"story_config\.json"):
        load_config(path)


def test_prices_are_per_million_tokens_and_per_thousand_characters() -> None:
    prices = load_config().prices
    model, price = next(iter(prices.per_million_tokens.items()))
    assert prices.of_tokens(model, 1_000_000, 0, 0) == pytest.approx(price.input)
    assert prices.of_tokens(model, 1_000_000, 1_000_000, 1_000_000) == pytest.approx(price.cached + price.output)
    assert prices.of_tokens("a model of one's own", 1000, 0, 1000) == 0.0
    voice, per_thousand = next(iter(prices.per_thousand_characters.items()))
    assert prices.of_characters(voice, 2000) == pytest.approx(2 * per_thousand)
    assert prices.of_characters("another", 2000) == 0.0


def test_every_configured_model_has_a_price() -> None:
    config = load_config()
    models = {config.models.outline, config.models.chapter, config.models.enhancement, config.models.summary}
    assert models <= set(config.prices.per_million_tokens)
