"""The step that narrates a chapter: clips from the store or the narrator, mastered, and stored on S3."""

from collections.abc import Callable
from dataclasses import replace

from pynamodb.expressions.update import Action

from chalicelib.audio.audiobook import AudiobookGenerator
from chalicelib.audio.captions import VTT, webvtt
from chalicelib.audio.mastering import Tags
from chalicelib.audio.workdir import work_directory
from chalicelib.clock import Clock, Wait
from chalicelib.errors import LeaseLost, StoreUnavailable, TooLong
from chalicelib.pipeline.limiter import SemaphoreLimiter
from chalicelib.pipeline.scripts import lines_of
from chalicelib.pipeline.step_context import StepContext
from chalicelib.pipeline.steps import Step
from chalicelib.pipeline.writing import story_of
from chalicelib.providers.narrator import SpeechRequest, SpeechResult
from chalicelib.store.claims import LineClaims
from chalicelib.store.objects import ObjectStore, captions_key, chapter_key, line_key, lines_of_story, set_aside_key
from chalicelib.store.results import Results
from chalicelib.store.semaphore import FairSemaphore
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import ChapterItem, UsageItem
from chalicelib.store.usage import LINE, Purchase, UsageLog, from_metadata, to_metadata
from chalicelib.story.config import StoryConfig
from chalicelib.story.kept import read_kept
from chalicelib.story.measures import too_long
from chalicelib.story.replies import Outline
from chalicelib.timing import MASTERING_S, NARRATOR_CALL_S, Timing


class StoryClipStore:
    """The clip store of one story on S3, for one step."""

    def __init__(
        self,
        context: StepContext,
        objects: ObjectStore,
        claims: LineClaims,
        usage: UsageLog,
        price: Callable[[str, int], float],
        claim_s: float,
    ) -> None:
        self._task = context.task
        self._lease = context.lease
        self._charges = context.charges
        self._objects = objects
        self._claims = claims
        self._usage = usage
        self._price = price
        self._claim_s = claim_s
        self._chapter = Step.parse(context.lease.step).chapter

    def known(self) -> set[str]:
        """Return the keys of all stored clips."""
        return lines_of_story(self._objects, self._task.story_id)

    def fetch(self, key: str) -> bytes | None:
        """Return a stored clip, or None.

        Its charge is recorded again, under the same id: a crash may have come between the clip and the record.
        """
        found = self._objects.get(line_key(self._task.story_id, key))
        if found is None:
            return None
        record = from_metadata(self._task.user_id, self._task.story_id, found.metadata)
        if record is not None:
            self._usage.save_again(record)
        return found.data

    def claim(self, key: str) -> bool:
        """Claim the right to buy a line; return False while another step has it."""
        return self._claims.claim(self._lease, key, self._claim_s)

    def unclaim(self, key: str) -> None:
        """Give the claim on a line back."""
        self._claims.release(self._lease, key)

    def keep(self, key: str, request: SpeechRequest, result: SpeechResult) -> None:
        """Store a clip that was bought, then the record of its purchase."""
        record = self._record(self._purchase(request, result))
        try:
            self._objects.put(line_key(self._task.story_id, key), result.audio, to_metadata(record))
        finally:
            self._save(record)  # it was paid for, whether it could be stored or not

    def record_uncertain(self, request: SpeechRequest) -> None:
        """Record a call whose answer never came: it may have been billed, for the characters that were sent."""
        purchase = self._purchase(request, SpeechResult(b"", len(request.text)))
        self._save(self._record(replace(purchase, uncertain=True)))

    def record(self, request: SpeechRequest, result: SpeechResult) -> None:
        """Record a purchase whose result was unusable."""
        self._save(self._record(self._purchase(request, result)))

    def _record(self, purchase: Purchase) -> UsageItem:
        return self._usage.record(self._task.user_id, self._task.story_id, purchase)

    def _save(self, record: UsageItem) -> None:
        """Save a record now, or, if the store fails, before the next paid call or at the end of the step."""
        try:
            self._usage.save(record)
        except StoreUnavailable:
            self._charges.append(record)

    def set_aside(self, key: str) -> None:
        """Move a clip that is not audio to where it is no longer found: it was paid for, so it is kept."""
        aside = set_aside_key(self._task.story_id, key, self._usage.now())
        self._objects.move(line_key(self._task.story_id, key), aside)
        self.unclaim(key)

    def _purchase(self, request: SpeechRequest, result: SpeechResult) -> Purchase:
        cost = self._price(request.model, result.characters)
        return Purchase(LINE, request.model, cost, self._chapter, characters=result.characters)


class NarratingStep:
    """The step of the pipeline that the narrator does."""

    def __init__(
        self,
        generator: AudiobookGenerator,
        stories: Stories,
        chapters: Chapters,
        results: Results,
        objects: ObjectStore,
        claims: LineClaims,
        semaphore: FairSemaphore,
        usage: UsageLog,
        config: StoryConfig,
        clock: Clock,
        wait: Wait,
        timing: Timing,
    ) -> None:
        self._generator = generator
        self._stories = stories
        self._chapters = chapters
        self._results = results
        self._objects = objects
        self._claims = claims
        self._semaphore = semaphore
        self._usage = usage
        self._config = config
        self._clock = clock
        self._wait = wait
        self._timing = timing

    def narrate(self, context: StepContext, step: Step) -> None:
        """Store a chapter's MP3 and captions on S3, and its duration on the chapter and the story.

        Raises LookupError for a chapter without a script, TooLong, LeaseLost, Reschedule, and the provider's errors.
        """
        task, number = context.task, step.chapter
        story = story_of(self._stories, task)
        chapter = self._chapters.get(task.story_id, number)
        if chapter is None or not chapter.script:
            raise LookupError(f"chapter {number} is not written yet")
        if chapter.sound_version == chapter.script_version:
            return
        context.report_progress("")
        outline = read_kept(story.outline, Outline)
        tags = Tags(
            title=outline.chapters[number - 1].title,
            artist="Fireside",
            album=outline.title,
            track=number,
            total=int(story.num_chapters),
        )
        clip_store = StoryClipStore(
            context,
            self._objects,
            self._claims,
            self._usage,
            self._config.prices.of_characters,
            self._timing.claim_s,
        )
        lines = lines_of(chapter)
        if reason := too_long(line.text for line in lines):
            raise TooLong(f"Chapter {number} is too long to be narrated: {reason}. Shorten it, then narrate it again.")
        want = self._config.plan.lines_at_once
        limiter = SemaphoreLimiter(self._semaphore, context, want, self._timing.lease_s, self._clock, self._wait)

        counts: list[int] = []

        def on_line(done: int, total: int) -> None:
            counts.append(done)
            context.progressed = done > counts[0]  # the first count is of clips that were stored before this step
            line = f"line {min(done + 1, total)} of {total}"
            context.report_percent(
                100 * done // total, f"Narrating chapter {number} of {int(story.num_chapters)}: {line}"
            )

        def ready_to_master() -> None:
            limiter.close()
            context.ensure_may_continue(MASTERING_S)
            context.report_progress(f"Mastering chapter {number} of {int(story.num_chapters)}")

        with work_directory() as workdir:
            try:
                sound = self._generator.generate_chapter(
                    lines,
                    story.voices,
                    tags,
                    clip_store=clip_store,
                    limiter=limiter,
                    ready=lambda: context.ensure_may_continue(NARRATOR_CALL_S),
                    on_line=on_line,
                    ready_to_master=ready_to_master,
                    workdir=workdir,
                    timeout_s=MASTERING_S,
                )
            finally:
                limiter.close()
            version = (task.story_id, number, chapter.script_version)
            self._objects.put_file(chapter_key(*version), sound.path)
            self._objects.put_text(captions_key(*version), webvtt(lines, sound.times), VTT)
        actions: list[Action] = [
            ChapterItem.duration_s.set(round(sound.duration_s, 3)),
            ChapterItem.size_bytes.set(sound.size_bytes),
            ChapterItem.sound_version.set(chapter.script_version),
        ]
        unchanged = ChapterItem.script_version == chapter.script_version
        if not self._results.keep_sound(context.lease, story, number, actions, round(sound.duration_s, 3), unchanged):
            raise LeaseLost("the lease was lost before the sound could be stored")
        if chapter.sound_version:  # only now: until the new version was published, the old one could be heard
            self._objects.delete(chapter_key(task.story_id, number, chapter.sound_version))
            self._objects.delete(captions_key(task.story_id, number, chapter.sound_version))
