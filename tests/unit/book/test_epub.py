"""An EPUB as a reading system opens it: what it lists is there, and the sound lies in it as it came."""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, fromstring

import pytest

from chalicelib.book.contents import Audio, Book, BookChapter, BookLine
from chalicelib.book.epub import write_epub

OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
SOUND = bytes(range(256)) * 40


class Opened:
    """Sound that counts how often it is read."""

    def __init__(self, content: bytes = SOUND) -> None:
        self.content, self.times = content, 0

    def chunks(self) -> Iterable[bytes]:
        self.times += 1
        return (self.content[at : at + 1000] for at in range(0, len(self.content), 1000))


def chapter(title: str, sound: Opened | None = None, crc32: int | None = None) -> BookChapter:
    lines = (BookLine("001", "", "It was dark.", 0.5, 2), BookLine("002", "Mara", "Was it?", 2.5, 4))
    audio = None if sound is None else Audio("audio/mp4", len(SOUND), sound.chunks, crc32)
    return BookChapter(title, lines, audio, 5.0)


def book(*chapters: BookChapter) -> Book:
    return Book("s1", "The Lamp", "en", chapters, b"\xff\xd8jpeg", datetime(2026, 11, 28, 1, 2, 3, tzinfo=UTC))


def written(one: Book) -> bytes:
    file = io.BytesIO()
    assert write_epub(one, file.write) == len(file.getvalue())
    return file.getvalue()


def package(one: Book) -> Element:
    with zipfile.ZipFile(io.BytesIO(written(one))) as archive:
        return fromstring(archive.read("EPUB/book.opf"))  # noqa: S314 # of our own making


def properties(root: Element, name: str) -> list[str]:
    return [node.text or "" for node in root.iter(f"{OPF}meta") if node.get("property") == name]


def test_the_first_entry_says_what_this_is_without_a_zip_reader() -> None:
    # OCF 3.3, 4.3: the name at byte 30, the media type at 38.
    data = written(book(chapter("Dark")))
    assert data[:4] == b"PK\3\4"
    assert data[30:58] == b"mimetypeapplication/epub+zip"
    assert int.from_bytes(data[28:30], "little") == 0


def test_every_file_that_is_listed_is_there_and_nothing_else() -> None:
    one = book(chapter("Dark", Opened()), chapter("Light"))
    with zipfile.ZipFile(io.BytesIO(written(one))) as archive:
        names = set(archive.namelist())
    listed = {f"EPUB/{item.get('href')}" for item in package(one).iter(f"{OPF}item")}
    assert names == listed | {"mimetype", "META-INF/container.xml", "EPUB/book.opf"}


def test_the_sound_is_stored_and_opened_once_where_its_checksum_is_known() -> None:
    known, unknown = Opened(), Opened()
    one = book(chapter("Dark", known, zlib.crc32(SOUND)), chapter("Light", unknown))
    with zipfile.ZipFile(io.BytesIO(written(one))) as archive:
        for name in ("EPUB/audio/chapter-01.m4a", "EPUB/audio/chapter-02.m4a"):
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
            assert archive.read(name) == SOUND
    assert (known.times, unknown.times) == (1, 2)


def test_the_same_book_gives_the_same_bytes() -> None:
    assert written(book(chapter("Dark", Opened()))) == written(book(chapter("Dark", Opened())))


def test_sound_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="m4a is not what it was said to be"):
        written(book(chapter("Dark", Opened(SOUND[:-1]))))


def test_a_book_needs_a_chapter() -> None:
    with pytest.raises(ValueError, match="needs a chapter"):
        written(book())


def test_the_metadata_say_who_made_the_book_and_when() -> None:
    root = package(
        replace(
            book(chapter("Dark", Opened())), narrators=("Ann", "Bo"), ai_notice="Written and narrated by AI.",
            source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            description="A lamp.", series="The Lamps", position=2,
        )
    )  # fmt: skip
    assert [node.text for node in root.iter(f"{DC}creator")] == ["Fireside"]
    assert [node.text for node in root.iter(f"{DC}contributor")] == ["Ann", "Bo"]
    assert [node.text for node in root.iter(f"{DC}description")] == ["A lamp. Written and narrated by AI."]
    assert properties(root, "media:narrator") == ["Ann", "Bo"]
    assert properties(root, "dcterms:modified") == ["2026-11-28T01:02:03Z"]
    assert properties(root, "group-position") == ["2"]
    assert properties(root, "iptc:DigitalSourceType")[0].endswith("/trainedAlgorithmicMedia")


def test_durations_add_up() -> None:
    root = package(book(chapter("Dark", Opened()), chapter("Light", Opened())))
    assert properties(root, "media:duration") == ["4.499s", "4.499s", "8.998s"]


@pytest.mark.parametrize(
    ("sounds", "sufficient", "synchronized"),
    [
        ((True, True), ["textual", "auditory", "textual,auditory"], True),
        ((True, False), ["textual"], True),
        ((False, False), ["textual"], False),
    ],
)
def test_the_book_claims_only_what_it_has(sounds: tuple[bool, ...], sufficient: list[str], synchronized: bool) -> None:
    root = package(book(*(chapter("x", Opened() if sound else None) for sound in sounds)))
    assert properties(root, "schema:accessModeSufficient") == sufficient
    assert ("synchronizedAudioText" in properties(root, "schema:accessibilityFeature")) is synchronized
    assert ("auditory" in properties(root, "schema:accessMode")) is any(sounds)
    assert properties(root, "schema:accessibilityHazard") == ["none"]


def test_a_book_is_found_again_by_its_story() -> None:
    def identifier(story_id: str) -> str | None:
        return next(package(replace(book(chapter("a")), story_id=story_id)).iter(f"{DC}identifier")).text

    assert identifier("s1") == identifier("s1") != identifier("s2")
