"""The scenes of a chapter, for players that can jump to them."""

import json

from chalicelib.api.scenes import chapters_json
from chalicelib.audio.captions import webvtt
from chalicelib.domain.chapter import Chapter
from chalicelib.domain.script import Script, ScriptLine

LINES = [
    ScriptLine("001", "Narrator", "It was dark."),
    ScriptLine("002", "Ada", "Who is there?", scene_break=True),
    ScriptLine(
        "003", "Narrator", "Nobody answered, and nobody had for a very long time in that house.", scene_break=True
    ),
]
CAPTIONS = webvtt(LINES, [("001", 0.5, 2.0), ("002", 3.25, 4.0), ("003", 3605.5, 3609.0)])


def scenes(chapter: Chapter) -> list[tuple[float, str]]:
    told = json.loads(chapters_json(chapter, "Dusk", CAPTIONS))
    assert (told["version"], told["title"]) == ("1.2.0", "Dusk")
    return [(one["startTime"], one["title"]) for one in told["chapters"]]


def test_scenes_begin_where_their_first_lines_are_heard() -> None:
    chapter = Chapter(number=1, script_version="v", sound_version="v", script=Script(LINES))
    assert scenes(chapter) == [
        (0.0, "Dusk"),
        (3.25, "Who is there?"),
        (3605.5, "Nobody answered, and nobody had for a very long time in…"),
    ]


def test_of_a_text_that_was_changed_since_only_the_whole_is_known() -> None:
    assert scenes(Chapter(number=1, script_version="w", sound_version="v", script=Script(LINES))) == [(0.0, "Dusk")]


def test_a_line_that_is_not_heard_begins_nothing() -> None:
    more = [*LINES, ScriptLine("004", "Ada", "A later line.", scene_break=True)]
    chapter = Chapter(number=1, script_version="v", sound_version="v", script=Script(more))
    assert len(scenes(chapter)) == 3
