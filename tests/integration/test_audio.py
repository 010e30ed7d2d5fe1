"""The sound through real ffmpeg: decoding, mastering, probing, and what is no sound."""

import math
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.audio import tools
from chalicelib.audio.decoding import DecodedClip, decode_clip, looks_like_audio
from chalicelib.audio.mastering import ROOM_TONE_DB, Clip, Norm, master
from chalicelib.audio.probing import probe
from chalicelib.audio.tagging import Tags
from chalicelib.audio.tools import SAMPLE_RATE, Completed, Ffmpeg
from chalicelib.errors import NotAudio, ToolFailed
from tests.support.providers import tone
from tests.support.running import ROOT, until

TAGS = Tags("The Lamp\n", "Fireside", 'A "Book"; of=lamps', 2, 3)


def wave(path: Path, seconds: float, amplitude: float, hertz: float = 220.0) -> DecodedClip:
    """Return a tone as a clip, with the level it has by arithmetic."""
    count = int(seconds * SAMPLE_RATE)
    samples = [round(32767 * amplitude * math.sin(2 * math.pi * hertz * n / SAMPLE_RATE)) for n in range(count)]
    path.write_bytes(struct.pack(f"<{count}h", *samples))
    level = 20 * math.log10(amplitude) if amplitude else -math.inf
    return DecodedClip(path, count, level - 3.01, level, loudness=level - 3.7)


def test_a_line_is_decoded_trimmed_and_measured(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    clip = decode_clip(ffmpeg, tone(440), tmp_path / "a.pcm")
    assert clip.samples == pytest.approx(0.3 * SAMPLE_RATE, rel=0.15)
    assert clip.path.stat().st_size == clip.samples * 2
    assert -25 < clip.rms_db < clip.peak_db < -10  # ffmpeg's sine source stands at 1/8 of full scale
    assert clip.loudness == pytest.approx(clip.rms_db - 0.7, abs=0.7)  # BS.1770 leaves a tone of 440 Hz as it is


def test_rubbish_is_no_sound_and_silence_stays_as_long_as_it_is(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=44100:d=1", "-f", "mp3", "pipe:1"]
    silence = subprocess.run(command, capture_output=True, check=True).stdout
    clip = decode_clip(ffmpeg, silence, tmp_path / "silent.pcm")
    assert (clip.samples > 0, clip.rms_db) == (True, -math.inf)
    for sound in (b"ID3 but nothing else", b"", b"\xff\xfb" + b"x" * 300):
        with pytest.raises(NotAudio):
            decode_clip(ffmpeg, sound, tmp_path / "a.pcm")
    assert not looks_like_audio(b"<html>busy</html>")
    assert looks_like_audio(tone(440))


@pytest.mark.parametrize("loudness", [(0.9, 0.9), (0.02, 0.5), (0.001, 0.002)])
def test_a_chapter_meets_the_norm_whatever_its_lines(
    ffmpeg: Ffmpeg, tmp_path: Path, loudness: tuple[float, float]
) -> None:
    lines = [
        Clip(wave(tmp_path / f"{n}.pcm", 0.6, loudness[n % 2], 150 + 60 * n), f"voice{n % 2}", f"speaker{n % 2}")
        for n in range(6)
    ]
    mastered = master(ffmpeg, lines, tmp_path / "chapter.mp3", TAGS)
    facts = probe(ffmpeg, mastered.path)
    assert (facts.codec, facts.sample_rate, facts.bit_rate, facts.channels) == ("mp3", 44100, 192000, 1)
    assert facts.duration_s == pytest.approx(mastered.duration_s, abs=0.001)
    assert facts.size_bytes == mastered.size_bytes
    norm = Norm()
    assert norm.quietest_db <= mastered.rms_db <= norm.loudest_db
    assert mastered.peak_db <= norm.peak_db
    assert mastered.meets_norm
    starts = [start for start, _ in mastered.times]
    assert starts == sorted(starts)
    assert 0.5 <= starts[0] <= 1.0
    assert 1.0 <= facts.duration_s - mastered.times[-1][1] <= 5.0
    printed = ffmpeg.inspect(
        ["-v", "error", "-show_entries", "format_tags", "-of", "default=nw=1", str(mastered.path)]
    ).stdout
    assert re.findall(r"TAG:(\w+)=(.*)", printed.decode()) == [
        ("title", "The Lamp"),
        ("artist", "Fireside"),
        ("album", 'A "Book"; of=lamps'),
        ("album_artist", "Fireside"),
        ("track", "2/3"),
        ("genre", "Audiobook"),
        *[(name, value) for name, value in re.findall(r"TAG:(\w+)=(.*)", printed.decode()) if name == "encoder"],
    ]


def test_a_line_of_silence_lengthens_the_pause(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    clip = wave(tmp_path / "a.pcm", 0.5, 0.3)
    result, silent = Clip(clip, "v", "Ada"), Clip(None, "v", "Bo")
    two = master(ffmpeg, [result, result], tmp_path / "two.mp3", TAGS)
    three = master(ffmpeg, [result, silent, result], tmp_path / "three.mp3", TAGS)
    assert three.duration_s > two.duration_s + 0.1
    assert len(three.times) == 3


def test_a_chapter_in_which_nothing_is_heard_is_made_and_misses_the_norm(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    silent = Clip(wave(tmp_path / "a.pcm", 0.2, 0.0), "v", "Ada")
    for lines in ([silent], [Clip(None, "v", "Ada")]):
        chapter = master(ffmpeg, lines, tmp_path / "silent.mp3", TAGS)
        assert chapter.duration_s > 1
        assert chapter.rms_db == pytest.approx(ROOM_TONE_DB, abs=1.5)
        assert not chapter.meets_norm


def test_a_norm_that_cannot_be_met_is_said(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    lines = [Clip(wave(tmp_path / "a.pcm", 0.5, 0.3), "v", "Ada")]
    made = master(ffmpeg, lines, tmp_path / "out.mp3", TAGS, norm=Norm(quietest_db=-1.0, loudest_db=0.0))
    assert (made.meets_norm, made.path.exists()) == (False, True)


def test_a_file_without_sound(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    with pytest.raises(NotAudio, match="holds no sound"):
        probe(ffmpeg, path)


def python(code: str, stdin: Iterable[bytes] = (), timeout_s: float = 30) -> Completed:
    return tools.run([sys.executable, "-c", code], stdin, timeout_s)


def test_a_program_that_cannot_be_started() -> None:
    with pytest.raises(ToolFailed, match="cannot be started"):
        tools.run(["no-such-program"], (), 1)


def test_a_program_that_takes_too_long_is_killed() -> None:
    with pytest.raises(ToolFailed, match="did not finish"):
        python("input()", endless(), timeout_s=0.2)


def endless() -> Iterable[bytes]:
    while True:
        yield b" " * 4096


def test_a_program_that_was_killed_is_our_fault_and_one_that_failed_its_inputs() -> None:
    with pytest.raises(ToolFailed, match=str(int(signal.SIGKILL))):
        python("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(NotAudio):
        python("raise SystemExit(3)", [b"x" * 100_000] * 50)


def test_what_a_program_prints_is_collected() -> None:
    done = python("import sys; data = sys.stdin.buffer.read(); print(len(data)); print('w', file=sys.stderr)", [b"ab"])
    assert (done.stdout, done.stderr) == (b"2\n", "w\n")


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolFailed, match="ffmpeg and ffprobe"):
        Ffmpeg.find()


def test_a_killed_worker_leaves_no_ffmpeg(tmp_path: Path) -> None:
    """All sound goes into ffmpeg through a pipe, which ends with the worker."""
    code = """
import itertools, sys
from chalicelib.audio.tools import Ffmpeg
from chalicelib.audio.tagging import Tags
ffmpeg = Ffmpeg.find()
blocks = itertools.chain(open(sys.argv[1], "rb"), itertools.repeat(bytes(65536)))
ffmpeg.convert(["-f", "s16le", "-i", "pipe:0", "-metadata", "title=" + sys.argv[1], "-f", "null", "-"], blocks)
"""
    name = tmp_path / "the-one-that-is-killed"
    name.write_bytes(bytes(1 << 20))

    def programs() -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"title={name}".encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found

    worker = subprocess.Popen([sys.executable, "-c", code, str(name)], cwd=ROOT)
    until(lambda: bool(programs()))
    worker.kill()
    worker.wait()
    until(lambda: not programs())


def test_nothing_but_the_probe_reads_a_file_by_itself(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    commands: list[list[str]] = []

    def noted(command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
        commands.append(command)
        return tools.run(command, stdin, timeout_s)

    line = Clip(wave(tmp_path / "line.pcm", 2.0, 0.3), "voice", "Ada")
    master(replace(ffmpeg, run=noted), [line], tmp_path / "out.mp3", Tags("t", "a", "b", 1, 1))
    assert [("pipe:0" in command) for command in commands] == [True, True, False]
    assert "ffprobe" in commands[-1][0]


def failing(ffmpeg: Ffmpeg, script: str) -> Ffmpeg:
    """Return an ffmpeg in whose place another program runs, as long as it says so."""

    def run(command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
        return tools.run(["/bin/sh", "-c", script], stdin, timeout_s)

    return replace(ffmpeg, run=run)


@pytest.mark.parametrize(
    "script",
    [
        "echo 'Error opening output file line.pcm: No such file or directory' >&2; exit 254",
        "echo 'ffmpeg: error while loading shared libraries: libm.so.6' >&2; exit 127",
        "echo 'Unrecognized option af' >&2; exit 8",
        "echo 'av_interleaved_write_frame(): I/O error' >&2; exit 251",
        "echo 'Error while opening decoder: Out of memory' >&2; exit 244",
        "cat > /dev/null; echo 'Exiting normally, received signal 15.' >&2; exit 255",
        "cat > /dev/null; exit 0",
    ],
)
def test_a_tool_that_decodes_nothing_at_all_says_nothing_of_the_sound(
    ffmpeg: Ffmpeg, tmp_path: Path, script: str
) -> None:
    with pytest.raises(ToolFailed):
        decode_clip(failing(ffmpeg, script), tone(440), tmp_path / "line.pcm")


def test_a_folder_that_is_gone_says_nothing_of_the_sound(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed):
        decode_clip(ffmpeg, tone(440), tmp_path / "gone" / "line.pcm")


def test_whatever_fails_in_mastering_no_providers_sound_is_at_fault(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    lines = [Clip(wave(tmp_path / "a.pcm", 0.5, 0.3), "v", "Ada")]
    with pytest.raises(ToolFailed, match="Mastering"):
        master(failing(ffmpeg, "exit 1"), lines, tmp_path / "out.mp3", TAGS)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"ID3\x04\0\0\0\0\0\x05", b"\xff\xfb\x90", b"RIFF", b"OggS", b"fLaC"]),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reply_however_odd_is_a_fault_of_the_tool(ffmpeg: Ffmpeg, tmp_path: Path, rest: bytes, start: bytes) -> None:
    with suppress(NotAudio):
        decode_clip(ffmpeg, start + rest, tmp_path / "line.pcm")
