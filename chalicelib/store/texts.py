"""Texts that are too large for their item in DynamoDB, on S3: `stories/{story_id}/texts/{name}-{digest}.json`.

DynamoDB limits an item to 400 KB in all. A text of up to INLINE bytes stays in its item; a larger one is put on S3, and
its item has the digest in its place. The object is put before the transaction that refers to it. Its key is made of its
content, so putting it twice is harmless, and a reader that still has the item as it was before finds what that item
meant.

A superseded object is deleted with its story and not before. If it went with the transaction that replaced it, a reader
of the old item would find nothing, and neither would the item of a writer that has meanwhile put the same text back, as
an edit that is undone does. A megabyte costs a third of a cent a year.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.update import Action

from chalicelib.domain.digest import digest
from chalicelib.errors import StoreUnavailable
from chalicelib.store.objects import ObjectStore
from chalicelib.store.outage import repository

INLINE = 150_000
"""Bytes of a text that stays in its item. Two of them, script and directions, fit into one beside a summary and a seam
of 16 KB each and a remark of 8 KB, and 40 KB are left for an older version's."""

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where items have a text: in the attribute `inline`, or, if that is missing, on S3 by the digest in `moved`."""

    name: str
    inline: UnicodeAttribute
    moved: UnicodeAttribute

    def of(self, story_id: str, chapter: int | None = None) -> "Slot":
        """Return the place in the item of a story, or of one of its chapters."""
        name = self.name if chapter is None else f"{chapter:03d}-{self.name}"
        return Slot(self, f"stories/{story_id}/texts/{name}-")

    def removed(self) -> list[Action]:
        """Return the changes that take the text out of its item."""
        return [self.inline.remove(), self.moved.remove()]


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a text in one item, and what its key begins with when it is on S3."""

    place: Place
    prefix: str

    def key(self, moved: str) -> str:
        """Return the key of the text with this digest."""
        return f"{self.prefix}{moved}.json"


@repository
class Texts:
    """The texts of all stories, each in its item or on S3. The bucket is asked for with the first large text."""

    def __init__(self, objects: Callable[[], ObjectStore]) -> None:
        self._objects = objects

    def set(self, slot: Slot, text: str) -> list[Action]:
        """Put a large text on S3, and return the changes that give it to its item."""
        inline, moved = slot.place.inline, slot.place.moved
        if len(text.encode()) <= INLINE:
            return [inline.set(text), moved.remove()]
        found = digest(text)[:32]
        self._objects().put_text(slot.key(found), text, JSON)
        # Removed, since what is inline counts: an older version, which may still run, sets nothing else.
        return [moved.set(found), inline.remove()]

    def get(self, slot: Slot, inline: str | None, moved: str | None) -> str | None:
        """Return the text of an item that has this inline and moved; None if it has none."""
        if inline or not moved:
            return inline
        found = self._objects().get(slot.key(moved))
        if found is None:
            raise StoreUnavailable("NoSuchText")  # such as where a table was restored without its bucket
        return found.data.decode()
