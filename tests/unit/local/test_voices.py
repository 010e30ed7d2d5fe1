import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from chalicelib.audio.voices import load_voices
from chalicelib.domain.voice import AccountVoice, Roster, Voice, VoiceRefusal
from chalicelib.settings import CONFIGS
from local.voices import account_table, made_from, readable, replace_voices

CONFIG = load_voices()
SHIPPED = CONFIGS / "voices_config.json"
ID = {voice.name: voice.voice_id for voice in CONFIG.voices}


def new(voice_id: str, gender: str, age: str, role: str = "character") -> Voice:
    facts = {"voice_id": voice_id, "name": voice_id, "role": role, "gender": gender, "age": age, "accent": ""}
    return msgspec.convert({**facts, "description": ""}, Voice)


def account(*voices: Voice, without: tuple[str, ...] = (), refused: tuple[str, ...] = ()) -> Roster:
    configured = [voice for voice in CONFIG.voices if voice.name not in without]
    return Roster(
        1.0,
        {voice.voice_id: AccountVoice(voice) for voice in [*configured, *voices]},
        frozenset(ID[name] for name in without),
        {ID[name]: VoiceRefusal(1.0) for name in refused},
    )


def test_each_missing_voice_is_replaced_by_the_nearest_and_none_is_missing_then() -> None:
    roster = account(
        new("granny", "female", "old"), new("lad", "male", "young"), without=("Dorothy",), refused=("Liam",)
    )
    made = made_from(CONFIG, roster)
    assert made is not None
    kept = [voice.voice_id for voice in CONFIG.voices if voice.name not in {"Dorothy", "Liam"}]
    assert [voice.voice_id for voice in made.voices] == [*kept, "lad", "granny"]
    assert made.narrator == CONFIG.narrator
    assert all(roster.available(voice.voice_id) for voice in made.voices)


def test_a_narrator_that_is_missing_is_replaced_too() -> None:
    made = made_from(CONFIG, account(new("teller", "male", "middle-aged", "narrator"), without=("George",)))
    assert made is not None
    assert made.narrator == "teller"


def test_an_account_with_nobody_to_cast_makes_no_configuration() -> None:
    assert made_from(CONFIG, Roster(1.0, missing=frozenset(ID.values()))) is None


def test_the_file_keeps_what_is_not_of_voices_and_the_one_before_it_stays(tmp_path: Path) -> None:
    path, before = tmp_path / "voices_config.json", tmp_path / "before.json"
    path.write_bytes(SHIPPED.read_bytes())
    made = made_from(CONFIG, account(new("granny", "female", "old"), without=("Dorothy",)))
    assert made is not None
    replace_voices(made, path, before)
    assert before.read_bytes() == SHIPPED.read_bytes()
    assert load_voices(path).voices == made.voices
    now, shipped = json.loads(path.read_bytes()), json.loads(SHIPPED.read_bytes())
    assert {**now, "voices": 0} == {**shipped, "voices": 0}


def test_the_shipped_file_is_written_as_it_is() -> None:
    assert readable(json.loads(SHIPPED.read_bytes())) == SHIPPED.read_text(encoding="utf-8")


@pytest.mark.parametrize("said", ["granny", "Dorothy", "not known", "yes", "no"])
def test_the_table_has_what_is_there_and_what_is_missing(said: str) -> None:
    roster = account(new("granny", "female", "old"), without=("Dorothy",))
    unknown = new("elsewhere", "male", "old")
    config = msgspec.structs.replace(CONFIG, voices=[*CONFIG.voices, unknown])
    shown = io.StringIO()
    Console(file=shown, width=200).print(account_table(roster, config))
    assert said in shown.getvalue()
