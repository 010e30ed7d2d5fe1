"""The port of what is known of a story's listener."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from chalicelib.domain.listening import Bookmark, Bookmarks, Place


class ListeningRepository(Protocol):
    """Places and bookmarks, by story. Of two writes the one with the later time wins, in whatever order they come.

    A method that takes a user answers None where that user has nothing there yet: whether the story is theirs is then
    for the caller to find out, who gives `chapters`, the story's number of them, from then on.
    """

    def place(self, user_id: str, story_id: str) -> Place | None:
        """Return where the user is."""

    def put_place(
        self, user_id: str, story_id: str, place: Place, at: datetime, *, speed: bool, chapters: int | None = None
    ) -> Place | None:
        """Store where the user was `at`, unless `speed` at the speed that is stored; return the place that holds."""

    def bookmarks(self, user_id: str, story_id: str) -> Bookmarks | None:
        """Return the user's bookmarks."""

    def put_bookmarks(
        self,
        user_id: str,
        story_id: str,
        bookmarks: Sequence[Bookmark],
        at: datetime,
        *,
        seen_at: datetime | None = None,
        chapters: int | None = None,
    ) -> Bookmarks | None:
        """Store the list as the user had it `at`, with `seen_at` only in place of that very list; return what holds."""

    def delete_story(self, story_id: str) -> None:
        """Remove everything of a story."""
