"""The stages in .chalice/config.json. One that is `like` another has the other's settings, but for those of its own."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from infra.errors import Stopped

FILE = Path(__file__).resolve().parent.parent / ".chalice" / "config.json"

ChaliceSettings = dict[str, Any]
"""A stage's settings, by the names that Chalice gives them, with `python` and `tables`, which are Fireside's."""


def stages(file: Path = FILE) -> list[str]:
    """Return the names of the stages."""
    return list(_read(file)["stages"])


def stage_settings(stage: str, file: Path = FILE) -> ChaliceSettings:
    """Return the settings of a stage; raise Stopped if it is like one that does not exist."""
    return expanded(_read(file))["stages"][stage]  # type: ignore[no-any-return] # JSON


def expanded(config: ChaliceSettings) -> ChaliceSettings:
    """Return the whole configuration as Chalice reads it, with every stage written out."""
    known = config["stages"]
    whole = {**config, "stages": {}}
    for stage, own in known.items():
        other = own.get("like", stage)
        if other not in known:
            raise Stopped(f"The stage {stage} in .chalice/config.json is like {other}, which does not exist.")
        inherited = {name: value for name, value in deepcopy(known[other]).items() if name != "tables"}
        settings = {**inherited, **own}  # restored tables are those of one stage alone
        settings.pop("like", None)
        settings["environment_variables"] = {**settings["environment_variables"], "FIRESIDE_STAGE": stage}
        whole["stages"][stage] = settings
    return whole


def _read(file: Path) -> ChaliceSettings:
    config: ChaliceSettings = json.loads(file.read_text(encoding="utf-8"))
    return config
