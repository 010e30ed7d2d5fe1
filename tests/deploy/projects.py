"""Copies of the project, for tests of a stage with settings other than the repository's."""

import json
import shutil
from pathlib import Path
from typing import Any

from infra.stage_parameters import PROJECT


def copy_project(directory: Path) -> Path:
    """Copy what is deployed, and return `directory`; what was built once is linked: dependencies, layer, esbuild."""
    for name in (".chalice", "chalicelib", "configs", "infra", "layers", "local", "vendor"):
        shutil.copytree(PROJECT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__", "deployed"))
    for file in (PROJECT / "app.py", *PROJECT.glob("requirements*.txt"), *PROJECT.glob("package*.json")):
        shutil.copyfile(file, directory / file.name)
    (directory / "build").mkdir()
    for cache in ("dependencies", "npm"):
        (PROJECT / "build" / cache).mkdir(parents=True, exist_ok=True)
    for ready in ("dependencies", "npm", *(path.name for path in (PROJECT / "build").glob("ffmpeg-*.zip"))):
        (directory / "build" / ready).symlink_to(PROJECT / "build" / ready)
    return directory


def set_up(project: Path, stage: str = "dev", **settings: Any) -> None:
    """Set these settings of a stage in a copied project's .chalice/config.json; None removes one."""
    path = project / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    for name, value in settings.items():
        if value is None:
            config["stages"][stage].pop(name, None)
        else:
            config["stages"][stage][name] = value
    path.write_text(json.dumps(config, indent=2))
