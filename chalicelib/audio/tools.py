"""ffmpeg and ffprobe: the one place where they are started."""

import shutil
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Protocol

from chalicelib.errors import DiskFull, FiresideError, NotAudio, ToolFailed

SAMPLE_RATE = 44_100
"""Everything is mono at 44.1 kHz, as the audiobook norm wants it."""

BYTES_PER_SAMPLE = 2
"""Between decoding and mastering sound is signed 16-bit little-endian PCM."""


_NO_ROOM = ("No space left on device", "Disk quota exceeded", "Quota exceeded")
_NO_MEMORY = ("Cannot allocate memory", "Out of memory")
_TOLD_TO_END = "received signal"
"""What ffmpeg prints of faults that are no input's: the C library's words for ENOSPC, EDQUOT and ENOMEM, glibc's and
musl's, with which our static build is linked (libavutil/error.c), and its own when it receives a signal (ffmpeg.c)."""

_NOT_STARTED = {126, 127}
"""What a shell, or the dynamic loader, answers for a program that cannot be run."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a tool printed."""

    stdout: bytes
    stderr: str


class Run(Protocol):
    """Starts a program and waits for it."""

    def __call__(self, command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
        """Feed `stdin` to the program; raises NotAudio if its input may be at fault, ToolFailed if that is not so."""


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The two programs. `run` can be replaced in tests."""

    ffmpeg: str
    ffprobe: str
    run: Run

    @classmethod
    def find(cls) -> "Ffmpeg":
        """Return the programs on PATH (on Lambda, the layer's /opt/bin); raises ToolFailed where one is missing."""
        paths = [shutil.which(name) for name in ("ffmpeg", "ffprobe")]
        if paths[0] is None or paths[1] is None:
            raise ToolFailed("ffmpeg and ffprobe must be on PATH; on Lambda they come with the layer.")
        return cls(paths[0], paths[1], run)

    def convert(self, arguments: list[str], stdin: Iterable[bytes] = (), *, timeout_s: float = 60.0) -> Completed:
        """Run ffmpeg with `arguments`."""
        return self.run([self.ffmpeg, "-hide_banner", "-nostats", "-y", *arguments], stdin, timeout_s)

    def inspect(self, arguments: list[str], *, timeout_s: float = 30.0) -> Completed:
        """Run ffprobe with `arguments`."""
        return self.run([self.ffprobe, "-hide_banner", *arguments], (), timeout_s)


def run(command: list[str], stdin: Iterable[bytes], timeout_s: float) -> Completed:
    """Start a program, feed it, and collect what it prints.

    The input is written by a thread, block by block, so a chapter's PCM is never in memory as a whole. A program
    that is still running after `timeout_s` is killed.
    """
    try:
        # In a process group of its own: a terminal sends Ctrl-C to the whole group, and a decoder that is interrupted
        # would look like a line that is not audio.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        )
    except OSError as error:
        raise ToolFailed(f"{command[0]} cannot be started: {error.strerror}.") from error
    with process:
        stdin_pipe, process.stdin = process.stdin, None  # communicate() leaves the feeder's pipe alone
        feeder = threading.Thread(target=_feed, args=(stdin_pipe, stdin), daemon=True)
        # On a thread: a program that fills its output pipe meanwhile would wait for us, and we for it.
        feeder.start()
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise ToolFailed(f"ffmpeg did not finish within {timeout_s:.0f} s.") from None
        finally:
            # It ends by itself: a program that is gone breaks its pipe.
            feeder.join()
    if process.returncode < 0:
        raise ToolFailed(f"ffmpeg was killed by signal {-process.returncode}.")
    printed = err.decode("utf-8", "replace")
    if process.returncode:
        raise _fault(process.returncode, printed)
    return Completed(out, printed)


def _fault(status: int, printed: str) -> FiresideError:
    """Distinguish the machine's fault from one that may be the input's: ffmpeg prints the system's words.

    ffmpeg may continue after a failed write and end with another error, so all its output is searched. What is not
    known here is not proven: `chalicelib.audio.decoding` then tries a sound that is known to be good.
    """
    if any(words in printed for words in _NO_ROOM):
        return DiskFull("There is no room for temporary files.")
    if any(words in printed for words in _NO_MEMORY):
        return ToolFailed("ffmpeg had too little memory.")
    if status in _NOT_STARTED or _TOLD_TO_END in printed:
        return ToolFailed(f"ffmpeg could not be started or was stopped: status {status}.")
    return NotAudio(f"ffmpeg ended with status {status}.")


def _feed(pipe: IO[bytes] | None, blocks: Iterable[bytes]) -> None:
    if pipe is None:
        return
    try:
        with suppress(BrokenPipeError, ValueError):  # the program has ended early: its status says why
            for block in blocks:
                pipe.write(block)
    finally:
        # Also where there is no next block to be had: the program would wait for it until its time is over.
        with suppress(BrokenPipeError):
            pipe.close()
