"""Environment and configuration: what is wrong is named."""

import json
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.voices import load_voices
from chalicelib.bootstrap import Adapters, Services
from chalicelib.domain.money import micro, usd
from chalicelib.errors import ConfigError
from chalicelib.settings import CONFIGS, Settings
from chalicelib.story.config import load_config
from tests.support.stage import settings


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


PRICES = load_config().prices


def test_prices_are_per_million_tokens_and_per_thousand_characters() -> None:
    model, price = next(iter(PRICES.per_million_tokens.items()))
    assert PRICES.of_tokens(model, 1_000_000, 0, 0) == pytest.approx(price.input)
    assert PRICES.of_tokens(model, 1_000_000, 1_000_000, 1_000_000) == pytest.approx(price.cached + price.output)
    voice, per_thousand = next(iter(PRICES.per_thousand_characters.items()))
    assert PRICES.of_characters(voice, 2000) == pytest.approx(2 * per_thousand.usd)


@given(st.sampled_from(sorted(PRICES.per_million_tokens)), st.integers(0, 10**6), st.integers(0, 10**6), st.data())
def test_a_cost_is_whole_micro_dollars_and_never_less_than_the_price(
    model: str, given_: int, answered: int, data: st.DataObject
) -> None:
    cached = data.draw(st.integers(0, given_))
    price = PRICES.per_million_tokens[model]
    exact = (given_ - cached) * price.input + cached * price.cached + answered * price.output
    cost = PRICES.of_tokens(model, given_, cached, answered)
    assert cost == usd(micro(cost))
    assert exact - 1e-6 <= micro(cost) <= exact + 1 + 1e-6


def test_a_tenth_is_a_tenth() -> None:
    assert PRICES.of_characters("eleven_v3", 30) == 0.003  # as binary numbers, 0.1 * 3 is more than 0.3
    assert PRICES.of_characters("eleven_v3", 0) == 0.0


def test_a_model_without_a_price_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"per_million_tokens: gpt-7 is configured"):
        PRICES.of_tokens("gpt-7", 1, 0, 1)
    with pytest.raises(ConfigError, match=r"per_thousand_characters: eleven_v9 is configured"):
        PRICES.of_characters("eleven_v9", 1)
    path = tmp_path / "story_config.json"
    config = json.loads((CONFIGS / "story_config.json").read_text())
    config["models"]["summary"] = "gpt-7"
    path.write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=r"story_config\.json: .*gpt-7"):
        load_config(path)


def test_a_narrator_without_a_price_is_refused_before_it_speaks() -> None:
    voices = msgspec.structs.replace(load_voices(), model="eleven_v9")
    services = Services(settings, adapters=Adapters(voices=voices, env={}))
    with pytest.raises(ConfigError, match="eleven_v9"):
        services.voices  # noqa: B018 # building it is what is tested


def test_prices_name_the_day_on_which_they_were_read() -> None:
    oldest = min(price.as_of for price in PRICES.per_thousand_characters.values())
    assert PRICES.older_than(90, oldest + timedelta(days=90)) == []
    assert set(PRICES.older_than(90, oldest + timedelta(days=91))) >= {"eleven_v3"}
    if old := PRICES.older_than(90, date.today()):  # a day more or less is all the same
        warnings.warn(f"Prices are older than 90 days, look them up again: {', '.join(old)}", stacklevel=1)


def test_every_configured_model_has_a_price() -> None:
    config = load_config()
    models = {config.models.outline, config.models.chapter, config.models.enhancement, config.models.summary}
    assert models <= set(config.prices.per_million_tokens)
