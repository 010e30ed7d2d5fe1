"""The output folder of a story: its chapters as MP3, and `story.json` with their texts."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from local.client import Api, ApiError, ApiObject
from local.console_log import short_id
from local.files import write_whole

READABLE = 0o644
"""Mode of a story's files: readable by everybody, like other files a user makes."""


def slug(text: str) -> str:
    """Return `text` in a form that is safe in a file name: lower-case ASCII letters, digits and hyphens, at most 60."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60] or "story"


class StoryFolder:
    """The folder `out/<story>/`; each `update` fetches the chapters that have become ready."""

    def __init__(self, api: Api, out: Path) -> None:
        self._api = api
        self._out = out
        self._chapters: dict[int, ApiObject] = {}
        self.path = out

    @property
    def chapters(self) -> list[ApiObject]:
        """The chapters in the folder, in order."""
        return [self._chapters[number] for number in sorted(self._chapters)]

    def update(self, story: ApiObject) -> Iterator[ApiObject]:
        """Write the chapters that are ready but not in the folder, and yield each. Raises OSError, ApiError."""
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
            fetched = self._fetch(story["story_id"], number)
            self._chapters[number] = fetched
            self._describe(story)
            yield fetched
        self._describe(story)

    def _has(self, chapter: ApiObject) -> bool:
        """Return whether the folder has the complete sound of a chapter's present version."""
        kept = self._chapters.get(int(chapter["number"]))
        if kept is None or kept.get("version") != chapter["version"]:
            return False
        with suppress(OSError):
            return (self.path / str(kept["file"])).stat().st_size == int(chapter["audio"]["bytes"])
        return False

    def _left(self) -> dict[int, ApiObject]:
        """Return the chapters that an earlier run wrote, by number; empty if `story.json` is missing or unreadable."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            story = json.loads((self.path / "story.json").read_text(encoding="utf-8"))
            return {int(chapter["number"]): chapter for chapter in story["chapters"] if chapter.get("file")}
        return {}

    def _fetch(self, story_id: str, number: int) -> ApiObject:
        """Download a chapter's sound into the folder and return the chapter with its texts and the name of its file."""
        path = f"/stories/{story_id}/chapters/{number}"
        chapter = self._api.get(path)
        name = f"{number:02d}-{slug(chapter['title'])}.mp3"
        try:
            # A separate client: the bearer token is for the API, not for S3.
            sound = httpx.get(self._api.location(f"{path}/audio"), timeout=60, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            raise ApiError(
                0, f"The sound of chapter {number} could not be fetched ({type(error).__name__})."
            ) from error
        write_whole(self.path / name, sound.content, READABLE)
        chapter["file"] = name
        del chapter["audio"]["url"]  # a signed URL expires within minutes, and the file is in the folder
        return chapter

    def _describe(self, story: ApiObject) -> None:
        """Write `story.json`: chapters in the folder with their texts, the others as the story lists them."""
        chapters = [self._chapters.get(int(chapter["number"]), chapter) for chapter in story["chapters"]]
        text = json.dumps({**story, "chapters": chapters}, indent=2, ensure_ascii=False) + "\n"
        path = self.path / "story.json"
        with suppress(OSError):
            if path.read_bytes() == text.encode():
                return
        write_whole(path, text.encode(), READABLE)


def is_ready(chapter: ApiObject) -> bool:
    """Return whether a chapter has sound that is not out of date."""
    return bool(chapter["audio"]) and not chapter["audio"]["out_of_date"]
