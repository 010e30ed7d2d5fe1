"""A directory of the configuration with Kokoro's model and voices, made of the user's own at every start."""

import json
from pathlib import Path
from typing import Any

from local.files import write_whole
from local.kokoro.install import FOLDER, ROOT

CONFIGS = ROOT / "configs"
VOICES = "voices_config.kokoro.json"
STORY = "story_config.json"


def configuration(base: Path, at_once: int, folder: Path = FOLDER / "configs") -> Path:
    """Return `folder`, with the configuration of `base`, but Kokoro's voices and at most `at_once` lines at once.

    More lines at once are not spoken faster on this machine: they wait, and the last one longer than a call may take.
    Kokoro's voices are those of `base`, or else Fireside's own. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    voices = base / VOICES if (base / VOICES).exists() else CONFIGS / VOICES
    write_whole(folder / "voices_config.json", voices.read_bytes())
    write_whole(folder / STORY, _with_fewer_at_once((base / STORY).read_bytes(), at_once))
    return folder


def _with_fewer_at_once(story_config: bytes, at_once: int) -> bytes:
    """Return the story configuration with a smaller plan; as it is where it is not one, which is found out later."""
    try:
        config: Any = json.loads(story_config)
        for name in ("lines_at_once", "narrations_at_once"):
            config["plan"][name] = min(config["plan"][name], at_once)
    except (ValueError, LookupError, TypeError):
        return story_config
    return json.dumps(config, ensure_ascii=False, indent=2).encode()
