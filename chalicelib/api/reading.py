"""Reading a user's stories and chapters, for every route that shows one."""

from chalicelib.api import rendering, responses
from chalicelib.domain.story import Story
from chalicelib.errors import NotFound
from chalicelib.pipeline.editing import title_of
from chalicelib.pipeline.ports import ChapterRepository, StepLeases
from chalicelib.pipeline.sounds import SoundStore


class StoryReader:
    """The reader of stories and chapters, as their owner sees them."""

    def __init__(self, *, chapters: ChapterRepository, leases: StepLeases, sounds: SoundStore) -> None:
        self._chapters = chapters
        self._leases = leases
        self._sounds = sounds

    def story(self, story: Story) -> responses.Story:
        """Return a story with its chapters."""
        return rendering.render_story(story, self._chapters.headers(story.story_id), self._working(story), self.url)

    def chapter(self, story: Story, number: int) -> responses.ChapterAlone:
        """Return a chapter with its texts; raise NotFound."""
        title = title_of(story, number)
        chapter = self._chapters.get(story.story_id, number)
        headers = self._chapters.headers(story.story_id) if chapter is not None else ()
        return rendering.render_whole_chapter(story, number, title, chapter, headers, self._working(story), self.url)

    def narrated(self, story: Story, number: int) -> tuple[str, str]:
        """Return a narrated chapter's title and the version of its sound; raise NotFound until it is narrated."""
        title = title_of(story, number)
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or not chapter.sound_version:
            raise NotFound("The chapter has not been narrated yet")
        return title, chapter.sound_version

    def url(self, story: Story, number: int, title: str, version: str) -> str:
        """Return a freshly signed URL of a chapter's sound, with a file name made from its title."""
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in title).strip("-").lower() or "chapter"
        return self._sounds.chapter_url(story.story_id, number, version, f"{number:02d}-{plain}.mp3")

    def _working(self, story: Story) -> set[str]:
        return self._leases.working_on(story.story_id) if story.task_id else set()
