"""Which takes are ordered, and what is said of clips that came out odd."""

import pytest

from chalicelib.audio.narration import Segment, second_take
from chalicelib.audio.ports import SpeechRequest
from chalicelib.audio.synthesis import OddClip
from chalicelib.domain.chapter import Chapter, Notice
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.errors import Conflict, Invalid
from chalicelib.pipeline.noticing import MOST_NOTICES, notices_of
from chalicelib.pipeline.retaking import order_takes

SCRIPT = Script(
    [ScriptLine("001", "Ada", "It rains."), ScriptLine("002", "Bo", "It rains."), ScriptLine("003", "Bo", "…")]
)
CHAPTER = Chapter(number=1, script=SCRIPT, script_version="v", takes={"001": 2})


def segment(line_id: str, take: int = 1, text: str = "It rains.") -> Segment:
    return Segment(line_id, "Ada", "voice", False, SpeechRequest(text, "voice", "model", "mp3_44100_128", {}), take)


def test_each_order_gives_the_line_its_next_take_and_leaves_the_others_theirs() -> None:
    assert order_takes(1, CHAPTER, ["001"]) == {"001": 3}
    assert order_takes(1, CHAPTER, ["002", "002"]) == {"001": 2, "002": 2}


@pytest.mark.parametrize(("line_id", "words"), [("009", "no line 009"), ("003", "nothing to speak")])
def test_a_line_that_is_not_there_or_not_spoken_is_refused(line_id: str, words: str) -> None:
    with pytest.raises(Invalid, match=f"again: .*{words}"):
        order_takes(1, CHAPTER, ["001", line_id])


def test_a_chapter_that_is_not_written_has_no_lines_to_speak_again() -> None:
    with pytest.raises(Conflict):
        order_takes(1, None, ["001"])


def test_a_first_take_belongs_to_the_words_and_a_later_one_to_the_line() -> None:
    first, same = segment("001"), segment("002")
    assert first.clip_key == same.clip_key == first.key
    assert segment("001", 2).clip_key == f"{first.key}.001.2"
    assert segment("002", 2).clip_key != segment("001", 2).clip_key
    assert segment("001", 3).key == first.key
    keys = {first.clip_key, second_take(first.clip_key), segment("001", 2).clip_key, segment("2", 2).clip_key}
    assert len(keys) == 4


def test_every_line_with_an_odd_clip_has_one_notice() -> None:
    first = segment("001")
    odd = {first.clip_key: OddClip("silent", 2), segment("003", 2).clip_key: OddClip("short", 1)}
    script = [first, segment("002"), segment("003", 2), segment("004", text="Something else.")]
    said = "Nothing can be heard in this line; two takes were bought, and this is the better one."
    assert notices_of(script, odd) == [
        Notice("001", "odd_sound", said),
        Notice("002", "odd_sound", said),
        Notice("003", "odd_sound", "This line is much shorter than its words need."),
    ]


def test_of_many_odd_lines_the_rest_is_counted() -> None:
    script = [segment(f"{n:03d}") for n in range(MOST_NOTICES + 7)]
    notices = notices_of(script, {script[0].clip_key: OddClip("long", 1)})
    assert len(notices) == MOST_NOTICES + 1
    assert notices[-1] == Notice(None, "odd_sound", "7 more lines of this chapter sound odd.")


def test_the_version_of_the_sound_is_that_of_the_script_until_a_line_has_a_later_take() -> None:
    plain = Chapter(number=1, script_version="v", sound_version="v")
    assert plain.is_narrated
    assert not CHAPTER.is_narrated
    assert (CHAPTER.wanted_sound or "").startswith("v-")
    assert CHAPTER.wanted_sound != Chapter(number=1, script_version="v", takes={"001": 3}).wanted_sound
