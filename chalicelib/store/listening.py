"""Listeners' places and bookmarks. The later time wins, by one conditional write of one unit."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.listening import PACE, Bookmark, Bookmarks, Place
from chalicelib.store.listening_tables import BOOKMARKS, PLACE, ListeningItem
from chalicelib.store.outage import repository
from chalicelib.store.transactions import conditional_write

AHEAD = timedelta(days=1)
"""How far a device's clock may be ahead and still be believed: more than any time zone that was taken for another."""


@repository
class Listening:
    """The places and bookmarks of all stories."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def place(self, user_id: str, story_id: str) -> Place | None:
        """Return where the user is, or None where that is not stored."""
        item = _find(user_id, story_id, PLACE)
        return _place(item) if item else None

    def put_place(
        self, user_id: str, story_id: str, place: Place, at: datetime, *, speed: bool, chapters: int | None = None
    ) -> Place | None:
        """Store where the user was; see `ListeningRepository`."""
        item = ListeningItem(story_id, PLACE)
        actions: list[Action] = [
            ListeningItem.chapter.set(place.chapter),
            ListeningItem.seconds.set(place.seconds),
        ]
        if speed:
            actions.append(ListeningItem.speed.set(place.speed))
        holds = self._wins(user_id, at, chapters)
        if chapters is None:
            holds &= ListeningItem.chapters >= place.chapter
        if self._write(item, user_id, at, actions, holds, chapters):
            return _place(item)
        found = self._winner(user_id, item, place.chapter)
        return _place(found) if found else None

    def bookmarks(self, user_id: str, story_id: str) -> Bookmarks | None:
        """Return the user's bookmarks, or None where none were ever stored."""
        item = _find(user_id, story_id, BOOKMARKS)
        return _bookmarks(item) if item else None

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
        """Store the list; see `ListeningRepository`."""
        item = ListeningItem(story_id, BOOKMARKS)
        last = max((mark.chapter for mark in bookmarks), default=0)
        holds = self._wins(user_id, at, chapters)
        if seen_at is not None:
            holds &= ListeningItem.at == _text(seen_at)
        if chapters is None:
            holds &= ListeningItem.chapters >= last
        actions: list[Action] = [ListeningItem.marks.set(msgspec.json.encode(bookmarks).decode())]
        if self._write(item, user_id, at, actions, holds, chapters):
            return _bookmarks(item)
        found = self._winner(user_id, item, last)
        return _bookmarks(found) if found else None

    def delete_story(self, story_id: str) -> None:
        """Remove a story's place and bookmarks, be there any or not."""
        for kind in (PLACE, BOOKMARKS):
            ListeningItem(story_id, kind).delete()

    def _wins(self, user_id: str, at: datetime, chapters: int | None) -> Condition:
        """Return the condition under which what was written `at` replaces what is stored, or with `chapters` is new."""
        believed = datetime.fromtimestamp(self._clock(), UTC) + AHEAD
        later = ListeningItem.at <= _text(at)
        if at <= believed:
            # A clock that runs years ahead would win for years: what it wrote counts as written when it came.
            later |= (ListeningItem.at > _text(believed)) & (ListeningItem.arrived <= _text(at))
        holds: Condition = (ListeningItem.user_id == user_id) & later
        return holds if chapters is None else ListeningItem.story_id.does_not_exist() | holds

    def _write(
        self,
        item: ListeningItem,
        user_id: str,
        at: datetime,
        actions: Sequence[Action],
        holds: Condition,
        chapters: int | None,
    ) -> bool:
        arrived = datetime.fromtimestamp(self._clock(), UTC)
        every = [*actions, ListeningItem.at.set(_text(at)), ListeningItem.arrived.set(_text(arrived))]
        if chapters is not None:
            every += [ListeningItem.user_id.set(user_id), ListeningItem.chapters.set(chapters)]
        return conditional_write(partial(item.update, every, condition=holds))

    def _winner(self, user_id: str, item: ListeningItem, chapter: int) -> ListeningItem | None:
        """Return what a write lost to; None if it failed for another reason: the story's owner or size is not known."""
        found = _find(user_id, item.story_id, item.kind)
        return found if found is not None and found.chapters >= chapter else None


def _find(user_id: str, story_id: str, kind: str) -> ListeningItem | None:
    try:
        item = ListeningItem.get(story_id, kind, consistent_read=True)
    except ListeningItem.DoesNotExist:
        return None
    return item if item.user_id == user_id else None


def _place(item: ListeningItem) -> Place:
    return Place(
        chapter=int(item.chapter or 1),
        seconds=float(item.seconds or 0),
        speed=float(item.speed or PACE),
        at=_shown(item.at),
    )


def _bookmarks(item: ListeningItem) -> Bookmarks:
    marks = msgspec.json.decode(item.marks or "[]", type=tuple[Bookmark, ...])
    return Bookmarks(bookmarks=marks, at=_shown(item.at))


def _text(moment: datetime) -> str:
    """Return a moment as a text whose order is that of time: always UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _shown(text: str) -> str:
    """Return a stored moment as short as it can be written: `2026-11-28T01:00:00Z`, or with milliseconds."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    digits = fraction[:3] if fraction.endswith("000") else fraction
    return f"{seconds}{'.' + digits if digits.strip('0') else ''}Z"
