"""The command `python -m local.schemas`, which writes the JSON Schema of each file in configs/, for editors."""

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.audio.voices import VoicesConfig
from chalicelib.settings import CONFIGS
from chalicelib.story.config import StoryConfig

FILES: dict[str, Any] = {"story_config": StoryConfig, "voices_config": VoicesConfig}


def schema_file(name: str) -> Path:
    """Return the path of the schema of configs/`name`.json."""
    return CONFIGS / f"{name}.schema.json"


def schema_text(name: str) -> str:
    """Return the schema of configs/`name`.json, generated from the struct that reads it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(FILES[name])}
    for definition in schema["$defs"].values():  # docstrings keep their indentation before Python 3.13
        definition.update({"description": cleandoc(text)} if (text := definition.get("description")) else {})
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in FILES:
        schema_file(file).write_text(schema_text(file), encoding="utf-8")
