"""The walk over an MP3's frames, on frames made by hand: a header, and bytes that nobody decodes."""

import pytest

from chalicelib.audio.frames import Frames, read_frames

FRAME = b"\xff\xfb\x90\xc4" + b"\x55" * 413
"""MPEG-1 Layer III, 128 kb/s at 44.1 kHz, without padding: 417 bytes."""

FRAME_24K = b"\xff\xf3\x84\xc4" + b"\x55" * 188
"""MPEG-2 Layer III, 64 kb/s at 24 kHz: 192 bytes."""

SOUND = FRAME * 20
ERROR = b'{"detail":{"status":"internal_server_error"}}'
ID3 = b"ID3\x04\0\0\0\0\x02\x00" + bytes(256)
"""A tag of 256 bytes, all of them padding."""


def tagged(frames: int) -> bytes:
    """Return a first frame as an encoder writes it: how many frames follow."""
    told = b"\xff\xfb\x90\xc4" + bytes(17) + b"Info\0\0\0\x01" + frames.to_bytes(4, "big")
    return told.ljust(417, b"\0")


@pytest.mark.parametrize(
    "data",
    [
        SOUND,
        ID3 + SOUND,
        ID3 + SOUND + ID3 + tagged(3) + FRAME * 3,
        SOUND + b"TAG" + b"x" * 125,
        SOUND + b"APETAGEX" + b"x" * 60,
        SOUND + bytes(300),
        FRAME_24K * 20,
        b"\0" * 7 + SOUND,
        tagged(20) + SOUND,
        b"\xff\xfb\x92\xc4" + b"\x55" * 414 + SOUND,  # a padded frame is a byte longer
    ],
)
def test_a_file_that_is_all_there_is_whole(data: bytes) -> None:
    frames = read_frames(data)
    assert frames is not None
    assert frames.whole


@pytest.mark.parametrize("end", [417 * 10 + 1, 417 * 10 + 200, 417 * 11 - 1])
def test_a_file_that_ends_within_a_frame_is_cut(end: int) -> None:
    assert read_frames(SOUND[:end]) == Frames(10, 0, cut=True)


def test_a_file_that_has_fewer_frames_than_it_says_is_cut() -> None:
    assert read_frames(tagged(20) + FRAME * 9) == Frames(10, 0, cut=True)


def test_a_hole_of_zeros_is_foreign() -> None:
    frames = read_frames(FRAME * 5 + bytes(4000) + FRAME * 5)
    assert frames == Frames(10, 4000, cut=False)
    torn = read_frames(SOUND[:2000] + bytes(4000) + SOUND[6000:])
    assert torn is not None
    assert torn.foreign > 3000


@pytest.mark.parametrize("end", [417 * 10, 417 * 10 + 3, 417 * 10 + 400])
def test_an_error_in_place_of_the_rest_is_seen(end: int) -> None:
    frames = read_frames(SOUND[:end] + ERROR)
    assert frames is not None
    assert not frames.whole


@pytest.mark.parametrize(
    "data", [b"", b"ID3", b"RIFF" + bytes(5000), b"OggS" + b"\xff" * 9000, ID3, b"\xff\xf1" * 4000]
)
def test_what_is_no_mp3_is_not_judged(data: bytes) -> None:
    assert read_frames(data) is None
