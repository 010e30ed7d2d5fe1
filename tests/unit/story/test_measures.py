import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.outline import Seam
from chalicelib.domain.script import Script, ScriptLine
from chalicelib.errors import Unusable
from chalicelib.story.measures import LONGEST_CHAPTER, count_words, last_part, spoken_length, too_long
from chalicelib.story.replies import ChapterDraft, DraftLine
from chalicelib.story.script import last_words, script_of

ENGLISH = "The lamp was old, and the keeper older still; neither of them had ever been put out before midnight. "
CHINESE = "灯很旧,而守灯的人更老,他们两个从来没有在午夜之前熄灭过。"  # the same sentence
JAPANESE = "灯は古く、灯台守はさらに年老いていて、どちらも真夜中より前に消えたことは一度もなかった。"
THAI = "ตะเกียงนั้นเก่าแล้วและคนเฝ้าประภาคารก็แก่ยิ่งกว่าทั้งสองไม่เคยดับก่อนเที่ยงคืนเลยสักครั้ง"


@pytest.mark.parametrize("text", [CHINESE, JAPANESE, THAI])
def test_a_sentence_has_about_as_many_words_in_every_script(text: str) -> None:
    assert count_words(text) == pytest.approx(count_words(ENGLISH), rel=0.4)


@pytest.mark.parametrize("sentence", [ENGLISH, CHINESE, JAPANESE, THAI])
def test_the_last_thousand_words_are_about_as_much_text(sentence: str) -> None:
    lines = [ScriptLine(str(number), "Narrator", sentence.strip()) for number in range(1000)]
    told = last_words(Script(lines), 1000).count("Narrator: ")
    assert told == pytest.approx(1000 / count_words(sentence), abs=1)


def test_a_line_longer_than_all_that_is_wanted_is_cut_not_dropped() -> None:
    line = ScriptLine("1", "Narrator", ENGLISH * 100)
    told = last_words(Script([line]), 100)
    assert told.startswith("Narrator: ")
    assert line.text.endswith(told.removeprefix("Narrator: "))
    assert count_words(told) == pytest.approx(100, abs=3)


@given(st.text(), st.integers(1, 500))
def test_the_last_part_is_an_end_and_never_nothing(text: str, words: int) -> None:
    part = last_part(text, words)
    assert text.endswith(part)
    assert part or not text


def test_a_chapter_of_forty_minutes_is_the_longest() -> None:
    assert too_long(["x" * (LONGEST_CHAPTER - 9)]) is None
    assert "40 minutes" in (too_long(["x" * LONGEST_CHAPTER]) or "")
    assert "takes 107" in (too_long(["x" * 87] * 1000) or "")
    assert too_long(["字" * 12_000]) is not None  # a character is a syllable
    assert spoken_length([]) == 0


def test_an_authors_chapter_must_fit_where_it_is_kept() -> None:
    long_name = "Ada " * 100
    lines = [DraftLine(long_name, "字", False) for _ in range(2000)]
    with pytest.raises(Unusable, match="600 KB"):
        script_of(ChapterDraft(lines, "", Seam("", "")), [long_name])


def test_a_long_line_before_a_short_ending_leaves_room_for_it() -> None:
    lines = [ScriptLine("1", "Narrator", ENGLISH * 20), ScriptLine("2", "Narrator", ENGLISH * 4)]
    assert count_words(last_words(Script(lines), 100)) == pytest.approx(102, abs=4)
