import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.pauses import BEAT_S, HEAD_S, PAUSES_S, SCENE_S, Kind, LineTiming, kind_of, schedule
from chalicelib.audio.tools import SAMPLE_RATE

SECOND = SAMPLE_RATE
EDGE = int(0.03 * SAMPLE_RATE)
LONG = " The keeper had carried the lamp up all the stairs, alone and in the dark, for nineteen years"


def line(speaker: str, text: str, *, scene: bool = False, line_id: str = "") -> LineTiming:
    return LineTiming(SECOND, speaker, scene, text, line_id, lead=EDGE, tail=EDGE)


def heard(*lines: LineTiming) -> list[float]:
    """Return the pauses that are heard between the lines, in seconds, from the places of their audible parts."""
    spans = [span for span, timing in zip(schedule(lines).spans, lines, strict=True) if timing.samples]
    return [round((start + EDGE - (end - EDGE)) / SAMPLE_RATE, 3) for (_, end), (start, _) in itertools.pairwise(spans)]


KINDS: list[tuple[str, str, str, str, Kind]] = [
    ("Ada", "Where is it?" + LONG + "?", "Bo", "Under the bed." + LONG, "answer"),
    ("Ada", "Where?", "Bo", "Here.", "rapid"),
    ("Ada", "どこ？", "Bo", "ここだ。", "rapid"),  # noqa: RUF001
    ("Ada", "No" + LONG + ".", "Bo", "Yes" + LONG + ".", "turn"),
    ("Ada", LONG + "—", "Bo", "You never did.", "interruption"),
    ("Ada", "“" + LONG + " -- ”", "Bo", "You never did.", "interruption"),
    ("Ada", "I thought…", "Bo", "Yes?", "trailing_off"),
    ("Ada", "我以为……", "Bo", "什么？", "trailing_off"),  # noqa: RUF001
    ("Ada", "And then...", "Narrator", "The lamp went out.", "trailing_off"),
    ("Narrator", "He looked up.", "Ada", "Wait.", "into_speech"),
    ("Narrator", "He looked up and said:", "Ada", "Wait.", "attribution"),
    ("Ada", "Wait,", "Narrator", "She said.", "attribution"),
    ("Ada", "Wait!", "Narrator", "cried Ada.", "attribution"),
    ("Ada", "等等，", "Narrator", "她说。", "attribution"),  # noqa: RUF001
    ("Ada", "Wait!", "Narrator", "The lamp went out.", "out_of_speech"),
    ("Narrator", "It rained.", "Narrator", "It was late.", "paragraph"),
    ("Ada", "Well.", "Ada", "Never mind.", "same_speaker"),
]


@pytest.mark.parametrize(("first", "said", "second", "answered", "kind"), KINDS)
def test_a_pause_follows_the_dialogue(first: str, said: str, second: str, answered: str, kind: Kind) -> None:
    lines = line(first, said), line(second, answered)
    assert kind_of(*lines, scene_break=False) == kind
    assert heard(*lines) == pytest.approx([PAUSES_S[kind]], abs=0.001)


def test_a_scene_has_its_pause_whoever_speaks() -> None:
    assert heard(line("Ada", "Why?"), line("Bo", "Because.", scene=True)) == [SCENE_S]


def test_the_pieces_of_a_long_line_are_one_line() -> None:
    one, two = line("Ada", "It rained.", line_id="001"), line("Ada", "It was late,", line_id="001")
    assert heard(one, two, line("Ada", "and cold.", line_id="001")) == [PAUSES_S["sentence"], PAUSES_S["clause"]]


def test_the_table_is_in_order_and_within_what_readers_do() -> None:
    assert list(PAUSES_S.values()) == sorted(PAUSES_S.values(), reverse=True)
    assert PAUSES_S["interruption"] < PAUSES_S["rapid"] <= 0.2 < PAUSES_S["turn"] < PAUSES_S["paragraph"] < 1.34


def test_a_clip_that_brings_more_silence_than_the_pause_is_not_cut() -> None:
    soft = LineTiming(SECOND, "Ada", text=LONG + "—", tail=SECOND // 2)
    assert schedule([soft, line("Bo", "No.")]).gaps[1] == 0


def test_a_line_that_nobody_speaks_is_a_beat_of_its_own() -> None:
    dots = LineTiming(0, "Bo", text="…")
    ada, bo = line("Ada", "Oh."), line("Ada", "Well.")
    assert heard(ada, dots, bo) == pytest.approx([PAUSES_S["same_speaker"] + BEAT_S], abs=0.001)
    assert heard(ada, dots, dots, dots, bo) == pytest.approx([SCENE_S], abs=0.001)
    spans = schedule([ada, dots, dots, dots, bo]).spans
    assert all(end - start > 0.6 * SAMPLE_RATE for start, end in spans[1:4])


lines = st.lists(
    st.builds(
        LineTiming,
        st.one_of(st.just(0), st.integers(SAMPLE_RATE // 5, 10 * SAMPLE_RATE)),
        st.sampled_from(["Narrator", "Ada", "Bo"]),
        st.booleans(),
        st.sampled_from(["Oh.", "Why?", "I —", "And…", "said Ada,", LONG]),
        lead=st.integers(0, 4000),
        tail=st.integers(0, 4000),
    ),
    min_size=1,
    max_size=12,
)


@given(lines)
def test_head_and_tail_are_the_norms(timings: list[LineTiming]) -> None:
    planned = schedule(timings)
    spoken = [(span, timing) for span, timing in zip(planned.spans, timings, strict=True) if timing.samples]
    if not spoken:
        assert 1 <= planned.samples / SAMPLE_RATE <= 6
        return
    ((start, _), first), ((_, end), last) = spoken[0], spoken[-1]
    assert (start + first.lead) / SAMPLE_RATE == pytest.approx(HEAD_S, abs=0.001)
    assert 1 <= (planned.samples - end + last.tail) / SAMPLE_RATE <= 5


@given(lines)
def test_lines_follow_each_other_and_last_as_long_as_their_sound(timings: list[LineTiming]) -> None:
    planned = schedule(timings)
    assert len(planned.gaps) == len(timings) + 1
    position = 0
    for gap, (start, end), timing in zip(planned.gaps, planned.spans, timings, strict=False):
        position += gap
        assert start == position
        assert end - start == timing.samples if timing.samples else end >= start
        position += timing.samples
    assert planned.samples == position + planned.gaps[-1]
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(planned.spans))
    spoken = [at for at, timing in enumerate(timings) if timing.samples]
    assert all(gap <= SCENE_S * SAMPLE_RATE for gap in planned.gaps[1 : spoken[-1] + 1 if spoken else 0])
