"""The operations behind the routes of a chapter: read it, hear it, edit its script, have it written again."""

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.reading import StoryReader
from chalicelib.api.requests import EditScript, Rewrite, not_blank
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.story import Story
from chalicelib.errors import NotFound
from chalicelib.pipeline.editing import change_script, ensure_editable, order_rewrite, overtaken
from chalicelib.pipeline.flow import Flow
from chalicelib.pipeline.ports import ChapterRepository, StoryRepository
from chalicelib.pipeline.sounds import SoundStore


class ChapterService:
    """The API's operations on one chapter."""

    def __init__(
        self,
        *,
        flow: Flow,
        stories: StoryRepository,
        chapters: ChapterRepository,
        sounds: SoundStore,
        reader: StoryReader,
    ) -> None:
        self._flow = flow
        self._stories = stories
        self._chapters = chapters
        self._sounds = sounds
        self._reader = reader

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
        # The write is conditional on the version that was read: another edit or a task may have come in between.
        if change is not None and not self._chapters.edit(
            story, number, change.script, change.directed, if_version=change.before
        ):
            raise overtaken(self._stories.get(story.user_id, story.story_id))
        return self._reader.chapter(story, number)

    def rewrite(self, story: Story, number: int, body: Rewrite, once: Once[responses.Task]) -> responses.Task:
        """Submit a task that writes a chapter again, following a remark; raise NotFound, Conflict or Invalid."""
        remark = not_blank("remark", body.remark)

        def submit(record: IdempotencyRecord) -> responses.Task:
            task_id = record.resource_id
            order = order_rewrite(story, number, self._chapters.headers(story.story_id), task_id)

            # The order and its task are one transaction: neither an order without a task nor a task without its order.
            mark = self._chapters.order_rewrite(story.story_id, number, task_id, remark, if_version=order.version)
            task = self._flow.submit(story, task_id, "story", order.plan, mark, completes_story=order.completes_story)
            return rendering.render_task(task)

        return once(submit, keep=True)
