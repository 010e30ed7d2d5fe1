"""Directions that say where a line is heard from."""

import pytest
from msgspec.structs import replace as changed

from chalicelib.audio.effects import CHAINS, PLACES, SPECS, place_of
from chalicelib.audio.narration import segments
from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, ScriptLine
from local.narrator.models import EFFECT_IDS

VOICES = {NARRATOR: "v1", "Ada": "v2"}


def config(*, scene: bool = True, effects: bool = False) -> VoicesConfig:
    voices = load_voices()
    traits = changed(voices.traits, audio_effects=effects)
    return changed(voices, scene_sound=scene, models={**voices.models, voices.model: traits})


@pytest.mark.parametrize(
    ("text", "tags", "found"),
    [
        ("Hello?", [], (None, "Hello?", [])),
        ("[on the phone] Hello?", [], ("phone", "Hello?", [])),
        ("Hello? [In a cave!] Anyone?", [], ("cave", "Hello? Anyone?", [])),
        ("Hello?", ["whispers", "far away"], ("far", "Hello?", ["whispers"])),
        ("[whispers] Hello?", [], (None, "[whispers] Hello?", [])),
        ("[Dear John, come home.] He sat.", [], (None, "[Dear John, come home.] He sat.", [])),
        ("[on the phone] [in a hall] Hello?", ["far away"], ("hall", "Hello?", [])),
    ],
)
def test_a_place_is_found_and_not_read_aloud(text: str, tags: list[str], found: object) -> None:
    assert place_of(text, tags) == found


def test_every_effect_can_be_made_and_asked_for() -> None:
    assert set(PLACES.values()) == set(CHAINS) == set(SPECS)
    for spec in SPECS.values():
        for name, known in EFFECT_IDS.items():
            assert spec.get(name) in {None, *known}


def test_a_narrator_without_effects_sells_the_clip_as_ever() -> None:
    lines = [ScriptLine("001", "Ada", "[on the phone] Hello?"), ScriptLine("002", "Ada", "Hello?")]
    phone, plain = segments(lines, VOICES, config(), frozenset(), "en", {}, {})
    assert (phone.effect, plain.effect) == ("phone", None)
    assert phone.request is not None
    assert (phone.request.text, phone.request.audio_effect) == ("Hello?", None)
    assert phone.key == plain.key


def test_a_narrator_with_effects_is_asked_for_them_under_a_key_of_their_own() -> None:
    lines: list[ScriptLine | EnhancedLine] = [EnhancedLine("001", "Ada", "Hello?", ["on the phone"])]
    lines.append(ScriptLine("002", "Ada", "Hello?"))
    phone, plain = segments(lines, VOICES, config(effects=True), frozenset(), "en", {}, {})
    assert phone.effect is None
    assert phone.request is not None
    assert phone.request.audio_effect == "phone"
    assert phone.key != plain.key
    [before] = segments(lines[1:], VOICES, config(scene=False), frozenset(), "en", {}, {})
    assert plain.key == before.key


def test_nothing_changes_where_it_is_not_wished() -> None:
    line = ScriptLine("001", "Ada", "[on the phone] Hello?")
    [segment] = segments([line], VOICES, config(scene=False, effects=True), frozenset(), "en", {}, {})
    assert segment.request is not None
    assert (segment.request.text, segment.request.audio_effect, segment.effect) == ("on the phone Hello?", None, None)


def test_directions_are_asked_for_where_they_are_heard() -> None:
    plain = load_voices()
    assert not plain.directs
    assert config().directs
    assert config().vocabulary == list(PLACES)
    v3 = changed(plain, model="eleven_v3")
    assert v3.vocabulary == v3.traits.tags
    assert changed(v3, scene_sound=True).vocabulary == [*v3.traits.tags, *PLACES]
