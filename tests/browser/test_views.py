"""Every view: safe with any text, open to everybody, light, and pictured in out/screens."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SCREENS, opened
from tests.browser.served import AWAY, PAYLOADS, Counted, Reader
from tests.support.running import client

DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "wide": {"viewport": {"width": 1920, "height": 1080}},
}
LOOKS = ("desktop-light", "wide-dark", "phone-light", "phone-dark", "narrow-light", "narrow-dark")


@pytest.fixture(scope="module")
def tale(deployed: Counted) -> str:
    """Make a finished story to look at, with a draft beside it."""
    with client(deployed.url) as api:
        api.post("/stories", json={"prompt": "A draft that waits", "title": "Nobody has begun this one"})
    story = deployed.story("A lighthouse keeper who is afraid of the dark finds a lamp that only burns for the truth")
    with client(deployed.url) as api:
        path = f"/stories/{story}/chapters/1"
        lines = api.get(path).json()["script"]["lines"]
        api.put(f"{path}/script", json={"lines": lines[1:]})
        # Now it has earlier texts, and a sound that goes with the present one.
        api.put(f"{path}/script", json={"lines": lines})
    return story


@pytest.fixture(scope="module")
def told(deployed: Counted, tale: str) -> str:
    """Make a text that is read out, as the book after the tale."""
    text = "# The Rain\n\n“Come in,” said Ada.\n\n# The Snow\n\nIt snowed all day long, and nobody came."
    return deployed.story("My aunt wrote this.", audio=False, text=text, num_chapters=None, sequel_of=tale)


@pytest.fixture(scope="module")
def hostile(served: Counted) -> str:
    """Make a story whose every text is markup."""
    served.author.payloads = True
    story = served.story(" ".join(PAYLOADS), title=PAYLOADS[0], num_chapters=2, enhance=False)
    served.author.payloads = False
    with client(served.url) as api:
        path = f"/stories/{story}/chapters/1"
        lines = api.get(path).json()["script"]["lines"]
        # An author's signs are put into words; a person's stay as they were typed.
        for line, payload in zip(lines, PAYLOADS, strict=False):
            line["text"] = f"She read: {payload}"
        assert api.put(f"{path}/script", json={"lines": lines}).status_code == 200
    return story


@contextmanager
def view(browser: Browser, served: Counted, name: str, story: str, **options: Any) -> Iterator[Reader]:
    """One of the page's views, settled."""
    with opened(browser, served, **options) as reader:
        page = reader.page
        if name == "sign in":
            page.goto(served.url.replace("127.0.0.1", AWAY))
            reader.heading("Sign in")
        elif name in {"story", "playing"}:
            reader.go(f"/story/{story}")
            page.get_by_role("button", name="Play chapter 2").wait_for()
            if name == "playing":
                reader.press("Play chapter 1")
                reader.heard(0.2)
                reader.press("Pause")
        elif name == "change":
            page.goto(served.url)
            page.get_by_role("link", name="Nobody has begun this one").click()
            page.get_by_role("link", name="Change the draft").click()
            page.get_by_label("Who is it for?").wait_for()
        elif name == "next book":
            reader.go(f"/story/{story}/next")
            page.get_by_role("button", name="Not a next book").wait_for()
        elif name == "text":
            reader.go("/new")
            page.get_by_label("Read out a text of mine").check()
            page.get_by_label("Your text").fill("# The Rain\n\nIt rained all day long, and nobody came.")
            page.get_by_label("Or open a file").set_input_files(
                {"name": "half.epub", "mimeType": "", "buffer": b"PK, and no more"}
            )
            page.get_by_text("half.epub: This file is damaged").wait_for()
        elif name == "told":
            reader.go(f"/story/{story}")
            page.get_by_text("Continues").wait_for()
            page.get_by_text("A text of your own").click()
        elif name in {"chapter", "edit", "earlier texts"}:
            reader.go(f"/story/{story}/1")
            page.get_by_role("button", name="Edit").wait_for()
            if name == "earlier texts":
                page.get_by_text("Earlier texts").click()
                page.get_by_role("button", name="Bring it back").first.wait_for()
            if name == "edit":
                reader.press("Edit")
                page.get_by_label("Line 1", exact=True).wait_for()
        elif name == "delete":
            reader.go(f"/story/{story}")
            reader.press("Delete story")
            page.get_by_role("dialog").wait_for()
        else:
            reader.go({"library": "/", "new": "/new", "usage": "/usage", "lost": "/story/0"}[name])
            page.get_by_role("heading", level=1).wait_for()
        page.wait_for_load_state("networkidle")
        yield reader


VIEWS = (
    *("sign in", "library", "new", "text", "next book", "change", "told", "story", "playing", "chapter", "edit"),
    *("earlier texts", "delete", "usage", "lost"),
)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_accessible_and_fits(
    browser: Browser, deployed: Counted, tale: str, told: str, axe: str, name: str, look: str
) -> None:
    device, _, light = look.partition("-")
    story = told if name == "told" else tale
    with view(browser, deployed, name, story, color_scheme=light, reduced_motion="reduce", **DEVICES[device]) as reader:
        page = reader.page
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{name.replace(' ', '-')}-{look}.png", full_page=name != "delete")
        reader.assert_accessible(axe)


@pytest.mark.parametrize("name", ["library", "story", "playing", "chapter", "edit", "delete", "usage"])
def test_markup_is_text_in_every_view(browser: Browser, served: Counted, hostile: str, name: str) -> None:
    dialogs: list[str] = []
    with view(browser, served, name, hostile) as reader:
        page = reader.page
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        expect(page.get_by_text(PAYLOADS[0]).first).to_be_attached()
        if name == "edit":
            values = [area.input_value() for area in page.get_by_role("textbox").all()]
            read = [text for text in values if "She read" in text]
            assert len(read) >= 5
            assert read == [f"She read: {payload}" for payload in PAYLOADS[: len(read)]]
        if name == "chapter":
            for payload in PAYLOADS[:5]:
                expect(page.get_by_text(f"She read: {payload}", exact=True).first).to_be_visible()
        strange = "img[src=x], script:not([src]), svg[onload], [onerror], a[href^='javascript:']"
        assert page.locator(strange).count() == 0
    assert dialogs == []


def test_a_large_library_is_paged_and_a_long_story_asks_for_no_script(
    browser: Browser, served: Counted, record_property: Any
) -> None:
    with client(served.url) as api:
        for number in range(500):
            api.post("/stories", json={"prompt": f"Story {number}", "title": f"Story {number}"}).raise_for_status()
    long = served.story("A road of fifty inns", audio=False, num_chapters=50, enhance=False)
    with opened(browser, served) as reader:
        page = reader.page
        page.evaluate(
            "() => { window.long = []; new PerformanceObserver(list => {"
            " for (const task of list.getEntries()) window.long.push(task.duration);"
            " }).observe({type: 'longtask', buffered: true}); }"
        )
        reader.go("/")
        page.get_by_role("button", name="More stories").wait_for()
        assert 10 <= page.get_by_role("link", name=re.compile("^Story ")).count() <= 100
        for _ in range(3):
            links = page.get_by_role("link", name=re.compile("^Story "))
            shown = links.count()
            reader.press("More stories")
            expect(links).not_to_have_count(shown)
            assert links.count() > shown
        reader.requests.clear()
        reader.go(f"/story/{long}")
        page.get_by_role("link", name="Read chapter 50").wait_for()
        for _ in range(20):
            page.mouse.wheel(0, 400)
            page.wait_for_timeout(20)
        page.wait_for_load_state("networkidle")
        assert not [asked for asked in reader.api_requests if "/chapters/" in asked]
        longest = max(page.evaluate("window.long"), default=0)
    record_property("longest task of the page with 500 stories and 50 chapters, ms", longest)
