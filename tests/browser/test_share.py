"""A story that is shared: the link is made on its page, and plays for somebody who has never signed in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SCREENS, opened
from tests.browser.served import PAYLOADS, Counted, Reader
from tests.support.running import client

LOOKS: dict[str, dict[str, Any]] = {
    "320": {"viewport": {"width": 320, "height": 640}},
    "1280": {"viewport": {"width": 1280, "height": 800}},
    "1280-dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def tale(deployed: Counted) -> str:
    """Make a finished story."""
    return deployed.story("A lamp that burns for the truth")


def link_to(deployed: Counted, story: str) -> Any:
    """Make a share through the API."""
    with client(deployed.url) as api:
        return api.post(f"/stories/{story}/shares", json={}).json()


@contextmanager
def listening(browser: Browser, deployed: Counted, url: str, **options: Any) -> Iterator[Reader]:
    """Yield somebody who has the link and nothing else; fails on whatever the browser complains of."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    context.set_default_timeout(20_000)
    page = context.new_page()
    reader = Reader(page, deployed)
    try:
        page.goto(url)
        yield reader
        assert reader.complaints == []
    finally:
        context.close()


def test_a_link_is_made_copied_and_revoked_on_the_storys_page(browser: Browser, deployed: Counted, tale: str) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with opened(browser, deployed, permissions=permissions) as reader:
        page = reader.page
        reader.go(f"/story/{tale}")
        page.get_by_text("Share", exact=True).click()
        page.get_by_label("How long should the link work?").select_option("7")
        reader.press("Make a link")
        url = page.get_by_label("Link to listen", exact=True).input_value()
        feed = page.get_by_label("Podcast feed", exact=True).input_value()
        assert re.fullmatch(rf"{re.escape(deployed.url)}/listen/[\w-]{{22}}", url)
        reader.press("Copy link to listen")
        expect(page.get_by_text("Copied", exact=True)).to_be_visible()
        # The browser offers its clipboard to the page's own script alone.
        assert page.evaluate("navigator.clipboard.readText()") == url
        assert httpx.get(feed, trust_env=False).status_code == 200
        with listening(browser, deployed, url) as friend:
            friend.heading(re.compile(r"."))
            page.get_by_role("button", name=re.compile("Revoke the link made on")).click()
            reader.press("Revoke link")
            expect(page.get_by_role("heading", name="Links that work")).to_be_hidden()
            expect(page.get_by_label("Link to listen", exact=True)).to_have_count(0)
            for address in (url, feed, f"{feed}/1.mp3", f"{feed}/1.vtt", f"{feed}/story.json"):
                assert httpx.get(address, trust_env=False).status_code == 404, address
            friend.press("Play")
            expect(friend.page.get_by_text("This link plays no story any more.")).to_be_visible()
            friend.page.reload()
            friend.heading("There is nothing to hear here")


def test_a_friend_plays_it_reads_along_and_goes_on_after_a_reload(
    browser: Browser, deployed: Counted, tale: str
) -> None:
    chapters = deployed.facts(f"/stories/{tale}")["chapters"]
    with listening(browser, deployed, link_to(deployed, tale)["url"]) as reader:
        page = reader.page
        reader.heading(deployed.facts(f"/stories/{tale}")["title"])
        reader.press("Play")
        reader.heard(0.5)
        expect(page.locator("[data-line][aria-current]")).to_have_count(1)
        row = page.get_by_role("button", name=re.compile(rf"^2\s*{re.escape(chapters[1]['title'])}"))
        row.click()
        reader.heard(0.3)
        expect(row).to_have_attribute("aria-current", "true")
        expect(page.get_by_role("heading", level=2)).to_have_text(chapters[1]["title"])
        last = page.locator("[data-line]").last
        last.get_by_role("button", name="Play from here").click()
        expect(last).to_have_attribute("aria-current", "true")
        reader.until(lambda: reader.playing()["time"] > 2)
        reader.press("Pause")
        at = reader.playing()["time"]
        page.reload()
        again = page.get_by_role("button", name=re.compile(r"^Continue chapter 2 at \d+:\d\d$"))
        expect(page.get_by_role("heading", level=2)).to_have_text(chapters[1]["title"])
        again.click()
        reader.until(lambda: (now := reader.playing()) and not now["paused"] and now["time"] >= int(at))
        page.get_by_label("Speed").select_option("1.5")
        assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5
        # Nothing but the page, its files and the sound was asked for, and nobody was told where from.
        kinds = {asked.partition(" ")[2].replace(deployed.url, "").split("/")[1] for asked in reader.api_requests}
        assert kinds == {"listen", "feeds"}
        assert page.evaluate("sessionStorage.length") == 0


def test_nobody_is_told_the_address_of_a_shared_page(browser: Browser, deployed: Counted, tale: str) -> None:
    sent: list[str] = []
    with listening(browser, deployed, link_to(deployed, tale)["url"]) as reader:
        reader.page.on("request", lambda request: sent.append(request.all_headers().get("referer", "")))
        reader.press("Play")
        reader.heard(0.2)
    assert sent
    assert set(sent) == {""}


def test_a_story_that_is_still_being_made_says_so(browser: Browser, deployed: Counted) -> None:
    with client(deployed.url) as api:
        story = str(api.post("/stories", json={"prompt": "A draft", "title": "Later"}).json()["story_id"])
    with listening(browser, deployed, link_to(deployed, story)["url"]) as reader:
        reader.heading("Later")
        expect(reader.page.get_by_text("Nothing can be heard yet.")).to_be_visible()
        expect(reader.page.get_by_role("button", name="Play", exact=True)).to_be_hidden()


def test_markup_in_a_story_stays_text(browser: Browser, deployed: Counted) -> None:
    deployed.author.payloads = True
    story = deployed.story(" ".join(PAYLOADS), title=PAYLOADS[0], num_chapters=1, enhance=False)
    deployed.author.payloads = False
    with listening(browser, deployed, link_to(deployed, story)["url"]) as reader:
        reader.heading(PAYLOADS[0])
        reader.press("Play")
        reader.heard(0.2)
        expect(reader.page.locator("[data-line]").first).to_be_visible()
        assert reader.page.evaluate("document.querySelectorAll('img[src=x], svg[onload]').length") == 0


@pytest.mark.parametrize("look", LOOKS)
def test_the_shared_page_is_open_to_everybody(
    browser: Browser, deployed: Counted, tale: str, axe: str, look: str
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    with listening(browser, deployed, link_to(deployed, tale)["url"], **LOOKS[look]) as reader:
        reader.press("Play")
        reader.heard(0.5)
        expect(reader.page.locator("[data-line][aria-current]")).to_have_count(1)
        reader.assert_accessible(axe)
        reader.page.screenshot(path=SCREENS / f"shared-{look}.png")
        reader.page.screenshot(path=SCREENS / f"shared-{look}-whole.png", full_page=True)
    with listening(browser, deployed, f"{deployed.url}/listen/nothing", **LOOKS[look]) as reader:
        reader.heading("There is nothing to hear here")
        reader.assert_accessible(axe)
        reader.page.screenshot(path=SCREENS / f"shared-gone-{look}.png")
    with opened(browser, deployed, **LOOKS[look]) as reader:
        reader.go(f"/story/{tale}")
        reader.page.get_by_text("Share", exact=True).click()
        reader.press("Make a link")
        expect(reader.page.get_by_label("Podcast feed", exact=True)).to_be_visible()
        reader.assert_accessible(axe)
        reader.page.screenshot(path=SCREENS / f"share-{look}.png", full_page=True)
