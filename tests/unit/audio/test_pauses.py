import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.pauses import LineTiming, Pauses
from chalicelib.audio.tools import SAMPLE_RATE

beats = st.lists(
    st.builds(LineTiming, st.integers(0, 10 * SAMPLE_RATE), st.sampled_from("AB"), st.booleans()), min_size=1
)


def test_pauses_grow_from_speaker_to_speaker_to_scene() -> None:
    lines = [LineTiming(0, "A", False), LineTiming(0, "A", False), LineTiming(0, "B", False), LineTiming(0, "B", True)]
    _, same, change, scene, _ = Pauses().before(lines)
    assert same < change < scene


@given(beats)
def test_head_and_tail_are_the_norms(lines: list[LineTiming]) -> None:
    gaps = [gap / SAMPLE_RATE for gap in Pauses().before(lines)]
    assert len(gaps) == len(lines) + 1
    assert 0.5 <= gaps[0] <= 1
    assert 1 <= gaps[-1] <= 5


@given(beats)
def test_lines_follow_each_other_and_last_as_long_as_their_sound(lines: list[LineTiming]) -> None:
    pauses = Pauses()
    times, gaps = pauses.timeline(lines), pauses.before(lines)
    assert [end - start for start, end in times] == pytest.approx([line.samples / SAMPLE_RATE for line in lines])
    ends = [0.0, *(end for _, end in times)]
    assert [start - end for (start, _), end in zip(times, ends, strict=False)] == pytest.approx(
        [gap / SAMPLE_RATE for gap in gaps[:-1]]
    )
