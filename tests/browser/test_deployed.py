"""The page as it is deployed: bundled, light, and working to the last click."""

import gzip
import re
import zipfile

import httpx
from playwright.sync_api import Browser, expect

from tests.browser.conftest import opened
from tests.browser.served import Counted

MOST_BYTES = 60_000
SOON_MS = 60_000


def test_the_page_is_light_and_its_first_paint_asks_the_api_for_nothing(browser: Browser, deployed: Counted) -> None:
    html = httpx.get(deployed.url, trust_env=False)
    names = set(re.findall(r'(?:href|src)="(assets/[^"]+)"', html.text))
    texts = [html.text, *(httpx.get(f"{deployed.url}/{name}", trust_env=False).text for name in names)]
    size = sum(len(gzip.compress(text.encode(), 6)) for text in texts)
    print(f"the page and what it loads at once: {size:,} bytes gzipped")
    assert size <= MOST_BYTES
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile(r".*"), lambda route: route.abort() if _of_the_api(route.request.url) else route.continue_())
    page.goto(deployed.url)
    page.get_by_role("link", name="Fireside").first.wait_for()
    page.get_by_role("heading", level=1).wait_for()
    first = {url.partition(f"{deployed.url}/")[2] for url in asked if url.endswith((".js", ".css"))}
    assert first == {name for name in names if name.endswith((".js", ".css"))}
    page.goto(f"{deployed.url}/#/new")
    page.get_by_role("heading", level=1, name="New story").wait_for()
    assert all(url.startswith((deployed.url, "data:")) for url in asked)
    context.close()


def _of_the_api(url: str) -> bool:
    path = httpx.URL(url).path
    return path != "/" and not path.startswith("/assets/")


def test_a_story_is_made_heard_edited_and_downloaded(browser: Browser, deployed: Counted) -> None:
    with opened(browser, deployed) as reader:
        page = reader.page
        reader.heading("Library")
        page.get_by_role("link", name="New story").first.click()
        page.get_by_label("What should the story be about?").fill("A moth that reads by its own light")
        page.get_by_label("Chapters", exact=True).fill("51")
        reader.press("Continue")
        expect(page.get_by_text("Enter a whole number from 1 to 50.")).to_be_visible()
        page.get_by_label("Chapters", exact=True).fill("1")
        reader.press("Continue")
        expect(page.get_by_text(re.compile(r"About [\d,]+ characters"))).to_be_visible()
        reader.press("Write and narrate")
        expect(page.get_by_role("button", name="Play chapter 1")).to_be_enabled(timeout=SOON_MS)
        reader.press("Play chapter 1")
        reader.heard(0.3)
        reader.press("Pause")
        with page.expect_download() as everything:
            reader.press("Download all")
        with zipfile.ZipFile(everything.value.path()) as archive:
            assert [entry.filename[:3] for entry in archive.infolist()] == ["01-"]
        page.get_by_role("link", name="Read chapter 1").click()
        reader.press("Edit")
        page.get_by_label("Line 2", exact=True).fill("The moth turned a page.")
        reader.press("Save")
        expect(page.get_by_text("The audio is older than the text")).to_be_visible()
        page.get_by_role("link", name="Usage").click()
        reader.heading("Usage")
        expect(page.get_by_role("table")).to_be_visible()
