"""The port of books' files. `chalicelib.store.book_files` implements it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chalicelib.domain.book import BookFile
from chalicelib.pipeline.sounds import HttpMethod


@dataclass(frozen=True, slots=True)
class ChapterFile:
    """A chapter's AAC as it is stored: its bytes, their CRC-32, and what opens and streams it."""

    size: int
    crc32: int
    chunks: Callable[[], Iterable[bytes]]


class BookFiles(Protocol):
    """The files of all books, and the AAC of chapters, which they are made from."""

    def put_m4a(self, story_id: str, number: int, version: str, m4a: Path) -> None:
        """Store a chapter's AAC."""

    def m4a(self, story_id: str, number: int, version: str) -> ChapterFile | None:
        """Return the facts of a chapter's AAC, or None if there is none."""

    def mp3(self, story_id: str, number: int, version: str) -> Iterator[bytes]:
        """Return a chapter's MP3 in blocks."""

    def put(self, story_id: str, version: str, kind: BookFile, path: Path) -> None:
        """Store a file of a book."""

    def size(self, story_id: str, version: str, kind: BookFile) -> int | None:
        """Return the bytes of a file of a book, or None if it is not there."""

    def get(self, story_id: str, version: str, kind: BookFile) -> bytes | None:
        """Return a file of a book, or None: a small one, such as the cover."""

    def url(self, story_id: str, version: str, kind: BookFile, filename: str, method: HttpMethod = "GET") -> str:
        """Return a URL of a file of a book, freshly signed for `method`, to be downloaded as `filename`."""

    def delete(self, story_id: str, version: str) -> None:
        """Remove the files of a book; they need not exist."""
