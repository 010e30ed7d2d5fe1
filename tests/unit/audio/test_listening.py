"""What is found odd about clips, by their numbers alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.listening import Length, Listened, better, oddities

SENTENCE = "The lamp was old, and the keeper older still; neither had ever been put out before midnight."


def spoken(text: str, pace: float = 1 / 15, voice: str = "Ada", *, times: float = 1.0) -> Listened:
    """Return a clip of a text at so many seconds a letter, `times` as long as that."""
    seconds = (0.25 + pace * Length.of(text).usual) * times
    return Listened(text, voice, seconds, seconds)


def chapter(pace: float = 1 / 15, lines: int = 8) -> dict[str, Listened]:
    """Return a chapter of one voice."""
    return {str(n): spoken(SENTENCE[: 40 + 6 * n], pace) for n in range(lines)}


@pytest.mark.parametrize("pace", [1 / 25, 1 / 15, 1 / 10, 1 / 7])
@pytest.mark.parametrize("times", [0.6, 1.0, 2.0])
def test_lines_about_as_long_as_the_others_are_in_order(pace: float, times: float) -> None:
    clips = chapter(pace) | {"x": spoken(SENTENCE, pace, times=times)}
    assert oddities(clips) == {}


@pytest.mark.parametrize("pace", [1 / 25, 1 / 15, 1 / 10, 1 / 7])
def test_a_line_far_shorter_or_longer_than_the_others_of_its_voice_is_odd(pace: float) -> None:
    clips = chapter(pace) | {"short": spoken(SENTENCE, pace, times=0.4), "long": spoken(SENTENCE, pace, times=5.0)}
    assert oddities(clips) == {"short": ["short"], "long": ["long"]}


def test_of_a_voice_with_few_lines_the_others_say_how_long_a_line_takes() -> None:
    clips = chapter(1 / 10) | {"x": spoken(SENTENCE, 1 / 10, "Bo", times=0.3), "y": spoken(SENTENCE, 1 / 10, "Bo")}
    assert oddities(clips) == {"x": ["short"]}


def test_of_a_line_alone_only_the_impossible_is_odd() -> None:
    assert oddities({"x": spoken(SENTENCE, times=0.5)}) == {}
    assert oddities({"x": Listened("a" * 20 + " word" * 50, "Ada", 0.35, 0.35)}) == {"x": ["short"]}
    assert oddities({"x": Listened("Oh.", "Ada", 60.7, 60.7)}) == {"x": ["long"]}


SHORT_ONES = [
    ("Oh.", 0.3), ("Oh.", 2.0), ("No!", 0.2), ("Aaaah!", 4.0), ("Aaaaaaaaaaaaaaaaah!", 0.7), ("Ha ha ha!", 4.0),
    ("[whispers] Don't move.", 3.0), ("[laughs] No!", 4.5), ("…", 0.4), ("1,234,567", 6.5), ("1,000,000", 0.8),
    ("Wait… what… was… that?", 5.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), SHORT_ONES)
def test_exclamations_laughter_and_numbers_take_as_long_as_they_like(text: str, seconds: float) -> None:
    clip = Listened(text, "Ada", seconds, seconds)
    assert oddities({"x": clip}) == {}
    assert oddities(chapter() | {"x": clip}) == {}


FACTS: Sequence[tuple[Mapping[str, object], str]] = [
    ({"silent": True}, "silent"),
    ({"complete": False}, "incomplete"),
    ({"hole_s": 4.0}, "incomplete"),
]


@pytest.mark.parametrize(("facts", "oddity"), FACTS)
def test_what_is_wrong_with_the_sound_itself_is_odd_in_any_company(facts: Mapping[str, object], oddity: str) -> None:
    clip = replace(spoken(SENTENCE), **facts)  # type: ignore[arg-type]
    for others in ({}, chapter(), {str(n): replace(clip, text=f"{n}{clip.text}") for n in range(9)}):
        assert oddities({**others, "x": clip})["x"] == [oddity]


def test_pauses_within_a_line_are_no_speech() -> None:
    clips = chapter() | {"x": replace(spoken(SENTENCE), speech_s=1.0)}
    assert oddities(clips) == {"x": ["short"]}


@given(st.lists(st.tuples(st.integers(1, 700), st.floats(0.3, 1.2)), min_size=3, max_size=30), st.floats(0.2, 2.0))
def test_where_most_lines_have_an_impossible_length_none_is_judged_by_it(
    lines: list[tuple[int, float]], seconds: float
) -> None:
    clips = {str(n): Listened("word " * 200, "Ada", seconds * of, seconds * of) for n, (_, of) in enumerate(lines)}
    assert oddities(clips) == {}


def test_second_takes_are_judged_by_the_first_and_change_nothing_of_them() -> None:
    clips = chapter() | {"x": spoken(SENTENCE, times=0.2)}
    good, bad = spoken(SENTENCE), spoken(SENTENCE, times=0.25)
    assert oddities(clips, more={"x.2": good}) == {"x": ["short"]}
    assert oddities(clips, more={"x.2": bad}) == {"x": ["short"], "x.2": ["short"]}


def test_the_take_with_less_wrong_is_the_better_one() -> None:
    assert better(["silent"], ["short"])
    assert better(["unreadable"], ["silent"])
    assert better(["incomplete", "short"], ["incomplete"])
    assert better(["long"], [])
    assert not better(["short"], ["short"])
    assert not better(["short"], ["incomplete"])


LANGUAGES = {
    "en": (SENTENCE, 5.8),
    "zh": ("灯很旧，而守灯的人更老，他们两个从来没有在午夜之前熄灭过。", 5.5),  # noqa: RUF001
    "ja": ("灯は古く、灯台守はさらに年老いていて、どちらも真夜中より前に消えたことは一度もなかった。", 7.5),
    "ko": ("등불은 낡았고, 등대지기는 더 늙어 있었으며, 둘 다 자정 전에 꺼진 적이 없었다.", 5.5),
    "ru": ("Лампа была старая, а смотритель ещё старше, и никто из них не гас до полуночи.", 5.5),  # noqa: RUF001
    "th": ("ตะเกียงนั้นเก่าแล้วและคนเฝ้าประภาคารก็แก่ยิ่งกว่าทั้งสองไม่เคยดับก่อนเที่ยงคืนเลยสักครั้ง", 6.5),
}
"""A sentence, and about how long it takes to say."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_has_to_be_known(language: str) -> None:
    text, seconds = LANGUAGES[language]
    for speed in (0.7, 1.0, 1.2):
        assert oddities({"x": Listened(text, "Ada", seconds / speed, seconds / speed)}) == {}
    assert oddities({"x": Listened(text, "Ada", 0.35, 0.35)}) == {"x": ["short"]}
    assert oddities({"x": Listened(text, "Ada", 60.0, 60.0)}) == {"x": ["long"]}
