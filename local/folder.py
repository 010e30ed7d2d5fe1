"""The output folder of a story: its chapters as MP3, `story.json` with their texts, and its book.

It can be put into a library of Audiobookshelf as it is: `metadata.json` says what the book is, and `cover.jpg` how it
looks. The M4B has the same sound once more, so it lies in a folder of its own that the scanner leaves out, which is
what a file `.ignore` means to it (github.com/advplyr/audiobookshelf, server/utils/fileUtils.js).
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

import httpx

from chalicelib.domain.filenames import file_name
from local.client import Api, ApiError, ApiObject
from local.console_log import short_id
from local.files import write_whole

READABLE = 0o644
"""Mode of a story's files: readable by everybody, like other files a user makes."""

M4B_FOLDER = "M4B"


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
        self.path = self._folder(story)
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

    def _folder(self, story: ApiObject) -> Path:
        """Return the story's folder: the one that an earlier run made, whatever the title was then, or a new one."""
        ending = f"-{short_id(story['story_id'])}"
        there = sorted(path for path in self._out.glob(f"*{ending}") if path.is_dir())
        return there[0] if there else self._out / (file_name(story["title"]) + ending)

    def update_book(self, story: ApiObject) -> ApiObject | None:
        """Write the files of the story's book if it is up to date and not there; return its facts if they were.

        Raises OSError, ApiError. Those of an earlier book are replaced, whatever they are called.
        """
        book = story["book"]
        if book is None or book["out_of_date"] or self._has_book(book):
            return None
        for kind, name in ((kind, file_name(story["title"], kind)) for kind in ("m4b", "epub")):
            folder = self.path / M4B_FOLDER if kind == "m4b" else self.path
            folder.mkdir(exist_ok=True)
            fetched = self._download(f"/stories/{story['story_id']}/book.{kind}", f"The book's {kind.upper()}")
            for old in folder.glob(f"*.{kind}"):
                old.unlink()
            write_whole(folder / name, fetched, READABLE)
        write_whole(self.path / M4B_FOLDER / ".ignore", b"", READABLE)
        cover = self._download(f"/stories/{story['story_id']}/cover.jpg", "The cover")
        write_whole(self.path / "cover.jpg", cover, READABLE)
        text = json.dumps(audiobookshelf(story, self.chapters), indent=2, ensure_ascii=False) + "\n"
        write_whole(self.path / "metadata.json", text.encode(), READABLE)
        return dict(book)

    def _has_book(self, book: ApiObject) -> bool:
        files = {"m4b": self.path / M4B_FOLDER, "epub": self.path}
        return all(
            [path.stat().st_size for path in folder.glob(f"*.{kind}")] == [book[kind]["bytes"]]
            for kind, folder in files.items()
        )

    def _download(self, path: str, what: str) -> bytes:
        try:
            # A separate client: the bearer token is for the API, not for S3.
            found = httpx.get(self._api.location(path), timeout=60, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            raise ApiError(0, f"{what} could not be fetched ({type(error).__name__}).") from error
        return found.content

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
        name = file_name(chapter["title"], "mp3", prefix=f"{number:02d}-", fallback="chapter")
        write_whole(self.path / name, self._download(f"{path}/audio", f"The sound of chapter {number}"), READABLE)
        chapter["file"] = name
        del chapter["audio"]["url"]  # a signed URL expires within minutes, and the file is in the folder
        return chapter

    def _describe(self, story: ApiObject) -> None:
        """Write `story.json`: chapters in the folder with their texts, the others as the story lists them."""
        chapters = [self._chapters.get(int(chapter["number"]), chapter) for chapter in story["chapters"]]
        described = {**story, "chapters": chapters, "book": _lasting(story["book"])}
        text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
        path = self.path / "story.json"
        with suppress(OSError):
            if path.read_bytes() == text.encode():
                return
        write_whole(path, text.encode(), READABLE)


def is_ready(chapter: ApiObject) -> bool:
    """Return whether a chapter has sound that is not out of date."""
    return bool(chapter["audio"]) and not chapter["audio"]["out_of_date"]


def _lasting(book: ApiObject | None) -> ApiObject | None:
    """Return a book's facts without its signed URLs, which expire within minutes."""
    if book is None:
        return None
    files = {kind: {name: fact for name, fact in book[kind].items() if name != "url"} for kind in ("m4b", "epub")}
    return {**book, **files}


def audiobookshelf(story: ApiObject, chapters: list[ApiObject]) -> ApiObject:
    """Return what Audiobookshelf reads in `metadata.json`, before tags and names of folders.

    The narrators are left to the tags of the files. The nested form is the older one, which newer versions read too
    (server/utils/generators/abmetadataGenerator.js).
    """
    ends = list(accumulate(chapter["audio"]["duration"] for chapter in chapters))
    marks = zip([0.0, *ends], ends, chapters, strict=False)
    return {
        "tags": [],
        "chapters": [
            {"id": at, "start": round(start, 3), "end": round(end, 3), "title": chapter["title"]}
            for at, (start, end, chapter) in enumerate(marks)
        ],
        "metadata": {
            "title": story["title"],
            "authors": ["Fireside"],
            "genres": ["Audiobook"],
            "publishedYear": story["created_at"][:4],
            "language": story["language"],
        },
    }
