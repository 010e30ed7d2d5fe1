"""`TMPDIR=disk python -m bench.binding [CHAPTERS] [MINUTES]`: make one long book as the narrator's function does.

Prints what it takes of memory, of the disk that TMPDIR lies on, and of a processor. No process may have more address
space than the function has memory. To measure on a disk of the function's size:

    mount -t tmpfs -o size=512m tmpfs /mnt/small && TMPDIR=/mnt/small python -m bench.binding
"""

import os
import resource
import shutil
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.cost.functions import VCPU_MB, children_s, memory_of
from chalicelib.audio.captions import webvtt
from chalicelib.audio.m4b import AAC, PACKET
from chalicelib.audio.tools import SAMPLE_RATE, Ffmpeg
from chalicelib.audio.voices import load_voices
from chalicelib.domain.book import BookFile
from chalicelib.domain.chapter import Chapter
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.domain.story import Story
from chalicelib.pipeline.binding import Binding, draw_cover
from chalicelib.pipeline.book_files import ChapterFile
from chalicelib.timing import FUNCTION_S
from local.tools import put_on_path

CHAPTERS, MINUTES = 50, 10.0
LINES_A_MINUTE = 15
SENTENCE = "A sentence of a dozen words, such as a narrator reads it aloud."
EVERY_S = 0.02
_BLOCK = 1 << 18


class FolderFiles:
    """The files of a book in a folder, every chapter with the same sound: what S3 is to the step."""

    def __init__(self, folder: Path, m4a: Path) -> None:
        self._folder = folder
        self._m4a = m4a

    def m4a(self, _story_id: str, _number: int, _version: str) -> ChapterFile:
        """Return the sound of a chapter."""
        return ChapterFile(self._m4a.stat().st_size, zlib.crc32(self._m4a.read_bytes()), self._blocks)

    def _blocks(self) -> Iterator[bytes]:
        with self._m4a.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block

    def put(self, _story_id: str, _version: str, kind: BookFile, path: Path) -> None:
        """Keep a file of the book."""
        shutil.copyfile(path, self._folder / f"book.{kind}")

    def size(self, _story_id: str, _version: str, _kind: BookFile) -> None:
        """Say that there is none yet."""

    def get(self, _story_id: str, _version: str, _kind: BookFile) -> None:
        """Say that there is none yet."""


class LongStory:
    """A story whose chapters are all alike: its repositories, its captions and the context of its step."""

    def __init__(self, chapters: int, minutes: float) -> None:
        self.seconds = round(minutes * 60 * SAMPLE_RATE / PACKET) * PACKET / SAMPLE_RATE
        count = round(minutes * LINES_A_MINUTE)
        lines = [ScriptLine(f"{number:03d}", "Narrator", SENTENCE) for number in range(1, count + 1)]
        step = self.seconds / len(lines)
        times = [(line.line_id, at * step, (at + 0.9) * step) for at, line in enumerate(lines)]
        self._captions = webvtt(lines, times)
        self._chapters = [
            Chapter(number=n, script=Script(lines), script_version="1", sound_version="1", duration_s=self.seconds)
            for n in range(1, chapters + 1)
        ]
        made: Any = dict.fromkeys(("created_at", "updated_at"), "2026-11-28T00:00:00Z")
        self.story = Story(
            **made, user_id="u", story_id="1" * 32, prompt="", num_chapters=chapters, enhance=False, language="en"
        )
        self.chapters = self

    def headers(self, _story_id: str) -> list[Chapter]:
        """Return the chapters."""
        return self._chapters

    def written_chapter(self, number: int) -> tuple[Chapter, str]:
        """Return a chapter and its version."""
        return self._chapters[number - 1], "1"

    def captions(self, *_which: object) -> str:
        """Return the captions of any chapter."""
        return self._captions

    def ensure_may_continue(self, _seconds: float) -> None:
        """Have all the time there is."""

    def heartbeat(self) -> None:
        """Need none."""

    def report_progress(self, message: str) -> None:
        """Print how far it is."""
        print(f"  {time.perf_counter():8.1f} s  {message}", flush=True)


class Watch:
    """The highest use of memory, by all processes together, and of a disk, while the block runs."""

    def __init__(self, disk: Path) -> None:
        self.memory = self.disk = 0
        self._disk, self._ended = disk, threading.Event()

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.memory = max(self.memory, sum(map(_resident, _family(os.getpid()))))
            self.disk = max(self.disk, shutil.disk_usage(self._disk).used)


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:  # the thread has just ended
            continue
        found += [member for child in children for member in _family(child)]
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):  # it has just ended
        return 0


def main(chapters: int = CHAPTERS, minutes: float = MINUTES) -> None:
    """Make the book and print what it took."""
    disk, megabytes = Path(tempfile.gettempdir()), memory_of()["narrate_chapter"]
    with tempfile.TemporaryDirectory(prefix="fireside-binding-", dir="/var/tmp") as name:  # not on the small disk
        folder = Path(name)
        put_on_path(folder / "bin")
        ffmpeg, story = Ffmpeg.find(), LongStory(chapters, minutes)
        noise = f"anoisesrc=color=pink:d={story.seconds}:r={SAMPLE_RATE}:seed=1:amplitude=0.2"
        m4a = folder / "chapter.m4a"
        ffmpeg.convert(["-f", "lavfi", "-i", noise, "-ac", "1", *AAC, str(m4a)], timeout_s=300)
        files: Any = FolderFiles(folder, m4a)
        fake: Any = story
        binding = Binding(
            ffmpeg=ffmpeg, repositories=fake, sounds=fake, files=files, draw_cover=draw_cover, voices=load_voices
        )
        print(f"{chapters} chapters of {minutes:g} minutes, {m4a.stat().st_size / 1e6:.1f} MB each")
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        began, cpu = time.perf_counter(), time.process_time() + children_s()
        with Watch(disk) as watch:
            book = binding.bind(fake, story.story, "1")
        wall, cpu = time.perf_counter() - began, time.process_time() + children_s() - cpu
    lambda_s, limit_s = cpu * VCPU_MB / megabytes, FUNCTION_S["narrate_chapter"]
    print(f"M4B {book.m4b_bytes / 1e6:.1f} MB, {book.duration_s:.1f} s; EPUB {book.epub_bytes / 1e6:.1f} MB")
    print(f"of {megabytes} MB of memory {watch.memory / 1e6:.0f} used at most, of the disk {watch.disk / 1e6:.0f} MB")
    print(f"{wall:.1f} s here, {cpu:.1f} s of a processor: {lambda_s:.0f} s of the function's {limit_s}, beside S3's")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*([int(given[0])] if given else []), *([float(given[1])] if len(given) > 1 else []))
