"""What surrounds the chapter that is written: the chapters before and after it, and the book that a story continues."""

from collections.abc import Callable

from chalicelib.domain.chapter import Chapter, ChapterRecord, Retold, based_on
from chalicelib.domain.outline import Outline, Seam
from chalicelib.domain.script import Script
from chalicelib.domain.story import Story
from chalicelib.errors import NotFound
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository
from chalicelib.pipeline.step_context import StepContext
from chalicelib.story.brief import Prequel
from chalicelib.story.rewriting import Rewriting
from chalicelib.story.script import first_words
from chalicelib.story.telling import Before, Earlier, book_of


class Surroundings:
    """Finds what the author is told besides the order. `begins`: words of the next chapter that a rewrite is told."""

    def __init__(self, stories: StoryRepository, chapters: ChapterRepository, begins: int) -> None:
        self._stories = stories
        self._chapters = chapters
        self._begins = begins

    def prequel(self, story: Story) -> Prequel | None:
        """Return the book that a story continues; None if it continues none, or that one was deleted this moment."""
        if story.sequel_of is None:
            return None
        try:
            earlier = self._stories.get(story.user_id, story.sequel_of)
        except NotFound:
            return None
        outline = outline_of(earlier)
        chapters = [
            _told(outline, record) for record in self._chapters.records(story.sequel_of) if record.script_version
        ]
        return Prequel(outline, book_of(earlier.name, chapters, outline.earlier_book), earlier.voices or {})

    def before(
        self, context: StepContext, outline: Outline, number: int, renewed: Callable[[Chapter], Chapter]
    ) -> tuple[Before, str]:
        """Return what came before a chapter, and the digest of those texts.

        `renewed` returns a chapter with a summary of its present text, which a person's edit made stale.
        """
        if number == 1:
            return Before(earlier_book=outline.earlier_book), based_on([])
        known = {record.number: record for record in self._chapters.records(context.task.story_id)}
        previous, _ = context.written_chapter(number - 1)
        found: list[Earlier] = []
        versions: list[str] = []
        for earlier in range(1, number):
            record = known.get(earlier)
            # An edit keeps the old summary. It is renewed here, when something depends on it, and not at every edit.
            if record is None or not record.is_summarized:
                stale = renewed(previous if earlier == number - 1 else context.written_chapter(earlier)[0])
                previous = stale if earlier == number - 1 else previous
                record = _record_of(stale)
            found.append(_told(outline, record))
            versions.append(record.script_version or "")
        seam = previous.seam or Seam("", "")
        return Before(found, previous.script, seam, outline.earlier_book), based_on(versions)

    def of_rewrite(self, context: StepContext, outline: Outline, chapter: Chapter, script: Script) -> Rewriting:
        """Return the order of a rewrite, with what the author has to know of the chapter and those that follow it."""
        follows = context.chapter(chapter.number + 1)
        begins = first_words(follows.script, self._begins) if follows and follows.script else ""
        kept = Retold(chapter.summary or "", chapter.seam or Seam(), chapter.memory) if chapter.is_summarized else None
        records = self._chapters.records(context.task.story_id)
        following = [
            _told(outline, record) for record in records if record.number > chapter.number and record.script_version
        ]
        return Rewriting(script, chapter.remark or "", following, begins, kept)


def outline_of(story: Story) -> Outline:
    """Return the outline of a story that is planned."""
    if story.outline is None:
        raise LookupError("the story has no outline yet")
    return story.outline


def script_of(chapter: Chapter) -> Script:
    """Return the script of a chapter that is written."""
    if chapter.script is None:
        raise LookupError(f"chapter {chapter.number} is not written yet")
    return chapter.script


def _record_of(chapter: Chapter) -> ChapterRecord:
    script = script_of(chapter)
    return ChapterRecord(
        number=chapter.number,
        script_version=chapter.script_version,
        summary=chapter.summary,
        summary_version=chapter.summary_version,
        memory=chapter.memory,
        opening=script.opening,
        ending=script.ending,
    )


def _told(outline: Outline, record: ChapterRecord) -> Earlier:
    title = outline.chapters[record.number - 1].title
    return Earlier(record.number, title, record.summary or "", record.memory, record.opening, record.ending)
