"""Money on the page: what is left, what does not fit, and one button that goes on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import opened, serving
from tests.browser.served import Counted, Reader
from tests.support.running import client, running

SOON_MS = 60_000


class Purse:
    """A Fireside whose one user has a monthly limit."""

    def __init__(self, counted: Counted, state: Path) -> None:
        self.counted, self._state = counted, state

    def limit(self, dollars: str) -> None:
        with running("token", "local", "--limit", dollars, FIRESIDE_STATE=str(self._state)) as command:
            assert command.process.wait(60) == 0, command.text


@pytest.fixture(scope="module")
def purse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Purse]:
    state = tmp_path_factory.mktemp("purse")
    with serving(state) as counted:
        yield Purse(counted, state)


@pytest.fixture
def somebody(browser: Browser, purse: Purse) -> Iterator[Reader]:
    purse.counted.behave()
    purse.limit("5")
    with opened(browser, purse.counted) as reader:
        yield reader
    purse.counted.behave()


def draft(purse: Purse, chapters: int = 1) -> str:
    with client(purse.counted.url) as api:
        body = {"prompt": "A clock that runs on gossip", "num_chapters": chapters}
        return str(api.post("/stories", json=body).raise_for_status().json()["story_id"])


def test_what_is_left_is_said_where_one_decides(purse: Purse, somebody: Reader) -> None:
    draft(purse)
    said = re.compile(r"\$\d\.\d\d of \$5\.00 left in \w+ \d{4}\.")
    for where in ("/new", "/usage", "/"):
        somebody.go(where)
        expect(somebody.page.get_by_text(said)).to_be_visible()


def test_what_does_not_fit_is_a_sentence_with_a_way_out(purse: Purse, somebody: Reader) -> None:
    somebody.go(f"/story/{draft(purse)}")
    page = somebody.page
    expect(page.get_by_text(re.compile(r"About .* at list prices of November 2026\."))).to_be_visible()
    purse.limit("0.1")
    somebody.press("Write and narrate")
    expect(
        page.get_by_text(re.compile(r"^Your budget for the month has \$0\.10 left of \$0\.10; this takes about"))
    ).to_be_visible()
    expect(page.get_by_text(re.compile(r"write it without sound, wait until \w+ 1, or ask"))).to_be_visible()
    purse.limit("5")
    somebody.press("Write and narrate")
    expect(page.get_by_role("button", name="Play chapter 1")).to_be_enabled(timeout=SOON_MS)


def test_after_a_cancel_one_button_goes_on(purse: Purse, somebody: Reader) -> None:
    purse.counted.author.seconds = 2.0
    somebody.go(f"/story/{draft(purse, 2)}")
    somebody.press("Write and narrate")
    expect(somebody.page.get_by_role("link", name="Read chapter 1")).to_be_visible(timeout=SOON_MS)
    somebody.press("Cancel")
    expect(somebody.page.get_by_role("button", name="Retry")).to_be_visible()
    for other in ("Narrate", "Write and narrate", "Write only"):
        expect(somebody.page.get_by_role("button", name=other, exact=True)).to_be_hidden()


def test_a_rewrite_says_its_price_beside_its_button(purse: Purse, somebody: Reader) -> None:
    story = purse.counted.story(audio=False, num_chapters=1)
    somebody.go(f"/story/{story}/1")
    said = somebody.page.get_by_text(re.compile(r"^Writing it again costs about .*, narrating it then \$0\.\d\d"))
    expect(said).to_be_visible()
    assert box(said)["y"] < box(somebody.page.get_by_role("button", name="Rewrite chapter"))["y"]


def test_no_title_is_printed_over_a_price(browser: Browser, purse: Purse) -> None:
    purse.counted.story(audio=False, num_chapters=1, title="The very long title of a story " * 4)
    with opened(browser, purse.counted, viewport={"width": 320, "height": 640}) as reader:
        reader.go("/usage")
        rows = reader.page.locator(".chart .what")
        rows.first.wait_for()
        for row in rows.all():
            title, price = box(row.locator("span").first), box(row.locator("span").last)
            assert title["x"] + title["width"] <= price["x"]
            assert price["x"] + price["width"] <= 320


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}
