"""Media overlays: which part of a chapter's sound belongs to which line of its text (EPUB 3.3, SMIL)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.book.contents import BookChapter, BookLine
from chalicelib.book.xml import DECLARATION, xml_id, xml_text

HEADING_ID = "heading"


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of the sound in milliseconds, and the identifier of the element that it reads out."""

    target: str
    begin_ms: int
    end_ms: int


def target_of(line: BookLine) -> str:
    """Return the identifier of the element that has a line's text."""
    return HEADING_ID if line.kind == "heading" else f"l{xml_id(line.line_id)}"


def is_shown(line: BookLine) -> bool:
    """Return whether a line has any text. A heading has that of its chapter."""
    return line.kind == "heading" or bool(xml_text(line.text))


def clips_of(chapter: BookChapter) -> list[Clip]:
    """Return the clips of a chapter, in the order of its text.

    A clip goes on through the pause after its line: readers play clip after clip, and would leave the pause out. The
    last one ends with the sound, which is taken a millisecond shorter than it is said to be.
    """
    if chapter.audio is None:
        return []
    heard = [
        (line, round(line.start_s * 1000), round(line.end_s * 1000))
        for line in chapter.lines
        if line.start_s is not None and line.end_s is not None and is_shown(line)
    ]
    last = max(int(chapter.duration_s * 1000) - 1, heard[-1][2] if heard else 0)
    begins = [*(begin for _, begin, _ in heard), last]
    return [
        Clip(target_of(line), begin, following)
        for (line, begin, _), (_, following) in zip(heard, pairwise(begins), strict=True)
        if following > begin
    ]


def overlay(text_path: str, audio_path: str, clips: Iterable[Clip]) -> str:
    """Return the overlay of a text; both paths are relative to it."""
    pars = "\n".join(
        f'<par id="p{number}"><text src="{text_path}#{clip.target}"/>'
        f'<audio src="{audio_path}" clipBegin="{clock(clip.begin_ms)}" clipEnd="{clock(clip.end_ms)}"/></par>'
        for number, clip in enumerate(clips, 1)
    )
    return (
        f'{DECLARATION}<smil xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops" version="3.0">'
        f'\n<body epub:textref="{text_path}" epub:type="bodymatter chapter">\n{pars}\n</body>\n</smil>\n'
    )


def duration_ms(clips: Sequence[Clip]) -> int:
    """Return how long the clips are together."""
    return sum(clip.end_ms - clip.begin_ms for clip in clips)


def clock(milliseconds: int) -> str:
    """Return a time as SMIL's seconds."""
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}s"
