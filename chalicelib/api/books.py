"""The operations behind the routes of a book: have its files made, and fetch them."""

from collections.abc import Iterable

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.reading import StoryReader
from chalicelib.domain.book import BookFile, book_version
from chalicelib.domain.chapter import ChapterHeader
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.story import Story
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline.flow import Flow, task_is_running
from chalicelib.pipeline.ports import ChapterRepository
from chalicelib.pipeline.stages import book_plan

_MISSING: dict[BookFile, str] = {
    "m4b": "The story has no audiobook file yet",
    "epub": "The story has no EPUB yet",
    "jpg": "The story has no cover file yet",
}


class BookService:
    """The API's operations on books."""

    def __init__(self, *, flow: Flow, chapters: ChapterRepository, reader: StoryReader) -> None:
        self._flow = flow
        self._chapters = chapters
        self._reader = reader

    def file(self, story: Story, kind: BookFile) -> str:
        """Return a freshly signed URL of a file of the story's book; raise NotFound until it has been made."""
        if story.book is None:
            raise NotFound(_MISSING[kind])
        return self._reader.book_url(story, kind)

    def make(self, story: Story, once: Once[responses.Task]) -> responses.Task:
        """Submit a task that makes the book's files, unless they are up to date; raise Conflict."""

        def submit(record: IdempotencyRecord) -> responses.Task:
            task_id = record.resource_id
            if story.task_id not in {None, task_id}:
                raise task_is_running(story)
            if story.task_id is None:
                _ensure_narrated(story, self._chapters.headers(story.story_id))
            task = self._flow.submit(story, task_id, "book", book_plan(), completes_story=False)
            return rendering.render_task(task)

        return once(submit, keep=True)


def _ensure_narrated(story: Story, chapters: Iterable[ChapterHeader]) -> None:
    headers = list(chapters)
    if book_version(story, headers) is not None:
        return
    narrated = {one.number for one in headers if one.sound_version and one.is_narrated}
    missing = next(number for number in range(1, story.num_chapters + 1) if number not in narrated)
    again = any(one.number == missing and one.sound_version for one in headers)
    state = "is narrated, but has changed since" if again else "is not narrated yet"
    raise Conflict(f"Chapter {missing} {state}; narrate it first: a book is made of all its chapters.")
