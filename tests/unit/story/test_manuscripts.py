"""A text of a person's own: its chapters, and the pieces of which the author says who speaks them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.manuscript import Section
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import ScriptLine
from chalicelib.errors import Invalid, Unusable
from chalicelib.limits import MAX_CHAPTERS, MAX_LINES
from chalicelib.story.manuscripts import LONGEST_LINE, lines_of_pieces, manuscript_of, pieces, speakers_of
from chalicelib.story.measures import too_long
from chalicelib.story.replies import PieceSpeaker, SpeakersDraft
from tests.support.texts import novel, spoken

CASES = json.loads((Path(__file__).parents[2] / "cases" / "manuscripts.json").read_text(encoding="utf-8"))

SIGNS = "aB7éß中あ \n\t.,;:!?…\"'“”„«»‹›‘’「」—–-#*()[]"  # noqa: RUF001
TEXTS = st.text(st.sampled_from(list(SIGNS)) | st.characters(codec="utf-8"), max_size=600)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["kind"])
def test_a_text_has_these_chapters(case: dict[str, Any]) -> None:
    found = manuscript_of(case["text"], case.get("num_chapters"), 900)
    assert [section.title for section in found.sections] == case["titles"]
    assert spoken(found.text) == spoken(case["text"])


@given(TEXTS, st.none() | st.integers(1, 6))
def test_nothing_is_lost_and_nothing_is_said_twice(text: str, count: int | None) -> None:
    try:
        found = manuscript_of(text, count, 20)
    except Invalid as error:
        assert str(error).startswith(("text: ", "num_chapters: "))
        return
    assert len(found.sections) == (count or len(found.sections)) <= MAX_CHAPTERS
    assert spoken(found.text) == spoken(text)
    for section in found.sections:
        cut = pieces(section)
        assert [piece.piece_id for piece in cut] == [str(number) for number in range(1, len(cut) + 1)]
        assert all(any(character.isalnum() for character in piece.text) for piece in cut)
        # Whoever speaks: every second piece somebody else.
        lines = lines_of_pieces(section, cut, {piece.piece_id: "Ada" for piece in cut[::2]})
        of_section = "".join(section.paragraphs)
        assert spoken("".join(line.text for line in lines)) == spoken(of_section)
        assert all(line.text in " ".join(section.paragraphs) for line in lines)


def test_a_long_text_of_dialogue_fits_into_scripts() -> None:
    text = novel(40_000, 30)
    found = manuscript_of(text, None, 900)
    assert len(found.sections) == 30
    assert spoken(found.text) == spoken(text)
    for section in found.sections:
        cut = pieces(section)
        lines = lines_of_pieces(section, cut, {piece.piece_id: "Ada" for piece in cut[::3]})
        assert len(lines) <= MAX_LINES
        assert too_long(line.text for line in lines) is None
        assert max(len(line.text) for line in lines) <= LONGEST_LINE


@pytest.mark.parametrize("count", [None, 1, 7, 50])
def test_a_text_without_headings_is_cut_where_a_paragraph_ends(count: int | None) -> None:
    text = "\n\n".join(paragraph for paragraph in novel(9000, 1).split("\n\n")[2:] if paragraph != "* * *")
    if count == 1:
        with pytest.raises(Invalid, match="num_chapters: Chapter 1 would take longer than 40 minutes"):
            manuscript_of(text, count, 900)
        return
    found = manuscript_of(text, count, 900)
    sizes = [section.characters for section in found.sections]
    assert len(sizes) == (count or 10)
    assert max(sizes) < 3 * min(sizes)
    assert found.text == "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    assert {section.title for section in found.sections} == {""}


def test_a_chapter_that_nobody_could_narrate_is_cut() -> None:
    text = "Chapter 1\n\nThe Long One\n\n" + "\n\n".join(["The rain fell on the roof of the house."] * 2000)
    found = manuscript_of(text + "\n\nChapter 2\n\nShort.", None, 900)
    assert len(found.sections) > 3
    assert [section.title for section in found.sections][:2] == [
        "Chapter 1: The Long One",
        "Chapter 1: The Long One (2)",
    ]
    assert found.sections[-1].title == "Chapter 2"
    assert all(too_long(section.paragraphs) is None for section in found.sections)


def lines(*paragraphs: str, **speakers: str) -> list[ScriptLine]:
    section = Section(list(paragraphs))
    return lines_of_pieces(section, pieces(section), {piece[1:]: speaker for piece, speaker in speakers.items()})


def test_the_voice_changes_within_a_sentence_where_the_author_says_so() -> None:
    said = lines('"Come in," said the old man, "and sit."', p1="Old Man", p3="Old Man")
    assert [(line.speaker, line.text) for line in said] == [
        ("Old Man", '"Come in,"'),
        (NARRATOR, "said the old man,"),
        ("Old Man", '"and sit."'),
    ]


def test_quotation_marks_decide_nothing_by_themselves() -> None:
    said = lines("The so-called \u201cking\u201d of chairs broke.", "Come in, he said.", p4="Old Man")
    assert [(line.speaker, line.text) for line in said] == [
        (NARRATOR, "The so-called \u201cking\u201d of chairs broke."),
        ("Old Man", "Come in,"),
        (NARRATOR, "he said."),
    ]


def test_a_long_paragraph_has_lines_that_end_with_a_sentence() -> None:
    said = lines(" ".join(["The rain fell, and fell, and nobody came to the house."] * 40))
    assert len(said) > 3
    assert all(line.text.endswith(".") and len(line.text) <= LONGEST_LINE for line in said)


def test_a_row_of_stars_begins_a_scene() -> None:
    assert [line.scene_break for line in lines("It rained.", "* * *", "It stopped.")] == [False, True]


def test_a_stranger_is_asked_for_once_and_then_read_by_the_narrator() -> None:
    speakers = (" 1 ", "ADA"), ("2", "Erz\u00e4hler"), ("3", "Eve")
    draft = SpeakersDraft([PieceSpeaker(*speaker) for speaker in speakers], "It rained.")
    with pytest.raises(Unusable, match="'Eve' is not one of"):
        speakers_of(draft, [NARRATOR, "Ada"])
    assert speakers_of(draft, [NARRATOR, "Ada"], last=True) == {"1": "Ada", "2": NARRATOR, "3": NARRATOR}
