"""The marks and tags of an M4B, and what goes wrong while its chapters are read."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.m4b import PACKET, M4bChapter, encode_aac, ffmetadata, make_m4b, packets_of
from chalicelib.audio.tagging import Tags
from chalicelib.audio.tools import SAMPLE_RATE, Completed, Ffmpeg
from chalicelib.errors import NotAudio, StoreUnavailable, ToolFailed

TAGS = Tags("A = B; #1\\", "Fireside", "A = B; #1\\", comment="Two\nlines.")


def nothing() -> Iterable[bytes]:
    return ()


def test_marks_follow_one_another_to_the_sample_and_odd_characters_are_escaped() -> None:
    chapters = [M4bChapter("One; [CHAPTER]\nTITLE=x", 10, nothing), M4bChapter("第一章 霧", 5, nothing)]
    text = ffmetadata(chapters, TAGS)
    lines = text.splitlines()
    assert lines[0] == ";FFMETADATA1"
    assert "title=A \\= B\\; \\#1\\\\" in lines
    assert "description=Two lines." in lines
    assert "media_type=2" in lines
    assert text.count("[CHAPTER]\nTIMEBASE=1/44100\n") == 2
    assert [line for line in lines if line.startswith(("START", "END"))] == [
        "START=0",
        f"END={10 * PACKET}",
        f"START={10 * PACKET}",
        f"END={15 * PACKET}",
    ]
    assert "title=One\\; [CHAPTER] TITLE\\=x" in lines
    assert "title=第一章 霧" in lines


@given(st.integers(1, 4 * 60 * 60 * SAMPLE_RATE // PACKET))
def test_the_packets_of_a_chapter_follow_from_its_length_to_the_millisecond(packets: int) -> None:
    assert packets_of(round(packets * PACKET / SAMPLE_RATE, 3)) == packets


def reading(command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
    """Run a program that reads all of its input and then finds fault with it."""
    assert command and timeout_s
    list(stdin)
    raise NotAudio("ffmpeg ended with status 1.")


def broken() -> Iterator[bytes]:
    yield b"half"
    raise StoreUnavailable("ReadTimeoutError")


def test_a_chapter_that_cannot_be_read_is_the_stores_fault_and_not_that_of_the_sound(tmp_path: Path) -> None:
    ffmpeg = Ffmpeg("ffmpeg", "ffprobe", reading)
    with pytest.raises(StoreUnavailable):
        make_m4b(ffmpeg, [M4bChapter("One", 1, broken)], tmp_path / "c.jpg", TAGS, tmp_path / "b.m4b", timeout_s=1)
    with pytest.raises(StoreUnavailable):
        encode_aac(ffmpeg, broken(), 1, tmp_path / "c.m4a", 1)
    with pytest.raises(ToolFailed):
        make_m4b(ffmpeg, [M4bChapter("One", 1, nothing)], tmp_path / "c.jpg", TAGS, tmp_path / "b.m4b", timeout_s=1)


def test_a_book_that_came_out_shorter_than_its_chapters_is_not_published(tmp_path: Path) -> None:
    def run(command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
        assert timeout_s
        list(stdin)
        facts = b'{"format": {"duration": "1.0", "size": "9", "bit_rate": "8"}, "streams": [{"codec_type": "audio", '
        facts += b'"sample_rate": "44100", "channels": 1, "codec_name": "aac"}]}'
        return Completed(facts if command[0] == "ffprobe" else b"", "")

    ffmpeg = Ffmpeg("ffmpeg", "ffprobe", run)
    with pytest.raises(ToolFailed, match=r"1\.000 s in place of 2\.322 s"):
        make_m4b(ffmpeg, [M4bChapter("One", 100, nothing)], tmp_path / "c.jpg", TAGS, tmp_path / "b.m4b", timeout_s=1)
