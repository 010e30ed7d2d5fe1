"""The making of a book: an M4B, an EPUB and a cover, from the chapters as they are narrated. Nothing is bought."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chalicelib.audio.m4b import PACKET, M4bChapter, encode_aac, make_m4b, packets_of
from chalicelib.audio.tagging import Tags
from chalicelib.audio.tools import SAMPLE_RATE, Ffmpeg
from chalicelib.audio.voices import VoicesConfig
from chalicelib.audio.workdir import work_directory
from chalicelib.book.contents import Audio, BookChapter
from chalicelib.book.contents import Book as EpubBook
from chalicelib.book.epub import write_epub
from chalicelib.domain.book import Book, BookFile, head_version
from chalicelib.domain.story import Story
from chalicelib.errors import TooLong
from chalicelib.pipeline.book_files import BookFiles, ChapterFile
from chalicelib.pipeline.book_texts import AUTHOR, book_lines, narrators_of
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.pipeline.step_context import StepContext
from chalicelib.story.frame import DIGITAL_SOURCE_TYPE, ai_sentence
from chalicelib.timing import BINDING_S, MASTERING_S

_MP4_BYTES_A_SECOND = 250
"""What MP4 and EPUB need beside the AAC itself: tables of 4 bytes a packet, and the texts."""

_COVER_BYTES = 8_000_000

_BINDING: Mapping[BookFile, str] = {"m4b": "Binding the audiobook", "epub": "Binding the book to read along"}


@dataclass(frozen=True, slots=True)
class BoundChapter:
    """A chapter as it goes into the book: its title, the version and the seconds of its sound, and its AAC."""

    number: int
    title: str
    sound: str
    duration_s: float
    aac: ChapterFile

    @property
    def packets(self) -> int:
        """The packets of its AAC."""
        return packets_of(self.duration_s)


class Binding:
    """Makes the files of books. What is made is stored at once, so a step that is handed over goes on after it."""

    def __init__(
        self,
        *,
        ffmpeg: Ffmpeg,
        repositories: Repositories,
        sounds: SoundStore,
        files: BookFiles,
        draw_cover: Callable[[Story], bytes],
        voices: Callable[[], VoicesConfig],
    ) -> None:
        self._ffmpeg = ffmpeg
        self._chapters = repositories.chapters
        self._sounds = sounds
        self._files = files
        self._draw_cover = draw_cover
        self._voices = voices

    def bind(self, context: StepContext, story: Story, version: str) -> Book:
        """Make and store the files of a story whose chapters are all narrated; return their facts.

        Raises TooLong, Reschedule, LeaseLost, StoreUnavailable, ToolFailed and DiskFull; what is stored by then stays.
        """
        chapters = self._with_aac(context, story)
        with work_directory() as workdir:
            cover = self._cover(context, story, version, workdir)

            def made(kind: BookFile, write: Callable[[Path], None]) -> int:
                """Return the size of a file that is stored already; else make room for it, make it and store it."""
                if size := self._files.size(story.story_id, version, kind):
                    return size
                context.ensure_may_continue(BINDING_S)
                context.report_progress(_BINDING[kind])
                _ensure_room(workdir, chapters)
                out = workdir / f"book.{kind}"
                write(out)
                self._files.put(story.story_id, version, kind, out)
                context.progressed = True
                size = out.stat().st_size
                out.unlink()
                return size

            m4b = made("m4b", lambda out: self._write_m4b(story, chapters, cover, out))
            epub = made("epub", lambda out: self._write_epub(context, story, chapters, cover, out))
        seconds = sum(chapter.packets for chapter in chapters) * PACKET / SAMPLE_RATE
        return Book(version, head_version(story), round(seconds, 3), m4b, epub)

    def _with_aac(self, context: StepContext, story: Story) -> list[BoundChapter]:
        """Return the chapters, each with its AAC; one that was mastered without is encoded now."""
        titles, found = story.chapter_titles(), list[BoundChapter]()
        for header in self._chapters.headers(story.story_id):
            number, sound, seconds = header.number, header.sound_version or "", header.duration_s or 0.0
            aac = self._files.m4a(story.story_id, number, sound)
            if aac is None:
                aac = self._encoded(context, story, number, sound, packets_of(seconds))
            found.append(BoundChapter(number, titles[number - 1], sound, seconds, aac))
            context.heartbeat()
        return found

    def _encoded(self, context: StepContext, story: Story, number: int, sound: str, packets: int) -> ChapterFile:
        context.ensure_may_continue(MASTERING_S)
        context.report_progress(f"Preparing chapter {number} of {story.num_chapters} for the book")
        with work_directory() as workdir:
            out = workdir / "chapter.m4a"
            encode_aac(self._ffmpeg, self._files.mp3(story.story_id, number, sound), packets, out, MASTERING_S)
            self._files.put_m4a(story.story_id, number, sound, out)
        context.progressed = True
        stored = self._files.m4a(story.story_id, number, sound)
        if stored is None:
            raise LookupError(f"the AAC of chapter {number} is not where it was stored")
        return stored

    def _cover(self, context: StepContext, story: Story, version: str, workdir: Path) -> Path:
        path = workdir / "cover.jpg"
        jpeg = self._files.get(story.story_id, version, "jpg")
        path.write_bytes(jpeg or self._draw_cover(story))
        if jpeg is None:
            context.report_progress("Drawing the cover")
            self._files.put(story.story_id, version, "jpg", path)
        return path

    def _write_m4b(self, story: Story, chapters: Sequence[BoundChapter], cover: Path, out: Path) -> None:
        bound = [M4bChapter(chapter.title, chapter.packets, chapter.aac.chunks) for chapter in chapters]
        make_m4b(self._ffmpeg, bound, cover, self._tags(story), out, timeout_s=BINDING_S)

    def _write_epub(
        self, context: StepContext, story: Story, chapters: Sequence[BoundChapter], cover: Path, out: Path
    ) -> None:
        tags = self._tags(story)
        book = EpubBook(
            story_id=story.story_id,
            title=story.name,
            language=story.language,
            chapters=[self._epub_chapter(context, story, chapter) for chapter in chapters],
            cover_jpeg=cover.read_bytes(),
            # The story's, not the clock's: a book that is made twice is the same file.
            modified=datetime.fromisoformat(story.updated_at),
            creator=tags.artist,
            narrators=tags.narrators,
            ai_notice=tags.comment,
            source_type=tags.source_type,
        )
        with out.open("wb") as file:
            write_epub(book, file.write)

    def _epub_chapter(self, context: StepContext, story: Story, chapter: BoundChapter) -> BookChapter:
        written, _ = context.written_chapter(chapter.number)
        captions = self._sounds.captions(story.story_id, chapter.number, chapter.sound) or ""
        lines = book_lines(written.script.lines if written.script else [], captions)
        audio = Audio("audio/mp4", chapter.aac.size, chapter.aac.chunks, chapter.aac.crc32)
        return BookChapter(chapter.title, lines, audio, chapter.duration_s)

    def _tags(self, story: Story) -> Tags:
        return Tags(
            title=story.name,
            artist=AUTHOR,
            album=story.name,
            narrators=narrators_of(story, self._voices()),
            year=story.created_at[:4],
            language=story.language,
            comment=ai_sentence(story),
            source_type=DIGITAL_SOURCE_TYPE,
        )


def _ensure_room(workdir: Path, chapters: Sequence[BoundChapter]) -> None:
    """Raise TooLong unless the disk has room for a file with all the chapters' sound."""
    seconds = sum(chapter.duration_s for chapter in chapters)
    needed = sum(chapter.aac.size for chapter in chapters) + round(_MP4_BYTES_A_SECOND * seconds) + _COVER_BYTES
    if needed > (free := shutil.disk_usage(workdir).free):
        raise TooLong(
            f"The book is {seconds / 3600:.0f} hours long: its files take {needed // 1_000_000} MB, and there is room "
            f"for {free // 1_000_000} MB where they are made. Its chapters can be heard one by one."
        )


def draw_cover(story: Story) -> bytes:
    """Return the cover of a story as JPEG."""
    from chalicelib.book.cover_jpeg import jpeg_of  # noqa: PLC0415 # with the layer's drawing library
    from chalicelib.book.design import design_of  # noqa: PLC0415

    return jpeg_of(design_of(story.story_id, story.name, story.language))
