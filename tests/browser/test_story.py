"""From an idea to a story in one's ears, and what can come in between."""

import re
import zipfile
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, Route, expect

from bench.listening import silent
from local.http_messages import HttpResponse
from local.standin.server import json_answer, no_fault
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
    expect(page.get_by_text("The author's server does not accept the API key").first).to_be_visible(timeout=SOON_MS)
    served.behave()
    reader.press("Retry")
    expect(page.get_by_role("button", name="Play chapter 2")).to_be_enabled(timeout=SOON_MS)
    # Chapters can be heard while the book is made.
    reader.until(lambda: served.facts(f"/stories/{story}")["status"] == "completed")


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
    expect(page.get_by_text("The audio is older than the text").first).to_be_visible()
    reader.press(re.compile("^Narrate"))
    expect(page.get_by_text("The audio is older than the text")).to_be_hidden(timeout=SOON_MS)
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


def test_a_line_that_came_out_odd_is_spoken_again_from_the_page(reader: Reader) -> None:
    page, served = reader.page, reader.served
    answer, first = HttpResponse(200, {"Content-Type": ["audio/mpeg"]}, silent(b"")), list[str]()

    def silence(_number: int, body: Mapping[str, Any]) -> HttpResponse | None:
        # Titles and credits are shorter than this, and no lines of the script.
        if len(text := str(body["text"])) > 90:
            first.append(text)
        return answer if first and text == first[0] else None

    served.narrator.late_fault = silence
    try:
        story = served.story("A well that answers nobody")
    finally:
        served.narrator.late_fault = no_fault
    number = next(c["number"] for c in served.facts(f"/stories/{story}")["chapters"] if c["notices"])
    bought = served.lines
    assert bought.count(first[0]) == 2
    reader.go(f"/story/{story}")
    expect(page.get_by_text("1 line may sound odd")).to_be_visible()
    reader.go(f"/story/{story}/{number}")
    odd = page.locator(".odd:visible")
    expect(odd).to_contain_text("Nothing can be heard in this line")
    expect(odd).to_contain_text("$0.0")
    reader.press("Speak this line again")
    expect(odd).to_have_count(0, timeout=SOON_MS)
    assert served.lines == [*bought, first[0]]
    assert served.facts(f"/stories/{story}/chapters/{number}")["notices"] == []


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
    facts = served.facts(f"/stories/{story}")
    for label, kind in (("Audiobook, one file", "m4b"), ("EPUB to read along", "epub")):
        with page.expect_download() as book:
            page.get_by_role("button", name=label).click()
        assert book.value.suggested_filename == f"{facts['title']}.{kind}"
        assert book.value.path().stat().st_size == facts["book"][kind]["bytes"]
    with page.expect_download() as captions:
        reader.press("Captions")
    with zipfile.ZipFile(captions.value.path()) as archive:
        assert [archive.read(entry)[:6] for entry in archive.infolist()] == [b"WEBVTT"] * 2
    with page.expect_download() as text:
        reader.press("Plain text")
    assert text.value.path().read_text(encoding="utf-8").startswith(facts["title"])


def test_a_book_that_is_older_than_its_story_says_so_and_can_still_be_kept(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A tailor of shadows")
    reader.go(f"/story/{story}")
    expect(page.get_by_role("button", name="Make the files again")).to_be_hidden()
    reader.press("Rename story")
    page.get_by_label("Title").fill("A Tailor of Light")
    page.get_by_label("Title").press("Enter")
    expect(page.get_by_text("The audiobook file and the EPUB are older than the story.")).to_be_visible()
    # Another title is read out as well: the chapters are narrated again before the book is made.
    expect(page.get_by_role("button", name="Make the files again")).to_be_hidden()
    with page.expect_download() as book:
        page.get_by_role("button", name="Audiobook, one file").click()
    assert book.value.suggested_filename == "A Tailor of Light.m4b"


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
    expect(page.get_by_label("Make up a story")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("A night watchman's garden")
    for _ in ("Give me an idea", "Title", "Who is it for?", "How should it be told?", "Chapters"):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Chapters", exact=True)).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    assert reader.served.facts(f"/stories/{page.url.rpartition('/')[2]}")["num_chapters"] == 1
    page.get_by_role("button", name="Write only").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Read chapter 1")).to_be_visible(timeout=SOON_MS)


def test_a_field_that_cannot_be_is_named_beside_it_and_the_words_stay(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("link", name="New story").first.click()
    page.get_by_label("What should the story be about?").fill("A draft that survives")
    page.get_by_label("Chapters", exact=True).fill("99")
    reader.press("Continue")
    field = page.get_by_label("Chapters", exact=True)
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


def test_a_wish_is_made_changed_and_found_again(reader: Reader) -> None:
    page, served = reader.page, reader.served
    page.get_by_role("link", name="New story").first.click()
    idea = page.get_by_label("What should the story be about?")
    reader.press("Give me an idea")
    first = idea.input_value()
    assert len(first) > 20
    reader.press("Give me an idea")
    assert idea.input_value() != first
    page.get_by_label("Who is it for?").fill("a child of four")
    page.get_by_label("How should it be told?").fill("silly, with rhymes")
    page.get_by_label("Length of a chapter").select_option(label="2 minutes")
    page.get_by_label("Language").select_option(label="German")
    page.get_by_label("Who tells it?").select_option(value="first")
    page.get_by_label("Chapters", exact=True).fill("1")
    page.reload()
    expect(page.get_by_label("Who tells it?")).to_have_value("first")
    reader.press("Continue")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    story = str(page.url.rpartition("/")[2])
    reader.heading(re.compile("^" + re.escape(idea_start(served.facts(f"/stories/{story}")["prompt"]))))
    page.get_by_role("link", name="Change the draft").click()
    expect(page.get_by_label("Who is it for?")).to_have_value("a child of four")
    expect(page.get_by_label("Length of a chapter")).to_have_value("2")
    expect(page.get_by_label("Title")).to_have_value("")
    page.get_by_label("Who is it for?").fill("")
    page.get_by_label("How should it be told?").fill("dark")
    reader.press("Continue")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    seen = served.facts(f"/stories/{story}")
    wish = {name: seen[name] for name in ("audience", "tone", "minutes_per_chapter", "language_wish", "point_of_view")}
    assert wish == {
        "audience": None,
        "tone": "dark",
        "minutes_per_chapter": 2,
        "language_wish": "de",
        "point_of_view": "first",
    }


def idea_start(prompt: str) -> str:
    return " ".join(prompt.split()[:3])


def test_lines_are_added_moved_and_deleted_by_keyboard_and_an_earlier_text_comes_back(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A bridge that counts its travellers")
    page.goto(f"{served.url}/#/story/{story}/1")
    before = served.facts(f"/stories/{story}/chapters/1")["script"]["lines"]
    reader.press("Edit")
    first = page.get_by_label("Line 1", exact=True)
    first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_label("Line 2", exact=True)).to_have_value(before[0]["text"])
    page.get_by_role("group", name="Change line 2", exact=True).get_by_role("button", name="Add a line below").press(
        "Enter"
    )
    page.keyboard.type("[whispers] Who goes there?")
    expect(page.get_by_text("[whispers] will not be spoken")).to_be_visible()
    page.get_by_role("group", name="Change line 1", exact=True).get_by_role("button", name="Delete").press("Enter")
    reader.press("Save")
    expect(page.get_by_text("Who goes there?")).to_be_visible()
    now = served.facts(f"/stories/{story}/chapters/1")["script"]["lines"]
    assert [line["line_id"] for line in now if line["text"] != "[whispers] Who goes there?"] == [
        "001",
        *(line["line_id"] for line in before[2:]),
    ]
    page.get_by_text("Earlier texts").click()
    expect(page.get_by_text(re.compile("^The author.s, .* words, narrated$"))).to_be_visible()
    reader.press("Bring it back")
    expect(page.get_by_text("Who goes there?")).to_be_hidden()
    assert served.facts(f"/stories/{story}/chapters/1")["script"]["lines"] == before


def test_a_story_and_a_chapter_get_other_titles(reader: Reader) -> None:
    page, served = reader.page, reader.served
    story = served.story("A ferry that forgets its shores", audio=False)
    page.goto(f"{served.url}/#/story/{story}")
    reader.press("Rename story")
    page.get_by_label("Title").fill("The Ferry")
    reader.press("Save title")
    reader.heading("The Ferry")
    page.goto(f"{served.url}/#/story/{story}/2")
    reader.press("Rename chapter")
    page.get_by_label("Title").fill("Home")
    reader.press("Save title")
    reader.heading("Home")
    assert served.facts(f"/stories/{story}")["chapters"][1]["title"] == "Home"
