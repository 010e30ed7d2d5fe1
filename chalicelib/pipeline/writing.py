"""The work of the author for a story: its plan, its chapters, and directions for the voices."""

from collections.abc import Sequence

import msgspec

from chalicelib.audio.voices import VoicesConfig, create_voice_map
from chalicelib.domain.chapter import (
    Chapter,
    ChapterPart,
    ChapterParts,
    ChapterRecord,
    Retold,
    WrittenChapter,
    based_on,
    same_lines,
)
from chalicelib.domain.digest import text_digest
from chalicelib.domain.manuscript import Manuscript
from chalicelib.domain.memory import tidy
from chalicelib.domain.outline import NARRATOR, Character, Outline, Seam
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.story import Story
from chalicelib.errors import ContentRefused, CutOff, NotFound, ProviderFault, Unusable
from chalicelib.pipeline.failure import momentary
from chalicelib.pipeline.paid_author import PaidAuthor
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.step_context import StepContext
from chalicelib.story.asking import Ready
from chalicelib.story.brief import Prequel, brief_of
from chalicelib.story.config import StoryConfig
from chalicelib.story.ports import Author, Completion, CompletionRequest
from chalicelib.story.replies import ChapterDraft, RewriteDraft, SpeakersDraft
from chalicelib.story.rewriting import Rewriting
from chalicelib.story.script import directed_by, first_words, kept_directions, narratable
from chalicelib.story.telling import Before, Earlier, book_of
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
        self, *, author: Author, repositories: Repositories, config: StoryConfig, voices: VoicesConfig
    ) -> None:
        self._author = author
        self._stories = repositories.stories
        self._chapters = repositories.chapters
        self._manuscripts = repositories.manuscripts
        self._config = config
        self._voices = voices

    @property
    def performs_tags(self) -> bool:
        """Whether the narrator's model performs directions."""
        return self._voices.traits.audio_tags

    def plan(self, context: StepContext, story: Story) -> tuple[Outline, dict[str, str]]:
        """Return the outline of a story, and the voice of every speaker."""
        context.report_progress("Planning the story")
        prequel = self._prequel(story)
        outline = self._writer(context, story, 0, prequel).outline()
        if not outline.language:
            outline = msgspec.structs.replace(outline, language=story.language)
        chosen = {**(_kept_voices(prequel, outline) if prequel else {}), **story.chosen_voices}
        return outline, create_voice_map(outline.cast, chosen, self._voices, outline.narrator)

    def _prequel(self, story: Story) -> Prequel | None:
        """Return the book that a story continues; None if it continues none, or that one was deleted this moment."""
        if story.sequel_of is None:
            return None
        try:
            earlier = self._stories.get(story.user_id, story.sequel_of)
        except NotFound:
            return None
        outline = _outline_of(earlier)
        chapters = [
            _told(outline, record) for record in self._chapters.records(story.sequel_of) if record.script_version
        ]
        return Prequel(outline, book_of(earlier.name, chapters, outline.earlier_book), earlier.voices or {})

    def write(
        self, context: StepContext, story: Story, number: int, replaced: Chapter | None, parts: ChapterParts
    ) -> WrittenChapter:
        """Return a chapter as the author writes it.

        `replaced` is the one that is written again, with its remark; `parts` are those of a new one that are there.
        """
        outline = _outline_of(story)
        context.report_progress(f"Writing chapter {number} of {len(outline.chapters)}")
        # The digest is of the texts that the author is shown: an edit during the call makes the chapter stale.
        before, earlier_texts = self._before(context, story, outline, number)
        writer = self._writer(context, story, number)
        takes = dict[str, int]()
        if replaced is not None and replaced.script is not None:
            order = self._rewriting(context, outline, replaced, replaced.script)
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

    def cast_of(self, story: Story, newcomers: Sequence[Character]) -> tuple[Outline, dict[str, str]]:
        """Return the outline of a story with further members of its cast, and the voices of all; nobody's changes."""
        outline = _outline_of(story)
        outline = msgspec.structs.replace(outline, cast=[*outline.cast, *newcomers])
        kept = {**story.chosen_voices, **(story.voices or {})}
        return outline, create_voice_map(outline.cast, kept, self._voices, outline.narrator)

    def direct(self, context: StepContext, story: Story, chapter: Chapter) -> EnhancedScript:
        """Return a chapter's script with directions for the voices."""
        context.report_progress(f"Directing the voices of chapter {chapter.number}")
        script = _script_of(chapter)
        # Those of an earlier text, from which some lines were kept; all of them are only after an undone rewrite.
        kept = kept_directions(chapter.enhanced, script) if chapter.enhanced else {}
        if len(kept) == len(script.lines):
            return directed_by(kept, script)
        writer = self._writer(context, story, chapter.number)
        return writer.enhance_chapter(_outline_of(story), chapter.number, script, kept, self._voices.traits.tags)

    def _before(self, context: StepContext, story: Story, outline: Outline, number: int) -> tuple[Before, str]:
        """Return what came before a chapter, and the digest of those texts; renew summaries that an edit made stale."""
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
                stale = previous if earlier == number - 1 else context.written_chapter(earlier)[0]
                stale = self._summarized(context, story, outline, stale)
                previous = stale if earlier == number - 1 else previous
                record = record_of(stale)
            found.append(_told(outline, record))
            versions.append(record.script_version or "")
        seam = previous.seam or Seam("", "")
        return Before(found, previous.script, seam, outline.earlier_book), based_on(versions)

    def _rewriting(self, context: StepContext, outline: Outline, chapter: Chapter, script: Script) -> Rewriting:
        """Return the order of a rewrite, with what the author has to know of the chapter and those that follow it."""
        follows = context.chapter(chapter.number + 1)
        begins = first_words(follows.script, self._config.writing.previous_words) if follows and follows.script else ""
        kept = Retold(chapter.summary or "", chapter.seam or Seam(), chapter.memory) if chapter.is_summarized else None
        following = self._following(context, outline, chapter.number)
        return Rewriting(script, chapter.remark or "", following, begins, kept)

    def _following(self, context: StepContext, outline: Outline, number: int) -> list[Earlier]:
        """Return the chapters after one that is written again, as far as they are written."""
        records = self._chapters.records(context.task.story_id)
        return [_told(outline, record) for record in records if record.number > number and record.script_version]

    def _summarized(self, context: StepContext, story: Story, outline: Outline, chapter: Chapter) -> Chapter:
        """Return the chapter with summary, seam and memory of its present script, which are stored."""
        reply = self._writer(context, story, chapter.number).summarize_chapter(
            outline, chapter.number, _script_of(chapter)
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


def record_of(chapter: Chapter) -> ChapterRecord:
    """Return what later chapters are told of a written chapter."""
    script = _script_of(chapter)
    return ChapterRecord(
        number=chapter.number,
        script_version=chapter.script_version,
        summary=chapter.summary,
        summary_version=chapter.summary_version,
        memory=chapter.memory,
        opening=script.opening,
        ending=script.ending,
    )


def _kept_voices(prequel: Prequel, outline: Outline) -> dict[str, str]:
    """Return the voices that listeners know from the book before: of those who return, and of whoever still tells."""
    names = [character.name for character in outline.cast]
    kept = {name: voice for name, voice in prequel.voices.items() if name in names}
    before, now = prequel.outline.narrator, outline.narrator
    if (before.person, before.character) == (now.person, now.character) and NARRATOR in prequel.voices:
        kept[NARRATOR] = prequel.voices[NARRATOR]
    return kept


def _told(outline: Outline, record: ChapterRecord) -> Earlier:
    title = outline.chapters[record.number - 1].title
    return Earlier(record.number, title, record.summary or "", record.memory, record.opening, record.ending)


def _outline_of(story: Story) -> Outline:
    if story.outline is None:
        raise LookupError("the story has no outline yet")
    return story.outline


def _script_of(chapter: Chapter) -> Script:
    if chapter.script is None:
        raise LookupError(f"chapter {chapter.number} is not written yet")
    return chapter.script
