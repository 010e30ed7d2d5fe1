"""A whole book as one M4B: the chapters' AAC copied one after the other, with marks, tags and cover.

Nothing is encoded again. Each chapter's first packet is the encoder's delay, which its own file tells players to skip;
here it is left out. What remains is as many packets of 1024 samples as the chapter has, so marks are exact and nothing
drifts, however many chapters there are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chalicelib.audio.probing import probe
from chalicelib.audio.tagging import Tags
from chalicelib.audio.tools import SAMPLE_RATE, Completed, Ffmpeg
from chalicelib.domain.texts import one_line
from chalicelib.errors import FiresideError, NotAudio, ToolFailed

PACKET = 1024
"""Samples of a packet of AAC-LC."""

AAC = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "80k", "-movflags", "+faststart", "-f", "ipod")
"""ffmpeg's arguments for a chapter's AAC. For ten minutes the fast coder takes 2.2 s of a processor, the other 4.7 s;
of speech at 80 kb/s it keeps 35 dB of segmental signal to noise, the other 27 dB (measured)."""

_BLOCK = 1 << 18
_COPY_S = 60.0
"""The longest that unpacking one chapter may take; forty minutes of sound need 0.2 s."""


@dataclass(frozen=True, slots=True)
class M4bChapter:
    """A chapter of the book: its title, its length in packets, and what opens and streams its AAC (an MP4)."""

    title: str
    packets: int
    chunks: Callable[[], Iterable[bytes]]


def packets_of(seconds: float) -> int:
    """Return the packets of a chapter's AAC, which is the chapter's length to the sample."""
    return round(seconds * SAMPLE_RATE / PACKET)


def encode_aac(ffmpeg: Ffmpeg, mp3: Iterable[bytes], packets: int, out: Path, timeout_s: float) -> None:
    """Make a chapter's AAC of so many packets from its MP3, for one that was mastered without; raise ToolFailed."""
    samples = packets * PACKET
    feed = _Feed(mp3)
    command = [
        # Without its ID3 tags: nobody sees those of this file.
        *("-i", "pipe:0", "-map_metadata", "-1", "-ac", "1"),
        *("-af", f"aresample={SAMPLE_RATE},apad=whole_len={samples},atrim=end_sample={samples}", *AAC, str(out)),
    ]
    feed.run(lambda: ffmpeg.convert(command, feed, timeout_s=timeout_s))


def make_m4b(
    ffmpeg: Ffmpeg, chapters: Sequence[M4bChapter], cover: Path, tags: Tags, out: Path, *, timeout_s: float
) -> float:
    """Write the book to `out` and return its length in seconds; raise ToolFailed, or what `chunks` raises.

    `cover` is a JPEG. No other file of the size of `out` is written, and no chapter is in memory but the present one.
    """
    metadata = out.with_suffix(".ffmetadata")
    metadata.write_text(ffmetadata(chapters, tags), encoding="utf-8")
    feed = _Feed(_packets(ffmpeg, chapters))
    command = [
        *("-f", "aac", "-i", "pipe:0", "-i", str(metadata), "-i", str(cover)),
        *("-map", "0:a", "-map", "2:v", "-map_metadata", "1", "-map_chapters", "1"),
        *("-c", "copy", "-disposition:v", "attached_pic"),
        *("-metadata:s:a:0", f"language={tags.shown().get('language', 'und')}"),
        # At the beginning, so that a player can start before it has all.
        *("-movflags", "+faststart", "-brand", "M4B ", "-f", "ipod", str(out)),
    ]
    feed.run(lambda: ffmpeg.convert(command, feed, timeout_s=timeout_s))
    wanted = sum(chapter.packets for chapter in chapters) * PACKET / SAMPLE_RATE
    found = probe(ffmpeg, out).duration_s
    if abs(found - wanted) > PACKET / SAMPLE_RATE:
        raise ToolFailed(f"The book has {found:.3f} s in place of {wanted:.3f} s.")
    return wanted


def ffmetadata(chapters: Sequence[M4bChapter], tags: Tags) -> str:
    """Return the book's tags and marks as ffmpeg reads them (https://ffmpeg.org/ffmpeg-formats.html#Metadata-2)."""
    # 2 is iTunes' number for an audiobook. Apple shows the description, and ffprobe-based libraries the comment.
    shown = {**tags.shown(), "description": one_line(tags.comment), "media_type": "2", "gapless_playback": "1"}
    lines = [";FFMETADATA1", *(f"{name}={_escaped(value)}" for name, value in shown.items() if value)]
    start = 0
    for chapter in chapters:
        end = start + chapter.packets * PACKET
        title = _escaped(one_line(chapter.title))
        lines += ["[CHAPTER]", f"TIMEBASE=1/{SAMPLE_RATE}", f"START={start}", f"END={end}", f"title={title}"]
        start = end
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "=;#\\" else character for character in text)


def _packets(ffmpeg: Ffmpeg, chapters: Sequence[M4bChapter]) -> Iterator[bytes]:
    """Yield the AAC of all chapters as one stream of ADTS, one chapter at a time in memory."""
    for chapter in chapters:
        packed = _Feed(chapter.chunks())
        # The edit list says how much is to be skipped, and would make ffmpeg change the times of what is copied.
        unpack = ["-ignore_editlist", "1", "-f", "mov", "-i", "pipe:0", "-c", "copy", "-bsf:a", r"noise=drop=eq(n\,0)"]
        adts = packed.run(partial(ffmpeg.convert, [*unpack, "-f", "adts", "pipe:1"], packed, timeout_s=_COPY_S))
        yield from (adts[at : at + _BLOCK] for at in range(0, len(adts), _BLOCK))


class _Feed:
    """Blocks for a program's input, which are read on another thread: what goes wrong there is raised by `run`."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._blocks
        except Exception as error:  # noqa: BLE001 # raised again where there is somebody to deal with it
            self._error = error

    def run(self, convert: Callable[[], Completed]) -> bytes:
        """Return what the program printed; raise what ended its input early, or ToolFailed."""
        try:
            printed = convert().stdout
        except FiresideError as error:
            # Without all of its input it had to fail.
            if isinstance(error, NotAudio) and self._error is None:
                raise ToolFailed(f"Making the book: {error}") from error
            raise self._error or error from error
        if self._error is not None:
            raise self._error
        return printed
