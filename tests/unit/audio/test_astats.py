"""The levels that ffmpeg prints."""

import math

import pytest

from chalicelib.audio.astats import Levels, read_levels

PRINTED = """\
[Parsed_astats_0 @ 0x55d5c0] Overall
[Parsed_astats_0 @ 0x55d5c0] Peak level dB: {peak}
[Parsed_astats_0 @ 0x55d5c0] RMS level dB: {rms}
"""


@pytest.mark.parametrize(
    ("peak", "rms", "levels"),
    [
        ("-3.012345", "-20.5", Levels(-20.5, -3.012345)),
        ("0.000000", "-0.1", Levels(-0.1, 0.0)),
        ("-inf", "-inf", Levels(-math.inf, -math.inf)),
        ("inf", "-20", Levels(-20.0, math.inf)),
        ("nan", "nan", Levels(-math.inf, -math.inf)),
    ],
)
def test_levels_are_read_whatever_the_sound(peak: str, rms: str, levels: Levels) -> None:
    assert read_levels(PRINTED.format(peak=peak, rms=rms)) == levels


def test_where_ffmpeg_printed_none_nothing_was_heard() -> None:
    assert read_levels("Stream mapping:\n") == Levels(-math.inf, -math.inf)


def test_the_last_levels_count() -> None:
    printed = PRINTED.format(peak="-1", rms="-2") + PRINTED.format(peak="-3", rms="-4")
    assert read_levels(printed) == Levels(-4.0, -3.0)
