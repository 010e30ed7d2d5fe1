"""The steps that write: outline, write, enhance. Each finds its result if it is kept already."""

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
    """The task's story; raises LeaseLost if it was deleted."""
    try:
        return stories.get(task.user_id, task.story_id)
    except NotFound:
        raise LeaseLost("the story was deleted") from None


class RetryingAuthor:
    """An author who is asked once more, at once, where a call failed for a moment.

    A line that fails has other lines beside it to show that the narrator still answers. A call to the author stands
    alone: when one in three fails, its two retries alone would end every fortieth outline, and the story with it.
    """

    def __init__(self, author: Author, ready: Ready, on_uncertain: Callable[[CompletionRequest], None]) -> None:
        self._author = author
        self._ready = ready
        self._on_uncertain = on_uncertain

    def ask(self, request: CompletionRequest) -> Completion:
        """One paid call; raises ProviderFault where no reply came, twice. `unanswered` is told of each that may be
        billed all the same."""
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
    """What the author does in the pipeline."""

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
        """The bible, the plan of all chapters and the voice map."""
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
        self._kept(
            context,
            self._results.keep_outline(context.lease, context.task, text, outline.title, voice_map, context.charges),
        )

    def write(self, context: StepContext, step: Step) -> None:
        """A chapter's script, with the summary and the seam the next one is written from."""
        number, task = step.chapter, context.task
        chapter = self._chapters.get(task.story_id, number)
        again = chapter is not None and chapter.rewrite == task.task_id
        if chapter is not None and chapter.script and not again:
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
            remark=(chapter.remark or "") if chapter is not None and again else "",
            earlier=kept_script(chapter) if chapter is not None and again and chapter.script else None,
        )
        text = msgspec.json.encode(script).decode()
        version = version_of(text)
        # A task that was cancelled in its paid call may come back to a chapter that was edited, or ordered anew.
        same = ChapterItem.script_version.does_not_exist()
        if chapter is not None and again:
            same = (ChapterItem.script_version == chapter.script_version) & (ChapterItem.rewrite == task.task_id)
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
        self._kept(context, self._results.keep_chapter(context.lease, number, actions, context.charges, same))
        log.event("chapter_written", task_id=task.task_id, chapter=number)

    def enhance(self, context: StepContext, step: Step) -> None:
        """Directions for the voices, beside the script."""
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
        same = ChapterItem.script_version == chapter.script_version
        self._kept(context, self._results.keep_chapter(context.lease, step.chapter, actions, context.charges, same))

    def _before(self, context: StepContext, outline: Outline, number: int, language: str) -> tuple[Before, str]:
        """What came before the chapter, and which texts that was; a summary that an edit left behind is made anew."""
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
        same = ChapterItem.script_version == chapter.script_version
        self._kept(context, self._results.keep_chapter(context.lease, number, actions, context.charges, same))
        chapter.summary, chapter.seam = summary.summary, msgspec.json.encode(summary.seam).decode()

    def _written(self, task: TaskItem, number: int) -> ChapterItem:
        chapter = self._chapters.get(task.story_id, number)
        if chapter is None or not chapter.script:
            story_of(self._stories, task)  # a deleted story has no chapters: LeaseLost
            raise LookupError(f"chapter {number} is not written yet")
        return chapter

    def _writer(self, context: StepContext, chapter: int) -> Writer:
        def paid(kind: str, model: str, answer: Completion) -> None:
            cost = self._config.prices.of_tokens(model, answer.input_tokens, answer.cached_tokens, answer.output_tokens)
            purchase = Purchase(
                kind, model, cost, chapter, answer.input_tokens, answer.cached_tokens, answer.output_tokens
            )
            context.charges.append(self._usage.record(context.task.user_id, context.task.story_id, purchase))

        def on_uncertain(request: CompletionRequest) -> None:
            # What came out, if anything, is unknown: the most that can be billed is the limit that was sent.
            tokens, most = _input_tokens(request), request.max_completion_tokens
            cost = self._config.prices.of_tokens(request.model, tokens, 0, most)
            purchase = Purchase(request.name, request.model, cost, chapter, tokens, 0, most, uncertain=True)
            context.charges.append(self._usage.record(context.task.user_id, context.task.story_id, purchase))

        def ready() -> None:
            context.ensure_may_continue(AUTHOR_CALL_S)

        return Writer(RetryingAuthor(self._author, ready, on_uncertain), self._config, ready=ready, paid=paid)

    @staticmethod
    def _kept(context: StepContext, kept: bool) -> None:
        if not kept:
            raise LeaseLost("the lease was lost before the result could be kept")
        context.charges.clear()
        context.progressed = True


def _input_tokens(request: CompletionRequest) -> int:
    """Return about how many tokens a question is: one for four bytes of UTF-8, in any language, and its schema's."""
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
