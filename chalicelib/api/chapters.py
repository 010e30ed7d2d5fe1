"""The operations behind the routes of a chapter: read it, hear it, edit its script, have it written again."""

import msgspec

from chalicelib.api import rendering
from chalicelib.api.idempotency import ApiRequest, Idempotency, Json
from chalicelib.api.reading import StoryReader, title_of
from chalicelib.api.requests import EditScript, Rewrite, not_blank, parse_body
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.pipeline.flow import Flow, not_written_yet, task_is_running
from chalicelib.pipeline.workflow import rewrite_plan
from chalicelib.store.access import IdempotencyRecord
from chalicelib.store.chapters import Chapters
from chalicelib.store.objects import ObjectStore, captions_key
from chalicelib.store.stories import Stories
from chalicelib.story.editing import edited, kept_tags
from chalicelib.story.measures import LONGEST_SCRIPT


class ChapterService:
    """The API's operations on one chapter."""

    def __init__(
        self,
        flow: Flow,
        stories: Stories,
        chapters: Chapters,
        objects: ObjectStore,
        reader: StoryReader,
        idempotency: Idempotency,
    ) -> None:
        self._flow = flow
        self._stories = stories
        self._chapters = chapters
        self._objects = objects
        self._reader = reader
        self._idempotency = idempotency

    def chapter(self, user_id: str, story_id: str, number: int) -> Json:
        """Return a chapter with its texts; raise NotFound."""
        return self._reader.chapter(self._stories.get(user_id, story_id), number)

    def audio(self, user_id: str, story_id: str, number: int) -> str:
        """Return a freshly signed URL of a chapter's MP3; raise NotFound until the chapter is narrated."""
        story = self._stories.get(user_id, story_id)
        return self._reader.url(story, number, *self._reader.narrated(story, number))

    def captions(self, user_id: str, story_id: str, number: int) -> str:
        """Return a chapter's captions as WebVTT; raise NotFound until the chapter is narrated."""
        _, version = self._reader.narrated(self._stories.get(user_id, story_id), number)
        kept = self._objects.get(captions_key(story_id, number, version))
        if kept is None:
            raise NotFound("The chapter has no captions")
        return kept.data.decode()

    def edit(self, request: ApiRequest, story_id: str, number: int) -> Json:
        """Change a chapter's script and return the chapter; raise NotFound, Conflict or Invalid.

        Its sound is then out of date, and the chapters that follow are based on an older text.
        """
        story = self._stories.get(request.user_id, story_id)
        body = parse_body(request.body, EditScript)
        title_of(story, number)
        if story.task_id:
            raise task_is_running(story)
        chapter = self._chapters.get(story_id, number)
        if chapter is None or not chapter.script:
            raise not_written_yet(number)
        if body.version not in {None, chapter.script_version}:
            raise Conflict("version: The chapter was changed meanwhile; read it again.")
        before = chapter.script
        script = edited(before, [line.line_edit for line in body.lines], story.speakers())
        if len(msgspec.json.encode(script)) > LONGEST_SCRIPT:
            raise Invalid(f"lines: A script may have {LONGEST_SCRIPT // 1000} KB at most.")
        directed = kept_tags(chapter.directions, script) if chapter.directions else None
        # The write is conditional on the version that was read: another edit or a task may have come in between.
        if script != before and not self._chapters.edit(
            story, number, script, directed, if_version=chapter.script_version or ""
        ):
            story = self._stories.get(request.user_id, story_id)
            raise (
                task_is_running(story)
                if story.task_id
                else Conflict("The chapter was changed meanwhile; read it again.")
            )
        return self._reader.chapter(story, number)

    def rewrite(self, request: ApiRequest, story_id: str, number: int) -> Json:
        """Submit a task that writes a chapter again, following a remark; raise NotFound, Conflict or Invalid."""
        story = self._stories.get(request.user_id, story_id)
        body = parse_body(request.body, Rewrite)
        remark = not_blank("remark", body.remark)

        def submit(record: IdempotencyRecord) -> Json:
            task_id = record.resource_id
            title_of(story, number)
            if story.task_id not in {None, task_id}:
                raise task_is_running(story)
            headers = self._chapters.headers(story_id)
            written = {chapter.number: chapter.script_version for chapter in headers if chapter.script_version}
            if number not in written:
                raise not_written_yet(number)
            order = self._chapters.order_rewrite(story_id, number, task_id, remark, if_version=written[number])
            plan, completes_story = rewrite_plan(number, enhance=story.enhance), len(written) >= story.num_chapters
            task = self._flow.submit(story, task_id, "story", plan, order, completes_story=completes_story)
            return rendering.render_task(task)

        return self._idempotency(request, submit, keep=True)
