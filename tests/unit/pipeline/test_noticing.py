"""What a person is told of a chapter that misses the norm."""

from pathlib import Path

import pytest

from chalicelib.audio.audiobook import ChapterSound
from chalicelib.domain.chapter import Notice
from chalicelib.pipeline.noticing import norm_notices


def sound(rms_db: float, peak_db: float, *, meets_norm: bool = False) -> ChapterSound:
    return ChapterSound(Path("a.mp3"), 5.0, 1000, [], rms_db, peak_db, meets_norm)


def test_of_a_chapter_within_the_norm_nothing_is_said() -> None:
    assert norm_notices(sound(-20, -4, meets_norm=True)) == []


@pytest.mark.parametrize(
    ("rms_db", "peak_db", "said"),
    [
        (-27.13, -5.0, "it is too quiet, since little is spoken in it (RMS −27.1 dB; −23.0 dB to −18.0 dB is allowed)"),  # noqa: RUF001
        (-16.0, -4.0, "it is too loud (RMS −16.0 dB; −23.0 dB to −18.0 dB is allowed)"),  # noqa: RUF001
        (-20.0, -2.5, "its highest peak is −2.5 dB; at most −3.0 dB is allowed"),  # noqa: RUF001
    ],
)
def test_what_a_shop_would_send_back_is_said_with_its_numbers(rms_db: float, peak_db: float, said: str) -> None:
    message = f"This chapter misses the norm of audiobook shops: {said}."
    assert norm_notices(sound(rms_db, peak_db)) == [Notice(None, "norm_missed", message)]
