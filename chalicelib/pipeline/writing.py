"""The steps of the author: outline, write, enhance. Each finds its result if it is stored already."""

from collections.abc import Callable

import msgspec
from pynamodb.expressions.update import Action

from chalicelib import log
from chalicelib.audio.voices import VoicesConfig, create_voice_map
from chalicelib.errors import LeaseLost, NotFound, ProviderFault
from chalicelib.pipeline.failure import momentary
from chalicelib.pipeline.scripts import based_on, kept_script, version_of
from chalicelib.pipeline.step_context import StepContext
from chalicelib.pipeline.steps import Step
from chalicelib.providers.author import Author, Completion, CompletionRequest
from chalicelib.store.results import Results
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import ChapterItem, StoryItem, TaskItem
from chalicelib.store.usage import Purchase, UsageLog
from chalicelib.story.config import StoryConfig
from chalicelib.story.kept import read_kept
from chalicelib.story.replies import Outline, Seam
from chalicelib.story.script import EnhancedScript
from chalicelib.story.writing import Before, Brief, Ready, Writer
from chalicelib.timing import AUTHOR_CALL_S


def story_of(stories: Stories, task: TaskItem) -> StoryItem:
    """Return the task's story; raise LeaseLost if it was deleted."""
    try:
        return stories.get(task.user_id, task.story_id)
    except NotFound:
        raise LeaseLost("the story was deleted") from None


class RetryingAuthor:
    """An author that repeats a call once, at once, after a momentary failure.

    A line that fails has other lines beside it that show whether the narrator still answers. A call to the author
    stands alone: when one in three fails, the step's two retries alone would lose every fortieth outline, and with it
    the story.
    """

    def __init__(self, author: Author, ready: Ready, on_uncertain: Callable[[CompletionRequest], None]) -> None:
        self._author = author
        self._ready = ready
        self._on_uncertain = on_uncertain

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call, or two; raise ProviderFault if neither brings a reply.

        `on_uncertain` is called for each that may be billed all the same.
        """
        try:
            return self._ask(request)
        except ProviderFault as fault:
            if not momentary(fault):
                raise
        self._ready()
        return self._ask(request)

    def _ask(self, request: CompletionRequest) -> Completion:
        try:
            return self._author.ask(request)
        except ProviderFault as fault:
            if fault.uncertain:
                self._on_uncertain(request)
            raise


class WritingSteps:
    """The steps of the pipeline that the author does."""

    def __init__(
        self,
        author: Author,
        stories: Stories,
        chapters: Chapters,
        results: Results,
        usage: UsageLog,
        config: StoryConfig,
        voices: VoicesConfig,
    ) -> None:
        self._author = author
        self._stories = stories
        self._chapters = chapters
        self._results = results
        self._usage = usage
        self._config = config
        self._voices = voices

    def outline(self, context: StepContext, _step: Step) -> None:
        """Store the outline, with the bible and all chapter outlines, and the voice map."""
        story = story_of(self._stories, context.task)
        if story.outline:
            return
        context.report_progress("Planning the story")
        brief = Brief(
            prompt=story.prompt,
            title=story.title,
            num_chapters=int(story.num_chapters),
            language=story.language,
            named_speakers=sorted(story.chosen_voices),
        )
        outline = self._writer(context, 0).outline(brief)
        voice_map = create_voice_map(outline.cast, story.chosen_voices, self._voices)
        text = msgspec.json.encode(outline).decode()
        self._check_stored(
            context,
            self._results.keep_outline(context.lease, context.task, text, outline.title, voice_map, context.charges),
        )

    def write(self, context: StepContext, step: Step) -> None:
        """Store a chapter's script, with the summary and the seam that the next chapter is written from."""
        number, task = step.chapter, context.task
        chapter = self._chapters.get(task.story_id, number)
        rewriting = chapter is not None and chapter.rewrite == task.task_id
        if chapter is not None and chapter.script and not rewriting:
            return
        story = story_of(self._stories, task)
        outline = _outline(story)
        context.report_progress(f"Writing chapter {number} of {len(outline.chapters)}")
        before, earlier_texts = self._before(context, outline, number, story.language)
        script, draft = self._writer(context, number).generate_chapter(
            outline,
            number,
            before,
            language=story.language,
            remark=(chapter.remark or "") if chapter is not None and rewriting else "",
            earlier=kept_script(chapter) if chapter is not None and rewriting and chapter.script else None,
        )
        text = msgspec.json.encode(script).decode()
        version = version_of(text)
        # A task that was cancelled during its paid call may find that the chapter was edited since, or that another
        # rewrite was ordered: store the script only if neither has happened.
        unchanged = ChapterItem.script_version.does_not_exist()
        if chapter is not None and rewriting:
            unchanged = (ChapterItem.script_version == chapter.script_version) & (ChapterItem.rewrite == task.task_id)
        actions: list[Action] = [
            ChapterItem.script.set(text),
            ChapterItem.script_version.set(version),
            ChapterItem.based_on.set(earlier_texts),
            *_summary_actions(draft.summary, draft.seam, version),
            ChapterItem.enhanced.remove(),
            ChapterItem.enhanced_version.remove(),
            ChapterItem.rewrite.remove(),
            ChapterItem.rewrite_of.remove(),
            ChapterItem.remark.remove(),
        ]
        self._check_stored(
            context, self._results.keep_chapter(context.lease, number, actions, context.charges, unchanged)
        )
        log.event("chapter_written", task_id=task.task_id, chapter=number)

    def enhance(self, context: StepContext, step: Step) -> None:
        """Store directions for the voices, beside the script."""
        chapter = self._written(context.task, step.chapter)
        if chapter.enhanced_version == chapter.script_version:
            return
        story = story_of(self._stories, context.task)
        context.report_progress(f"Directing the voices of chapter {step.chapter}")
        script: EnhancedScript = self._writer(context, step.chapter).enhance_chapter(
            kept_script(chapter), language=story.language
        )
        actions: list[Action] = [
            ChapterItem.enhanced.set(msgspec.json.encode(script).decode()),
            ChapterItem.enhanced_version.set(chapter.script_version),
        ]
        unchanged = ChapterItem.script_version == chapter.script_version
        self._check_stored(
            context, self._results.keep_chapter(context.lease, step.chapter, actions, context.charges, unchanged)
        )

    def _before(self, context: StepContext, outline: Outline, number: int, language: str) -> tuple[Before, str]:
        """Return what came before a chapter, and the digest of those texts; renew summaries that an edit made stale."""
        if number == 1:
            return Before([], None, None), based_on([])
        known = {int(header.number): header for header in self._chapters.headers(context.task.story_id)}
        previous = self._written(context.task, number - 1)
        known[number - 1] = previous
        summaries: list[str] = []
        versions: list[str] = []
        for earlier in range(1, number):
            chapter = known.get(earlier) or self._written(context.task, earlier)
            if not chapter.script_version or chapter.summary_version != chapter.script_version:
                chapter = previous if earlier == number - 1 else self._written(context.task, earlier)
                self._summarize(context, outline, chapter, language)
            summaries.append(chapter.summary or "")
            versions.append(chapter.script_version)
        return Before(summaries, kept_script(previous), read_kept(previous.seam, Seam)), based_on(versions)

    def _summarize(self, context: StepContext, outline: Outline, chapter: ChapterItem, language: str) -> None:
        number = int(chapter.number)
        summary = self._writer(context, number).summarize_chapter(
            outline, number, kept_script(chapter), language=language
        )
        actions = _summary_actions(summary.summary, summary.seam, chapter.script_version)
        unchanged = ChapterItem.script_version == chapter.script_version
        self._check_stored(
            context, self._results.keep_chapter(context.lease, number, actions, context.charges, unchanged)
        )
        chapter.summary, chapter.seam = summary.summary, msgspec.json.encode(summary.seam).decode()

    def _written(self, task: TaskItem, number: int) -> ChapterItem:
        chapter = self._chapters.get(task.story_id, number)
        if chapter is None or not chapter.script:
            story_of(self._stories, task)  # raises LeaseLost for a deleted story, which has no chapters
            raise LookupError(f"chapter {number} is not written yet")
        return chapter

    def _writer(self, context: StepContext, chapter: int) -> Writer:
        def paid(kind: str, model: str, reply: Completion) -> None:
            cost = self._config.prices.of_tokens(model, reply.input_tokens, reply.cached_tokens, reply.output_tokens)
            purchase = Purchase(
                kind, model, cost, chapter, reply.input_tokens, reply.cached_tokens, reply.output_tokens
            )
            context.charges.append(self._usage.record(context.task.user_id, context.task.story_id, purchase))

        def on_uncertain(request: CompletionRequest) -> None:
            # What was generated, if anything, is unknown: the most that can be billed is the limit that was sent.
            tokens, limit = _input_tokens(request), request.max_completion_tokens
            cost = self._config.prices.of_tokens(request.model, tokens, 0, limit)
            purchase = Purchase(request.name, request.model, cost, chapter, tokens, 0, limit, uncertain=True)
            context.charges.append(self._usage.record(context.task.user_id, context.task.story_id, purchase))

        def ready() -> None:
            context.ensure_may_continue(AUTHOR_CALL_S)

        return Writer(RetryingAuthor(self._author, ready, on_uncertain), self._config, ready=ready, paid=paid)

    @staticmethod
    def _check_stored(context: StepContext, stored: bool) -> None:
        if not stored:
            raise LeaseLost("the lease was lost before the result could be stored")
        context.charges.clear()
        context.progressed = True


def _input_tokens(request: CompletionRequest) -> int:
    """Estimate the tokens of a request with its schema: one for four bytes of UTF-8, in any language."""
    schema = msgspec.json.encode(request.schema)
    return (sum(len(message["content"].encode()) for message in request.messages) + len(schema)) // 4


def _outline(story: StoryItem) -> Outline:
    return read_kept(story.outline, Outline)


def _summary_actions(summary: str, seam: Seam, version: str) -> list[Action]:
    return [
        ChapterItem.summary.set(summary.strip()),
        ChapterItem.seam.set(msgspec.json.encode(seam).decode()),
        ChapterItem.summary_version.set(version),
    ]
