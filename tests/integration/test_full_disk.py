"""A temporary directory that is too small for a chapter: nothing is bought again, and the sentence names the disk."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import DiskFull, NotAudio
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.questions import short_chapters
from tests.support.testapp import TestApp, one_line_at_a_time

LINES = 40


def mounted(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Provide a disk of 14 MB for temporary files: the decoded chapter would be 25."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mounted("-t", "tmpfs", "-o", "size=14m", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        if os.environ.get("CI"):
            raise
        pytest.skip("no right to mount a small disk here; CI has it")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@cache
def seven_seconds() -> bytes:
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=220:duration=7:sample_rate=44100"]
    return subprocess.run([*command, "-f", "mp3", "pipe:1"], capture_output=True, check=True).stdout


class LongWinded(MemoryNarrator):
    def speak(self, request: SpeechRequest) -> SpeechResult:
        spoken = super().speak(request)
        # Seven seconds are too long for two words, and would be bought once more.
        return SpeechResult(seven_seconds(), len(request.text)) if len(request.text) > 20 else spoken


def test_a_full_disk_buys_nothing_again_and_goes_on_when_there_is_room(memory_aws: None, small_disk: Path) -> None:
    clock = ManualClock()
    # A line of twenty words takes seven seconds.
    config = one_line_at_a_time(short_chapters(words=20 * LINES))
    author, narrator = MemoryAuthor(clock, lines=LINES), LongWinded(clock)
    testapp = TestApp(clock=clock, author=author, narrator=narrator, config=config)
    task_id = testapp.generate(testapp.create(num_chapters=1))
    for _ in range(4):
        testapp.run()
        task = testapp.task(task_id)
        assert (task["status"], task["error_code"]) == ("failed", "internal")
        assert "The disk for temporary files is full." in task["error"]
        assert set(testapp.narrator.bought.values()) == {1}
        assert list(small_disk.iterdir()) == []
        assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    mounted("-o", "remount,size=64m", str(small_disk))
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert sum(testapp.narrator.bought.values()) == LINES
    assert set(testapp.narrator.bought.values()) == {1}
    assert testapp.request("GET", "/usage?month=2026-11").json_body["total"]["characters"] > 0


def test_ffmpeg_says_whose_fault_it_is(small_disk: Path) -> None:
    ffmpeg = Ffmpeg.find()
    (small_disk / "filler").write_bytes(bytes(14 * 1024 * 1024 - 8192))
    raw = ["-i", "pipe:0", "-f", "s16le", str(small_disk / "line.pcm")]
    with pytest.raises(DiskFull):
        ffmpeg.convert(raw, [seven_seconds()])
    (small_disk / "filler").unlink()
    with pytest.raises(NotAudio):
        ffmpeg.convert(raw, [b"this is no sound" * 100])
