"""Captions of a chapter as WebVTT: one cue a line, from when it begins to when it ends."""

from collections.abc import Iterable, Sequence
from html import escape

from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.domain.texts import narrator_in

_SHORTEST_MS = 1
"""A line that is not spoken has a place but no length, which WebVTT does not allow."""


def webvtt(
    lines: Iterable[ScriptLine | EnhancedLine], times: Sequence[tuple[str, float, float]], language: str = "en"
) -> str:
    """Return the captions of the lines, each found by its id in `times` (id, start and end in seconds).

    The Narrator has a name of the story's language.
    """
    said = {line.line_id: line for line in lines}
    cues = [_cue(said[line_id], start, end, language) for line_id, start, end in times]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _cue(line: ScriptLine | EnhancedLine, start_s: float, end_s: float, language: str) -> str:
    speaker = narrator_in(language) if line.speaker == NARRATOR else line.speaker
    start_ms = round(start_s * 1000)
    end_ms = max(start_ms + _SHORTEST_MS, round(end_s * 1000))
    text = f"<v {_plain(speaker)}>{_plain(line.text)}</v>"
    return f"{line.line_id}\n{_clock(start_ms)} --> {_clock(end_ms)}\n{text}"


def _plain(text: str) -> str:
    """Return the text such that it is neither markup nor, on a line of its own, the end of its cue."""
    return escape(" ".join(text.split()), quote=False)


def _clock(milliseconds: int) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
