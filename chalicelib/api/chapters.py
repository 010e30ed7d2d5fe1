"""The operations behind the routes of a chapter: read it, hear it, edit its script, have it written again."""

import msgspec
from msgspec.structs import asdict

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.reading import StoryReader
from chalicelib.api.requests import ChangeChapter, EditScript, Restore, Rewrite, not_blank, said
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.story import Story
from chalicelib.domain.texts import one_line
from chalicelib.errors import NotFound
from chalicelib.pipeline.editing import (
    change_script,
    ensure_editable,
    not_planned_yet,
    order_rewrite,
    overtaken,
    title_of,
)
from chalicelib.pipeline.flow import Flow, not_written_yet
from chalicelib.pipeline.planning import Planning
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository, VersionRepository
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.story.framing import Frame


class ChapterService:
    """The API's operations on one chapter."""

    def __init__(
        self,
        *,
        flow: Flow,
        planning: Planning,
        stories: StoryRepository,
        chapters: ChapterRepository,
        versions: VersionRepository,
        sounds: SoundStore,
        reader: StoryReader,
        frame: Frame,
    ) -> None:
        self._flow = flow
        self._planning = planning
        self._stories = stories
        self._chapters = chapters
        self._versions = versions
        self._sounds = sounds
        self._reader = reader
        self._frame = frame

    def audio(self, story: Story, number: int) -> str:
        """Return a freshly signed URL of a chapter's MP3; raise NotFound until the chapter is narrated."""
        return self._reader.url(story, number, *self._reader.narrated(story, number))

    def captions(self, story: Story, number: int) -> str:
        """Return a chapter's captions as WebVTT; raise NotFound until the chapter is narrated."""
        _, version = self._reader.narrated(story, number)
        captions = self._sounds.captions(story.story_id, number, version)
        if captions is None:
            raise NotFound("The chapter has no captions")
        return captions

    def edit(self, story: Story, number: int, body: EditScript) -> responses.ChapterAlone:
        """Change a chapter's script and return the chapter; raise NotFound, Conflict or Invalid.

        Its sound is then out of date, and the chapters that follow are based on an older text.
        """
        ensure_editable(story, number)
        chapter = self._chapters.get(story.story_id, number)
        change = change_script(story, number, chapter, [line.line_edit for line in body.lines], body.version)
        if change is not None and chapter is not None:
            # Before it is replaced: if the write then fails, one text too many is kept, and none too few.
            self._versions.keep(story.story_id, chapter)
            # The write is conditional on the version that was read: another edit or a task may have come in between.
            if not self._chapters.edit(
                story, number, change.script, change.directed, if_version=change.before, of_lines=change.of_lines
            ):
                raise overtaken(self._stories.get(story.user_id, story.story_id))
        return self._reader.chapter(story, number)

    def rename(self, story: Story, number: int, body: ChangeChapter) -> responses.ChapterAlone:
        """Give a chapter another title and return the chapter; raise NotFound, Conflict or Invalid."""
        title = one_line(not_blank("title", body.title))
        ensure_editable(story, number)
        if story.outline is None:
            raise not_planned_yet()
        if title != title_of(story, number):
            from chalicelib.pipeline.recasting import marked  # noqa: PLC0415 # 6 ms of import

            renamed = msgspec.structs.replace(story, outline=story.outline.renamed(story.name, {number: title}))
            # The narrator reads the title, so a chapter that is narrated has to be narrated again.
            if not self._stories.recast(renamed, *marked(story, renamed, self._chapters, self._frame, number)):
                raise overtaken(self._stories.get(story.user_id, story.story_id))
            story = self._stories.get(story.user_id, story.story_id)
        return self._reader.chapter(story, number)

    def versions(self, story: Story, number: int) -> responses.Versions:
        """Return the earlier texts of a chapter, newest first; raise NotFound."""
        title_of(story, number)
        kept = self._versions.of_chapter(story.story_id, number)
        return responses.Versions(versions=[responses.Version(**asdict(version)) for version in kept])

    def restore(self, story: Story, number: int, body: Restore) -> responses.ChapterAlone:
        """Give a chapter an earlier text again and return it; raise NotFound or Conflict.

        What was made from that text comes back with it, so narrating it buys nothing.
        """
        ensure_editable(story, number)
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or chapter.script_version is None:
            raise not_written_yet(number)
        # It is the present text already, such as after the same request.
        if body.version == chapter.script_version:
            return self._reader.chapter(story, number)
        kept = self._versions.get(story.story_id, number, body.version)
        if kept is None:
            raise NotFound(f"version: Chapter {number} has no earlier text of that name; GET versions lists them.")
        self._versions.keep(story.story_id, chapter)
        if not self._chapters.restore(story, number, kept, if_version=chapter.script_version):
            raise overtaken(self._stories.get(story.user_id, story.story_id))
        return self._reader.chapter(story, number)

    def rewrite(self, story: Story, number: int, body: Rewrite, once: Once[responses.Task]) -> responses.Task:
        """Submit a task that writes a chapter again, following a remark; raise NotFound, Conflict or Invalid."""
        remark = said("remark", body.remark) or ""

        def submit(record: IdempotencyRecord) -> responses.Task:
            task_id = record.resource_id
            headers = self._chapters.headers(story.story_id)
            order = order_rewrite(story, number, headers, task_id, self._planning.rewrite(story, number))

            # The order and its task are one transaction: neither an order without a task nor a task without its order.
            mark = self._chapters.order_rewrite(story.story_id, number, task_id, remark, if_version=order.version)
            task = self._flow.submit(story, task_id, "story", order.plan, mark, completes_story=order.completes_story)
            return rendering.render_task(task)

        return once(submit, keep=True)
