"""The scenes of a chapter as the chapters of a podcast episode, in the JSON of Podcasting 2.0.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
"""

import re
from collections.abc import Iterator

import msgspec

from chalicelib.domain.chapter import Chapter
from chalicelib.domain.texts import beginning

VERSION = "1.2.0"
NAME_CHARACTERS = 60
"""Characters of a scene's first line that name it."""

_CUE = re.compile(r"^(\S+)\n(?:([0-9]+):)?([0-9]{2}):([0-9]{2}\.[0-9]{3}) -->", re.MULTILINE)
"""The name and the start of a cue, as `chalicelib.audio.captions` writes them."""


def chapters_json(chapter: Chapter, title: str, captions: str) -> str:
    """Return the scenes of a chapter, the first under the chapter's title and the others under how they begin.

    Where the text was changed after it was narrated, only the whole of it is known.
    """
    scenes = [{"startTime": 0.0, "title": title}]
    if chapter.is_narrated and chapter.script:
        starts = dict(_starts(captions))
        scenes += [
            {"startTime": starts[line.line_id], "title": beginning(line.text, NAME_CHARACTERS)}
            for line in chapter.script.lines
            if line.scene_break and starts.get(line.line_id, 0.0) > 0
        ]
    return msgspec.json.encode({"version": VERSION, "title": title, "chapters": scenes}).decode()


def _starts(captions: str) -> Iterator[tuple[str, float]]:
    """Yield the names of cues and their starts in seconds."""
    for name, hours, minutes, seconds in _CUE.findall(captions):
        yield name, round(int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds), 3)
