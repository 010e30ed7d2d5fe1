"""The levels that ffmpeg prints."""

import math

import pytest

from chalicelib.audio.volume import Levels, read_levels

PRINTED = """\
[Parsed_volumedetect_0 @ 0x55d5c0] n_samples: 26460000
[Parsed_volumedetect_0 @ 0x55d5c0] mean_volume: {rms} dB
[Parsed_volumedetect_0 @ 0x55d5c0] max_volume: {peak} dB
[Parsed_volumedetect_0 @ 0x55d5c0] histogram_4db: 1021
"""


@pytest.mark.parametrize(
    ("peak", "rms", "levels"),
    [
        ("-3.1", "-20.5", Levels(-20.5, -3.1)),
        ("0.0", "-0.1", Levels(-0.1, 0.0)),
        ("-91.0", "-91.0", Levels(-math.inf, -math.inf)),
        ("-inf", "-inf", Levels(-math.inf, -math.inf)),
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
