"""Text is cut into pieces that Kokoro speaks well: neither a word alone nor more than it takes."""

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.kokoro.text import CLAUSE_PAUSE_S, MOST, SENTENCE_PAUSE_S, Piece, pieces, without_quotes


def lines(text: str) -> list[str]:
    return text.splitlines()


def cut(text: str) -> list[Piece]:
    """Return the pieces of a text that has a sentence on each line, and is its own phonemes."""
    return pieces(text, lines, str)


def test_short_sentences_are_spoken_in_one_go() -> None:
    assert cut("Oh.\nYou are here.") == [Piece("Oh. You are here.", SENTENCE_PAUSE_S)]


def test_sentences_are_joined_up_to_a_length_at_which_they_are_not_hurried() -> None:
    sentence = "a" * 99 + "."
    assert [len(piece.phonemes) for piece in cut("\n".join([sentence] * 5))] == [201, 201, 100]


def test_a_short_last_sentence_is_not_spoken_alone() -> None:
    assert [len(piece.phonemes) for piece in cut("a" * 240 + ".\n" + "b" * 20 + ".")] == [263]
    assert [len(piece.phonemes) for piece in cut("a" * 390 + ".\n" + "b" * 20 + ".")] == [391, 21]


def test_a_long_sentence_is_cut_between_clauses_with_a_shorter_pause() -> None:
    clause = "a" * 149 + ", "
    first, second = cut(clause * 3 + "b" * 100 + ".")
    assert first == Piece((clause * 2).strip(), CLAUSE_PAUSE_S)
    assert second.pause_s == SENTENCE_PAUSE_S


@pytest.mark.parametrize("word", ["a" * 70 + " ", "a" * 1000])
def test_a_sentence_without_clauses_is_cut_between_words_and_else_anywhere(word: str) -> None:
    text = (word * 10).strip()
    found = cut(text)
    assert "".join(piece.phonemes for piece in found).replace(" ", "") == text.replace(" ", "")
    assert max(len(piece.phonemes) for piece in found) <= MOST
    assert all(set(piece.phonemes.split()) == {word.strip()} for piece in found) or " " not in text


@pytest.mark.parametrize("text", ["", "…", "- —", "123", "\n"])
def test_what_has_no_sound_is_not_spoken(text: str) -> None:
    assert cut(text) == []


@given(st.lists(st.text("ab ,;.", max_size=900), max_size=8))
def test_nothing_is_lost_and_nothing_is_too_long(sentences: list[str]) -> None:
    found = cut("\n".join(sentences))
    assert all(0 < len(piece.phonemes) <= MOST for piece in found)
    spoken = [sentence for sentence in sentences if set(sentence) & set("ab")]
    assert "".join(piece.phonemes for piece in found).replace(" ", "") == "".join(spoken).replace(" ", "")


def test_quotation_marks_are_left_out_and_apostrophes_stay() -> None:
    quoted = "“Don’t,” she said. «Oh» 'tis"  # noqa: RUF001
    assert without_quotes(quoted) == "Don’t, she said. Oh 'tis"  # noqa: RUF001


def test_sentences_end_where_hibari_ends_them() -> None:
    split = importlib.import_module("hibari.tts").Hibari.split_sentences
    said: list[str] = []

    def phonemes(sentence: str) -> str:
        said.append(sentence)
        return sentence

    pieces("Dr. Ada came. She said: “No!” Then she left…", split, phonemes)
    assert said == ["Dr. Ada came.", "She said: No!", "Then she left…"]
