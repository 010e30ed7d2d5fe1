"""Judging the demonstration's voices: what counts as a wrong word, as too close, and as another kind of voice."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.voices import LINES, HeardVoice, error_rate, faults, pairs, word_errors, words
from local.narrator.voices import DEMO_VOICES, account_sounds, account_traits

PLAIN = HeardVoice("plain", "", "", hertz=194, formants=1.0, pace=240, level_db=-22, errors=0.06)
MAN = replace(PLAIN, name="Ben", gender="male", age="old", hertz=110)
WOMAN = replace(PLAIN, name="Ann", gender="female", age="young", hertz=200)
GIRL = replace(PLAIN, name="Lea", gender="female", age="child", hertz=300)
ROBOT = replace(PLAIN, name="Bot", gender="neutral", age="young", hertz=150)


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("the lamp is lit", "the lamp is lit", 0),
        ("the lamp is lit", "the lump is lit", 1),
        ("the lamp is lit", "the lamp lit", 1),
        ("the lamp is lit", "so the lamp is lit", 1),
        ("the lamp is lit", "a lamp it is not lit", 3),
        ("the lamp is lit", "", 4),
        ("", "the lamp", 2),
    ],
)
def test_words_that_were_changed_left_out_or_put_in_are_errors(said: str, heard: str, errors: int) -> None:
    assert word_errors(said.split(), heard.split()) == errors


def test_case_and_punctuation_are_not_heard() -> None:
    assert words("\"Don't,\" he said. DON'T!") == ["don't", "he", "said", "don't"]
    assert error_rate(["Wait, he said."], ["wait he said"]) == 0


def test_the_error_rate_is_that_of_all_words_and_not_the_mean_of_the_lines() -> None:
    assert error_rate(["One.", "Two three four."], ["won", "two three four"]) == pytest.approx(1 / 4)


def test_the_text_has_about_200_words() -> None:
    assert 190 <= sum(len(words(line)) for line in LINES) <= 220


def test_voices_that_differ_enough_in_one_respect_are_apart() -> None:
    by_pitch = replace(WOMAN, name="Eva", hertz=200 * 2 ** (2.5 / 12) + 0.1)
    by_formants = replace(WOMAN, name="Ida", formants=1.0 / 1.121)
    assert not faults(PLAIN, [MAN, WOMAN, GIRL, ROBOT, by_pitch, by_formants])


def test_voices_that_are_too_close_are_named_with_what_is_between_them() -> None:
    twin = replace(WOMAN, name="Eva", hertz=200 * 2 ** (2.4 / 12), formants=1.11)
    assert faults(PLAIN, [WOMAN, MAN, twin]) == ["Ann and Eva are only 2.40 semitones and 11.0% of formants apart."]


def test_of_all_pairs_the_closest_comes_first() -> None:
    near = replace(WOMAN, name="Eva", hertz=210)
    found = pairs([MAN, WOMAN, GIRL, near])
    assert len(found) == 6
    assert (found[0].one, found[0].other) == ("Ann", "Eva")
    assert found[0].distance < 1 < found[1].distance


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        (replace(MAN, hertz=140), "Ben, a man, speaks at 140 Hz."),
        (replace(GIRL, hertz=250), "Lea, a child, speaks at 250 Hz."),
        (replace(WOMAN, errors=0.111), "0.111 of Ann's words were not understood, 0.060 if plain."),
    ],
)
def test_a_voice_that_is_not_of_its_kind_or_not_understood_is_named(voice: HeardVoice, said: str) -> None:
    assert faults(PLAIN, [voice]) == [said]


def test_a_boy_is_no_man_and_a_few_errors_more_are_none() -> None:
    assert not faults(PLAIN, [replace(GIRL, gender="male", hertz=270, errors=0.109)])


def test_the_accounts_voices_are_made_as_they_are_asked_to_be_heard() -> None:
    traits, sounds = account_traits(), account_sounds()
    made = []
    for voice_id, sound in sounds.items():
        name, gender, age = (traits[voice_id][trait] for trait in ("name", "gender", "age"))
        made.append(
            replace(PLAIN, name=name, gender=gender, age=age, hertz=sound.hertz, formants=sound.formants, errors=0.0)
        )
    assert not faults(PLAIN, made)
    assert list(traits) == list(sounds)
    assert {(voice.gender, voice.age) for voice in DEMO_VOICES.values()} >= {("female", "child"), ("male", "child")}


def test_a_voice_that_was_put_into_the_cast_is_listed_once(tmp_path: Path) -> None:
    girl = next(iter(DEMO_VOICES.values()))
    cast = tmp_path / "voices.json"
    cast.write_text(json.dumps({"narrator": girl.voice_id, "voices": [msgspec.to_builtins(girl)]}))
    assert list(account_sounds(cast)) == list(account_traits(cast)) == list(DEMO_VOICES)
