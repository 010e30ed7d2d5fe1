"""The texts of a book: its chapters line by line, each with the time at which it is heard, and who reads it."""

import re
from collections.abc import Iterator, Sequence
from html import unescape

from chalicelib.audio.voices import VoicesConfig
from chalicelib.book.contents import BookLine, LineKind
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import CHAPTER, ScriptLine
from chalicelib.domain.story import Story

AUTHOR = "Fireside"
"""Who a book is by, as players show it."""

_CUE = re.compile(
    r"^(?P<id>[A-Za-z0-9_-]+)(?:\.[0-9]+)?\n(?P<start>[0-9:.]+) --> (?P<end>[0-9:.]+)\n<v [^>]*>(?P<text>.*?)</v>$",
    re.MULTILINE | re.DOTALL,
)
"""A cue as `chalicelib.audio.captions` writes it."""


def narrators_of(story: Story, voices: VoicesConfig) -> list[str]:
    """Return the names of the voices that a story is heard in, the Narrator's first."""
    heard = story.heard_in
    ids = dict.fromkeys([*([heard[NARRATOR]] if NARRATOR in heard else []), *heard.values()])
    return list(dict.fromkeys(name for voice_id in ids if (name := voices.name_of(voice_id))))


def book_lines(script: Sequence[ScriptLine], captions: str) -> list[BookLine]:
    """Return the lines of a chapter in the order in which they are heard, with start and end in seconds.

    Words and speakers are the script's; what is read before and after it is only in the captions.
    """
    by_id = {line.line_id: line for line in script}
    waiting = list(script)
    found: list[BookLine] = []
    for line_id, text, start_s, end_s in _heard(captions):
        line = by_id.get(line_id)
        if line is None:
            kind: LineKind = "heading" if line_id == CHAPTER else "frame"
            found.append(BookLine(line_id, "", text, start_s, end_s, kind=kind))
            continue
        # A line that is not heard stands where it stands in the script.
        while waiting and (before := waiting.pop(0)) is not line:
            found.append(_line(before, None, None))
        found.append(_line(line, start_s, end_s))
    return [*found, *(_line(line, None, None) for line in waiting)]


def _line(line: ScriptLine, start_s: float | None, end_s: float | None) -> BookLine:
    speaker = "" if line.speaker == NARRATOR else line.speaker
    return BookLine(line.line_id, speaker, line.text, start_s, end_s, line.scene_break)


def _heard(captions: str) -> Iterator[tuple[str, str, float, float]]:
    """Yield id, text, start and end of each line of the captions: a line may be several cues."""
    lines: dict[str, tuple[list[str], float, float]] = {}
    for cue in _CUE.finditer(captions):
        words = unescape(" ".join(cue["text"].split()))
        texts, start_s, _ = lines.get(cue["id"], ([], _seconds(cue["start"]), 0.0))
        lines[cue["id"]] = ([*texts, words], start_s, _seconds(cue["end"]))
    for line_id, (texts, start_s, end_s) in lines.items():
        yield line_id, " ".join(texts), start_s, end_s


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
