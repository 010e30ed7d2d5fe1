"""The command `voices`: what the narrator has, what the configuration lacks, and a configuration made of what there is.

Also what is said of missing voices when the program starts.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from chalicelib import log
from chalicelib.audio.casting import nearest_voice
from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.bootstrap import Services
from chalicelib.domain.voice import Roster, Voice
from chalicelib.errors import FiresideError, ProviderFault
from chalicelib.pipeline.failure import classify
from chalicelib.pipeline.rosters import MOST_OTHERS, gaps, others_of
from chalicelib.settings import CONFIGS

CONFIG = CONFIGS / "voices_config.json"
BEFORE = CONFIGS / "voices_config.before.json"
"""Where the configuration is kept that another one replaced."""


def at_start(services: Services) -> list[str]:
    """Ask which voices there are, and return what is to be said of those that are missing."""
    try:
        roster = services.roster.ask()
    except FiresideError as error:
        # The first story finds out; the reason is said with it, or by `make voices`.
        log.event("voices_not_asked", error=type(error).__name__)
        return []
    if not (said := gaps(services.voices.voices, roster)):
        return []
    return [f"{said} Other voices are heard in their place. `make voices` makes a configuration of those you have."]


def voices(services: Services, console: Console, *, write: bool = True) -> int:
    """Show the account's voices, and replace the configuration where it lacks some; return the exit status."""
    try:
        roster = services.roster.ask()
    except ProviderFault as fault:
        console.print(classify(fault).sentence, style="red")
        return 1
    config = services.voices
    if not roster.voices:
        console.print("The narrator does not say which voices it has, so nothing was changed.")
        return 1
    console.print(account_table(roster, config))
    said = gaps(config.voices, roster)
    console.print(said or "Every configured voice is there.")
    made = made_from(config, roster)
    if not said or not write:
        return 0
    if made is None:
        console.print("None of the account's voices says whom it suits, so no configuration was made.")
        return 1
    replace_voices(made)
    console.print(f"{CONFIG} has {len(made.voices)} voices of the account now. What it was before is {BEFORE.name}.")
    return 0


def account_table(roster: Roster, config: VoicesConfig) -> Table:
    """Return a table of the account's voices, and of the configured ones that it does not have."""
    table = Table(title="Voices of the narrator's account", title_justify="left")
    for heading in ("Voice", "Id", "Gender", "Age", "Accent", "Languages", "Configured", "Usable"):
        table.add_column(heading, overflow="fold")
    configured = {voice.voice_id: voice for voice in config.voices}
    listed = {voice_id: one.voice for voice_id, one in roster.voices.items()}
    for voice_id, voice in {**listed, **configured}.items():
        traits = (voice.gender, voice.age, voice.accent, ", ".join(voice.languages))
        usable = {True: "yes", False: "no", None: "not known"}[roster.available(voice_id)]
        table.add_row(voice.name, voice_id, *traits, "yes" if voice_id in configured else "", usable)
    return table


def made_from(config: VoicesConfig, roster: Roster) -> VoicesConfig | None:
    """Return the configuration with voices that the account has: those configured that it has, each missing one
    replaced by the nearest, and then the others that may be cast. None where nothing can be made of them."""
    there = [voice for voice in config.voices if roster.available(voice.voice_id)]
    ids = {voice.voice_id for voice in there}
    others = [voice for voice in others_of(roster) if voice.voice_id not in ids]
    lost = [voice for voice in config.voices if voice.voice_id not in ids]
    replaced: dict[str, Voice] = {}
    for voice in lost:
        if others:
            replaced[voice.voice_id] = found = nearest_voice(voice, others)
            others.remove(found)
    cast = [*there, *replaced.values(), *others][:MOST_OTHERS]
    if not cast:
        return None
    narrator = replaced[config.narrator].voice_id if config.narrator in replaced else config.narrator
    if narrator not in {voice.voice_id for voice in cast}:
        narrator = cast[0].voice_id
    return msgspec.structs.replace(config, narrator=narrator, voices=cast)


def replace_voices(config: VoicesConfig, path: Path = CONFIG, before: Path = BEFORE) -> None:
    """Write narrator and voices of a configuration into the file, and keep the file as it was beside it.

    Everything else in it stays as the operator wrote it.
    """
    old = path.read_bytes()
    raw: dict[str, Any] = json.loads(old)
    raw |= {"narrator": config.narrator, "voices": [_written(voice) for voice in config.voices]}
    text = readable(raw)
    before.write_bytes(old)
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    load_voices(new)  # before it takes the place of one that works
    new.replace(path)


def _written(voice: Voice) -> dict[str, Any]:
    whole: dict[str, Any] = msgspec.to_builtins(voice)
    return {name: value for name, value in whole.items() if value not in ([], {})}


def readable(config: Mapping[str, Any]) -> str:
    """Return a configuration as JSON, with a line for each model and each voice."""

    def block(value: Any) -> str:
        if isinstance(value, dict) and any(isinstance(one, dict) for one in value.values()):
            rows = [f"{json.dumps(name)}: {_line(one)}" for name, one in value.items()]
            return "{\n    " + ",\n    ".join(rows) + "\n  }"
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            return "[\n    " + ",\n    ".join(map(_line, value)) + "\n  ]"
        return _line(value)

    return "{\n  " + ",\n  ".join(f"{json.dumps(name)}: {block(value)}" for name, value in config.items()) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
