"""The scenes of a chapter as the chapters of a podcast episode, in the JSON of Podcasting 2.0.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
"""

import msgspec

from chalicelib.audio.captions import heard_lines
from chalicelib.domain.chapter import Chapter
from chalicelib.domain.texts import beginning

VERSION = "1.2.0"
NAME_CHARACTERS = 60
"""Characters of a scene's first line that name it."""


def chapters_json(chapter: Chapter, title: str, captions: str) -> str:
    """Return the scenes of a chapter, the first under the chapter's title and the others under how they begin.

    Where the text was changed after it was narrated, only the whole of it is known.
    """
    scenes = [{"startTime": 0.0, "title": title}]
    if chapter.is_narrated and chapter.script:
        starts = {line.line_id: line.start_s for line in heard_lines(captions)}
        scenes += [
            {"startTime": starts[line.line_id], "title": beginning(line.text, NAME_CHARACTERS)}
            for line in chapter.script.lines
            if line.scene_break and starts.get(line.line_id, 0.0) > 0
        ]
    return msgspec.json.encode({"version": VERSION, "title": title, "chapters": scenes}).decode()
