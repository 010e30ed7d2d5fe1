"""The port of what is heard: clips of single lines, and mastered chapters. `chalicelib.store.objects` implements it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

HttpMethod = Literal["GET", "HEAD"]
"""What a signed URL is good for: S3 refuses another method than the one that was signed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes of an object, and the metadata stored with it."""

    data: bytes
    metadata: Mapping[str, str]


class SoundStore(Protocol):
    """The sound of all stories: clips of single lines, and mastered chapters with their captions."""

    def clip_keys(self, story_id: str) -> set[str]:
        """Return the keys of all stored clips of a story."""

    def get_clip(self, story_id: str, key: str) -> Stored | None:
        """Return a stored clip, or None."""

    def put_clip(self, story_id: str, key: str, mp3: bytes, metadata: Mapping[str, str]) -> None:
        """Store a clip."""

    def set_clip_aside(self, story_id: str, key: str, moment: str) -> None:
        """Move a clip to where it is no longer found."""

    def put_chapter(self, story_id: str, number: int, version: str, mp3: Path, m4a: Path, captions: str) -> None:
        """Store a mastered chapter, as MP3 and as AAC, and its captions."""

    def captions(self, story_id: str, number: int, version: str) -> str | None:
        """Return the captions of a mastered chapter as WebVTT, or None."""

    def chapter_url(self, story_id: str, number: int, version: str, filename: str, method: HttpMethod = "GET") -> str:
        """Return a URL of a mastered chapter, freshly signed for `method` alone, to be downloaded as `filename`."""

    @property
    def origin(self) -> str:
        """Scheme and host of every URL that `chapter_url` returns."""

    def delete_chapter(self, story_id: str, number: int, version: str) -> None:
        """Remove a mastered chapter and its captions; they need not exist."""

    def delete_story(self, story_id: str) -> None:
        """Remove all sound of a story, and whatever else of it is stored beside its sound."""
