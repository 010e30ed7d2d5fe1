"""Stories and their chapters. Every read names the user: what is another user's is not found."""

from collections.abc import Iterator
from dataclasses import dataclass

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock, rfc3339
from chalicelib.errors import NotFound
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.store.transactions import conditionally

NO_STORY = "Story not found"
FACTS = (
    "story_id",
    "number",
    "script_version",
    "summary",
    "summary_version",
    "duration_s",
    "size_bytes",
    "sound_version",
)
"""The attributes a list of chapters is made of: no texts but the summary."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some stories, newest first, and the id to go on after (None at the end)."""

    stories: list[StoryItem]
    after: str | None


class Stories:
    """The stories of all users, each found by its owner alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def create(self, story: StoryItem) -> None:
        """Keep a new story. A second time changes nothing."""
        conditionally(lambda: story.save(condition=StoryItem.story_id.does_not_exist()))

    def get(self, user_id: str, story_id: str) -> StoryItem:
        """The user's story; raises NotFound."""
        try:
            story = StoryItem.get(user_id, story_id, consistent_read=True)
        except StoryItem.DoesNotExist:
            raise NotFound(NO_STORY) from None
        if story.deleted:
            raise NotFound(NO_STORY)
        return story

    def page(self, user_id: str, limit: int, after: str | None) -> Page:
        """Up to `limit` of the user's stories, newest first, that are older than the story `after`."""
        older = StoryItem.story_id < after if after is not None else None
        found: list[StoryItem] = []
        query = StoryItem.query(
            user_id,
            older,
            filter_condition=StoryItem.deleted.does_not_exist(),
            scan_index_forward=False,
            page_size=limit + 1,
        )
        for story in query:
            found.append(story)
            if len(found) > limit:
                break
        more = len(found) > limit
        return Page(found[:limit], found[limit - 1].story_id if more else None)

    def mark_deleted(self, story: StoryItem) -> None:
        """Hide the story from every read, before its parts are removed one by one."""
        actions: list[Action] = [
            StoryItem.deleted.set(True),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        conditionally(lambda: story.update(actions, condition=StoryItem.story_id.exists()))

    def purge(self, user_id: str, story_id: str) -> None:
        """Remove the story and its chapters; they need not exist."""
        with ChapterItem.batch_write() as batch:
            for chapter in ChapterItem.query(story_id, attributes_to_get=["story_id", "number"]):
                batch.delete(chapter)
        StoryItem(user_id, story_id).delete()


class Chapters:
    """The written chapters of a story. A chapter that is not written yet has no item."""

    def get(self, story_id: str, number: int) -> ChapterItem | None:
        """The chapter with its texts."""
        try:
            return ChapterItem.get(story_id, number, consistent_read=True)
        except ChapterItem.DoesNotExist:
            return None

    def facts(self, story_id: str) -> Iterator[ChapterItem]:
        """All chapters in order, without their texts."""
        return ChapterItem.query(story_id, attributes_to_get=list(FACTS), consistent_read=True)
