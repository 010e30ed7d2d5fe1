"""The files of books on S3: `stories/{story_id}/book/{version}.m4b`, `.epub` and `.jpg`.

They lie under their story's prefix, so they go with it.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.domain.book import EPUB, JPEG, M4B, BookFile
from chalicelib.domain.filenames import Disposition
from chalicelib.pipeline.book_files import ChapterFile
from chalicelib.pipeline.sounds import HttpMethod
from chalicelib.store.objects import ObjectStore, chapter_key, m4a_key
from chalicelib.store.outage import repository

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_BLOCK = 1 << 18
_TYPES: dict[BookFile, str] = {"m4b": M4B, "epub": EPUB, "jpg": JPEG}


def book_key(story_id: str, version: str, kind: BookFile) -> str:
    """Return the key of a file of a book."""
    return f"stories/{story_id}/book/{version}.{kind}"


@repository
class BookFileStore:
    """The bucket, as far as books are concerned."""

    def __init__(self, client: "S3Client", objects: ObjectStore) -> None:
        self._client = client
        self._bucket = objects.bucket
        self._objects = objects

    def put_m4a(self, story_id: str, number: int, version: str, m4a: Path) -> None:
        """Store a chapter's AAC."""
        self._objects.put_m4a(story_id, number, version, m4a)

    def m4a(self, story_id: str, number: int, version: str) -> ChapterFile | None:
        """Return the facts of a chapter's AAC, or None if there is none."""
        key = m4a_key(story_id, number, version)
        head = self._head(key)
        if head is None:
            return None
        return ChapterFile(head["ContentLength"], int(head["Metadata"]["crc32"]), lambda: self._blocks(key))

    def mp3(self, story_id: str, number: int, version: str) -> Iterator[bytes]:
        """Return a chapter's MP3 in blocks."""
        return self._blocks(chapter_key(story_id, number, version))

    def put(self, story_id: str, version: str, kind: BookFile, path: Path) -> None:
        """Store a file of a book, in one request (S3 takes 5 GB)."""
        with path.open("rb") as file:
            # Atomic, and no abandoned multipart upload is left to be billed.
            self._client.put_object(
                Bucket=self._bucket, Key=book_key(story_id, version, kind), Body=file, ContentType=_TYPES[kind]
            )

    def size(self, story_id: str, version: str, kind: BookFile) -> int | None:
        """Return the bytes of a file of a book, or None if it is not there."""
        head = self._head(book_key(story_id, version, kind))
        return None if head is None else head["ContentLength"]

    def get(self, story_id: str, version: str, kind: BookFile) -> bytes | None:
        """Return a file of a book, or None: a small one, such as the cover."""
        found = self._objects.get(book_key(story_id, version, kind))
        return found.data if found else None

    def url(self, story_id: str, version: str, kind: BookFile, filename: str, method: HttpMethod = "GET") -> str:
        """Return a URL of a file of a book, freshly signed for `method`, to be downloaded as `filename`."""
        disposition: Disposition = "inline" if kind == "jpg" else "attachment"
        return self._objects.url(book_key(story_id, version, kind), filename, _TYPES[kind], disposition, method)

    def delete(self, story_id: str, version: str) -> None:
        """Remove the files of a book; they need not exist."""
        for kind in _TYPES:
            self._objects.delete(book_key(story_id, version, kind))

    def _head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            # A HEAD has no body that could name the error.
            if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
                return None
            raise

    def _blocks(self, key: str) -> Iterator[bytes]:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        with closing(body):
            yield from body.iter_chunks(_BLOCK)
