"""What is read before and after a chapter."""

import msgspec
import pytest

from chalicelib.domain.manuscript import ManuscriptFacts
from chalicelib.domain.outline import ChapterOutline, Outline
from chalicelib.domain.script import is_framing
from chalicelib.domain.story import Story
from chalicelib.story.frame import (
    chapter_heading,
    credits_of,
    lines_after,
    lines_before,
)
from chalicelib.story.frame_words import FRAME_WORDS, words_in
from chalicelib.story.framing import DEFAULT, SILENT, Frame, OwnWords

AI = "This story was written and narrated by artificial intelligence."


def story(*titles: str, language: str = "en", title: str | None = "The Lamp", told: bool = False) -> Story:
    return Story(
        user_id="u",
        story_id="s",
        prompt="A lamp",
        num_chapters=len(titles),
        enhance=False,
        language=language,
        created_at="",
        updated_at="",
        title=title,
        manuscript=ManuscriptFacts("", "Once", [10]) if told else None,
        outline=Outline("", "", "", [], [], [ChapterOutline(one, []) for one in titles]),
    )


def test_a_book_begins_with_its_title_and_who_made_it_and_ends_with_that() -> None:
    book = story("Dusk", "Dawn")
    assert [line.text for line in lines_before(book, 1, "Once", DEFAULT)] == ["The Lamp.", AI, "Chapter One. Dusk."]
    assert [line.text for line in lines_before(book, 2, "Once", DEFAULT)] == ["Chapter Two. Dawn."]
    assert lines_after(book, 1, DEFAULT) == []
    closing = lines_after(book, 2, DEFAULT)
    assert [line.text for line in closing] == ["You have been listening to “The Lamp”.", AI]
    assert [line.scene_break for line in closing] == [True, False]


def test_the_lines_of_the_frame_are_told_from_those_of_a_script() -> None:
    book = story("Dusk")
    ids = [line.line_id for line in [*lines_before(book, 1, "", DEFAULT), *lines_after(book, 1, DEFAULT)]]
    assert ids == ["title", "opening", "closing", "closing-2"]
    assert all(map(is_framing, ids))
    assert not any(map(is_framing, ["001", "1000", "001.2"]))


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("Dusk", "Chapter One. Dusk."),
        ("Who goes there?", "Chapter One. Who goes there?"),
        ("Chapter 1", "Chapter One."),
        ("chapter one", "Chapter One."),
        ("CHAPTER I.", "Chapter One."),
        ("I", "Chapter One."),
        ("Chapter One: The Owl", "Chapter One: The Owl."),
        ("Chapter and Verse", "Chapter One. Chapter and Verse."),
        ("Chapterhouse", "Chapter One. Chapterhouse."),
        ("1984", "Chapter One. 1984."),
        ("X", "Chapter One. X."),
        ("Chapter Closed", "Chapter One. Chapter Closed."),
        ("Chapter 3", "Chapter 3."),
    ],
)
def test_a_chapter_is_numbered_once(title: str, heading: str) -> None:
    assert chapter_heading(story(title, "x"), 1) == heading


def test_a_story_of_one_chapter_is_not_announced_twice() -> None:
    assert [line.line_id for line in lines_before(story("The Lamp"), 1, "Once", DEFAULT)] == ["title", "opening"]


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("de", "Kapitel zwölf. The Owl."),
        ("es-MX", "Capítulo doce. The Owl."),
        ("fr", "Chapitre douze. The Owl."),
        ("it", "Capitolo dodici. The Owl."),
        ("pt_BR", "Capítulo doze. The Owl."),
        ("pl", "Rozdział 12. The Owl."),
        ("nb", "Kapittel tolv. The Owl."),
        ("ja", "第12章。The Owl。"),
        ("lt", "The Owl."),
    ],
)
def test_a_chapter_is_announced_in_the_language_of_the_story(language: str, heading: str) -> None:
    assert chapter_heading(story(*["The Owl"] * 12, language=language), 12) == heading


def test_a_default_title_in_english_is_said_in_the_language_of_the_story() -> None:
    assert chapter_heading(story("x", "Chapter 2", language="de"), 2) == "Kapitel zwei."


@pytest.mark.parametrize("first", ["Dusk", "DUSK.", "Chapter One"])
def test_a_chapter_that_begins_with_its_heading_is_not_announced(first: str) -> None:
    titles = ("Chapter One: The Owl",) if first.startswith("Chapter") else ("Dusk",)
    lines = lines_before(story(*titles, "x"), 1, first, DEFAULT)
    assert [line.line_id for line in lines] == ["title", "opening"]


def test_a_text_of_a_person_was_not_written_by_ai() -> None:
    sentence = "This story was narrated by artificial intelligence."
    assert credits_of(story("x", told=True)).ai_sentence == sentence
    assert sentence in [line.text for line in lines_before(story("x", told=True), 1, "", DEFAULT)]


def test_a_language_without_words_has_the_sentence_on_ai_in_english() -> None:
    book = story("Aušra", language="lt")
    assert credits_of(book).opening == f"The Lamp. {AI}"
    assert [line.text for line in lines_after(book, 1, DEFAULT)] == [AI]


def test_credits_are_text_even_where_they_are_not_read() -> None:
    book = story("Dusk")
    assert lines_before(book, 1, "", SILENT) == lines_after(book, 1, SILENT) == []
    assert credits_of(book, SILENT).closing == f"You have been listening to “The Lamp”. {AI}"


def test_titles_and_credits_are_left_out_alone() -> None:
    book = story("Dusk", "Dawn")
    assert [line.line_id for line in lines_before(book, 1, "", Frame(titles=False))] == ["opening"]
    assert [line.line_id for line in lines_before(book, 1, "", Frame(credits=False))] == ["title", "chapter"]
    assert lines_after(book, 2, Frame(credits=False)) == []


def test_an_operators_words_take_the_place_of_ours() -> None:
    own = OwnWords(chapter="Part {number}", opening="{ai} For Ada.", closing="That was {title}.")
    frame = Frame(words={"en": own})
    book = story("Dusk", "Dawn", language="en-GB")
    before = [line.text for line in lines_before(book, 1, "", frame)]
    assert before == ["The Lamp.", AI, "For Ada.", "Part One. Dusk."]
    assert [line.text for line in lines_after(book, 2, frame)] == ["That was The Lamp."]
    assert lines_before(story("x", "y", language="de"), 2, "", frame)[0].text == "Kapitel zwei. y."


@pytest.mark.parametrize("opening", ["{ai}", "{ai}.", " {ai} … "])
def test_a_mark_that_is_left_beside_the_sentence_on_ai_is_no_line(opening: str) -> None:
    frame = Frame(titles=False, words={"en": OwnWords(opening=opening)})
    assert [line.text for line in lines_before(story("x"), 1, "", frame)] == [AI]


def test_a_title_is_never_taken_for_a_placeholder() -> None:
    book = story("x", title="{ai} and {number}")
    assert lines_after(book, 1, DEFAULT)[0].text == "You have been listening to “{ai} and {number}”."


def test_an_untitled_story_has_no_title_to_read() -> None:
    assert [line.line_id for line in lines_before(story("x", title=None), 1, "", DEFAULT)] == ["opening"]


def test_what_is_said_of_a_title_may_differ_from_what_is_shown() -> None:
    lines = lines_before(story("39 Steps", "x"), 1, "", DEFAULT, lambda text: text.replace("39", "thirty-nine"))
    assert lines[-1].text == "Chapter One. thirty-nine Steps."


@pytest.mark.parametrize("language", sorted(FRAME_WORDS))
def test_every_language_has_all_words(language: str) -> None:
    words = words_in(language if language != "zh-hant" else "zh-TW")
    assert words is FRAME_WORDS[language]
    assert words.chapter.count("{number}") == words.closing.count("{title}") == 1
    assert words.made != words.told
    assert "{" not in words.made + words.told


def test_own_words_are_read_from_the_configuration() -> None:
    frame = msgspec.json.decode(b'{"credits": false, "words": {"pt-BR": {"closing": "Fim."}}}', type=Frame)
    assert (frame.titles, frame.credits, frame.own("pt-br").closing) == (True, False, "Fim.")
    with pytest.raises(msgspec.ValidationError, match="words"):
        msgspec.json.decode(b'{"words": {"not a tag": {}}}', type=Frame)
