"""The pages of a book as a reading system parses them."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, fromstring

import pytest

from chalicelib.book.contents import Book, BookChapter, BookLine
from chalicelib.book.pages import chapter_page, cover_page, direction_of, nav_page, title_page, words_in

XHTML = "{http://www.w3.org/1999/xhtml}"
LINES = (
    BookLine("001", "", "It was dark & late."),
    BookLine("002", "Mara", "Who <are> you?"),
    BookLine("003", "Mara", "Speak."),
    BookLine("004", "Jon", "Nobody."),
    BookLine("005", "", "A year went by.", scene_break=True),
)


def book(*chapters: BookChapter, title: str = "The Lamp", language: str = "en", ai_notice: str = "") -> Book:
    return Book("s1", title, language, chapters, b"", datetime(2026, 1, 1, tzinfo=UTC), ai_notice=ai_notice)


def parsed(page: str) -> Element:
    return fromstring(page.replace("<!DOCTYPE html>", ""))  # noqa: S314 # of our own making


def chapter(*lines: BookLine, title: str = "Dark") -> Element:
    one = BookChapter(title, lines)
    return parsed(chapter_page(book(one), one, 1))


def words(node: Element) -> str:
    return "".join(node.itertext()).strip()


def test_a_chapter_has_its_heading_and_a_paragraph_for_every_line() -> None:
    page = chapter(*LINES)
    assert [words(node) for node in page.iter(f"{XHTML}h1")] == ["Dark"]
    assert [words(node) for node in page.iter(f"{XHTML}p")] == [
        "It was dark & late.", "Mara Who <are> you?", "Speak.", "Jon Nobody.", "A year went by.",
    ]  # fmt: skip
    assert len(list(page.iter(f"{XHTML}hr"))) == 1


def test_what_lights_up_is_the_text_without_the_name() -> None:
    page = chapter(*LINES)
    (found,) = [node for node in page.iter() if node.get("id") == "l002"]
    assert words(found) == "Who <are> you?"


def test_the_heading_stands_where_it_is_heard() -> None:
    page = chapter(
        BookLine("title", "", "The Lamp", kind="frame"), BookLine("chapter", "", "Chapter One.", kind="heading"), *LINES
    )
    texts = [words(node) for node in page.iter() if node.tag in {f"{XHTML}h1", f"{XHTML}p"}]
    assert texts[:3] == ["The Lamp", "Dark", "It was dark & late."]
    assert len(list(page.iter(f"{XHTML}h1"))) == 1


def test_a_chapter_without_a_title_has_its_number() -> None:
    assert [words(node) for node in chapter(*LINES, title=" \x07").iter(f"{XHTML}h1")] == ["1"]


def test_every_identifier_is_there_once() -> None:
    found = [node.get("id") for node in chapter(*LINES).iter() if node.get("id")]
    assert len(found) == len(set(found)) == 6


@pytest.mark.parametrize(("language", "direction"), [("ar-EG", "rtl"), ("HE", "rtl"), ("en", "ltr"), ("ja", "ltr")])
def test_a_page_has_its_language_and_direction(language: str, direction: str) -> None:
    page = parsed(title_page(book(BookChapter("a", LINES), language=language)))
    assert (page.get("lang"), page.get("dir"), direction_of(language)) == (language, direction, direction)


def test_the_contents_lead_to_every_chapter_and_to_the_landmarks() -> None:
    page = parsed(
        nav_page(book(BookChapter("Dark <1>", LINES), BookChapter("", LINES)), ["text/a.xhtml", "text/b.xhtml"])
    )
    links = [(node.get("href"), words(node)) for node in page.iter(f"{XHTML}a")]
    assert links[:2] == [("text/a.xhtml", "Dark <1>"), ("text/b.xhtml", "2")]
    assert [target for target, _ in links[2:]] == ["cover.xhtml", "nav.xhtml", "text/a.xhtml"]


def test_words_are_those_of_the_language_or_english() -> None:
    assert words_in("de-AT") == ("Umschlag", "Inhalt")
    assert words_in("tlh") == ("Cover", "Contents")


def test_the_cover_is_described_and_the_title_page_says_who_made_the_book() -> None:
    (image,) = parsed(cover_page(book(BookChapter("a", LINES), title='"Lamp" & <b>'))).iter(f"{XHTML}img")
    assert image.get("alt") == 'Cover: "Lamp" & <b>'
    page = parsed(title_page(book(BookChapter("a", LINES), ai_notice="Written and narrated by AI.")))
    assert [words(node) for node in page.iter(f"{XHTML}p")] == ["Written and narrated by AI."]
