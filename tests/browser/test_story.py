"""From an idea to a story in one's ears, and what can come in between."""

import re
import zipfile
from typing import Any

from playwright.sync_api import Browser, Route, expect

from local.http_messages import HttpResponse
from local.standin.server import json_answer
from tests.browser.conftest import opened
from tests.browser.served import AWAY, Counted, Reader

SOON_MS = 60_000
"""The browser, the workers and two cores that other things want too."""


def away(_number: int, _body: Any) -> HttpResponse | None:
    """Answer as a provider that no longer accepts the key."""
    return json_answer(
        401, {"error": {"code": "invalid_api_key", "message": "no"}, "detail": {"status": "invalid_api_key"}}
    )


def make(reader: Reader, prompt: str, chapters: int = 2) -> str:
    """Create a draft through the form, and return its id."""
    page = reader.page
    page.get_by_role("link", name="New story").first.click()
    page.get_by_label("What should the story be about?").fill(prompt)
    page.get_by_label("Chapters", exact=True).fill(str(chapters))
    reader.press("Continue")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    return str(page.url.rpartition("/")[2])


def test_one_signs_in_with_a_token_that_never_is_in_an_address(
    browser: Browser, served: Counted, reader: Reader
) -> None:
    token = reader.page.locator("meta[name=fireside-token]").get_attribute("content") or ""
    with opened(browser, served) as stranger:
        page = stranger.page
        page.goto(served.url.replace("127.0.0.1", AWAY))
        stranger.heading("Sign in")
        page.get_by_label("Token").fill("wrong")
        stranger.press("Sign in")
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Token").fill(token)
        stranger.press("Sign in")
        stranger.heading("Library")
        page.reload()
        stranger.heading("Library")
        assert not [asked for asked in stranger.requests if token in asked]
        stranger.press("Sign out")
        stranger.heading("Sign in")
        page.reload()
        stranger.heading("Sign in")


def test_a_story_is_made_watched_and_heard_to_its_end(reader: Reader) -> None:
    page, served = reader.page, reader.served
    served.author.seconds = 1.0
    reader.heading("Library")
    story = make(reader, "A bell that remembers every storm")
    estimate = r"About [\d,]+ characters, .* of sound, \$[\d.]+ at list prices of [A-Z][a-z]+ \d{4}\."
    expect(page.get_by_text(re.compile(estimate))).to_be_visible()
    reader.press("Write and narrate")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name="Play chapter 1")).to_be_enabled(timeout=SOON_MS)
    reader.press("Play chapter 1")
    reader.heard(0.3)
    expect(page.get_by_role("progressbar")).to_be_hidden(timeout=SOON_MS)
    facts = served.facts(f"/stories/{story}")
    assert facts["status"] == "completed"
    assert page.title().startswith(facts["title"]) or facts["title"] in page.title()
    # Seek to just before the end: the next chapter follows by itself.
    length = facts["chapters"][0]["audio"]["duration"]
    page.get_by_role("slider", name="Position").evaluate(
        "(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input', {bubbles: true}));"
        " slider.dispatchEvent(new Event('change', {bubbles: true})); }",
        str(length - 1),
    )
    reader.heard(0.3, "/002-")
    assert not reader.playing()["paused"]
    reader.press("Pause")
    assert reader.playing()["paused"]


def test_a_reload_in_the_middle_and_a_second_window_find_the_task(
    browser: Browser, served: Counted, reader: Reader
) -> None:
    served.author.seconds = 2.0
    story = make(reader, "A well that answers in riddles", chapters=3)
    reader.press("Write only")
    expect(reader.page.get_by_role("button", name="Cancel")).to_be_visible()
    reader.page.reload()
    expect(reader.page.get_by_role("progressbar")).to_be_visible()
    with opened(browser, served) as second:
        second.go(f"/story/{story}")
        expect(second.page.get_by_role("progressbar")).to_be_visible()
        served.author.seconds = 0.0
        expect(second.page.get_by_role("progressbar")).to_be_hidden(timeout=SOON_MS)
    expect(reader.page.get_by_role("progressbar")).to_be_hidden(timeout=SOON_MS)
    expect(reader.page.get_by_role("link", name="Read chapter 3")).to_be_visible()


def test_cancel_stops_and_retry_goes_on(reader: Reader) -> None:
    served = reader.served
    served.author.seconds = 2.0
    story = make(reader, "A clock that runs on gossip")
    reader.press("Write only")
    expect(reader.page.get_by_role("progressbar")).to_be_visible()
    reader.press("Cancel")
    expect(reader.page.get_by_role("button", name="Retry")).to_be_visible()
    assert served.facts(f"/stories/{story}")["status"] == "cancelled"
    served.author.seconds = 0.0
    reader.press("Retry")
    expect(reader.page.get_by_role("link", name="Read chapter 2")).to_be_visible(timeout=SOON_MS)
    assert served.facts(f"/stories/{story}")["status"] == "completed"


def test_a_provider_fault_is_told_in_a_sentence_and_retried(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = make(reader, "A map that grows at the edges")
    served.author.fault = away
    reader.press("Write and narrate")
    expect(page.get_by_text("OpenAI does not accept the API key").first).to_be_visible(timeout=SOON_MS)
    served.behave()
    reader.press("Retry")
    expect(page.get_by_role("button", name="Play chapter 2")).to_be_enabled(timeout=SOON_MS)
    assert served.facts(f"/stories/{story}")["status"] == "completed"


def test_an_edited_line_is_the_only_one_that_is_bought(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A bridge that sways for liars")
    reader.go(f"/story/{story}/1")
    reader.heading(served.facts(f"/stories/{story}/chapters/1")["title"])
    reader.press("Edit")
    line = page.get_by_label("Line 2", exact=True)
    line.fill("Nobody had ever asked the bridge.")
    before = len(served.lines)
    reader.press("Save")
    expect(page.get_by_text("The audio was made from an older text").first).to_be_visible()
    reader.press(re.compile("^Narrate"))
    expect(page.get_by_text("The audio was made from an older text")).to_be_hidden(timeout=SOON_MS)
    assert served.lines[before:] == ["Nobody had ever asked the bridge."]
    assert not served.facts(f"/stories/{story}/chapters/1")["audio"]["out_of_date"]
    reader.go(f"/story/{story}/2")
    expect(page.get_by_text(re.compile("older text of those before it")).first).to_be_visible()


def test_unsaved_words_are_not_lost_without_a_question(reader: Reader) -> None:
    page = reader.page
    story = reader.served.story("A kite that ties the knots", audio=False)
    reader.go(f"/story/{story}/1")
    reader.press("Edit")
    page.get_by_label("Line 1", exact=True).fill("Not saved yet.")
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Keep editing").click()
    expect(page.get_by_label("Line 1", exact=True)).to_have_value("Not saved yet.")
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Discard changes").click()
    reader.heading("Library")


def test_a_chapter_is_written_again_with_a_remark(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A ferry across a painted sea", audio=False)
    before = served.facts(f"/stories/{story}/chapters/2")["version"]
    remark = "Let it rain from the first line on."
    reader.go(f"/story/{story}/2")
    page.get_by_label("What should change?").fill(remark)
    reader.press("Rewrite chapter")
    reader.until(lambda: [call for call in served.author.ledger.calls if remark in str(call["messages"])])
    reader.until(lambda: served.facts(f"/stories/{story}")["status"] == "completed")
    after = served.facts(f"/stories/{story}/chapters/2")
    assert after["version"] != before
    expect(page.get_by_text(after["script"]["lines"][0]["text"]).first).to_be_visible()
    asked = [call["name"] for call in served.author.ledger.calls if remark in str(call["messages"][1]["content"])]
    assert asked.count("chapter") == 1


def test_a_line_is_heard_from_a_click_and_shown_while_it_is_spoken(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A choir of kettles")
    reader.go(f"/story/{story}/1")
    page.get_by_role("button", name="Play from here").nth(2).click()
    result = page.locator("[aria-current]:not(nav *)")
    third = served.facts(f"/stories/{story}/chapters/1")["script"]["lines"][2]["text"]
    expect(result.filter(has_text=third[:40]).first).to_be_visible()
    assert reader.playing()["time"] > 2


def test_the_place_is_remembered(browser: Browser, served: Counted, reader: Reader) -> None:
    page = reader.page
    story = served.story("A lighthouse for moths")
    reader.go(f"/story/{story}")
    reader.press("Play chapter 2")
    reader.heard(0.2)
    reader.heard(1.5)
    reader.press("Pause")
    page.reload()
    reader.press(re.compile("^Continue with chapter 2"))
    reader.heard(1, "/002-")


def test_a_story_is_deleted_after_a_question(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A farewell to umbrellas", audio=False, title="A farewell to umbrellas")
    reader.go("/")
    reader.press("Delete A farewell to umbrellas")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A farewell to umbrellas")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    assert served.facts(f"/stories/{story}")["story_id"] == story
    reader.press("Delete A farewell to umbrellas")
    dialog.get_by_role("button", name="Delete story").click()
    expect(page.get_by_role("link", name="A farewell to umbrellas")).to_have_count(0)
    assert served.facts(f"/stories/{story}")["Code"] == "NotFoundError"


def test_a_chapter_and_the_whole_book_can_be_kept(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A tailor of shadows")
    reader.go(f"/story/{story}")
    with page.expect_download() as one:
        reader.press("Download chapter 1")
    assert one.value.suggested_filename.endswith(".mp3")
    size = served.facts(f"/stories/{story}")["chapters"][0]["audio"]["bytes"]
    assert one.value.path().stat().st_size == size
    with page.expect_download() as everything:
        reader.press("Download all")
    with zipfile.ZipFile(everything.value.path()) as archive:
        assert archive.testzip() is None
        assert [entry.filename[:3] for entry in archive.infolist()] == ["01-", "02-"]


def test_a_sound_whose_address_has_run_out_goes_on_at_the_same_second(reader: Reader) -> None:
    page = reader.page
    story = reader.served.story("An orchard of clocks")
    reader.go(f"/story/{story}")
    page.get_by_role("button", name="Play chapter 1").wait_for()
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=403, body="Request has expired")

    page.route(re.compile(r"\.mp3"), refuse_once)
    reader.press("Play chapter 1")
    reader.heard(0.3, "/001-")
    assert len(refused) == 1
    reader.requests.clear()
    reader.press("Pause")
    reader.complaints.clear()  # the browser logs the refusal that this test made


def test_the_keyboard_and_the_lock_screen_control_the_player(reader: Reader) -> None:
    page = reader.page
    story = reader.served.story("A ladder into the weather")
    facts = reader.served.facts(f"/stories/{story}")
    reader.go(f"/story/{story}")
    reader.press("Play chapter 1")
    reader.heard(0.3, "/001-")
    metadata = page.evaluate("[navigator.mediaSession.metadata.title, navigator.mediaSession.metadata.album]")
    assert facts["chapters"][0]["title"] in metadata[0]
    assert metadata[1] == facts["title"]
    page.locator("body").press("k")
    reader.until(lambda: reader.playing()["paused"])
    page.locator("body").press("l")
    reader.until(lambda: reader.playing()["time"] > 20)
    page.locator("body").press("j")
    reader.until(lambda: reader.playing()["time"] < 20)
    page.locator("body").press("]")
    reader.heard(0.2, "/002-")
    page.get_by_role("combobox", name="Speed").select_option("1.5")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5
    page.locator("body").press("k")


def test_everything_can_be_reached_and_done_with_the_keyboard_alone(reader: Reader) -> None:
    page = reader.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("link", name="New story").first.focus()
    page.keyboard.press("Enter")
    reader.heading("New story")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.keyboard.press("Tab")
    page.keyboard.type("A night watchman's garden")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    page.get_by_role("button", name="Write only").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Read chapter 1")).to_be_visible(timeout=SOON_MS)


def test_a_field_that_cannot_be_is_named_beside_it_and_the_words_stay(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("link", name="New story").first.click()
    page.get_by_label("What should the story be about?").fill("A draft that survives")
    page.get_by_label("Language").fill("not a language")
    reader.press("Continue")
    field = page.get_by_label("Language")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = str(field.get_attribute("aria-describedby")).split()
    assert any(page.locator(f"#{one}").inner_text().strip() for one in described if "error" in one)
    page.reload()
    expect(page.get_by_label("What should the story be about?")).to_have_value("A draft that survives")


def test_a_hidden_page_asks_for_nothing_and_a_seen_one_catches_up(reader: Reader) -> None:
    page, served = reader.page, reader.served

    def hide(*, hidden: bool) -> None:
        page.evaluate(
            "hidden => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});"
            " document.dispatchEvent(new Event('visibilitychange')); }",
            hidden,
        )

    served.author.seconds = 1.0
    story = make(reader, "A train that stops where nobody lives")
    reader.press("Write only")
    expect(page.get_by_role("progressbar")).to_be_visible()
    hide(hidden=True)
    page.wait_for_load_state("networkidle")
    reader.requests.clear()
    reader.until(lambda: served.facts(f"/stories/{story}")["status"] == "completed")
    assert reader.api_requests == []
    hide(hidden=False)
    expect(page.get_by_role("link", name="Read chapter 2")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.wait_for_load_state("networkidle")
    reader.requests.clear()
    page.wait_for_timeout(2500)
    assert reader.api_requests == []  # nothing runs, so nothing is asked
