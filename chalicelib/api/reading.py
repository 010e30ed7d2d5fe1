"""What the API reads of a user's stories, for every route that shows one."""

from chalicelib.api import rendering
from chalicelib.api.idempotency import Json
from chalicelib.errors import NotFound
from chalicelib.store.leases import Leases
from chalicelib.store.objects import ObjectStore, chapter_key
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import StoryItem


class StoryReader:
    """Stories and chapters, as their owner sees them."""

    def __init__(self, stories: Stories, chapters: Chapters, leases: Leases, objects: ObjectStore) -> None:
        self._stories = stories
        self._chapters = chapters
        self._leases = leases
        self._objects = objects

    def story(self, user_id: str, story_id: str) -> Json:
        """A story with its chapters; raises NotFound."""
        story = self._stories.get(user_id, story_id)
        return rendering.render_story(story, self._chapters.headers(story_id), self._working(story), self.url)

    def chapter(self, story: StoryItem, number: int) -> Json:
        """A chapter with its texts; raises NotFound."""
        title = title_of(story, number)
        chapter = self._chapters.get(story.story_id, number)
        headers = self._chapters.headers(story.story_id) if chapter is not None else ()
        return rendering.render_whole_chapter(story, number, title, chapter, headers, self._working(story), self.url)

    def narrated(self, story: StoryItem, number: int) -> tuple[str, str]:
        """Title and version of the sound of a chapter that can be heard; raises NotFound until it can."""
        title = title_of(story, number)
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or not chapter.sound_version:
            raise NotFound("The chapter has not been narrated yet")
        return title, chapter.sound_version

    def url(self, story: StoryItem, number: int, title: str, version: str) -> str:
        """A URL of a chapter's sound, signed now."""
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in title).strip("-").lower() or "chapter"
        return self._objects.url(chapter_key(story.story_id, number, version), f"{number:02d}-{plain}.mp3")

    def _working(self, story: StoryItem) -> set[str]:
        return self._leases.working_on(story.story_id) if story.task_id else set()


def title_of(story: StoryItem, number: int) -> str:
    """A chapter's title; raises NotFound for a number that the story has not."""
    titles = rendering.chapter_titles(story)
    if not 1 <= number <= len(titles):
        raise NotFound("Chapter not found")
    return titles[number - 1]
