"""The work of the author for a story: its plan, its chapters, and directions for the voices."""

from collections.abc import Sequence

import msgspec

from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.chapter import (
    Chapter,
    ChapterPart,
    ChapterParts,
    Retold,
    WrittenChapter,
    same_lines,
)
from chalicelib.domain.digest import text_digest
from chalicelib.domain.manuscript import Manuscript
from chalicelib.domain.memory import tidy
from chalicelib.domain.outline import Character, Outline
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.story import Story
from chalicelib.domain.voice import Casting
from chalicelib.errors import ContentRefused, CutOff, ProviderFault, Unusable
from chalicelib.pipeline.casting import CastingDirector, with_newcomers
from chalicelib.pipeline.failure import momentary
from chalicelib.pipeline.paid_author import PaidAuthor
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.step_context import StepContext
from chalicelib.pipeline.surroundings import Surroundings, outline_of, script_of
from chalicelib.story.asking import Ready
from chalicelib.story.brief import Prequel, brief_of
from chalicelib.story.config import StoryConfig
from chalicelib.story.ports import Author, Completion, CompletionRequest
from chalicelib.story.replies import ChapterDraft, RewriteDraft, SpeakersDraft
from chalicelib.story.script import directed_by, kept_directions, narratable
from chalicelib.story.telling import Before
from chalicelib.story.writing import Writer


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
            # A limit of requests or tokens a minute is met again at once, and each try counts towards it.
            if fault.status == 429 or not momentary(fault):
                raise
        # The first call may have used up the function's time, or the task may have been cancelled during it.
        self._ready()
        return self._author.ask(request)


class Writing:
    """What the author does for the steps outline, write and enhance. Every call is paid from the money of the step."""

    def __init__(
        self,
        *,
        author: Author,
        repositories: Repositories,
        config: StoryConfig,
        voices: VoicesConfig,
        casting: CastingDirector,
    ) -> None:
        self._author = author
        self._casting = casting
        self._surroundings = Surroundings(repositories.stories, repositories.chapters, config.writing.previous_words)
        self._chapters = repositories.chapters
        self._manuscripts = repositories.manuscripts
        self._config = config
        self._voices = voices

    @property
    def performs_tags(self) -> bool:
        """Whether directions are performed, by the narrator's model or as sound of the scene."""
        return self._voices.directs

    def plan(self, context: StepContext, story: Story) -> tuple[Outline, Casting]:
        """Return the outline of a story, and the voice of every speaker."""
        context.report_progress("Planning the story")
        prequel = self._surroundings.prequel(story)
        outline = self._writer(context, story, 0, prequel).outline(self._casting.shown())
        if not outline.language:
            outline = msgspec.structs.replace(outline, language=story.language)
        cast = self._casting.cast(story, outline, prequel)
        # What the author proposed is part of the cast now, or was refused.
        return msgspec.structs.replace(outline, voices=[]), cast

    def write(
        self, context: StepContext, story: Story, number: int, replaced: Chapter | None, parts: ChapterParts
    ) -> WrittenChapter:
        """Return a chapter as the author writes it.

        `replaced` is the one that is written again, with its remark; `parts` are those of a new one that are there.
        """
        outline = outline_of(story)
        context.report_progress(f"Writing chapter {number} of {len(outline.chapters)}")
        # The digest is of the texts that the author is shown: an edit during the call makes the chapter stale.
        before, earlier_texts = self._surroundings.before(
            context, outline, number, lambda stale: self._summarized(context, story, outline, stale)
        )
        writer = self._writer(context, story, number)
        takes = dict[str, int]()
        if replaced is not None and replaced.script is not None:
            order = self._surroundings.of_rewrite(context, outline, replaced, replaced.script)
            spoken = writer.rewrite_chapter(outline, number, before, order)
            same = same_lines(replaced.script, spoken.script)
            takes = {line_id: take for line_id, take in replaced.takes.items() if line_id in same}
        elif (manuscript := self._manuscript(story)) is not None:
            spoken = writer.find_speakers(outline, number, before, manuscript.sections[number - 1])
        else:
            # Parts of an earlier try, from texts that have changed since, are of no use.
            kept = parts if parts.based_on == earlier_texts else ChapterParts(earlier_texts)
            return self._in_parts(context, writer, outline, number, before, kept)
        retold = _retold(spoken.draft)
        return WrittenChapter(
            number=number,
            script=spoken.script,
            summary=retold.summary,
            seam=retold.seam,
            memory=tidy(retold.memory),
            based_on=earlier_texts,
            newcomers=spoken.newcomers,
            takes=takes,
        )

    def _in_parts(
        self, context: StepContext, writer: Writer, outline: Outline, number: int, before: Before, parts: ChapterParts
    ) -> WrittenChapter:
        """Return a new chapter. Each of its parts is stored as it comes, and the whole before it is revised."""
        story_id, revise = context.task.story_id, self._config.writing.revise
        while len(parts.parts) < writer.parts:
            spoken = writer.generate_chapter(outline, number, before, parts)
            part = ChapterPart(spoken.script, _retold(spoken.draft))
            parts = msgspec.structs.replace(parts, parts=[*parts.parts, part])
            if revise or len(parts.parts) < writer.parts:
                context.commit(self._chapters.save_parts(story_id, number, parts))
        whole = parts.joined()
        try:
            script = narratable(whole.script.lines)
        except Unusable:
            # A retry has to begin anew: these parts would be too long together again.
            if writer.parts > 1:
                context.commit(self._chapters.save_parts(story_id, number, ChapterParts()))
            raise
        if revise:
            context.report_progress(f"Revising chapter {number} of {len(outline.chapters)}")
            script = self._revised(writer, outline, number, before, script)
        return WrittenChapter(
            number=number,
            script=script,
            summary=whole.retold.summary,
            seam=whole.retold.seam,
            memory=tidy(whole.retold.memory),
            based_on=parts.based_on,
        )

    def _revised(self, writer: Writer, outline: Outline, number: int, before: Before, script: Script) -> Script:
        """Return a chapter as its author corrects it; as it is where the corrections cannot be used."""
        try:
            return writer.revise_chapter(outline, number, before, script)
        except (Unusable, CutOff, ContentRefused):
            # It was written and paid for, and can be told without them.
            return script

    def cast_of(self, story: Story, newcomers: Sequence[Character]) -> tuple[Outline, Casting]:
        """Return the outline of a story with further members of its cast, and the voices of all; nobody's changes."""
        outline = with_newcomers(outline_of(story), newcomers)
        return outline, self._casting.join(story, outline)

    def direct(self, context: StepContext, story: Story, chapter: Chapter) -> EnhancedScript:
        """Return a chapter's script with directions for the voices."""
        context.report_progress(f"Directing the voices of chapter {chapter.number}")
        script = script_of(chapter)
        # Those of an earlier text, from which some lines were kept; all of them are only after an undone rewrite.
        kept = kept_directions(chapter.enhanced, script) if chapter.enhanced else {}
        if len(kept) == len(script.lines):
            return directed_by(kept, script)
        writer = self._writer(context, story, chapter.number)
        return writer.enhance_chapter(outline_of(story), chapter.number, script, kept, self._voices.vocabulary)

    def _summarized(self, context: StepContext, story: Story, outline: Outline, chapter: Chapter) -> Chapter:
        """Return the chapter with summary, seam and memory of its present script, which are stored."""
        reply = self._writer(context, story, chapter.number).summarize_chapter(
            outline, chapter.number, script_of(chapter)
        )
        retold = Retold(reply.summary.strip(), reply.seam, tidy(reply.memory))
        version = chapter.script_version or ""
        # Stored at once, in a transaction of its own: if the chapter then fails, the summary is not bought twice.
        context.commit(self._chapters.save_summary(context.task.story_id, chapter.number, retold, if_version=version))
        return msgspec.structs.replace(
            chapter, summary=retold.summary, seam=retold.seam, memory=retold.memory, summary_version=version
        )

    def _manuscript(self, story: Story) -> Manuscript | None:
        return self._manuscripts.get(story.story_id, story.manuscript.digest) if story.manuscript else None

    def _writer(self, context: StepContext, story: Story, chapter: int, prequel: Prequel | None = None) -> Writer:
        def ready() -> None:
            context.ensure_may_continue(self._config.longest_author_call_s)

        # A digest: providers ask whom they answer, and need not know any names.
        person = text_digest(f"fireside {context.task.user_id}")[:32]
        paid = PaidAuthor(self._author, context.funds, self._config.prices, chapter, person=person)
        # The plan alone is made from the whole text, or the whole book before.
        text = self._manuscript(story) if chapter == 0 else None
        return Writer(
            RetryingAuthor(paid, ready), self._config, brief_of(story, self._config, prequel, text), ready=ready
        )


def _retold(draft: ChapterDraft | RewriteDraft | SpeakersDraft) -> Retold:
    return Retold(draft.summary.strip(), draft.seam, draft.memory)
