"""Objects on S3, those of each story under one prefix: `stories/{story_id}/lines/...`, `.../chapters/001-....mp3`,
books (chalicelib.store.book_files), and large texts (chalicelib.store.texts).

The bucket is private; a listener gets a URL that is signed when it is asked for and good for minutes.
"""

import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from chalicelib.domain.book import M4B
from chalicelib.domain.chapter import MP3, VTT
from chalicelib.domain.filenames import Disposition, content_disposition
from chalicelib.pipeline.sounds import HttpMethod, Stored
from chalicelib.store.outage import repository

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BLOCK = 1 << 18

URL_S = 900
"""How long a presigned URL is good: a chapter is fetched in one go, and a fresh URL is one request away."""


def line_key(story_id: str, key: str) -> str:
    """Return the key of a narrated line."""
    return f"{lines_prefix(story_id)}{key}.mp3"


def set_aside_key(story_id: str, key: str, moment: str) -> str:
    """Return the key of a line that could not be decoded, for a person to look at; it is deleted with its story."""
    return f"stories/{story_id}/set-aside/{key}-{moment}.mp3"


def lines_prefix(story_id: str) -> str:
    """Return the prefix of all narrated lines of a story."""
    return f"stories/{story_id}/lines/"


def chapter_key(story_id: str, number: int, version: str) -> str:
    """Return the key of a mastered chapter.

    It contains the version of the script, so that a worker whose task was cancelled can never put its sound under
    another text.
    """
    return f"stories/{story_id}/chapters/{number:03d}-{version}.mp3"


def m4a_key(story_id: str, number: int, version: str) -> str:
    """Return the key of a chapter's AAC, which books are made from."""
    return f"stories/{story_id}/chapters/{number:03d}-{version}.m4a"


def captions_key(story_id: str, number: int, version: str) -> str:
    """Return the key of the captions of a mastered chapter."""
    return f"stories/{story_id}/chapters/{number:03d}-{version}.vtt"


@repository
class ObjectStore:
    """The bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def put(self, key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        """Store MP3 bytes under `key`."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=MP3, Metadata=dict(metadata))

    def put_file(self, key: str, path: Path) -> None:
        """Store an MP3 file under `key`, in one request (S3 takes 5 GB, an hour of sound is 86 MB)."""
        with path.open("rb") as file:
            # A single request is atomic, and no abandoned multipart upload is left to be billed.
            self._client.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType=MP3)

    def put_m4a(self, story_id: str, number: int, version: str, m4a: Path) -> None:
        """Store a chapter's AAC, and in its metadata the CRC-32 that an archive needs to know beforehand."""
        crc32 = 0
        with m4a.open("rb") as file:
            while block := file.read(_BLOCK):
                crc32 = zlib.crc32(block, crc32)
            file.seek(0)
            key, metadata = m4a_key(story_id, number, version), {"crc32": str(crc32)}
            self._client.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType=M4B, Metadata=metadata)

    def put_text(self, key: str, text: str, content_type: str) -> None:
        """Store a text under `key`."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=text.encode(), ContentType=content_type)

    def get(self, key: str) -> Stored | None:
        """Return the object under `key`, or None."""
        try:
            found = self._client.get_object(Bucket=self.bucket, Key=key)
        except self._client.exceptions.NoSuchKey:
            return None
        with found["Body"] as body:
            return Stored(body.read(), found["Metadata"])

    def move(self, key: str, to: str) -> None:
        """Move an object to another key; nothing happens if it is not there."""
        try:
            self._client.copy_object(Bucket=self.bucket, Key=to, CopySource={"Bucket": self.bucket, "Key": key})
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return
            raise
        self._client.delete_object(Bucket=self.bucket, Key=key)

    def delete(self, key: str) -> None:
        """Remove one object; it need not exist."""
        self._client.delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Return all keys that start with `prefix`."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def clip_keys(self, story_id: str) -> set[str]:
        """Return the keys of all stored clips of a story."""
        prefix = lines_prefix(story_id)
        return {key.removeprefix(prefix).removesuffix(".mp3") for key in self.keys(prefix)}

    def get_clip(self, story_id: str, key: str) -> Stored | None:
        """Return a stored clip, or None."""
        return self.get(line_key(story_id, key))

    def put_clip(self, story_id: str, key: str, mp3: bytes, metadata: Mapping[str, str]) -> None:
        """Store a clip."""
        self.put(line_key(story_id, key), mp3, metadata)

    def set_clip_aside(self, story_id: str, key: str, moment: str) -> None:
        """Move a clip to where it is no longer found."""
        self.move(line_key(story_id, key), set_aside_key(story_id, key, moment))

    def put_chapter(self, story_id: str, number: int, version: str, mp3: Path, m4a: Path, captions: str) -> None:
        """Store a mastered chapter, as MP3 and as AAC, and its captions."""
        self.put_file(chapter_key(story_id, number, version), mp3)
        self.put_m4a(story_id, number, version, m4a)
        # After the sound: the chapter is published only when all are there (chalicelib.pipeline.workflow).
        self.put_text(captions_key(story_id, number, version), captions, VTT)

    def delete_chapter(self, story_id: str, number: int, version: str) -> None:
        """Remove a mastered chapter and its captions; they need not exist."""
        self.delete(chapter_key(story_id, number, version))
        self.delete(m4a_key(story_id, number, version))
        self.delete(captions_key(story_id, number, version))

    def captions(self, story_id: str, number: int, version: str) -> str | None:
        """Return the captions of a mastered chapter as WebVTT, or None."""
        found = self.get(captions_key(story_id, number, version))
        return found.data.decode() if found else None

    def chapter_url(self, story_id: str, number: int, version: str, filename: str, method: HttpMethod = "GET") -> str:
        """Return a URL of a mastered chapter, freshly signed for `method` alone, to be downloaded as `filename`."""
        return self.url(chapter_key(story_id, number, version), filename, method=method)

    def delete_story(self, story_id: str) -> None:
        """Remove all sound of a story, and its large texts: everything under its prefix."""
        # Listed to the end before anything is deleted, so that no page of the list shifts.
        keys = list(self.keys(f"stories/{story_id}/"))
        # DeleteObjects takes 1,000 keys at most.
        for start in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[start : start + 1000]]
            answer = self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True})  # type: ignore[typeddict-item] # the stubs want every optional member
            # S3 answers 200 even if some keys could not be deleted; the purge must then be tried again.
            if errors := answer.get("Errors"):
                raise ClientError({"Error": {"Code": errors[0].get("Code", "")}}, "DeleteObjects")

    @cached_property
    def origin(self) -> str:
        """Scheme and host of every URL that `url` gives."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.url("stories/", "any")))

    def url(
        self,
        key: str,
        filename: str,
        media: str = MP3,
        disposition: Disposition = "inline",
        method: HttpMethod = "GET",
    ) -> str:
        """Return a URL that plays or downloads the object for URL_S seconds, and can be sought in (HTTP ranges).

        S3 takes the same parameters for HEAD as for GET, whatever the versions of botocore say of HeadObject:
        https://github.com/boto/boto3/issues/3945.
        """
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                # The type and name that the response gets are part of what is signed: nobody can have them changed.
                "ResponseContentType": media,
                "ResponseContentDisposition": content_disposition(filename, disposition),
            },
            ExpiresIn=URL_S,
            HttpMethod=method,
        )
