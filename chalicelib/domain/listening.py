"""Where a listener is in a story, and what they have marked in it. Times of writing come from the listener's device."""

import msgspec

PACE = 1.0
"""The speed at which a story was spoken."""


class Place(msgspec.Struct, frozen=True):
    """A second of a chapter, at a speed; `at` is when the listener was there, None for the beginning of a story that
    nobody has heard yet."""

    chapter: int = 1
    seconds: float = 0.0
    speed: float = PACE
    at: str | None = None


class Bookmark(msgspec.Struct, frozen=True):
    """A second of a chapter that a listener wants to find again, with words of theirs or of the line there."""

    bookmark_id: str
    chapter: int
    seconds: float
    note: str = ""


class Bookmarks(msgspec.Struct, frozen=True):
    """All bookmarks of a story; `at` is when the list was written, None while there never was one."""

    bookmarks: tuple[Bookmark, ...] = ()
    at: str | None = None
