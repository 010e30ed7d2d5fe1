"""The book of a story: the facts of its files, and what they were made from."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib.domain.digest import digest

if TYPE_CHECKING:  # a story has a book
    from chalicelib.domain.chapter import ChapterHeader
    from chalicelib.domain.story import Story

M4B = "audio/mp4"
EPUB = "application/epub+zip"
JPEG = "image/jpeg"
"""The media types of a book's files."""

BookFile = Literal["m4b", "epub", "jpg"]
"""A file of a book, by the ending of its name: the sound, the text with its sound, the cover."""

_MAKER = "1"
"""Goes up when books that were made before should be made again."""


class Book(msgspec.Struct, frozen=True):
    """The files of a book: `version` says what they were made from, `head` the part of that which a story's own item
    has. Sizes are in bytes."""

    version: str
    head: str
    duration_s: float
    m4b_bytes: int
    epub_bytes: int


def book_version(story: "Story", chapters: Iterable["ChapterHeader"]) -> str | None:
    """Return the version of the book that can be made of the chapters now; None unless every chapter is narrated.

    It is a digest of all that is in the book: the chapters' sound, titles, the cast and their voices.
    """
    sounds = {one.number: one.sound_version for one in chapters if one.sound_version and one.is_narrated}
    versions = [sounds[number] for number in range(1, story.num_chapters + 1) if number in sounds]
    if len(versions) < story.num_chapters:
        return None
    return digest(_MAKER, head_version(story), story.language, *story.chapter_titles(), *versions)[:16]


def head_version(story: "Story") -> str:
    """Return a digest of what a book shares with the entry of its story in a list: name, lengths, voices."""
    lengths = [f"{number}:{seconds:.3f}" for number, seconds in sorted(story.seconds.items())]
    heard = [part for speaker_and_voice in sorted(story.heard_in.items()) for part in speaker_and_voice]
    return digest(story.name, str(len(lengths)), *lengths, *heard)[:16]
