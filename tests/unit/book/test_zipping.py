"""ZIP archives: read back by the standard library, and by a reader that only goes forward."""

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.book import zipping
from chalicelib.book.zipping import ZipWriter

MADE = datetime(2026, 11, 28, 13, 14, 16, tzinfo=UTC)


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,9}(/[a-z]{1,9})?", fullmatch=True), st.tuples(st.binary(), st.booleans()))
)
def test_every_entry_is_read_back(entries: dict[str, tuple[bytes, bool]]) -> None:
    file = io.BytesIO()
    writer = ZipWriter(file.write, MADE)
    for name, (content, stored) in entries.items():
        writer.add(name, content, stored=stored)
    assert writer.close() == len(file.getvalue())
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: content for name, (content, _) in entries.items()
        }
        assert all(info.date_time == (2026, 11, 28, 13, 14, 16) for info in archive.infolist())


def test_sizes_and_checksums_stand_before_the_content() -> None:
    written = bytearray()
    writer = ZipWriter(written.extend, MADE)
    writer.stream("sound", 6, zlib.crc32(b"abcdef"), [b"abc", b"", b"def"])
    signature, _, flags, method, _, _, crc, packed, size, name, extra = struct.unpack_from("<4s5H3I2H", written)
    assert (signature, flags, method, packed, size, name, extra) == (b"PK\3\4", 0, 0, 6, 6, 5, 0)
    assert crc == zlib.crc32(b"abcdef")
    assert bytes(written[30:]) == b"soundabcdef"


@pytest.mark.parametrize(("size", "crc"), [(5, zlib.crc32(b"abcdef")), (7, zlib.crc32(b"abcdef")), (6, 1)])
def test_content_that_is_not_what_was_said_is_refused(size: int, crc: int) -> None:
    writer = ZipWriter(bytearray().extend, MADE)
    with pytest.raises(ValueError, match="sound is not what it was said to be"):
        writer.stream("sound", size, crc, [b"abc", b"def"])


def test_an_archive_beyond_four_gigabytes_is_refused_before_it_is_written() -> None:
    written = bytearray()
    writer = ZipWriter(written.extend, MADE)
    with pytest.raises(ValueError, match="larger than"):
        writer.stream("sound", zipping.LARGEST + 1, 0, [])
    assert written == b""


def test_text_is_compressed_and_a_time_before_1980_is_1980() -> None:
    file = io.BytesIO()
    writer = ZipWriter(file.write, datetime(1970, 1, 1, tzinfo=UTC))
    writer.add("text", b"a" * 10_000)
    writer.close()
    with zipfile.ZipFile(file) as archive:
        (info,) = archive.infolist()
    assert info.compress_size < 100
    assert info.date_time[0] == 1980
    assert info.external_attr >> 16 == 0o100644
