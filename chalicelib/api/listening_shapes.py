"""The bodies of a listener's place and bookmarks, as they are sent and as they are answered."""

from datetime import datetime
from typing import Annotated

import msgspec

from chalicelib import limits
from chalicelib.api.requests import ChapterNumber
from chalicelib.api.responses import Response

Seconds = Annotated[float, msgspec.Meta(ge=0, le=limits.MAX_SECONDS)]
Speed = Annotated[float, msgspec.Meta(ge=limits.MIN_SPEED, le=limits.MAX_SPEED)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
BookmarkId = Annotated[str, msgspec.Meta(pattern=limits.BOOKMARK_ID)]
Note = Annotated[str, msgspec.Meta(max_length=limits.MAX_NOTE)]


class PutPlace(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`PUT /stories/{id}/place`. `at` is when the listener was there; without `speed` it stays what it was."""

    chapter: ChapterNumber
    seconds: Seconds
    at: Moment
    speed: Speed | None = None


class SentBookmark(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A bookmark; one that is new may come without an id, and gets one."""

    chapter: ChapterNumber
    seconds: Seconds
    bookmark_id: BookmarkId | None = None
    note: Note = ""


class PutBookmarks(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`PUT /stories/{id}/bookmarks`: the whole list, as it was `at`.

    `seen_at` is the `at` of the list that it was made from: then it replaces that list and no other, so that two
    devices lose none of each other's bookmarks.
    """

    bookmarks: Annotated[list[SentBookmark], msgspec.Meta(max_length=limits.MAX_BOOKMARKS)]
    at: Moment
    seen_at: Moment | None = None


class Place(Response):
    """Where the listener is. `at` is when they were there; null, at the beginning, where nobody has listened yet."""

    chapter: int
    seconds: float
    speed: float
    at: str | None


class Bookmark(Response):
    """A second of a chapter that the listener wants to find again."""

    bookmark_id: str
    chapter: int
    seconds: float
    note: str


class Bookmarks(Response):
    """The listener's bookmarks. `at` is when the list was written; null where there never was one."""

    bookmarks: list[Bookmark]
    at: str | None
