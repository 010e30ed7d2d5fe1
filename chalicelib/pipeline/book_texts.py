"""The texts of a book: its chapters line by line, each with the time at which it is heard, and who reads it."""

from collections.abc import Sequence

from chalicelib.audio.captions import heard_lines
from chalicelib.audio.voices import VoicesConfig
from chalicelib.book.contents import BookLine, LineKind
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import CHAPTER, ScriptLine
from chalicelib.domain.story import Story

AUTHOR = "Fireside"
"""Who a book is by, as players show it."""


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
    for heard in heard_lines(captions):
        line = by_id.get(heard.line_id)
        if line is None:
            kind: LineKind = "heading" if heard.line_id == CHAPTER else "frame"
            found.append(BookLine(heard.line_id, "", heard.text, heard.start_s, heard.end_s, kind=kind))
            continue
        # A line that is not heard stands where it stands in the script.
        while waiting and (before := waiting.pop(0)) is not line:
            found.append(_line(before, None, None))
        found.append(_line(line, heard.start_s, heard.end_s))
    return [*found, *(_line(line, None, None) for line in waiting)]


def _line(line: ScriptLine, start_s: float | None, end_s: float | None) -> BookLine:
    speaker = "" if line.speaker == NARRATOR else line.speaker
    return BookLine(line.line_id, speaker, line.text, start_s, end_s, line.scene_break)
