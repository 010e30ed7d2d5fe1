"""Reading a user's stories and chapters, for every route that shows one."""

from chalicelib.api import rendering, responses
from chalicelib.domain.book import BookFile
from chalicelib.domain.filenames import file_name
from chalicelib.domain.story import Story
from chalicelib.errors import NotFound
from chalicelib.pipeline.book_files import BookFiles
from chalicelib.pipeline.editing import title_of
from chalicelib.pipeline.ports import ChapterRepository, StepLeases
from chalicelib.pipeline.sounds import HttpMethod, SoundStore


class StoryReader:
    """The reader of stories and chapters, as their owner sees them."""

    def __init__(
        self, *, chapters: ChapterRepository, leases: StepLeases, sounds: SoundStore, book_files: BookFiles
    ) -> None:
        self._chapters = chapters
        self._leases = leases
        self._sounds = sounds
        self._book_files = book_files

    def story(self, story: Story) -> responses.Story:
        """Return a story with its chapters."""
        headers = self._chapters.headers(story.story_id)
        return rendering.render_story(story, headers, self._working(story), self.url, self.book_url)

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

    def url(self, story: Story, number: int, title: str, version: str, method: HttpMethod = "GET") -> str:
        """Return a URL of a chapter's sound, freshly signed for `method`, with a file name made from its title."""
        name = file_name(title, "mp3", prefix=f"{number:02d}-", fallback="chapter")
        return self._sounds.chapter_url(story.story_id, number, version, name, method)

    def book_url(self, story: Story, kind: BookFile, method: HttpMethod = "GET") -> str:
        """Return a URL of a file of a story's book, freshly signed for `method`, to be saved under the story's name."""
        version = story.book.version if story.book else ""
        return self._book_files.url(story.story_id, version, kind, file_name(story.name, kind), method)

    def _working(self, story: Story) -> set[str]:
        return self._leases.working_on(story.story_id) if story.task_id else set()
