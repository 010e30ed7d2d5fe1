"""The facts of stories' books, in the stories' own items."""

import msgspec
from pynamodb.expressions.update import Action

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.book import Book
from chalicelib.store.outage import repository
from chalicelib.store.stories import PRESENT
from chalicelib.store.tables import StoryItem
from chalicelib.store.transactions import Write


@repository
class Books:
    """The repository of books."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def save(self, user_id: str, story_id: str, book: Book) -> Write:
        """Return the write that publishes the files of a story's book."""
        actions: list[Action] = [
            StoryItem.book.set(msgspec.to_builtins(book)),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        return lambda transaction: transaction.update(StoryItem(user_id, story_id), actions=actions, condition=PRESENT)
