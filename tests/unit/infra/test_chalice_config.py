"""A stage that is like another has its settings, and nothing that is the other's alone."""

import json
from pathlib import Path

import pytest

from infra.chalice_config import expanded, stage_settings, stages
from infra.errors import Stopped


def test_prod_is_as_dev_is_but_for_its_name() -> None:
    dev, prod = stage_settings("dev"), stage_settings("prod")
    assert stages() == ["dev", "prod"]
    assert prod["environment_variables"]["FIRESIDE_STAGE"] == "prod"
    assert dev["environment_variables"]["FIRESIDE_STAGE"] == "dev"
    assert {**prod, "environment_variables": None} == {**dev, "environment_variables": None}
    assert set(prod["lambda_functions"]) >= {"api_handler", "write_chapter", "narrate_chapter"}


def test_a_stage_keeps_its_own_settings_and_takes_no_restored_table(tmp_path: Path) -> None:
    dev = {"python": "3.11", "environment_variables": {}, "tables": {"stories": "fireside-dev-stories-again"}}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"stages": {"dev": dev, "next": {"like": "dev", "python": "3.13"}}}))
    assert stage_settings("next", file) == {"python": "3.13", "environment_variables": {"FIRESIDE_STAGE": "next"}}
    assert stage_settings("dev", file)["tables"] == dev["tables"]


def test_a_stage_like_none_is_refused_by_name() -> None:
    with pytest.raises(Stopped, match=r"prod .* is like staging"):
        expanded({"stages": {"prod": {"like": "staging"}}})


def test_the_addresses_of_other_servers_pass_through_to_the_functions(tmp_path: Path) -> None:
    servers = {"OPENAI_BASE_URL": "https://author.example.com/v1", "SPEECH_BASE_URL": "https://speech.example.com/v1"}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"stages": {"dev": {"environment_variables": servers}, "prod": {"like": "dev"}}}))
    for stage in ("dev", "prod"):
        assert stage_settings(stage, file)["environment_variables"] == {**servers, "FIRESIDE_STAGE": stage}
