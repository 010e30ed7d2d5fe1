"""Rendering of books as part of their stories."""

from collections.abc import Callable, Iterable

from chalicelib.api import responses
from chalicelib.domain.book import BookFile, book_version, head_version
from chalicelib.domain.chapter import ChapterHeader
from chalicelib.domain.story import Story

BookUrl = Callable[[Story, BookFile], str]
"""Returns a fresh URL of a file of a story's book."""


def render_book(story: Story, chapters: Iterable[ChapterHeader], url: BookUrl) -> responses.Book | None:
    """Render a story's book, or None where none was made."""
    book = story.book
    if book is None:
        return None
    return responses.Book(
        m4b=responses.AudiobookFile(bytes=book.m4b_bytes, url=url(story, "m4b"), duration=book.duration_s),
        epub=responses.BookFile(bytes=book.epub_bytes, url=url(story, "epub")),
        out_of_date=book.version != book_version(story, chapters),
    )


def render_book_head(story: Story) -> responses.Book | None:
    """Render a story's book for a list, or None: what only its chapters show does not put it out of date."""
    book = story.book
    if book is None:
        return None
    return responses.Book(
        m4b=responses.AudiobookFile(bytes=book.m4b_bytes, url=None, duration=book.duration_s),
        epub=responses.BookFile(bytes=book.epub_bytes, url=None),
        out_of_date=book.head != head_version(story),
    )
