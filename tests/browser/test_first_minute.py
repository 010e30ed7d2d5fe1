"""The first minute: an empty library offers a tale to hear, where there is one, and three ideas to start from."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SCREENS, opened
from tests.browser.served import Counted, Reader, answering
from tests.browser.test_views import DEVICES, LOOKS
from tests.support.running import client

BEING_MADE = "It is being made on this machine; this takes a minute or so."
LIBRARY = r"/stories$"


def empty(page: Page) -> None:
    answering(page, LIBRARY, {"stories": [], "cursor": None})


def with_tale(page: Page, tale: str, shown: str = "author narrator") -> None:
    """Let the page be one of a machine that has made a tale, which is all that the library has.

    The document stays the server's: of one that a test makes, Chromium lets no sound of this machine be heard.
    """
    page.add_init_script(
        "new MutationObserver(() => { for (const [name, value] of Object.entries("
        + json.dumps({"first-tale": tale, "demonstration": shown})
        + ")) document.querySelector(`meta[name=fireside-${name}]`)?.setAttribute('content', value); })"
        ".observe(document, {childList: true, subtree: true});"
    )
    answering(page, LIBRARY, lambda told: {**told, "stories": [s for s in told["stories"] if s["story_id"] == tale]})


@pytest.fixture(scope="module")
def tale(deployed: Counted) -> str:
    return deployed.story("A lighthouse for moths", title="A lighthouse for moths")


def test_an_empty_library_offers_three_ideas_that_fill_the_form(reader: Reader) -> None:
    page = reader.page
    empty(page)
    page.reload()
    expect(page.get_by_role("heading", name="Start from an idea")).to_be_visible()
    ideas = page.locator(".starter")
    expect(ideas).to_have_count(3)
    expect(page.get_by_role("heading", name="Listen to one first")).to_have_count(0)
    bedtime = page.get_by_role("button", name=re.compile("^A bedtime story"))
    prompt = bedtime.locator("span").inner_text()
    bedtime.press("Enter")
    reader.heading("New story")
    expect(page.get_by_label("What should the story be about?")).to_have_value(prompt)
    expect(page.get_by_label("Who is it for?")).to_have_value("A child of four, at bedtime")
    page.go_back()
    funny = page.get_by_role("button", name=re.compile("^Something funny"))
    other = funny.locator("span").inner_text()
    funny.click()
    expect(page.get_by_label("What should the story be about?")).to_have_value(other)


def test_an_idea_does_not_replace_what_somebody_wrote_without_a_question(reader: Reader) -> None:
    page = reader.page
    empty(page)
    reader.go("/new")
    page.get_by_label("What should the story be about?").fill("My grandmother's boat")
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("button", name=re.compile("^A mystery")).click()
    page.get_by_role("dialog").get_by_role("button", name="Keep mine").click()
    page.get_by_role("link", name="New story").first.click()
    expect(page.get_by_label("What should the story be about?")).to_have_value("My grandmother's boat")
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("button", name=re.compile("^A mystery")).click()
    page.get_by_role("dialog").get_by_role("button", name="Take the idea").click()
    expect(page.get_by_label("What should the story be about?")).to_have_value(re.compile("^The church bell"))


def test_a_tale_is_offered_first_and_heard(browser: Browser, deployed: Counted, tale: str) -> None:
    with opened(browser, deployed) as reader:
        page = reader.page
        with_tale(page, tale)
        page.reload()
        heading = page.get_by_role("heading", name="Listen to one first")
        expect(heading).to_be_visible()
        title = deployed.facts(f"/stories/{tale}")["title"]
        expect(page.get_by_role("region", name="Listen to one first").get_by_role("link", name=title)).to_be_visible()
        expect(page.get_by_text(re.compile(r"^2 chapters, \d+ (minutes?|seconds)\.$"))).to_be_visible()
        expect(page.locator(".starter")).to_have_count(3)
        reader.press(f"Play {title}")
        reader.heard(0.2, "/001-")
        reader.press(f"Pause {title}")
        assert reader.playing()["paused"]
        expect(page.get_by_text(re.compile("^In this demonstration you hear the story"))).to_be_visible()


def test_a_tale_that_is_being_made_can_be_heard_as_soon_as_it_is_there(reader: Reader) -> None:
    page, served = reader.page, reader.served
    served.author.seconds = 1.0
    page.get_by_role("link", name="New story").first.click()
    page.get_by_label("What should the story be about?").fill("A tale for a newcomer")
    page.get_by_label("Chapters", exact=True).fill("1")
    reader.press("Continue")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    story = str(page.url.rpartition("/")[2])
    with_tale(page, story)
    page.goto(served.url)
    page.reload()
    expect(page.get_by_text(BEING_MADE)).to_be_visible()
    play = page.get_by_role("button", name=re.compile("^Play "))
    expect(play).to_have_count(0)
    with client(served.url) as api:
        api.post(f"/stories/{story}/generate", json={"audio": True}).raise_for_status()
    served.author.seconds = 0.0
    expect(play).to_be_visible(timeout=60_000)
    expect(page.get_by_text(BEING_MADE)).to_have_count(0)


def test_who_has_a_story_of_their_own_sees_the_library(browser: Browser, deployed: Counted, tale: str) -> None:
    deployed.story("A well that answers in riddles", audio=False, title="The Well")
    with opened(browser, deployed) as reader:
        page = reader.page
        with_tale(page, tale)
        page.unroute(re.compile(LIBRARY))
        page.reload()
        expect(page.get_by_role("link", name="The Well")).to_be_visible()
        expect(page.locator(".starter")).to_have_count(0)
        expect(page.get_by_role("heading", name="Listen to one first")).to_have_count(0)


def test_a_demonstration_charges_nothing_and_says_so(browser: Browser, deployed: Counted, tale: str) -> None:
    with opened(browser, deployed) as reader:
        page = reader.page
        with_tale(page, tale)
        page.unroute(re.compile(LIBRARY))
        reader.go("/usage")
        page.reload()
        said = re.compile("^With real providers .* would have cost .* Nothing was charged")
        expect(page.get_by_text(said)).to_be_visible()
        reader.go("/")
        expect(page.get_by_text(re.compile("^would cost")).first).to_be_visible()
        reader.go(f"/story/{tale}/1")
        expect(page.get_by_text(re.compile("^In this demonstration a chapter can only be told"))).to_be_visible()
        reader.go("/new")
        expect(page.get_by_text(re.compile("Here nothing is charged"))).to_be_visible()
        assert not re.search(r"(?i)your story (was|is) written", page.locator("body").inner_text())


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["welcome", "first tale"])
def test_the_first_minute_is_accessible_and_fits(
    browser: Browser, deployed: Counted, tale: str, axe: str, name: str, look: str
) -> None:
    device, _, light = look.partition("-")
    options: dict[str, Any] = {"color_scheme": light, "reduced_motion": "reduce", **DEVICES[device]}
    with opened(browser, deployed, **options) as reader:
        page = reader.page
        if name == "welcome":
            empty(page)
        else:
            with_tale(page, tale)
        page.reload()
        page.locator(".starter").first.wait_for()
        if name == "first tale":
            page.get_by_role("button", name=re.compile("^Play ")).wait_for()
        page.wait_for_load_state("networkidle")
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{name.replace(' ', '-')}-{look}.png", full_page=True)
        reader.assert_accessible(axe)
