"""What lies in a story's folder beside its chapters."""

from pathlib import Path
from typing import Any

from local.client import ApiError
from local.folder import StoryFolder, audiobookshelf

STORY: dict[str, Any] = {
    "story_id": "0193a5e1c07f" + "0" * 20,
    "title": "第一章 霧",
    "created_at": "2026-11-28T00:00:00Z",
    "language": "ja",
    "chapters": [{"number": 1, "version": "a", "audio": {"bytes": 3, "out_of_date": False, "duration": 1.5}}],
    "book": None,
}


class Unreachable:
    """An API that answers nothing."""

    def get(self, path: str) -> Any:
        raise ApiError(0, path)

    def location(self, path: str) -> str:
        raise ApiError(0, path)


def test_audiobookshelf_is_told_where_each_chapter_begins() -> None:
    chapters = [{"title": title, "audio": {"duration": seconds}} for title, seconds in (("霧", 1.5), ("Two", 2.25))]
    told = audiobookshelf(STORY, chapters)
    assert told["chapters"] == [
        {"id": 0, "start": 0.0, "end": 1.5, "title": "霧"},
        {"id": 1, "start": 1.5, "end": 3.75, "title": "Two"},
    ]
    assert told["metadata"] == {
        "title": "第一章 霧",
        "authors": ["Fireside"],
        "genres": ["Audiobook"],
        "publishedYear": "2026",
        "language": "ja",
    }


def test_a_folder_keeps_its_name_when_the_story_gets_another(tmp_path: Path) -> None:
    for made in ("an-older-name-0193a5e10000", "第一章 霧-0193a5e10000"):
        out = tmp_path / made
        (out / made).mkdir(parents=True)
        folder: Any = StoryFolder(Unreachable(), out)  # type: ignore[arg-type]
        assert folder._folder(STORY) == out / made
    assert StoryFolder(Unreachable(), tmp_path / "new")._folder(STORY).name == "第一章 霧-0193a5e10000"  # type: ignore[arg-type]


def test_without_a_book_nothing_is_fetched(tmp_path: Path) -> None:
    folder = StoryFolder(Unreachable(), tmp_path)  # type: ignore[arg-type]
    assert folder.update_book(STORY) is None
    outdated = {"out_of_date": True, "m4b": {"bytes": 1}, "epub": {"bytes": 1}}
    assert folder.update_book({**STORY, "book": outdated}) is None
