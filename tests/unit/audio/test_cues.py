"""Cues: nothing of the words is lost, each can be read, and each stands as long as its words take."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.cues import LONGEST_S, ROW, SHORTEST_S, cues_of, width

SENTENCES = [
    "No.",
    "The lighthouse stood at the very end of the land, where the road gave up and the sea began.",
    "Nobody had lit it for eleven years — nobody, that is, until tonight!",
    "“Who’s there?”",  # noqa: RUF001
    "Er dachte an die Donaudampfschifffahrtsgesellschaft, und schwieg.",
    "灯台守は暗闇を恐れていた。それでも、彼は毎晩、塔の階段を上り、古いランプに火を灯した。",
    "他说：“我不知道。”然后他走了，再也没有回来。",  # noqa: RUF001
    "Я не знаю, что делать с этой лампой.",  # noqa: RUF001
    "لم يكن أحد يعرف لماذا أضاء المصباح في تلك الليلة.",
    "https://example.com/" + "lamp-of-truth/" * 8,
    "Nooooooooooooo!",
]
texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=9).map(" ".join)
any_text = st.text(min_size=1, max_size=300).filter(lambda text: text.split())


def joined(rows: list[str]) -> str:
    return "".join("".join(rows).split())


@given(st.one_of(texts, any_text), st.floats(0.05, 90))
def test_whatever_a_line_says_its_cues_can_be_read(text: str, seconds: float) -> None:
    cues = cues_of(text, 5.0, 5.0 + seconds)
    assert joined([row for cue in cues for row in cue.rows]) == joined([text])
    for cue in cues:
        assert 1 <= len(cue.rows) <= 2
        assert all(row.strip() == row and row for row in cue.rows)
        assert 0 < cue.end_s - cue.start_s <= LONGEST_S + 1e-6
    assert cues[0].start_s == 5.0
    assert cues[-1].end_s <= 5.0 + seconds + 1e-6
    assert all(one.end_s <= other.start_s + 1e-6 for one, other in itertools.pairwise(cues))


@given(texts, st.floats(0.05, 90))
def test_a_row_has_42_letters_or_21_of_chinese_and_japanese(text: str, seconds: float) -> None:
    rows = [row for cue in cues_of(text, 0, seconds) for row in cue.rows]
    assert max(map(width, rows)) <= ROW
    assert not any(unicodedata.category(row[0]) in {"Mn", "Me"} for row in rows)


@given(texts.filter(lambda text: "https" not in text), st.floats(10, 16))
def test_at_the_pace_of_speech_no_cue_is_over_before_it_is_read(text: str, letters_a_second: float) -> None:
    # The pace of a fast reader at most: a word of 34 letters leaves too little room for those before it at 18.
    seconds = max(1.0, width(text) / letters_a_second)
    assert min(cue.end_s - cue.start_s for cue in cues_of(text, 0, seconds)) >= SHORTEST_S - 1e-6


def test_a_line_is_cut_at_sentences_then_at_clauses_then_between_words() -> None:
    first, second = (
        "The rain had come in from the sea by noon.",
        "By evening there was water in all the streets of the town.",
    )
    assert [" ".join(cue.rows) for cue in cues_of(f"{first} {second}", 0, 7.0)] == [first, second]
    clauses = "She carried the lamp up all of the stairs of the tower, although nobody had ever asked her to do it"
    assert [" ".join(cue.rows) for cue in cues_of(clauses, 0, 7.0)] == clauses.replace(", ", ",|").split("|")
    words = " ".join(["stair"] * 20)
    assert [len(cue.rows) for cue in cues_of(words, 0, 9.0)] == [2, 2]


def test_a_word_alone_does_not_flash_by() -> None:
    text = "No. The keeper carried the lamp up all of the stairs and never once looked back into the dark below him."
    assert " ".join(cues_of(text, 0, 8.0)[0].rows) != "No."


def test_a_row_does_not_begin_with_a_mark_and_no_accent_is_parted() -> None:
    for text in ("灯台守は暗闇を恐れていた。" * 6, "e\u0301" * 120):
        rows = [row for cue in cues_of(text, 0, 20.0) for row in cue.rows]
        assert not any(row[0] in "。、\u0301" for row in rows)


@pytest.mark.parametrize(("text", "wide"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("한글", 4), ("שלום", 4)])
def test_width_is_counted_as_it_is_seen(text: str, wide: int) -> None:
    assert width(text) == wide
