"""The workflow of a story, from its outline to its book: what each of the steps in `stages` does, and stores."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.book import book_version
from chalicelib.domain.chapter import ChapterParts, Sound
from chalicelib.domain.steps import Kind, Step

# For types alone: narrating imports the audio modules and writing the prompts, and no function needs both.
if TYPE_CHECKING:
    from chalicelib.pipeline.binding import Binding
    from chalicelib.pipeline.book_files import BookFiles
    from chalicelib.pipeline.narrating import Narration
    from chalicelib.pipeline.outbox import Outbox
    from chalicelib.pipeline.ports import Repositories
    from chalicelib.pipeline.sounds import SoundStore
    from chalicelib.pipeline.step_context import StepContext
    from chalicelib.pipeline.writing import Writing


class Workflow:
    """The steps, as they are carried out: each finds its result if it is stored, else makes and stores it.

    A result is stored in one transaction with the records of the paid calls that it took, and only while the step's
    lease is held. Then `Flow.complete_step` sends the steps it unlocks. `writing`, `narration` and `binding` are built
    with the first step that needs them: no function has both providers' SDKs and ffmpeg.
    """

    def __init__(
        self,
        *,
        repositories: "Repositories",
        sounds: "SoundStore",
        book_files: "BookFiles",
        writing: Callable[[], "Writing"],
        narration: Callable[[], "Narration"],
        outbox: "Outbox",
        binding: Callable[[], "Binding"],
    ) -> None:
        self._stories = repositories.stories
        self._chapters = repositories.chapters
        self._versions = repositories.versions
        self._books = repositories.books
        self._sounds = sounds
        self._book_files = book_files
        self._writing = writing
        self._narration = narration
        self._outbox = outbox
        self._binding = binding

    def carry_out(self, context: "StepContext", step: Step) -> None:
        """Carry out a step. Running it twice buys nothing twice."""
        methods: Mapping[Kind, Callable[[StepContext, int], None]] = {
            "outline": self.outline,
            "write": self.write,
            "enhance": self.enhance,
            "narrate": self.narrate,
            "book": self.book,
        }
        methods[step.kind](context, step.chapter)

    def outline(self, context: "StepContext", _number: int = 0) -> None:
        """Store the outline, with the bible and the plan of every chapter, and the voices of the cast."""
        story = context.story()
        # Found again after a crash or a retry: the outline was paid for, and everything written rests on it.
        if story.outline:
            return
        outline, cast = self._writing().plan(context, story)
        context.commit(self._stories.save_outline(story.user_id, story.story_id, outline, cast))

    def write(self, context: "StepContext", number: int) -> None:
        """Store a chapter's script, with the summary and the seam that the next chapter is written from."""
        chapter = context.chapter(number)
        # The order names this task. One of a cancelled task is not carried out by the next.
        replaced = chapter if chapter is not None and chapter.rewrite == context.task.task_id else None
        if chapter is not None and chapter.script and replaced is None:
            return
        story = context.story()
        parts = chapter.parts if chapter is not None and replaced is None else ChapterParts()
        written = self._writing().write(context, story, number, replaced, parts)
        if replaced is not None:
            self._versions.keep(story.story_id, replaced)
        writes = [self._chapters.save_script(story.story_id, written, replacing=replaced)]
        if written.newcomers:
            outline, cast = self._writing().cast_of(story, written.newcomers)
            writes.append(self._stories.save_outline(story.user_id, story.story_id, outline, cast))
        context.commit(*writes)
        log.event("chapter_written", task_id=context.task.task_id, chapter=number)

    def enhance(self, context: "StepContext", number: int) -> None:
        """Store directions for the voices, beside the script."""
        chapter, version = context.written_chapter(number)
        # True also of a script that an edit has changed: what directions are left stay with their lines.
        if chapter.is_directed:
            return
        # Planned for another model of the narrator: nobody would hear them.
        if not self._writing().performs_tags:
            return
        directed = self._writing().direct(context, context.story(), chapter)
        context.commit(self._chapters.save_directions(context.task.story_id, number, directed, if_version=version))

    def narrate(self, context: "StepContext", number: int) -> None:
        """Store a chapter's MP3, AAC and captions on S3, and its duration on the chapter and the story.

        The sound it replaces is removed only then: until the new version is published, the old one can be heard.
        """
        story = context.story()
        chapter, version = context.written_chapter(number)
        if chapter.is_narrated:
            return
        with self._narration().sound_of(context, story, chapter) as made:
            # On S3 before it is published: a chapter that is listed as narrated can always be played.
            sound_version = chapter.wanted_sound or version
            self._sounds.put_chapter(story.story_id, number, sound_version, made.path, made.m4a, made.captions)
        sound = Sound(round(made.duration_s, 3), made.size_bytes, sound_version, made.notices)
        told = self._outbox.chapter_ready(context.task, number, sound_version)
        context.commit(self._chapters.save_sound(story, number, sound, if_version=version), *told.writes)
        self._outbox.send(told)
        # A crash before this leaves an object that nothing refers to; it goes with the story.
        if chapter.sound_version:
            self._sounds.delete_chapter(story.story_id, number, chapter.sound_version)

    def book(self, context: "StepContext", _number: int = 0) -> None:
        """Store the book's files on S3 and their facts on the story, if every chapter is narrated.

        Until they are published the files that they replace can be downloaded.
        """
        story = context.story()
        headers = list(self._chapters.headers(story.story_id))
        version = book_version(story, headers)
        if version is None or (story.book is not None and story.book.version == version):
            return
        book = self._binding().bind(context, story, version)
        context.commit(self._books.save(story.user_id, story.story_id, book))
        if story.book is not None:
            self._book_files.delete(story.story_id, story.book.version)
        log.event("book_made", task_id=context.task.task_id, seconds=round(book.duration_s))
