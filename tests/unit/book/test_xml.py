"""Any text as XML: a parser takes it, and reads the same words."""

from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.book.xml import xml_id, xml_text

any_text = st.text(st.characters(exclude_categories=[]))


@given(any_text)
def test_a_parser_takes_any_text_in_an_element_and_in_an_attribute(text: str) -> None:
    read = fromstring(f'<a b="{xml_text(text)}">{xml_text(text)}</a>')  # noqa: S314 # of our own making
    assert (read.text or "") == read.get("b")


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_the_words_are_those_of_the_text(text: str) -> None:
    read = fromstring(f"<a>{xml_text(text)}</a>")  # noqa: S314
    assert (read.text or "").split() == text.split()


def test_what_xml_forbids_is_left_out() -> None:
    assert xml_text("a\0b\x0b\x1f\ufffe\ud800c\n\td <&>\"'") == "abc d &lt;&amp;&gt;&quot;&#x27;"


def test_an_identifier_has_only_plain_letters() -> None:
    assert xml_id("opening-2") == "opening-2"
    assert xml_id('a b"<é') == "a_b___"
