"""The demonstration's voices: told apart by pitch or by their formants, and each of its kind."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.narrator.voices import CAST, sounds

GENDERS, AGES = ("female", "male", "neutral"), ("child", "young", "middle-aged", "old")
KINDS = st.tuples(st.sampled_from(GENDERS), st.sampled_from(AGES))
ROOM = {"child": 3, "female": 3, "male": 3, "neutral": 2}
"""How many of a kind are surely told apart, whoever else is in the cast."""


def cast(folder: Path, kinds: list[tuple[str, str]]) -> Path:
    voices = [{"voice_id": f"v{n}", "gender": gender, "age": age} for n, (gender, age) in enumerate(kinds)]
    path = folder / "voices.json"
    path.write_text(json.dumps({"narrator": "v0", "voices": voices}))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cast")


@given(st.lists(KINDS, min_size=1, max_size=16))
def test_men_women_and_children_speak_at_their_pitch(folder: Path, kinds: list[tuple[str, str]]) -> None:
    for (gender, age), sound in zip(kinds, sounds(cast(folder, kinds)).values(), strict=True):
        if age == "child":
            assert sound.hertz > 250
        elif gender != "neutral":
            assert (sound.hertz < 140) is (gender == "male")


@given(st.lists(KINDS, min_size=2, max_size=8))
def test_any_two_of_eight_are_told_apart(folder: Path, kinds: list[tuple[str, str]]) -> None:
    """By at least 2.5 semitones, or 12 per cent of the formants."""
    groups = ["child" if age == "child" else gender for gender, age in kinds]
    if all(groups.count(group) <= room for group, room in ROOM.items()):
        found = sounds(cast(folder, kinds)).values()
        assert min(one.distance(other) for one, other in combinations(found, 2)) >= 1


def test_the_configured_voices_are_told_apart() -> None:
    found = sounds()
    assert list(found) == [voice["voice_id"] for voice in json.loads(CAST.read_text())["voices"]]
    assert min(one.distance(other) for one, other in combinations(found.values(), 2)) >= 1
