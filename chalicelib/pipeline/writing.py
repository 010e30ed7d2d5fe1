"""The work of the author for a story: its plan, its chapters, and directions for the voices."""

import msgspec

from chalicelib.audio.voices import VoicesConfig, create_voice_map
from chalicelib.domain.chapter import Chapter, ChapterHeader, WrittenChapter, based_on
from chalicelib.domain.outline import Outline, Seam
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.story import Story
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import momentary
from chalicelib.pipeline.paid_author import PaidAuthor
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.step_context import StepContext
from chalicelib.story.config import StoryConfig
from chalicelib.story.ports import Author, Completion, CompletionRequest
from chalicelib.story.writing import Before, Brief, Ready, Writer
from chalicelib.timing import AUTHOR_CALL_S


class RetryingAuthor:
    """An author that repeats a call once, at once, after a momentary failure.

    A line that fails has other lines beside it that show whether the narrator still answers. A call to the author
    stands alone: when one in three fails, the step's two retries alone would lose every fortieth outline, and with it
    the story.
    """

    def __init__(self, author: Author, ready: Ready) -> None:
        self._author = author
        self._ready = ready

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call, or two; raise ProviderFault if neither brings a reply."""
        try:
            return self._author.ask(request)
        except ProviderFault as fault:
            if not momentary(fault):
                raise
        # The first call may have used up the function's time, or the task may have been cancelled during it.
        self._ready()
        return self._author.ask(request)


class Writing:
    """What the author does for the steps outline, write and enhance. Every call is paid from the money of the step."""

    def __init__(
        self, *, author: Author, repositories: Repositories, config: StoryConfig, voices: VoicesConfig
    ) -> None:
        self._author = author
        self._chapters = repositories.chapters
        self._config = config
        self._voices = voices

    def plan(self, context: StepContext, story: Story) -> tuple[Outline, dict[str, str]]:
        """Return the outline of a story, and the voice of every speaker."""
        context.report_progress("Planning the story")
        brief = Brief(
            prompt=story.prompt,
            title=story.title,
            num_chapters=story.num_chapters,
            language=story.language,
            named_speakers=sorted(story.chosen_voices),
        )
        outline = self._writer(context, 0).outline(brief)
        return outline, create_voice_map(outline.cast, story.chosen_voices, self._voices)

    def write(self, context: StepContext, story: Story, number: int, replaced: Chapter | None) -> WrittenChapter:
        """Return a chapter as the author writes it; `replaced` is the one that is written again, with its remark."""
        outline = _outline_of(story)
        context.report_progress(f"Writing chapter {number} of {len(outline.chapters)}")
        # The digest is of the texts that the author is shown: an edit during the call makes the chapter stale.
        before, earlier_texts = self._before(context, outline, number, story.language)
        script, draft = self._writer(context, number).generate_chapter(
            outline,
            number,
            before,
            language=story.language,
            remark=(replaced.remark or "") if replaced else "",
            earlier=replaced.script if replaced else None,
        )
        return WrittenChapter(
            number=number,
            script=script,
            summary=draft.summary.strip(),
            seam=draft.seam,
            based_on=earlier_texts,
        )

    def direct(self, context: StepContext, story: Story, chapter: Chapter) -> EnhancedScript:
        """Return a chapter's script with directions for the voices."""
        context.report_progress(f"Directing the voices of chapter {chapter.number}")
        return self._writer(context, chapter.number).enhance_chapter(_script_of(chapter), language=story.language)

    def _before(self, context: StepContext, outline: Outline, number: int, language: str) -> tuple[Before, str]:
        """Return what came before a chapter, and the digest of those texts; renew summaries that an edit made stale."""
        if number == 1:
            return Before([], None, None), based_on([])
        known: dict[int, ChapterHeader] = {h.number: h for h in self._chapters.headers(context.task.story_id)}
        previous, _ = context.written_chapter(number - 1)
        # The full chapter in place of its header: its last lines and its seam are needed, not the summary alone.
        known[number - 1] = previous
        summaries: list[str] = []
        versions: list[str] = []
        for earlier in range(1, number):
            header = known.get(earlier)
            # An edit keeps the old summary. It is renewed here, when something depends on it, and not at every edit.
            if header is None or not header.script_version or not header.is_summarized:
                stale = previous if earlier == number - 1 else context.written_chapter(earlier)[0]
                header = self._summarized(context, outline, stale, language)
                previous = header if earlier == number - 1 else previous
            summaries.append(header.summary or "")
            versions.append(header.script_version or "")
        return Before(summaries, previous.script, previous.seam or Seam("", "")), based_on(versions)

    def _summarized(self, context: StepContext, outline: Outline, chapter: Chapter, language: str) -> Chapter:
        """Return the chapter with a summary and seam of its present script, which are stored."""
        reply = self._writer(context, chapter.number).summarize_chapter(
            outline, chapter.number, _script_of(chapter), language=language
        )
        summary, version = reply.summary.strip(), chapter.script_version or ""
        # Stored at once, in a transaction of its own: if the chapter then fails, the summary is not bought twice.
        context.commit(
            self._chapters.save_summary(context.task.story_id, chapter.number, summary, reply.seam, if_version=version)
        )
        return msgspec.structs.replace(chapter, summary=summary, seam=reply.seam, summary_version=version)

    def _writer(self, context: StepContext, chapter: int) -> Writer:
        def ready() -> None:
            context.ensure_may_continue(AUTHOR_CALL_S)

        paid = PaidAuthor(self._author, context.funds, self._config.prices, chapter)
        return Writer(RetryingAuthor(paid, ready), self._config, ready=ready)


def _outline_of(story: Story) -> Outline:
    if story.outline is None:
        raise LookupError("the story has no outline yet")
    return story.outline


def _script_of(chapter: Chapter) -> Script:
    if chapter.script is None:
        raise LookupError(f"chapter {chapter.number} is not written yet")
    return chapter.script
