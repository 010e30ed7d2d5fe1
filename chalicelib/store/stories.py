"""Stories and their chapters. Every read names the user: what is another user's is not found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.errors import NotFound
from chalicelib.store.outage import repository
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.store.transactions import conditional_write, transact

NO_STORY = "Story not found"
UNTITLED = "Untitled"
FACTS = (
    "story_id",
    "number",
    "script_version",
    "enhanced_version",
    "summary",
    "summary_version",
    "duration_s",
    "size_bytes",
    "sound_version",
    "based_on",
)
"""The attributes a list of chapters is made of: no texts but the summary."""


@dataclass(frozen=True, slots=True)
class StoryPage:
    """Some stories, newest first, and the id to go on after (None at the end)."""

    stories: list[StoryItem]
    after: str | None


@repository
class Stories:
    """The stories of all users, each found by its owner alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def create(self, story: StoryItem) -> None:
        """Keep a new story. A second time changes nothing."""
        conditional_write(lambda: story.save(condition=StoryItem.story_id.does_not_exist()))

    def get(self, user_id: str, story_id: str) -> StoryItem:
        """Return the user's story; raises NotFound."""
        try:
            story = StoryItem.get(user_id, story_id, consistent_read=True)
        except StoryItem.DoesNotExist:
            raise NotFound(NO_STORY) from None
        if story.deleted:
            raise NotFound(NO_STORY)
        return story

    def page(self, user_id: str, limit: int, after: str | None) -> StoryPage:
        """Return up to `limit` of the user's stories, newest first, that are older than the story `after`."""
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
        return StoryPage(found[:limit], found[limit - 1].story_id if more else None)

    def titles(self, user_id: str, story_ids: Iterable[str]) -> dict[str, str]:
        """Return the titles of those of the stories that are still the user's."""
        keys = [(user_id, story_id) for story_id in story_ids]
        found = StoryItem.batch_get(keys, attributes_to_get=["user_id", "story_id", "title", "deleted"])
        return {story.story_id: story.title or UNTITLED for story in found if not story.deleted}

    def mark_deleted(self, story: StoryItem) -> None:
        """Hide the story from every read, before its parts are removed one by one. No text stays on the mark."""
        actions: list[Action] = [
            StoryItem.deleted.set(True),
            StoryItem.prompt.set(""),
            StoryItem.chosen_voices.set({}),
            StoryItem.title.remove(),
            StoryItem.outline.remove(),
            StoryItem.voices.remove(),
            StoryItem.error.remove(),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        conditional_write(lambda: story.update(actions, condition=StoryItem.story_id.exists()))

    def deleted(self, user_id: str, story_id: str) -> StoryItem | None:
        """Return what is left of a story that this user has deleted: the mark that says so, or None."""
        try:
            story = StoryItem.get(user_id, story_id, consistent_read=True)
        except StoryItem.DoesNotExist:
            return None
        return story if story.deleted else None

    def forget(self, user_id: str, story_id: str) -> None:
        """Remove the mark of a deleted story."""
        item = StoryItem(user_id, story_id)
        conditional_write(lambda: item.delete(condition=StoryItem.deleted == True))  # noqa: E712 # a DynamoDB condition


@repository
class Chapters:
    """The written chapters of a story. A chapter that is not written yet has no item."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get(self, story_id: str, number: int) -> ChapterItem | None:
        """Return the chapter with its texts."""
        try:
            return ChapterItem.get(story_id, number, consistent_read=True)
        except ChapterItem.DoesNotExist:
            return None

    def delete_story(self, story_id: str) -> None:
        """Remove all chapters of a story."""
        with ChapterItem.batch_write() as batch:
            for chapter in ChapterItem.query(story_id, attributes_to_get=["story_id", "number"]):
                batch.delete(chapter)

    def edit(self, story: StoryItem, number: int, version: str, actions: list[Action]) -> bool:
        """Change a chapter whose script is `version`, while no task runs on its story; False if either is not so."""
        stamp: list[Action] = [StoryItem.updated_at.set(rfc3339(self._clock()))]

        def fill(transaction: TransactWrite) -> None:
            chapter = ChapterItem(story.story_id, number)
            transaction.update(chapter, actions=actions, condition=ChapterItem.script_version == version)
            idle = StoryItem.story_id.exists() & StoryItem.deleted.does_not_exist() & StoryItem.task_id.does_not_exist()
            transaction.update(StoryItem(story.user_id, story.story_id), actions=stamp, condition=idle)

        return transact(fill)

    def headers(self, story_id: str) -> Iterator[ChapterItem]:
        """Return all chapters in order, without their texts."""
        return ChapterItem.query(story_id, attributes_to_get=list(FACTS), consistent_read=True)
