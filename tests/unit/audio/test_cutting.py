from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.cutting import cut, speakable
from chalicelib.domain.script import without_tags


def test_a_long_text_is_cut_at_the_end_of_a_sentence() -> None:
    assert cut("One two three. Four five six. Seven.", 20) == ["One two three.", "Four five six.", "Seven."]


def test_a_long_sentence_is_cut_at_a_clause_then_at_a_space_then_anywhere() -> None:
    assert cut("one two, three four five", 12) == ["one two,", "three four", "five"]
    assert cut("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_other_scripts_have_sentence_ends_too() -> None:
    assert cut("你好世界。再见世界。", 6) == ["你好世界。", "再见世界。"]


@given(st.text(max_size=400), st.integers(1, 60))
def test_pieces_are_short_enough_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert all(0 < len(segment) <= limit for segment in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_tags_are_stripped_and_only_letters_and_digits_are_worth_speaking() -> None:
    assert without_tags("[whispers] Come  here. [laughs softly]") == "Come here."
    assert speakable("…7") and speakable("é")
    assert not speakable(" … — ?! ")
