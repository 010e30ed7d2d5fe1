"""Covers as SVG: well formed whatever the title is, small, and nothing but shapes and text."""

from xml.etree.ElementTree import Element, fromstring

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.book.cover_svg import svg_of, version_of
from chalicelib.book.design import design_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(document: str) -> Element:
    return fromstring(document)  # noqa: S314 # of our own making


def text_of(document: str) -> list[str]:
    """Return the lines of the title as a browser reads them."""
    return [line.text or "" for line in parsed(document).iter(f"{SVG}text")]


@given(st.text(max_size=120))
def test_every_title_gives_a_document_of_shapes_and_text(title: str) -> None:
    root = parsed(svg_of(design_of("s1", title, 'x"<')))
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {"svg", "g", "path", "text"}
    assert not any("href" in name or name.startswith("on") for node in root.iter() for name in node.attrib)


def test_markup_in_a_title_is_text() -> None:
    assert "".join(text_of(svg_of(design_of("s1", '<b>&"x"</b>')))) == '<b>&"x"</b>'


def test_covers_are_small() -> None:
    sizes = sorted(len(svg_of(design_of(str(number), "The Lamp Keeper")).encode()) for number in range(300))
    assert sum(sizes) / len(sizes) < 3_000
    assert sizes[-1] < 20_000


def test_a_title_in_any_script_is_shown() -> None:
    for title in ("ليلة الفنار", "灯台守の夜", "रात का दीपक", "ליל המגדלור"):
        assert "".join("".join(text_of(svg_of(design_of("s1", title)))).split()) == "".join(title.split())


def test_the_version_changes_with_title_and_story() -> None:
    versions = {version_of(design_of(*one)) for one in [("s1", "a"), ("s1", "b"), ("s2", "a"), ("s1", "a", "de")]}
    assert len(versions) == 4
    assert version_of(design_of("s1", "a")) in versions
