"""A story as an EPUB 3 with media overlays: its text lights up line by line while it is read out.

Written with the standard library: EbookLib is under the AGPL. The same book gives the same bytes.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from chalicelib.book.contents import Audio, Book, BookChapter
from chalicelib.book.overlays import Clip, clips_of, clock, duration_ms, overlay
from chalicelib.book.pages import (
    ACTIVE_CLASS,
    CSS,
    chapter_page,
    cover_page,
    direction_of,
    nav_page,
    title_page,
)
from chalicelib.book.xml import DECLARATION, xml_text
from chalicelib.book.zipping import ZipWriter

_STORIES = UUID("0b1f4a51-5d0c-5f3a-9d3e-6f1a5e1f7c11")
"""Of our stories, for identifiers made of theirs (UUID, version 5)."""

_ROOT = "EPUB/"
_CONTAINER = (
    f'{DECLARATION}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    f'<rootfile full-path="{_ROOT}book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)

_ENDINGS = {"audio/mp4": "m4a", "audio/mpeg": "mp3"}


@dataclass(frozen=True, slots=True)
class _Part:
    """A chapter and the names of its files."""

    chapter: BookChapter
    number: int
    clips: list[Clip]

    @property
    def name(self) -> str:
        return f"chapter-{self.number:02d}"

    @property
    def text_path(self) -> str:
        return f"text/{self.name}.xhtml"

    @property
    def overlay_path(self) -> str:
        return f"overlays/{self.name}.smil"

    def audio_path(self, audio: Audio) -> str:
        return f"audio/{self.name}.{_ENDINGS[audio.media_type]}"


def write_epub(book: Book, write: Callable[[bytes], object]) -> int:
    """Hand the book to `write` piece by piece, and return its bytes.

    Raises ValueError for one without chapters, one of more than 4 GB, and sound that is not as long as it was said.
    """
    if not book.chapters:
        raise ValueError("A book needs a chapter")
    parts = [_Part(chapter, number, clips_of(chapter)) for number, chapter in enumerate(book.chapters, 1)]
    archive = ZipWriter(write, book.modified)
    # The first entry tells what this is, without a ZIP reader: stored, without extra fields (OCF 3.3, section 4.3).
    archive.add("mimetype", b"application/epub+zip", stored=True)
    archive.add("META-INF/container.xml", _CONTAINER.encode())
    for path, text in _texts(book, parts):
        archive.add(_ROOT + path, text.encode())
    archive.add(f"{_ROOT}cover.jpg", book.cover_jpeg, stored=True)
    for part in parts:
        audio = part.chapter.audio
        if audio is not None and part.clips:
            crc = _checksum(audio) if audio.crc32 is None else audio.crc32
            archive.stream(_ROOT + part.audio_path(audio), audio.size, crc, audio.chunks())
    return archive.close()


def _texts(book: Book, parts: Sequence[_Part]) -> Iterator[tuple[str, str]]:
    yield "book.opf", _package(book, parts)
    yield "book.css", CSS
    yield "cover.xhtml", cover_page(book)
    yield "title.xhtml", title_page(book)
    yield "nav.xhtml", nav_page(book, [part.text_path for part in parts])
    for part in parts:
        yield part.text_path, chapter_page(book, part.chapter, part.number)
        if part.chapter.audio is not None and part.clips:
            audio = part.audio_path(part.chapter.audio)
            yield part.overlay_path, overlay(f"../{part.text_path}", f"../{audio}", part.clips)


def _checksum(audio: Audio) -> int:
    crc = 0
    for chunk in audio.chunks():
        crc = zlib.crc32(chunk, crc)
    return crc


def _package(book: Book, parts: Sequence[_Part]) -> str:
    """Return the package document: what the book is, of which files it consists, and in which order they are read."""
    language = xml_text(book.language)
    metadata, manifest = "\n".join(_metadata(book, parts)), "\n".join(_manifest(parts))
    spine = "".join(f'<itemref idref="{name}"/>' for name in ("cover", "title", "nav", *(part.name for part in parts)))
    return (
        f'{DECLARATION}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        f'xml:lang="{language}" prefix="iptc: http://iptc.org/std/Iptc4xmpExt/2008-02-29/">\n'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n{metadata}\n</metadata>\n'
        f"<manifest>\n{manifest}\n</manifest>\n"
        f'<spine page-progression-direction="{direction_of(book.language)}">{spine}</spine>\n</package>\n'
    )


def _metadata(book: Book, parts: Sequence[_Part]) -> Iterator[str]:
    yield f'<dc:identifier id="id">urn:uuid:{uuid5(_STORIES, book.story_id)}</dc:identifier>'
    yield f"<dc:title>{xml_text(book.title) or '-'}</dc:title>"
    yield f"<dc:language>{xml_text(book.language)}</dc:language>"
    yield f'<dc:creator id="creator">{xml_text(book.creator)}</dc:creator>'
    yield '<meta refines="#creator" property="role" scheme="marc:relators">aut</meta>'
    for number, narrator in enumerate(filter(None, map(xml_text, book.narrators)), 1):
        yield f'<dc:contributor id="narrator-{number}">{narrator}</dc:contributor>'
        yield f'<meta refines="#narrator-{number}" property="role" scheme="marc:relators">nrt</meta>'
        yield f'<meta property="media:narrator">{narrator}</meta>'
    described = xml_text(" ".join(filter(None, (book.description, book.ai_notice))))
    if described:
        yield f"<dc:description>{described}</dc:description>"
    if book.source_type:
        yield f'<meta property="iptc:DigitalSourceType">{xml_text(book.source_type)}</meta>'
    if xml_text(book.series):
        yield f'<meta property="belongs-to-collection" id="series">{xml_text(book.series)}</meta>'
        yield '<meta refines="#series" property="collection-type">series</meta>'
        if book.position is not None:
            yield f'<meta refines="#series" property="group-position">{book.position}</meta>'
    yield f'<meta property="dcterms:modified">{book.modified:%Y-%m-%dT%H:%M:%SZ}</meta>'
    spoken = [part for part in parts if part.clips]
    for part in spoken:
        yield f'<meta property="media:duration" refines="#{part.name}-overlay">{clock(duration_ms(part.clips))}</meta>'
    if spoken:
        total = sum(duration_ms(part.clips) for part in spoken)
        yield f'<meta property="media:duration">{clock(total)}</meta>'
        yield f'<meta property="media:active-class">{ACTIVE_CLASS}</meta>'
    yield from _accessibility(spoken=bool(spoken), whole=len(spoken) == len(parts))


def _accessibility(*, spoken: bool, whole: bool) -> Iterator[str]:
    """Yield what shops and libraries show of who can read the book (EPUB Accessibility 1.1); `whole`: with the ears."""
    modes = ["textual", "visual", *(["auditory"] if spoken else [])]
    sufficient = ["textual", *(["auditory", "textual,auditory"] if whole else [])]
    features = ["tableOfContents", "readingOrder", "structuralNavigation", "alternativeText", "displayTransformability"]
    features += ["synchronizedAudioText"] if spoken else []
    summary = "The text can be enlarged and read by a screen reader. The only picture is the cover, which is described."
    if spoken:
        summary += f" {'All' if whole else 'Some'} chapters are narrated, and each line is marked while it is heard."
    properties = [
        *(("accessMode", mode) for mode in modes),
        *(("accessModeSufficient", mode) for mode in sufficient),
        *(("accessibilityFeature", feature) for feature in features),
        ("accessibilityHazard", "none"),
    ]
    for name, value in properties:
        yield f'<meta property="schema:{name}">{value}</meta>'
    yield f'<meta property="schema:accessibilitySummary" xml:lang="en">{summary}</meta>'


def _manifest(parts: Sequence[_Part]) -> Iterator[str]:
    page = "application/xhtml+xml"
    yield '<item id="css" href="book.css" media-type="text/css"/>'
    yield '<item id="cover-image" href="cover.jpg" media-type="image/jpeg" properties="cover-image"/>'
    yield f'<item id="cover" href="cover.xhtml" media-type="{page}"/>'
    yield f'<item id="title" href="title.xhtml" media-type="{page}"/>'
    yield f'<item id="nav" href="nav.xhtml" media-type="{page}" properties="nav"/>'
    for part in parts:
        audio = part.chapter.audio if part.clips else None
        overlaid = f' media-overlay="{part.name}-overlay"' if audio else ""
        yield f'<item id="{part.name}" href="{part.text_path}" media-type="{page}"{overlaid}/>'
        if audio:
            yield f'<item id="{part.name}-overlay" href="{part.overlay_path}" media-type="application/smil+xml"/>'
            yield f'<item id="{part.name}-audio" href="{part.audio_path(audio)}" media-type="{audio.media_type}"/>'
