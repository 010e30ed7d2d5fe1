"""Captions of a chapter as WebVTT: each line in one cue or several, from when it begins to when it ends.

The first cue of a line has the line's id, and the others have the id and a number: "003", "003.2", "003.3".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import pairwise

from chalicelib.audio.cues import SHORTEST_S, Cue, cues_of
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.domain.texts import narrator_in

_LEAST_S = 0.25
"""Of a line that is not spoken, where no pause is left for it: it then stands beside the next one."""


_CUE = re.compile(
    r"^(?P<id>[A-Za-z0-9_-]+)(?:\.[0-9]+)?\n(?P<start>[0-9:.]+) --> (?P<end>[0-9:.]+)\n<v [^>]*>(?P<text>.*?)</v>$",
    re.MULTILINE | re.DOTALL,
)
"""A cue as it is written here."""


@dataclass(frozen=True, slots=True)
class HeardLine:
    """A line as captions have it: its id and words, and start and end in seconds."""

    line_id: str
    text: str
    start_s: float
    end_s: float


def heard_lines(captions: str) -> list[HeardLine]:
    """Return the lines of captions that `webvtt` wrote, each once, in the order in which they are heard."""
    lines: dict[str, HeardLine] = {}
    for cue in _CUE.finditer(captions):
        line_id, words = cue["id"], unescape(" ".join(cue["text"].split()))
        start_s, end_s = _seconds(cue["start"]), _seconds(cue["end"])
        if begun := lines.get(line_id):
            start_s, words = begun.start_s, f"{begun.text} {words}"
        lines[line_id] = HeardLine(line_id, words, start_s, end_s)
    return list(lines.values())


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def webvtt(
    lines: Iterable[ScriptLine | EnhancedLine], times: Sequence[tuple[str, float, float]], language: str = "en"
) -> str:
    """Return the captions of the lines, each found by its id in `times` (id, start and end in seconds).

    The Narrator has a name of the story's language.
    """
    said = {line.line_id: line for line in lines}
    cues = [cue for line_id, start, end in _readable(times) for cue in _cues(said[line_id], start, end, language)]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _readable(times: Sequence[tuple[str, float, float]]) -> Iterator[tuple[str, float, float]]:
    """Yield the times, a line that is too short to be read going on through the pause after it."""
    last = (times[-1][0], times[-1][2] + SHORTEST_S, times[-1][2] + SHORTEST_S) if times else ("", 0.0, 0.0)
    for (line_id, start, end), (_, following, _) in pairwise([*times, last]):
        through = max(end, min(start + SHORTEST_S, following))
        yield line_id, start, max(through, start + _LEAST_S)


def _cues(line: ScriptLine | EnhancedLine, start_s: float, end_s: float, language: str) -> Iterator[str]:
    speaker = narrator_in(language) if line.speaker == NARRATOR else line.speaker
    for number, cue in enumerate(cues_of(line.text, start_s, end_s), 1):
        name = line.line_id if number == 1 else f"{line.line_id}.{number}"
        text = "\n".join(_plain(row) for row in cue.rows)
        yield f"{name}\n{_timing(cue)}\n<v {_plain(speaker)}>{text}</v>"


def _plain(text: str) -> str:
    """Return the text such that it is neither markup nor, on a line of its own, the end of its cue."""
    return escape(" ".join(text.split()), quote=False)


def _timing(cue: Cue) -> str:
    return f"{_clock(round(cue.start_s * 1000))} --> {_clock(round(cue.end_s * 1000))}"


def _clock(milliseconds: int) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
