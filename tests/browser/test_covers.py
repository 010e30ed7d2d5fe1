"""Covers on the page: drawn by the browser, beside every title, and kept when a story is renamed."""

import re
from urllib.parse import unquote

from playwright.sync_api import Locator

from tests.browser.served import Counted, Reader
from tests.support.running import client


def drawn(cover: Locator) -> str:
    """Return the document of a cover, once the browser has drawn it."""
    cover.wait_for()
    assert cover.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    assert cover.get_attribute("alt") == ""
    return unquote((cover.get_attribute("src") or "").removeprefix("data:image/svg+xml,"))


def colours(document: str) -> list[str]:
    return re.findall(r'<path fill="(#[0-9a-f]{6})"', document)


def test_a_draft_has_its_cover_in_the_library_and_on_its_page(reader: Reader, served: Counted) -> None:
    with client(served.url) as api:
        story = api.post("/stories", json={"prompt": "A lamp", "title": 'Lamp <&"%>'}).json()["story_id"]
    reader.go("/")
    row = reader.page.locator(".stories li", has_text="Lamp <&")
    small = drawn(row.locator("img.cover"))
    assert "&lt;&amp;" in small
    reader.go(f"/story/{story}")
    assert drawn(reader.page.locator(".book img.cover")) == small
    with client(served.url) as api:
        assert api.patch(f"/stories/{story}", json={"title": "Moth"}).status_code == 200
    reader.go("/")
    reader.go(f"/story/{story}")
    reader.heading("Moth")
    renamed = drawn(reader.page.locator(".book img.cover"))
    assert ">Moth</text>" in renamed
    assert colours(renamed) == colours(small)
