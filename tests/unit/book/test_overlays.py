"""Overlays: clip after clip without a gap, each from where its line begins."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.book.contents import Audio, BookChapter, BookLine
from chalicelib.book.overlays import Clip, clips_of, clock, duration_ms, overlay

AUDIO = Audio("audio/mp4", 0, lambda: [])


def chapter(*lines: BookLine, duration_s: float = 10.0, audio: Audio | None = AUDIO) -> BookChapter:
    return BookChapter("The Lamp", lines, audio, duration_s)


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0.3, 5)), min_size=1, max_size=20), st.floats(0.5, 5))
def test_clips_begin_with_their_lines_and_leave_nothing_out(spans: list[tuple[float, float]], tail: float) -> None:
    at, lines = 0.5, []
    for number, (pause, length) in enumerate(spans):
        lines.append(BookLine(f"{number:03d}", "", "Words.", at + pause, at + pause + length))
        at += pause + length
    clips = clips_of(chapter(*lines, duration_s=at + tail))
    assert [clip.target for clip in clips] == [f"l{line.line_id}" for line in lines]
    for clip, line in zip(clips, lines, strict=True):
        assert abs(clip.begin_ms / 1000 - (line.start_s or 0)) <= 0.0005001
    assert all(one.end_ms == following.begin_ms for one, following in pairwise(clips))
    assert 0 < (at + tail) * 1000 - clips[-1].end_ms < 3
    assert duration_ms(clips) == clips[-1].end_ms - clips[0].begin_ms


def test_a_line_without_words_or_without_a_time_has_no_clip() -> None:
    clips = clips_of(
        chapter(
            BookLine("001", "", "One.", 1, 2),
            BookLine("002", "", " \u200b\x07 ".replace("\u200b", ""), 3, 4),
            BookLine("003", "", "Silent."),
            BookLine("004", "", "Four.", 5, 6),
        )
    )
    assert clips == [Clip("l001", 1000, 5000), Clip("l004", 5000, 9999)]


def test_lines_that_are_heard_at_once_leave_no_empty_clip() -> None:
    clips = clips_of(chapter(BookLine("1", "", "a", 1, 1), BookLine("2", "", "b", 1, 1), BookLine("3", "", "c", 1, 2)))
    assert clips == [Clip("l3", 1000, 9999)]


def test_the_heading_is_the_target_where_it_is_read_out() -> None:
    clips = clips_of(chapter(BookLine("chapter", "", "Chapter One.", 0.5, 1.5, kind="heading")))
    assert clips == [Clip("heading", 500, 9999)]


def test_a_chapter_without_sound_has_no_clips() -> None:
    assert clips_of(chapter(BookLine("001", "", "a", 1, 2), audio=None)) == []
    assert clips_of(chapter()) == []


def test_times_are_written_to_the_millisecond() -> None:
    assert [clock(0), clock(61_005), clock(3_600_000)] == ["0.000s", "61.005s", "3600.000s"]


def test_an_overlay_names_both_files() -> None:
    written = overlay("../text/a.xhtml", "../audio/a.m4a", [Clip("l001", 500, 1250)])
    assert 'src="../text/a.xhtml#l001"' in written
    assert '<audio src="../audio/a.m4a" clipBegin="0.500s" clipEnd="1.250s"/>' in written
