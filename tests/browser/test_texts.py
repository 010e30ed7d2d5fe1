"""A text of one's own, pasted or out of a file, and the book that follows another."""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.served import Reader
from tests.support.running import client

TEXT = """Chapter 1: The Rain

"Come in," said Ada.

It rained.

Chapter 2: The Snow

It snowed."""

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""

BOOK = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Rain &amp; Snow</dc:title></metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="css" href="style.css" media-type="text/css"/>
<item id="rain" href="text/the%20rain.xhtml" media-type="application/xhtml+xml"/>
<item id="notes" href="notes.xhtml" media-type="application/xhtml+xml"/>
<item id="snow" href="text/snow.xhtml" media-type="application/xhtml+xml"/>
<item id="owl" href="owl.png" media-type="image/png"/>
</manifest>
<spine><itemref idref="nav"/><itemref idref="rain"/><itemref idref="notes" linear="no"/><itemref idref="snow"/></spine>
</package>"""

HEAD = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>A title of the file</title><link rel="stylesheet" href="../style.css"/><style>p {}</style></head>"""

RAIN = f"""{HEAD}<body><h1>The<br/>Rain</h1><p>“Come in,” said
  Ada<a epub:type="noteref" href="#n1">1</a> &amp; smiled&#8230;</p><hr/>
<p style="color: red">It rained<br/>and rained.</p><script>alert(1)</script><p><img src="../owl.png" alt="An owl"/></p>
</body></html>"""

SNOW = (
    """<html><head><title/></head><body><a id="start"/><h2>The&nbsp;Snow</h2><p>It snowed.<br>All day.</body></html>"""
)

FILES = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": BOOK,
    "OEBPS/nav.xhtml": f"{HEAD}<body><nav epub:type='toc'><ol><li>Contents</li></ol></nav></body></html>",
    "OEBPS/notes.xhtml": f"{HEAD}<body><p>A note that nobody hears.</p></body></html>",
    "OEBPS/style.css": "p { text-indent: 1em }",
    "OEBPS/text/the rain.xhtml": RAIN,
    "OEBPS/text/snow.xhtml": SNOW,
    "OEBPS/owl.png": "not looked at",
}

READ = "\n\n".join(
    (
        "# The Rain",
        "“Come in,” said Ada & smiled…",
        "* * *",
        "It rained\nand rained.",
        "# The Snow",
        "It snowed.\nAll day.",
    )
)


def epub(**changed: str | None) -> bytes:
    """Return a book of two chapters; `changed` files by the last part of their name, None for one that is missing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in FILES.items():
            part = name.rpartition("/")[2].partition(".")[0].replace(" ", "_")
            content: str | None = changed.pop(part, text)
            if content is not None:
                method = zipfile.ZIP_STORED if name == "mimetype" else None
                archive.writestr(name, content, compress_type=method)
        for name, added in changed.items():
            archive.writestr(f"META-INF/{name}.xml", added or "")
    return packed.getvalue()


def text_form(reader: Reader) -> Page:
    """Open the form for a text."""
    page = reader.page
    page.get_by_role("link", name="New story").first.click()
    page.get_by_label("Read out a text of mine").check()
    return page


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file as a person does in the file dialog."""
    page.get_by_label("Or open a file").set_input_files({"name": name, "mimeType": "", "buffer": content})


def made(page: Page) -> str:
    """Wait for the page of the story that was made, and return its id."""
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    return str(page.url.rpartition("/")[2])


def error_of(page: Page, label: str) -> Any:
    """Return the line that says what is wrong with a field."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    described = str(field.get_attribute("aria-describedby")).split()
    return page.locator(f"#{next(one for one in described if one.endswith('error'))}")


def test_a_pasted_text_becomes_a_story_with_its_own_chapters(reader: Reader) -> None:
    page, served = text_form(reader), reader.served
    expect(page.get_by_label("What should the story be about?")).to_be_hidden()
    expect(page.get_by_label("Who tells it?")).to_be_hidden()
    page.get_by_label("Your text").fill(TEXT)
    expect(page.get_by_text(f"{len(TEXT)} of 300,000 characters")).to_be_visible()
    page.get_by_label("What should the author know about it?").fill("My aunt wrote this.")
    page.reload()
    expect(page.get_by_label("Your text")).to_have_value(TEXT)
    expect(page.get_by_label("Chapters (optional)")).to_have_value("")
    reader.press("Continue")
    story = made(page)
    seen = served.facts(f"/stories/{story}")
    assert (seen["prompt"], seen["num_chapters"]) == ("My aunt wrote this.", 2)
    page.get_by_text("A text of your own").click()
    opening = re.compile(r"^Chapter 1: The Rain .Come in,. said Ada")
    # Until it has a title, the story is called by it, too.
    expect(page.get_by_role("heading", name=opening)).to_be_visible()
    expect(page.get_by_role("group").get_by_text(opening)).to_be_visible()
    expect(page.get_by_role("paragraph").filter(has_text="My aunt wrote this.").first).to_be_visible()
    expect(page.get_by_text(f"{seen['manuscript']['characters']} characters, read out word for word")).to_be_visible()
    reader.press("Write only")
    page.get_by_role("link", name="Read chapter 2").click()
    reader.heading("Chapter 2: The Snow")
    expect(page.get_by_text("It snowed.", exact=True)).to_be_visible()


def test_an_epub_is_read_in_the_page_and_becomes_a_story_with_its_titles(reader: Reader) -> None:
    page, served = text_form(reader), reader.served
    choose(page, "rain.epub", epub())
    expect(page.get_by_label("Your text")).to_have_value(READ)
    expect(page.get_by_text("The text of rain.epub is in the field above.")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Rain & Snow")
    reader.press("Continue")
    story = made(page)
    reader.heading("Rain & Snow")
    reader.press("Write only")
    expect(page.get_by_role("link", name="Read chapter 2")).to_be_visible(timeout=60_000)
    chapters = served.facts(f"/stories/{story}")["chapters"]
    assert [chapter["title"] for chapter in chapters] == ["The Rain", "The Snow"]


ENCRYPTED = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
)
ENCRYPTED += (
    '<e:EncryptedData><e:CipherData><e:CipherReference URI="{}"/></e:CipherData></e:EncryptedData></encryption>'
)


def test_a_book_whose_fonts_are_scrambled_is_read_and_a_protected_one_says_so(reader: Reader) -> None:
    page = text_form(reader)
    choose(page, "fonts.epub", epub(encryption=ENCRYPTED.format("OEBPS/fonts/a.otf")))
    expect(page.get_by_label("Your text")).to_have_value(READ)
    choose(page, "drm.epub", epub(encryption=ENCRYPTED.format("OEBPS/text/snow.xhtml")))
    expect(error_of(page, "Or open a file")).to_contain_text("drm.epub: This book is protected against copying (DRM)")
    expect(page.get_by_label("Your text")).to_have_value(READ)


WRONG: Mapping[str, tuple[str, bytes, str]] = {
    "half": ("half.epub", epub()[:900], "This file is damaged, or not complete."),
    "no book": ("a.epub", epub(container=None), "This is neither a text nor an EPUB book."),
    "no list": ("b.epub", epub(book="<package>"), "There is no text in this book."),
    "missing": ("c.epub", epub(snow=None), "This book is not complete: OEBPS/text/snow.xhtml is missing."),
    "pictures": ("d.epub", epub(the_rain="<html/>", snow="<html/>"), "There is no text in this book."),
    "long": ("e.txt", b"x" * 300_001, "This text has 300,001 characters; up to 300,000 can be read out at once."),
    "large": ("f.txt", b"x" * (20 * 1024 * 1024 + 1), "A file may have up to 20 MB; this one has 20.1 MB."),
    "picture": ("g.png", b"\x89PNG\r\n\x1a\n\0\0", "This is neither a text nor an EPUB book."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_cannot_be_read_says_so_at_the_field_and_nothing_is_lost(reader: Reader, name: str) -> None:
    file, content, says = WRONG[name]
    page = text_form(reader)
    page.get_by_label("Your text").fill("What was here before.")
    choose(page, file, content)
    expect(error_of(page, "Or open a file")).to_contain_text(f"{file}: {says}")
    expect(page.get_by_label("Your text")).to_have_value("What was here before.")
    # The same file, mended, can be chosen again; what was typed is not replaced without a question.
    choose(page, file, b"It rained.")
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_label("Your text")).to_have_value("What was here before.")
    choose(page, file, b"It rained.")
    page.get_by_role("dialog").get_by_role("button", name="Replace it").click()
    expect(page.get_by_label("Your text")).to_have_value("It rained.")
    expect(page.get_by_label("Or open a file")).not_to_have_attribute("aria-invalid", "true")
    reader.press("Continue")
    made(page)


def test_a_text_of_old_windows_and_a_long_one_are_read(reader: Reader, tmp_path: Path) -> None:
    page = text_form(reader)
    choose(page, "old.txt", "“Grüße”\r\nfrom afar".encode("windows-1252"))
    expect(page.get_by_label("Your text")).to_have_value("“Grüße”\nfrom afar")
    choose(page, "long.md", ("雨" * 99 + "\n").encode() * 3000)
    expect(page.get_by_text("300,000 of 300,000 characters")).to_be_visible()
    page.get_by_label("Title").fill("Rain")
    slowest = page.evaluate(
        "() => { const box = document.querySelector('#text'); const began = performance.now();"
        " box.dispatchEvent(new Event('input', {bubbles: true})); return performance.now() - began; }"
    )
    assert slowest < 100
    page.get_by_label("Your text").press("End")
    page.keyboard.type("!!")
    expect(page.get_by_text("300,002 of 300,000 characters: 2 too many")).to_be_visible()
    reader.press("Continue")
    expect(error_of(page, "Your text")).to_contain_text("This text has 300,002 characters")
    expect(page.get_by_label("Your text")).to_be_focused()


def test_a_text_for_which_the_browser_has_no_room_is_still_sent(reader: Reader) -> None:
    page = text_form(reader)
    page.evaluate(
        "() => { const real = Storage.prototype.setItem; Storage.prototype.setItem = function (key, value) {"
        " if (key.endsWith('.text')) throw new DOMException('full', 'QuotaExceededError');"
        " return real.call(this, key, value); }; }"
    )
    page.get_by_label("Your text").fill(TEXT)
    page.get_by_label("Title").fill("Kept")
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Kept")
    expect(page.get_by_label("Your text")).to_have_value("")
    reader.press("Continue")
    expect(error_of(page, "Your text")).to_have_text("Paste your text here, or open a file.")
    page.get_by_label("Your text").fill(TEXT)
    reader.press("Continue")
    made(page)


def test_a_refusal_of_the_server_stands_at_the_field(reader: Reader) -> None:
    page = text_form(reader)
    page.get_by_label("Your text").fill("One. Two.")
    page.get_by_label("Chapters (optional)").fill("9")
    reader.press("Continue")
    expect(error_of(page, "Chapters (optional)")).to_contain_text("The text is too short for so many chapters")
    page.get_by_label("Chapters (optional)").fill("")
    page.get_by_label("Your text").fill("***")
    reader.press("Continue")
    expect(error_of(page, "Your text")).to_contain_text("Expected some text")


def test_the_text_of_a_draft_stays_unless_another_is_given(reader: Reader) -> None:
    page, served = text_form(reader), reader.served
    page.get_by_label("Your text").fill(TEXT)
    reader.press("Continue")
    story = made(page)
    page.get_by_role("link", name="Change the draft").click()
    expect(page.get_by_text(re.compile("“Chapter 1: The Rain .* is what will be read out"))).to_be_visible()
    expect(page.get_by_label("Chapters (optional)")).to_have_value("2")
    page.get_by_label("Title").fill("Weather")
    reader.press("Continue")
    made(page)
    seen = served.facts(f"/stories/{story}")
    assert (seen["title"], seen["num_chapters"]) == ("Weather", 2)
    assert seen["manuscript"]
    page.get_by_role("link", name="Change the draft").click()
    page.get_by_label("Your text").fill("It was another text.")
    expect(page.get_by_label("Chapters (optional)")).to_have_value("")
    reader.press("Continue")
    made(page)
    assert served.facts(f"/stories/{story}")["manuscript"]["opening"] == "It was another text."
    page.get_by_role("link", name="Change the draft").click()
    page.get_by_label("Make up a story").check()
    page.get_by_label("What should the story be about?").fill("A lamp")
    page.get_by_label("Chapters", exact=True).fill("3")
    reader.press("Continue")
    made(page)
    seen = served.facts(f"/stories/{story}")
    assert (seen["manuscript"], seen["prompt"], seen["num_chapters"]) == (None, "A lamp", 3)


def test_a_text_is_given_with_the_keyboard_alone(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("link", name="New story").first.click()
    reader.heading("New story")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Read out a text of mine")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your text")).to_be_focused()
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Or open a file")).to_be_focused()
    for _ in ("What should the author know", "Title"):
        page.keyboard.press("Tab")
    page.keyboard.type("Weather")
    page.keyboard.press("Enter")
    made(page)
    reader.heading("Weather")


def test_the_next_book_has_the_wishes_of_the_one_before_and_says_what_it_continues(reader: Reader) -> None:
    page, served = reader.page, reader.served
    wish = {"audience": "a girl of four", "tone": "silly", "minutes_per_chapter": 2, "point_of_view": "third"}
    first = served.story("A fox who sells maps", audio=False, title="The Fox", language="en-GB", enhance=False, **wish)
    reader.go(f"/story/{first}")
    page.get_by_role("link", name="Write the next book").click()
    reader.heading("The next book")
    expect(page.get_by_text("The next book after “The Fox”: the same people, world and voices.")).to_be_visible()
    expect(page.get_by_label("What should the story be about?")).to_have_value("")
    expect(page.get_by_label("Who is it for?")).to_have_value("a girl of four")
    expect(page.get_by_label("How should it be told?")).to_have_value("silly")
    expect(page.get_by_label("Length of a chapter")).to_have_value("2")
    expect(page.get_by_label("Language")).to_have_value("en-GB")
    expect(page.get_by_label("Who tells it?")).to_have_value("third")
    expect(page.get_by_label("Direct the voices")).not_to_be_checked()
    page.get_by_label("What should the story be about?").fill("They go to the sea")
    page.get_by_label("How should it be told?").fill("sad")
    page.get_by_label("Chapters", exact=True).fill("2")
    page.reload()
    expect(page.get_by_label("What should the story be about?")).to_have_value("They go to the sea")
    reader.press("Continue")
    second = made(page)
    seen = served.facts(f"/stories/{second}")
    assert {name: seen[name] for name in wish} == {**wish, "tone": "sad"}
    assert (seen["sequel_of"], seen["language"], seen["enhance"]) == (first, "en-GB", False)
    expect(page.get_by_text("Continues “The Fox”")).to_be_visible()
    expect(page.get_by_role("link", name="The Fox")).to_have_attribute("href", f"#/story/{first}")
    page.get_by_role("link", name="Change the draft").click()
    expect(page.get_by_text("The next book after “The Fox”")).to_be_visible()
    page.get_by_label("Title").fill("The Sea")
    reader.press("Continue")
    made(page)
    reader.heading("The Sea")
    assert served.facts(f"/stories/{second}")["sequel_of"] == first
    reader.press("Write only")
    page.get_by_role("link", name="Write the next book").wait_for(timeout=60_000)
    assert served.facts(f"/stories/{second}")["voices"] == served.facts(f"/stories/{first}")["voices"]
    # What was typed for the next book is gone once there is one; that of another story is not touched.
    reader.go(f"/story/{first}/next")
    expect(page.get_by_label("What should the story be about?")).to_have_value("")


def test_a_next_book_can_become_a_story_of_its_own_before_and_after_it_is_a_draft(reader: Reader) -> None:
    page, served = reader.page, reader.served
    first = served.story("A crow who counts", audio=False, title="The Crow", audience="grown-ups")
    reader.go(f"/story/{first}/next")
    page.get_by_label("What should the story be about?").fill("A new beginning")
    reader.press("Not a next book")
    reader.heading("New story")
    expect(page.get_by_label("What should the story be about?")).to_have_value("A new beginning")
    reader.press("Continue")
    assert served.facts(f"/stories/{made(page)}")["sequel_of"] is None
    reader.go(f"/story/{first}/next")
    page.get_by_label("What should the story be about?").fill("The crow returns")
    reader.press("Continue")
    second = made(page)
    page.get_by_role("link", name="Change the draft").click()
    reader.press("Not a next book")
    expect(page.get_by_text("The next book after")).to_have_count(0)
    expect(page.get_by_label("What should the story be about?")).to_be_focused()
    expect(page.get_by_label("What should the story be about?")).to_have_value("The crow returns")
    page.get_by_role("link", name="Back to the story").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep editing").click()
    reader.press("Continue")
    made(page)
    seen = served.facts(f"/stories/{second}")
    assert (seen["sequel_of"], seen["audience"]) == (None, "grown-ups")
    expect(page.get_by_text("Continues")).to_have_count(0)


def test_another_story_that_is_being_thought_of_is_not_replaced(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("link", name="New story").first.click()
    page.get_by_label("What should the story be about?").fill("Something else")
    first = reader.served.story("A hare who waits", audio=False)
    reader.go(f"/story/{first}/next")
    page.get_by_label("What should the story be about?").fill("The hare runs")
    reader.press("Not a next book")
    reader.heading("New story")
    expect(page.get_by_label("What should the story be about?")).to_have_value("Something else")
    reader.go(f"/story/{first}/next")
    expect(page.get_by_label("What should the story be about?")).to_have_value("The hare runs")


def test_a_book_that_is_gone_or_not_finished_cannot_be_continued_and_says_so(reader: Reader) -> None:
    page, served = reader.page, reader.served
    first = served.story("A goat on the roof", audio=False, title="The Goat")
    reader.go(f"/story/{first}/next")
    page.get_by_label("What should the story be about?").fill("The goat comes down")
    reader.press("Continue")
    second = made(page)
    reader.go(f"/story/{second}/next")
    expect(page.get_by_role("alert")).to_have_text("A story can be continued once every chapter is written.")
    with client(served.url) as api:
        assert api.delete(f"/stories/{first}").status_code == 204
    page.get_by_role("link", name="Back to the story").click()
    expect(page.get_by_role("link", name="Write the next book")).to_be_hidden()
    expect(page.get_by_text("Continues")).to_have_count(0)
    reader.press("Write only")
    expect(page.get_by_role("alert").first).to_contain_text("The book that this one continues has been deleted.")
    page.get_by_role("link", name="Change the draft").click()
    expect(page.get_by_text("The book that this one was to continue has been deleted.")).to_be_visible()
    reader.press("Not a next book")
    reader.press("Continue")
    made(page)
    reader.press("Write only")
    expect(page.get_by_role("link", name="Read chapter 1")).to_be_visible(timeout=60_000)
    assert served.facts(f"/stories/{second}")["sequel_of"] is None


def test_a_book_that_is_deleted_while_the_next_is_thought_of_is_named_at_the_form(reader: Reader) -> None:
    page, served = reader.page, reader.served
    first = served.story("An eel in the well", audio=False, title="The Eel")
    reader.go(f"/story/{first}/next")
    page.get_by_label("What should the story be about?").fill("The eel swims on")
    with client(served.url) as api:
        assert api.delete(f"/stories/{first}").status_code == 204
    reader.press("Continue")
    expect(page.get_by_role("alert").first).to_have_text("Story not found")
    reader.press("Not a next book")
    expect(page.get_by_label("What should the story be about?")).to_have_value("The eel swims on")
