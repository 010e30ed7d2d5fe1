"""The sound of a chapter: its script loaded, its lines synthesized, the whole mastered."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.audio.audiobook import AudiobookGenerator, ChapterSound
from chalicelib.audio.captions import webvtt
from chalicelib.audio.narration import Segment, segments
from chalicelib.audio.synthesis import Narrated
from chalicelib.audio.tagging import Tags
from chalicelib.audio.workdir import work_directory
from chalicelib.domain.budgets import OVERRUN
from chalicelib.domain.chapter import Chapter, Notice
from chalicelib.domain.money import micro
from chalicelib.domain.story import Story
from chalicelib.errors import Postponed, ProviderFault, TooLong
from chalicelib.pipeline.book_texts import AUTHOR, narrators_of
from chalicelib.pipeline.clips import StoryClipStore
from chalicelib.pipeline.limiter import Semaphore, SemaphoreLimiter
from chalicelib.pipeline.noticing import norm_notices, notices_of
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.pipeline.speaking import Lines, framed_lines, spoken_lines
from chalicelib.pipeline.step_context import StepContext
from chalicelib.pipeline.substitutes import Substitutes
from chalicelib.runtime import Runtime
from chalicelib.settings import CONFIGS
from chalicelib.story.config import StoryConfig
from chalicelib.story.frame import DIGITAL_SOURCE_TYPE, ai_sentence
from chalicelib.story.measures import too_long
from chalicelib.timing import MASTERING_S, NARRATOR_CALL_S


@dataclass(frozen=True, slots=True)
class MadeSound:
    """A chapter's sound while its files exist: MP3 and AAC, its captions as WebVTT, its facts, and what is odd about
    it."""

    path: Path
    m4a: Path
    captions: str
    duration_s: float
    size_bytes: int
    notices: Sequence[Notice]


class Narration:
    """Makes the sound of chapters."""

    def __init__(
        self,
        *,
        generator: AudiobookGenerator,
        substitutes: Substitutes,
        repositories: Repositories,
        sounds: SoundStore,
        semaphore: Semaphore,
        config: StoryConfig,
        runtime: Runtime,
    ) -> None:
        self._generator = generator
        self._substitutes = substitutes
        self._repositories = repositories
        self._sounds = sounds
        self._semaphore = semaphore
        self._config = config
        self._runtime = runtime

    @contextmanager
    def sound_of(self, context: StepContext, story: Story, chapter: Chapter) -> Iterator[MadeSound]:
        """Yield the sound of a written chapter; its files are removed at the end.

        Raises TooLong, Postponed, BudgetExceeded, LeaseLost, Reschedule, and the provider's errors; clips bought until
        then stay stored.
        """
        # A heartbeat first: listing and loading a long chapter's clips can take a while without a word.
        context.report_progress("")
        clip_store = StoryClipStore(
            context=context,
            repositories=self._repositories,
            sounds=self._sounds,
            price=self._config.prices.of_characters,
            runtime=self._runtime,
        )
        # Before the first paid call: a chapter that cannot be mastered in time must not be bought.
        _ensure_speakable(chapter)
        lines = framed_lines(story, chapter, self._config.frame)
        story = self._substitutes.before(story, lines)
        with work_directory() as workdir:
            story, script, narrated = self._spoken(context, story, chapter, lines, clip_store, workdir)
            sound = self._master(context, story, chapter, script, narrated, workdir)
            # Inside the block: the work directory, and with it MP3 and AAC, is removed when the caller has stored it.
            captions = webvtt(lines, sound.times, story.language)
            notices = [
                *self._substitutes.notices(story, script),
                *notices_of(script, narrated.odd),
                *norm_notices(sound),
            ]
            yield MadeSound(sound.path, sound.m4a, captions, sound.duration_s, sound.size_bytes, notices)

    def _spoken(
        self,
        context: StepContext,
        story: Story,
        chapter: Chapter,
        lines: Lines,
        clip_store: StoryClipStore,
        workdir: Path,
    ) -> tuple[Story, list[Segment], Narrated]:
        """Return the segments of a chapter and a clip for each, and the story with the voices that they are in."""
        while True:
            script, known = self._load(story, chapter, clip_store)
            self._expect(context, script, known)
            try:
                return story, script, self._synthesize(context, story, script, known, clip_store, workdir)
            except ProviderFault as fault:
                # Each time one voice fewer is left, and a refused call is not billed.
                if (without := self._substitutes.after(fault, story, lines)) is None:
                    raise
                story = without

    def _expect(self, context: StepContext, script: list[Segment], known: set[str]) -> None:
        """Draw what the lines cost that are not bought yet; raise Postponed if that is far more than was quoted."""
        missing = {segment.clip_key: segment.characters for segment in script if segment.clip_key not in known}
        price, model = self._config.prices.of_characters, self._substitutes.config().model
        cost = sum(micro(price(model, characters)) for characters in missing.values() if characters)
        # Of an audiobook the narration was quoted before the chapter was written; of written chapters it is exact.
        quoted = context.funds.quoted() if cost and context.task.kind == "audiobook" else None
        if quoted is not None and cost > quoted * OVERRUN:
            raise Postponed(cost)
        context.funds.expect(cost)

    def _load(self, story: Story, chapter: Chapter, clip_store: StoryClipStore) -> tuple[list[Segment], set[str]]:
        """Return the segments to speak, and the keys of the clips that are stored already."""
        # One listing for the whole chapter, where a look at each line would be a request per line.
        known = clip_store.known()
        lines = spoken_lines(story, chapter, self._config.frame)
        config, stand_ins = self._substitutes.config(), story.stand_ins
        return segments(lines, story.voices or {}, config, known, story.language, chapter.takes, stand_ins), known

    def _synthesize(
        self,
        context: StepContext,
        story: Story,
        script: list[Segment],
        known: set[str],
        clip_store: StoryClipStore,
        workdir: Path,
    ) -> Narrated:
        """Return a clip for every segment, and give the permits back."""
        limiter = SemaphoreLimiter(
            semaphore=self._semaphore, context=context, want=self._config.plan.lines_at_once, runtime=self._runtime
        )
        try:
            return self._generator.synthesizer.clips(
                script,
                known,
                clip_store=clip_store,
                limiter=limiter,
                ready=lambda: context.ensure_may_continue(NARRATOR_CALL_S),
                on_line=LineProgress(context, story),
                workdir=workdir,
            )
        finally:
            # Before mastering, which needs no permit: 18 s for ten minutes of sound, in which others can narrate.
            limiter.close()

    def _master(
        self,
        context: StepContext,
        story: Story,
        chapter: Chapter,
        script: list[Segment],
        narrated: Narrated,
        workdir: Path,
    ) -> ChapterSound:
        """Return the mastered chapter, in `workdir`."""
        # Every line is stored by now, so a step that has too little time left loses nothing by starting again.
        context.ensure_may_continue(MASTERING_S)
        context.report_progress(f"Mastering chapter {chapter.number} of {story.num_chapters}")
        tags = Tags(
            title=story.chapter_titles()[chapter.number - 1],
            artist=AUTHOR,
            album=story.name,
            track=chapter.number,
            total=story.num_chapters,
            narrators=narrators_of(story, self._substitutes.config()),
            year=story.created_at[:4],
            language=story.language,
            comment=ai_sentence(story),
            source_type=DIGITAL_SOURCE_TYPE,
        )
        name = self._substitutes.config().sting
        sting = CONFIGS / name if name and chapter.number < story.num_chapters else None
        return self._generator.master(script, narrated.clips, tags, workdir=workdir, timeout_s=MASTERING_S, sting=sting)


class LineProgress:
    """Reports how many lines of the step's chapter are narrated."""

    def __init__(self, context: StepContext, story: Story) -> None:
        self._context = context
        self._chapter = f"chapter {context.step.chapter} of {story.num_chapters}"
        self._stored_before = self._total = -1

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` lines are narrated."""
        if total != self._total:
            # The first count is of clips that were stored before this step; second takes are counted anew.
            self._stored_before, self._total = done, total
        # Only a new line is progress: a step that finds the same clips each time must reach the limit of reschedules.
        self._context.progressed = self._context.progressed or done > self._stored_before
        line = f"line {min(done + 1, total)} of {total}"
        self._context.report_percent(100 * done // total, f"Narrating {self._chapter}: {line}")


def _ensure_speakable(chapter: Chapter) -> None:
    if reason := too_long(line.text for line in chapter.lines):
        raise TooLong(
            f"Chapter {chapter.number} is too long to be narrated: {reason}. Shorten it, then narrate it again."
        )
