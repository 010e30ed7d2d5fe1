"""WebVTT: what a player reads back is what was said, and when."""

import itertools
import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.captions import webvtt
from chalicelib.domain.script import ScriptLine

texts = st.text(min_size=1, max_size=200).filter(lambda text: text.split())
CUE = re.compile(
    r"(\S+)\n(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})\n<v ([^\n>]*)>([^\n]*(?:\n[^\n]+)?)</v>"
)


def seconds(hours: str, minutes: str, rest: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


Cue = tuple[str, float, float, str, str]


def cues(captions: str) -> list[Cue]:
    """Return the cues as a player reads them: id, start, end, speaker, words without spaces."""
    head, *blocks = captions.removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        match = CUE.fullmatch(block)
        assert match, block
        start, end = seconds(*match.group(2, 3, 4)), seconds(*match.group(5, 6, 7))
        found.append((match[1], start, end, unescape(match[8]), "".join(unescape(match[9]).split())))
    return found


@given(st.lists(st.tuples(texts, texts, st.floats(0, 60), st.floats(0.1, 2)), min_size=1, max_size=8))
def test_the_cues_of_every_line_have_its_words_and_its_time(lines: list[tuple[str, str, float, float]]) -> None:
    script = [ScriptLine(f"{n:03d}", speaker, text) for n, (speaker, text, _, _) in enumerate(lines, 1)]
    times, at = [], 0.75
    for n, (_, _, long, pause) in enumerate(lines, 1):
        times.append((f"{n:03d}", at, at + long))
        at += long + pause
    found = cues(webvtt(script, times))
    for line, (line_id, start, end) in zip(script, times, strict=True):
        own = [cue for cue in found if cue[0].partition(".")[0] == line_id]
        assert [cue[0] for cue in own] == [line_id, *(f"{line_id}.{n}" for n in range(2, len(own) + 1))]
        assert {cue[3] for cue in own} == {" ".join(line.speaker.split())}
        assert "".join(cue[4] for cue in own) == "".join(line.text.split())
        assert abs(own[0][1] - start) <= 0.001
        assert own[-1][2] <= max(end, start + 0.8) + 0.001
    assert all(cue[2] - cue[1] >= 0.001 for cue in found)
    assert [cue[1] for cue in found] == sorted(cue[1] for cue in found)


def test_a_short_line_goes_on_through_the_pause_after_it_and_no_further() -> None:
    script = [ScriptLine(f"{n:03d}", "Ada", "Oh.") for n in range(1, 5)]
    times = [("001", 1.0, 1.3), ("002", 1.6, 1.8), ("003", 5.0, 5.3), ("004", 6.0, 6.2)]
    found = cues(webvtt(script, times))
    assert [(start, end) for _, start, end, _, _ in found] == [(1.0, 1.6), (1.6, 2.4), (5.0, 5.8), (6.0, 6.8)]


def test_a_line_that_nobody_speaks_is_shown_for_longer_than_a_moment() -> None:
    script = [ScriptLine("001", "Ada", "Long --> long."), ScriptLine("002", "Narrator", "...")]
    assert webvtt(script, [("001", 0.75, 3.5), ("002", 3.5, 3.5)]) == (
        "WEBVTT\n\n001\n00:00:00.750 --> 00:00:03.500\n<v Ada>Long --&gt; long.</v>\n\n"
        "002\n00:00:03.500 --> 00:00:04.300\n<v Narrator>...</v>\n"
    )
    between = cues(webvtt([*script, ScriptLine("003", "Ada", "Oh.")], [("001", 0, 2), ("002", 2, 2), ("003", 2, 4)]))
    assert all(end - start >= 0.2 for _, start, end, _, _ in between)


def test_hours_are_written() -> None:
    assert "01:01:02.000 --> 01:01:04.000" in webvtt([ScriptLine("001", "Ada", "Late.")], [("001", 3662.0, 3664.0)])


def test_a_line_of_a_minute_is_many_cues_in_two_rows_at_most() -> None:
    text = "The lighthouse stood at the end of the land, where the road gave up and the sea began. " * 9
    found = cues(webvtt([ScriptLine("007", "Narrator", text)], [("007", 0.75, 60.75)]))
    assert len(found) >= 9
    assert max(end - start for _, start, end, _, _ in found) <= 7
    assert all(one[2] == other[1] for one, other in itertools.pairwise(found))


def test_the_narrator_has_a_name_of_the_storys_language() -> None:
    script = [ScriptLine("001", "Narrator", "Es regnet."), ScriptLine("002", "Ada", "Ja.")]
    found = webvtt(script, [("001", 0.5, 1.5), ("002", 2.0, 3.0)], "de-AT")
    assert "<v Erz\u00e4hler>Es regnet.</v>" in found
    assert "<v Ada>Ja.</v>" in found
