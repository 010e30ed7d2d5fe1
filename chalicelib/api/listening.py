"""The operations behind a listener's place and bookmarks.

A listener writes often, so a place that is stored already is written without reading the story: the item says
whose it is. Only what is not there yet asks for the story, and so whether it is the caller's.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from chalicelib.api import listening_shapes as shapes
from chalicelib.clock import Ids
from chalicelib.domain.listening import PACE, Bookmark, Bookmarks, Place
from chalicelib.domain.texts import one_line
from chalicelib.errors import Invalid, NotFound
from chalicelib.pipeline.listening import ListeningRepository
from chalicelib.pipeline.ports import StoryRepository

T = TypeVar("T")

DIGITS = 3
"""Decimals of a second that are stored: DynamoDB refuses numbers nearer to 0 than 1e-130, which a float can be."""


class ListeningService:
    """The API's operations on places and bookmarks."""

    def __init__(self, *, listening: ListeningRepository, stories: StoryRepository, ids: Ids) -> None:
        self._listening = listening
        self._stories = stories
        self._ids = ids

    def place(self, user_id: str, story_id: str) -> shapes.Place:
        """Return where the user is; raise NotFound."""
        place = self._listening.place(user_id, story_id)
        if place is None:
            self._stories.get(user_id, story_id)
        return _render_place(place or Place())

    def put_place(self, user_id: str, story_id: str, body: shapes.PutPlace) -> shapes.Place:
        """Store where the user was, unless a later time is stored; return where they are. Raise NotFound or Invalid."""
        given = Place(body.chapter, round(body.seconds, DIGITS), PACE if body.speed is None else body.speed)
        put = partial(
            self._listening.put_place, user_id, story_id, given, _utc("at", body.at), speed=body.speed is not None
        )
        place = put() or put(chapters=self._chapters(user_id, story_id, [body.chapter]))
        return _render_place(_there(place))

    def bookmarks(self, user_id: str, story_id: str) -> shapes.Bookmarks:
        """Return the user's bookmarks; raise NotFound."""
        bookmarks = self._listening.bookmarks(user_id, story_id)
        if bookmarks is None:
            self._stories.get(user_id, story_id)
        return _render_bookmarks(bookmarks or Bookmarks())

    def put_bookmarks(self, user_id: str, story_id: str, body: shapes.PutBookmarks) -> shapes.Bookmarks:
        """Store the user's bookmarks, unless a later list is stored; return those that hold. Raise as `put_place`."""
        marks = [
            Bookmark(mark.bookmark_id or self._ids(), mark.chapter, round(mark.seconds, DIGITS), one_line(mark.note))
            for mark in body.bookmarks
        ]
        if len({mark.bookmark_id for mark in marks}) < len(marks):
            raise Invalid("bookmarks: Expected every bookmark_id once; leave it out for a new bookmark.")
        seen_at = _utc("seen_at", body.seen_at) if body.seen_at else None
        put = partial(self._listening.put_bookmarks, user_id, story_id, marks, _utc("at", body.at), seen_at=seen_at)
        chapters = [mark.chapter for mark in marks]
        bookmarks = put() or put(chapters=self._chapters(user_id, story_id, chapters))
        return _render_bookmarks(_there(bookmarks))

    def _chapters(self, user_id: str, story_id: str, numbers: Iterable[int]) -> int:
        """Return how many chapters the user's story has; raise NotFound, or Invalid for a number beyond them."""
        count = self._stories.get(user_id, story_id).num_chapters
        if beyond := sorted(number for number in numbers if number > count):
            raise Invalid(f"chapter: The story has {count} chapters; there is no chapter {beyond[0]}.")
        return count


def _utc(field: str, moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # an hour before the year 1, or after the year 9999
        raise Invalid(f"{field}: Expected a time of our age, such as 2026-11-28T01:00:00Z.") from None


def _there(found: T | None) -> T:
    """Return what was just written or found; raise NotFound where the story was deleted meanwhile."""
    if found is None:
        raise NotFound("Story not found")
    return found


def _render_place(place: Place) -> shapes.Place:
    return shapes.Place(place.chapter, place.seconds, place.speed, place.at)


def _render_bookmarks(bookmarks: Bookmarks) -> shapes.Bookmarks:
    shown = [shapes.Bookmark(one.bookmark_id, one.chapter, one.seconds, one.note) for one in bookmarks.bookmarks]
    return shapes.Bookmarks(shown, bookmarks.at)
