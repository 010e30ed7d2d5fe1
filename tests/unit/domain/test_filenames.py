"""Names of files: the title's own letters, and nothing that a system, an archive or a header would stumble over."""

import re
from pathlib import PureWindowsPath
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from chalicelib.domain.filenames import MOST_BYTES, Disposition, content_disposition, file_name

TITLES = st.text(max_size=200) | st.text(
    st.sampled_from('<>:"/\\|?*. \u3000\u200d\ud83d第霧éa\u0301\U0001f3fd\U0001f9d1%'), max_size=60
)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Lamp", "01-The Lamp.mp3"),
        ("第一章\u3000霧", "01-第一章 霧.mp3"),
        ("Über die Brücke", "01-Über die Brücke.mp3"),
        ("U\u0308ber", "01-Über.mp3"),
        ("Глава 1: «Туман»", "01-Глава 1 «Туман».mp3"),
        ("الفصل الأول", "01-الفصل الأول.mp3"),
        ("Why? / Because\\of|this*", "01-Why Because of this.mp3"),
        ("And then...", "01-And then.mp3"),
        ("../../etc/passwd", "01-etc passwd.mp3"),
        ("", "01-chapter.mp3"),
        ("???", "01-chapter.mp3"),
        ("\U0001f525", "01-chapter.mp3"),
    ],
)
def test_a_chapter_is_called_as_it_is(title: str, name: str) -> None:
    assert file_name(title, "mp3", prefix="01-", fallback="chapter") == name


@pytest.mark.parametrize("title", ["CON", "nul", "com1", "Lpt9", "AUX. The Return", "COM\u00b9", "conin$", "prn ."])
def test_a_name_that_windows_takes_for_a_device_is_changed(title: str) -> None:
    assert file_name(title, "m4b").startswith("_")


@given(TITLES, st.sampled_from(["mp3", "epub", ""]), st.sampled_from(["", "07-"]))
@example("." * 80, "", "")
@example("ab" + "\u0301" * 100, "mp3", "")
@example("\ud800", "mp3", "")
def test_every_name_is_one_that_every_system_takes(title: str, extension: str, prefix: str) -> None:
    name = file_name(title, extension, prefix=prefix)
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029]', name)
    assert name == name.strip(" .")
    assert not name.startswith("-")
    assert not PureWindowsPath(name).is_reserved()
    assert 0 < len(name.encode()) <= MOST_BYTES
    assert name.endswith(f".{extension}" if extension else "")
    # What was made from a name is that name again: nothing is lost when a listing is read back.
    stem = name.removeprefix(prefix).removesuffix(f".{extension}")
    assert file_name(stem, extension, prefix=prefix) == name


@given(st.text("aé第\u0301\U0001f9d1\u200d", min_size=1, max_size=300))
def test_a_long_title_is_cut_between_what_a_reader_sees_as_characters(title: str) -> None:
    name = file_name("x" + title, "", fallback="x")
    kept = title[len(name) - 1 :] if title.startswith(name[1:]) else ""
    assert not kept or kept[0] not in "\u0301\u200d"


@given(TITLES, st.sampled_from(["inline", "attachment"]))
@example("The Lamp", "inline")
@example("100%25", "attachment")
def test_a_header_says_the_name_to_every_client(title: str, kind: Disposition) -> None:
    name = file_name(title, "mp3")
    header = content_disposition(name, kind)
    assert header.isascii() and header.isprintable()
    assert parse_options_header(header) == (kind, {"filename": name})
    plain = re.search(r'filename="([^"\\]*)"', header)
    assert plain and plain[1].endswith(".mp3") and (plain[1] == name or unquote(plain[1]) == plain[1])
