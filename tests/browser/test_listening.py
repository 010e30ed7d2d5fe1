"""Listening: a place that follows from device to device, the sleep timer, bookmarks, and a player out of the way."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import SCREENS, opened
from tests.browser.served import Counted, Reader
from tests.support.running import client


@pytest.fixture(scope="module")
def story(deployed: Counted) -> str:
    """Return a narrated story of two chapters of two minutes."""
    return deployed.story("A kettle that hums in its sleep")


@pytest.fixture
def listener(browser: Browser, deployed: Counted, story: str) -> Iterator[Reader]:
    """Yield a reader who plays the story's first chapter."""
    with opened(browser, deployed) as reader:
        reader.go(f"/story/{story}")
        reader.press("Play chapter 1")
        reader.heard(0.2)
        yield reader


def volume(page: Page) -> float:
    return float(page.evaluate("() => document.querySelector('#sound').volume"))


def test_another_browser_goes_on_where_this_one_stopped_and_as_fast(
    browser: Browser, deployed: Counted, story: str, listener: Reader
) -> None:
    listener.seek(70)
    listener.page.get_by_label("Speed").select_option("1.25")
    listener.heard(71)
    listener.press("Pause")
    listener.until(lambda: deployed.facts(f"/stories/{story}/place")["seconds"] >= 71)
    kept = deployed.facts(f"/stories/{story}/place")
    assert (kept["chapter"], kept["speed"]) == (1, 1.25)
    with opened(browser, deployed) as second:
        second.go(f"/story/{story}")
        second.press(re.compile("^Continue with chapter 1, 1:1"))
        second.heard(70)
        assert second.playing()["rate"] == 1.25
        second.seek(100)
        second.heard(100.2)
        second.press("Pause")
        second.until(lambda: deployed.facts(f"/stories/{story}/place")["seconds"] >= 100)
        # The first one, whose page was left open, goes along once it is looked at, and does not take it back.
        listener.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        expect(listener.page.locator(".player .time").first).to_contain_text("1:4")
        listener.page.close(run_before_unload=True)
        assert deployed.facts(f"/stories/{story}/place")["seconds"] >= 100


def test_the_sleep_timer_fades_the_sound_out_and_stops(listener: Reader) -> None:
    page = listener.page
    page.clock.install()
    page.get_by_label("Sleep timer").select_option("5")
    page.clock.run_for(2_000)
    expect(page.get_by_label("Sleep timer")).to_contain_text("4:58")
    page.clock.run_for(288_000)
    assert volume(page) == 1
    page.clock.run_for(4_000)
    listener.until(lambda: volume(page) < 0.7)
    assert not listener.playing()["paused"]
    page.clock.run_for(10_000)
    listener.until(lambda: listener.playing()["paused"])
    assert volume(page) == 1
    expect(page.get_by_label("Sleep timer")).not_to_have_attribute("data-on", "true")


def test_the_sleep_timer_can_be_turned_off(listener: Reader) -> None:
    page = listener.page
    page.clock.install()
    page.get_by_label("Sleep timer").select_option("5")
    page.clock.run_for(294_000)
    listener.until(lambda: volume(page) < 1)
    page.get_by_label("Sleep timer").select_option("off")
    assert volume(page) == 1
    page.clock.run_for(20_000)
    assert not listener.playing()["paused"]


def test_at_the_end_of_a_chapter_it_stops_before_the_next(listener: Reader, story: str, deployed: Counted) -> None:
    page = listener.page
    page.get_by_label("Sleep timer").select_option("end")
    length = deployed.facts(f"/stories/{story}")["chapters"][0]["audio"]["duration"]
    listener.seek(length - 4)
    listener.until(lambda: volume(page) < 0.5)
    expect(page.locator(".player-chapter")).to_contain_text("2. ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert volume(page) == 1
    listener.until(lambda: deployed.facts(f"/stories/{story}/place")["chapter"] == 2)
    listener.press("Play")
    listener.heard(0.2, "/002-")


def test_a_bookmark_is_made_found_on_another_device_and_removed(
    browser: Browser, deployed: Counted, story: str, listener: Reader, axe: str
) -> None:
    page = listener.page
    listener.seek(30)
    listener.heard(30.1)
    listener.press("Pause")
    listener.press("Bookmarks")
    page.get_by_role("button", name="Add one at 0:30").click()
    expect(page.get_by_role("button", name=re.compile("^Chapter 1, 0:30"))).to_be_visible()
    listener.assert_accessible(axe)
    page.screenshot(path=SCREENS / "bookmarks-1280.png")
    listener.until(lambda: len(deployed.facts(f"/stories/{story}/bookmarks")["bookmarks"]) == 1)
    [mark] = deployed.facts(f"/stories/{story}/bookmarks")["bookmarks"]
    assert (mark["chapter"], mark["seconds"]) == (1, 30)
    lines = deployed.facts(f"/stories/{story}/chapters/1")["script"]["lines"]
    assert any(line["text"].startswith(mark["note"].rstrip("…")) for line in lines)
    with opened(browser, deployed) as second:
        second.go(f"/story/{story}")
        second.press("Play chapter 2")
        second.heard(0.1)
        second.press("Bookmarks")
        second.page.get_by_role("button", name=re.compile("^Chapter 1, 0:30")).click()
        second.heard(30, "/001-")
        second.press("Bookmarks")
        second.page.get_by_role("button", name="Remove the bookmark at Chapter 1, 0:30").click()
        second.until(lambda: deployed.facts(f"/stories/{story}/bookmarks")["bookmarks"] == [])


def test_two_tabs_do_not_play_over_one_another(listener: Reader, story: str, deployed: Counted) -> None:
    tab = Reader(listener.page.context.new_page(), deployed)
    tab.page.goto(f"{deployed.url}/#/story/{story}")
    tab.press("Play chapter 2")
    tab.heard(0.2)
    listener.until(lambda: listener.playing()["paused"])
    assert not tab.playing()["paused"]
    listener.press("Play")
    tab.until(lambda: tab.playing()["paused"])
    assert tab.complaints == []


def test_the_title_says_what_plays_and_the_player_can_be_closed(
    listener: Reader, story: str, deployed: Counted
) -> None:
    page = listener.page
    told = deployed.facts(f"/stories/{story}")
    assert page.title() == f"▶ {told['chapters'][0]['title']} · {told['title']}"
    before = page.evaluate("() => window.scrollY")
    listener.press("Close the player")
    expect(page.get_by_role("region", name="Player")).to_be_hidden()
    assert page.title() == f"{told['title']} · Fireside"
    assert page.evaluate("() => [document.activeElement.tagName, window.scrollY]") == ["H1", before]


def test_a_line_is_clicked_anywhere_and_the_keyboard_passes_the_chapter_in_one_stop(
    listener: Reader, story: str, deployed: Counted
) -> None:
    page = listener.page
    listener.go(f"/story/{story}/1")
    lines = page.locator(".line")
    expect(lines.nth(2)).to_have_class(re.compile("playable"))
    lines.nth(2).locator("p[id^='line-']").click(position={"x": 5, "y": 8})
    expect(lines.nth(2)).to_have_attribute("aria-current", "true")
    stops = page.locator(".script button.from[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(lines.nth(1).locator(".from")).to_be_focused()
    page.keyboard.press("Enter")
    expect(lines.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('.script')") is None


def test_back_returns_to_where_one_was(browser: Browser, deployed: Counted, story: str) -> None:
    with opened(browser, deployed, viewport={"width": 900, "height": 500}) as reader:
        page = reader.page
        reader.go(f"/story/{story}/1")
        expect(page.locator(".line").first).to_be_visible()
        page.evaluate("() => window.scrollTo(0, 900)")
        reader.until(lambda: page.evaluate("() => window.scrollY") == 900)
        page.evaluate("(to) => { location.hash = to; }", f"#/story/{story}/2")
        reader.until(lambda: page.evaluate("() => window.scrollY") == 0)
        expect(page.locator(".line").first).to_be_visible()
        page.go_back()
        reader.until(lambda: page.evaluate("() => window.scrollY") == 900)


@pytest.mark.parametrize(
    ("width", "height", "most"), [(320, 568, 190), (568, 320, 100), (844, 390, 100), (1280, 800, 100)]
)
def test_the_player_is_low_and_accessible(
    browser: Browser, deployed: Counted, story: str, axe: str, width: int, height: int, most: int
) -> None:
    with opened(browser, deployed, viewport={"width": width, "height": height}) as reader:
        page = reader.page
        reader.go(f"/story/{story}/1")
        reader.press("Play chapter 1")
        reader.heard(0.2)
        expect(page.get_by_role("button", name="Bookmarks")).to_be_visible()
        page.get_by_label("Sleep timer").select_option("15")
        assert page.get_by_role("region", name="Player").bounding_box()["height"] <= most  # type: ignore[index]
        for name in ("Close the player", "Next chapter", "Bookmarks"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box
            assert (box["width"], box["height"]) >= (24, 24)
        reader.assert_accessible(axe)
        page.screenshot(path=SCREENS / f"player-{width}x{height}.png")


def test_a_large_library_is_searched_and_sorted_as_a_whole(browser: Browser, deployed: Counted, story: str) -> None:
    [one] = [head for head in deployed.facts("/stories?limit=100")["stories"] if head["story_id"] == story]
    heads = [
        {**one, "story_id": f"{number:032x}", "title": f"Tale {number:03d}", "audio_seconds": float(number)}
        for number in range(230)
    ]
    heads[200]["title"] = "Der Mondsüchtige"

    def listed(route: Route) -> None:
        query = httpx.URL(route.request.url).params
        start, limit = int(query.get("cursor", "0")), int(query.get("limit", "20"))
        end = start + limit
        route.fulfill(json={"stories": heads[start:end], "cursor": str(end) if end < len(heads) else None})

    with opened(browser, deployed) as reader:
        page = reader.page
        page.route(re.compile(r"/stories(\?|$)"), listed)
        page.reload()
        titles = page.locator(".stories .title")
        expect(titles).to_have_count(20)
        page.get_by_label("Search your stories").fill("mondsuchtige")
        expect(titles).to_have_text(["Der Mondsüchtige"])
        expect(page.get_by_text("1 story found.")).to_be_visible()
        page.get_by_label("Order").select_option("longest")
        page.get_by_label("Search your stories").fill("tale")
        expect(titles.first).to_have_text("Tale 229")
        expect(titles).to_have_count(229)
        page.evaluate("() => window.scrollTo(0, 4000)")
        reader.until(lambda: page.evaluate("() => window.scrollY") == 4000)
        page.evaluate("() => { location.hash = '#/usage'; }")
        reader.heading("Usage")
        page.go_back()
        reader.until(lambda: page.evaluate("() => window.scrollY") == 4000)
        expect(page.get_by_label("Search your stories")).to_have_value("tale")
        page.get_by_label("Search your stories").fill("no such words")
        expect(page.get_by_text("No story has these words.")).to_be_visible()


def test_what_becomes_ready_while_one_looks_elsewhere_is_told(browser: Browser, deployed: Counted) -> None:
    with opened(browser, deployed) as reader, client(deployed.url) as api:
        deployed.author.seconds = 1.0
        told = api.post("/stories", json={"prompt": "A bell under the sea", "num_chapters": 2}).json()["story_id"]
        reader.go(f"/story/{told}")
        reader.press("Write and narrate")
        reader.press("Tell me when it is ready")
        expect(reader.page.get_by_text("The title of this tab will say so.")).to_be_visible()
        toast = reader.page.locator("#toast a")
        expect(toast).to_contain_text("is ready.", timeout=60_000)
        deployed.behave()


def test_numbers_of_two_digits_stay_on_one_line(browser: Browser, deployed: Counted) -> None:
    with client(deployed.url) as api:
        told = api.post("/stories", json={"prompt": "A stair of twelve steps", "num_chapters": 12}).json()["story_id"]
    with opened(browser, deployed, viewport={"width": 320, "height": 568}) as reader:
        reader.go(f"/story/{told}")
        numerals = reader.page.locator(".numeral")
        expect(numerals).to_have_count(12)
        boxes = [numerals.nth(at).bounding_box() for at in (0, 9, 11)]
        assert len({box["height"] for box in boxes if box}) == 1
        assert reader.page.evaluate(
            "() => [...document.querySelectorAll('.numeral')].every(one => one.scrollWidth <= one.clientWidth)"
        )
