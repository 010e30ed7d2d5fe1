"""WebVTT: what a player reads back is what was said, and when."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.captions import webvtt
from chalicelib.domain.script import ScriptLine

texts = st.text(min_size=1, max_size=60).filter(lambda text: text.split())
CUE = re.compile(r"(\S+)\n(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})\n<v ([^\n>]*)>([^\n]*)</v>")


def seconds(hours: str, minutes: str, rest: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


@given(st.lists(st.tuples(texts, texts, st.floats(0, 60), st.floats(0, 4000)), min_size=1, max_size=8))
def test_every_line_is_one_cue_with_its_words_and_its_time(lines: list[tuple[str, str, float, float]]) -> None:
    script = [ScriptLine(f"{n:03d}", speaker, text) for n, (speaker, text, _, _) in enumerate(lines, 1)]
    times = [(f"{n:03d}", start, start + long) for n, (_, _, long, start) in enumerate(lines, 1)]
    head, *cues = webvtt(script, times).removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    assert len(cues) == len(lines)
    for cue, line, (_, start, end) in zip(cues, script, times, strict=True):
        found = CUE.fullmatch(cue)
        assert found, cue
        assert found[1] == line.line_id
        assert unescape(found[8]) == " ".join(line.speaker.split())
        assert unescape(found[9]) == " ".join(line.text.split())
        assert abs(seconds(*found.group(2, 3, 4)) - start) <= 0.001
        assert abs(seconds(*found.group(5, 6, 7)) - end) <= 0.002
        assert seconds(*found.group(2, 3, 4)) < seconds(*found.group(5, 6, 7))


def test_a_line_in_several_pieces_is_one_cue_and_a_silent_one_has_a_moment() -> None:
    script = [
        ScriptLine("001", "Ada", "Long --> long."),
        ScriptLine("002", "Narrator", "..."),
    ]
    assert webvtt(script, [("001", 0.75, 3661.5), ("002", 3662.0, 3662.0)]) == (
        "WEBVTT\n\n001\n00:00:00.750 --> 01:01:01.500\n<v Ada>Long --&gt; long.</v>\n\n"
        "002\n01:01:02.000 --> 01:01:02.001\n<v Narrator>...</v>\n"
    )


def test_the_narrator_has_a_name_of_the_storys_language() -> None:
    script = [ScriptLine("001", "Narrator", "Es regnet."), ScriptLine("002", "Ada", "Ja.")]
    found = webvtt(script, [("001", 0.5, 1.5), ("002", 2.0, 3.0)], "de-AT")
    assert "<v Erz\u00e4hler>Es regnet.</v>" in found
    assert "<v Ada>Ja.</v>" in found
