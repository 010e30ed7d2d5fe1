"""The folder a story is left in: its chapters as MP3, and `story.json` with their texts."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from local.client import Api, ApiError, Json
from local.console_log import short_id
from local.files import write_whole

READABLE = 0o644
"""What a story's files may be opened by: everybody, as other files a person makes."""


def slug(text: str) -> str:
    """Return a title as it may stand in a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60] or "story"


class StoryFolder:
    """`out/<story>/`. Told of the story again and again, it fetches the chapters that have become ready."""

    def __init__(self, api: Api, out: Path) -> None:
        self._api = api
        self._out = out
        self._chapters: dict[int, Json] = {}
        self.path = out

    @property
    def chapters(self) -> list[Json]:
        """The chapters that are there, in order."""
        return [self._chapters[number] for number in sorted(self._chapters)]

    def update(self, story: Json) -> Iterator[Json]:
        """Write what is ready and not there; yields each chapter that was written. Raises OSError, ApiError."""
        ready = [chapter for chapter in story["chapters"] if is_ready(chapter)]
        if not ready:
            return
        self.path = self._out / f"{slug(story['title'])}-{short_id(story['story_id'])}"
        self.path.mkdir(parents=True, exist_ok=True)
        if not self._chapters:
            self._chapters = self._left()
        for chapter in ready:
            number = int(chapter["number"])
            if self._has(chapter):
                continue
            whole = self._fetch(story["story_id"], number)
            self._chapters[number] = whole
            self._describe(story)
            yield whole
        self._describe(story)

    def _has(self, chapter: Json) -> bool:
        """Whether a chapter's present sound is there, in full."""
        there = self._chapters.get(int(chapter["number"]))
        if there is None or there.get("version") != chapter["version"]:
            return False
        with suppress(OSError):
            return (self.path / str(there["file"])).stat().st_size == int(chapter["audio"]["bytes"])
        return False

    def _left(self) -> dict[int, Json]:
        """The chapters that an earlier run has left."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            story = json.loads((self.path / "story.json").read_text(encoding="utf-8"))
            return {int(chapter["number"]): chapter for chapter in story["chapters"] if chapter.get("file")}
        return {}

    def _fetch(self, story_id: str, number: int) -> Json:
        path = f"/stories/{story_id}/chapters/{number}"
        whole = self._api.get(path)
        name = f"{number:02d}-{slug(whole['title'])}.mp3"
        try:
            # A client of its own: the bearer token is for the API, not for S3.
            sound = httpx.get(self._api.location(f"{path}/audio"), timeout=60, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            raise ApiError(
                0, f"The sound of chapter {number} could not be fetched ({type(error).__name__})."
            ) from error
        write_whole(self.path / name, sound.content, READABLE)
        whole["file"] = name
        del whole["audio"]["url"]  # signed for minutes; the file is here
        return whole

    def _describe(self, story: Json) -> None:
        """Write `story.json`: every chapter that is here with its texts, the others as the story has them."""
        chapters = [self._chapters.get(int(chapter["number"]), chapter) for chapter in story["chapters"]]
        text = json.dumps({**story, "chapters": chapters}, indent=2, ensure_ascii=False) + "\n"
        path = self.path / "story.json"
        with suppress(OSError):
            if path.read_bytes() == text.encode():
                return
        write_whole(path, text.encode(), READABLE)


def is_ready(chapter: Json) -> bool:
    """Whether a chapter can be heard as its text is now."""
    return bool(chapter["audio"]) and not chapter["audio"]["out_of_date"]
