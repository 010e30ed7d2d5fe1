"""Who speaks in which voice, and how words are said: seen, heard, changed, taken back and paid for."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import SCREENS, opened, serving
from tests.browser.served import Counted, Reader, answering
from tests.browser.test_views import DEVICES, LOOKS
from tests.support.running import client

SOON_MS = 60_000
RACHEL, SARAH, DOROTHY = "21m00Tcm4TlvDq8ikWAM", "EXAVITQu4vr4xnSDxMaL", "ThT5KcBeYPX3keUQqHPh"
PROPOSED = [{"word": "lamp", "say": "laymp"}, {"word": "Niamh", "say": "Neev"}]


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory, bundled: Path) -> Iterator[Counted]:
    """Yield a Fireside whose narrator does not have Rachel."""
    with serving(tmp_path_factory.mktemp("theatre"), bundled, lacks=(RACHEL,)) as counted:
        yield counted


@pytest.fixture(scope="module")
def told(theatre: Counted) -> str:
    """Make a narrated story in which another voice stands in for Rachel's."""
    story = theatre.story("A lamp that burns for the truth")
    assert any(one["heard_in"] for one in theatre.facts(f"/stories/{story}")["casting"])
    return story


@pytest.fixture
def director(browser: Browser, theatre: Counted) -> Iterator[Reader]:
    """Yield somebody at a desktop-sized page."""
    theatre.behave()
    with opened(browser, theatre) as reader:
        yield reader
    theatre.behave()


def open_cast(reader: Reader, story: str) -> None:
    reader.go(f"/story/{story}")
    reader.page.locator("summary", has_text="The cast").click()


def row(page: Page, speaker: str) -> Locator:
    return page.locator(".cast > li").filter(has=page.get_by_text(speaker, exact=True))


def speaker_with_voice(served: Counted, story: str, *, heard_in: bool = False) -> tuple[str, str]:
    """Return somebody besides the narrator with their voice: one who is heard in another, or one who is not."""
    casting = served.facts(f"/stories/{story}")["casting"]
    own = next(one for one in casting[1:] if bool(one["heard_in"]) == heard_in)
    return own["speaker"], own["voice_id"]


def name_of(served: Counted, voice_id: str) -> str:
    return next(str(one["name"]) for one in served.facts("/voices")["voices"] if one["voice_id"] == voice_id)


def spare_voice(served: Counted, story: str) -> str:
    """Return a voice that nobody of a story has, and that is there."""
    taken = {one["voice_id"] for one in served.facts(f"/stories/{story}")["casting"]} | {
        one["heard_in"] for one in served.facts(f"/stories/{story}")["casting"]
    }
    voices = served.facts("/voices")["voices"]
    return next(str(one["voice_id"]) for one in voices if one["available"] and one["voice_id"] not in taken)


def choose(reader: Reader, speaker: str, voice_id: str) -> None:
    reader.press(f"Another voice for {speaker}")
    reader.page.get_by_label(f"Another voice for {speaker}").last.select_option(voice_id)
    reader.press("Use this voice")


def out_of_date(served: Counted, story: str) -> list[int]:
    chapters = served.facts(f"/stories/{story}")["chapters"]
    return [one["number"] for one in chapters if one["audio"] and one["audio"]["out_of_date"]]


def sample(page: Page) -> Any:
    return page.evaluate(
        "() => { const a = document.querySelector('#sample'); return [a.paused, a.src, a.currentTime]; }"
    )


def test_a_voice_is_changed_and_taken_back_and_nothing_is_bought(director: Reader, told: str) -> None:
    page, served = director.page, director.served
    speaker, before = speaker_with_voice(served, told)
    spare, bought = spare_voice(served, told), len(served.lines)
    open_cast(director, told)
    mine = row(page, speaker)
    expect(mine).to_contain_text("It fits best.")
    choose(director, speaker, spare)
    expect(mine).to_contain_text(re.compile(f"{speaker} speaks with {name_of(served, spare)}.s voice from now on\\."))
    expect(mine).to_contain_text(
        re.compile(r"2 chapters are out of date; narrating them again costs (about \$0\.\d\d|under \$0\.01)\.")
    )
    expect(mine).to_contain_text("You chose it.")
    expect(mine.get_by_role("button", name="Narrate again")).to_be_visible()
    assert out_of_date(served, told) == [1, 2]
    mine.get_by_role("button", name="Take it back").click()
    expect(mine).to_contain_text(re.compile(f"{speaker} has {name_of(served, before)}.s voice again\\."))
    expect(mine).to_contain_text("No chapter has to be narrated again.")
    expect(page.get_by_role("button", name="Narrate again")).to_have_count(0)
    assert out_of_date(served, told) == []
    assert served.facts(f"/stories/{told}")["voices"][speaker] == before
    assert len(served.lines) == bought


def test_only_the_lines_of_who_has_another_voice_are_narrated_again(director: Reader) -> None:
    page, served = director.page, director.served
    story = served.story("A bell that remembers every storm")
    speaker, _ = speaker_with_voice(served, story)
    chapters = [served.facts(f"/stories/{story}/chapters/{number}") for number in (1, 2)]
    own = [line["text"] for one in chapters for line in one["script"]["lines"] if line["speaker"] == speaker]
    bought = len(served.lines)
    open_cast(director, story)
    choose(director, speaker, spare_voice(served, story))
    director.press("Narrate again")
    expect(page.get_by_role("button", name="Narrate again")).to_have_count(0)
    director.until(lambda: served.facts(f"/stories/{story}")["task_id"] is None and not out_of_date(served, story))
    assert sorted(served.lines[bought:]) == sorted(own)
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)


def test_a_voice_is_kept_for_the_next_book(director: Reader) -> None:
    served = director.served
    story = served.story("A kite that ties the knots", audio=False)
    open_cast(director, story)
    mine = row(director.page, "Narrator")
    expect(mine).to_contain_text("It fits best.")
    director.press("Keep this voice for Narrator")
    expect(mine).to_contain_text(re.compile("The narrator keeps George.s voice, in the next book too"))
    expect(mine).to_contain_text("You chose it.")
    expect(mine.locator(".hint svg")).to_be_visible()
    expect(mine.get_by_role("button", name="Keep this voice")).to_have_count(0)
    assert served.facts(f"/stories/{story}")["casting"][0]["reason"] == "person"


def test_a_voice_that_is_not_available_names_who_is_heard_and_cannot_be_chosen(director: Reader, told: str) -> None:
    page, served = director.page, director.served
    lost, _ = speaker_with_voice(served, told, heard_in=True)
    expect_there = re.compile("^Rachel is not available now: .* is heard instead. Choose another voice")
    open_cast(director, told)
    expect(page.get_by_text("The cast (1 voice is not available)")).to_be_visible()
    expect(row(page, lost).get_by_text(expect_there)).to_be_visible()
    director.press("Another voice for Narrator")
    choice = page.locator(".cast select")
    expect(choice).to_be_focused()
    rachel = choice.locator(f"option[value='{RACHEL}']")
    expect(rachel).to_have_text(re.compile(rf"^Rachel, young, female \(also {lost}\) \(not available\)$"))
    expect(rachel).to_be_disabled()
    director.press("Cancel")
    expect(page.get_by_role("button", name="Another voice for Narrator")).to_be_focused()
    # The chapters say it, too.
    expect(page.get_by_text("another voice stands in").first).to_be_visible()
    number = next(c["number"] for c in served.facts(f"/stories/{told}")["chapters"] if c["notices"])
    director.go(f"/story/{told}/{number}")
    notice = next(one for one in served.facts(f"/stories/{told}")["chapters"][number - 1]["notices"])
    assert (notice["code"], notice["line_id"]) == ("voice_replaced", None)
    expect(page.locator(".notice", has_text=notice["message"])).to_be_visible()
    stand_in = next(one["heard_in"] for one in served.facts(f"/stories/{told}")["casting"] if one["heard_in"])
    expect(page.locator(".speaker", has_text=lost).first).to_contain_text(name_of(served, stand_in))


def test_a_sample_is_heard_alone(director: Reader, told: str) -> None:
    page = director.page
    open_cast(director, told)
    director.press("Play chapter 1")
    director.heard(0.2)
    director.press("Hear the voice: George")
    director.until(lambda: sample(page)[2] > 0)
    assert not sample(page)[0]
    assert director.playing()["paused"]
    stop = page.get_by_role("button", name="Stop: George")
    expect(stop).to_have_text("Stop")
    other = page.get_by_role("button", name=re.compile("^Hear the voice: ")).first
    other.click()
    expect(page.get_by_role("button", name=re.compile("^Stop: "))).to_have_count(1)
    expect(page.get_by_role("button", name="Hear the voice: George")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Stop: ")).click()
    assert sample(page)[0]
    director.press("Hear the voice: George")
    director.until(lambda: not sample(page)[0])
    director.press("Play chapter 1")
    director.until(lambda: sample(page)[0])
    assert not director.playing()["paused"]
    director.press("Pause chapter 1")


def test_a_sample_that_is_not_there_says_so(director: Reader, told: str) -> None:
    page = director.page
    page.route(re.compile(r"/samples/"), lambda route: route.fulfill(status=404))
    open_cast(director, told)
    director.press("Hear the voice: George")
    expect(row(page, "Narrator").get_by_role("alert")).to_have_text("This sample cannot be played now.")
    expect(page.get_by_role("button", name="Hear the voice: George")).to_be_visible()
    director.complaints.clear()  # the browser logs what this test has refused


def test_where_there_is_no_sample_a_line_of_the_story_is_heard(director: Reader, told: str) -> None:
    page, served = director.page, director.served
    answering(page, r"/voices$", without_samples)
    speaker, _ = speaker_with_voice(served, told)
    lines = served.facts(f"/stories/{told}/chapters/1")["script"]["lines"]
    first = next(line["text"] for line in lines if line["speaker"] == speaker)
    open_cast(director, told)
    director.press(f"Hear a line: {speaker}")
    director.heard(0.1, "/001-")
    director.go(f"/story/{told}/1")
    expect(page.locator(".line[aria-current]")).to_contain_text(first[:40])
    page.locator("body").press("k")


def without_samples(told: Any) -> Any:
    return {**told, "voices": [{**one, "preview_url": None} for one in told["voices"]]}


def test_while_something_is_being_made_no_voice_can_be_changed(director: Reader) -> None:
    page, served = director.page, director.served
    story = served.story("A well that answers in riddles", audio=False)
    served.author.seconds = 2.0
    with client(served.url) as api:
        api.post(f"/stories/{story}/chapters/2/rewrite", json={"remark": "Let it rain."}).raise_for_status()
    open_cast(director, story)
    why = "Voices can be changed once Fireside has finished working on the story."
    expect(page.get_by_text(why)).to_be_visible()
    expect(page.get_by_role("button", name="Another voice for Narrator")).to_be_disabled()
    expect(page.get_by_role("button", name="Another voice for Narrator")).to_have_accessible_description(why)
    served.author.seconds = 0.0
    expect(page.get_by_role("button", name="Another voice for Narrator")).to_be_enabled(timeout=SOON_MS)
    expect(page.get_by_text(why)).to_have_count(0)


def test_a_voice_that_is_refused_says_why(director: Reader, told: str) -> None:
    page, served = director.page, director.served

    def refuse(route: Route) -> None:
        if route.request.method == "PATCH":
            route.fulfill(status=409, json={"Code": "ConflictError", "Message": "A task runs."})
        else:
            route.continue_()

    page.route(re.compile(rf"/stories/{told}$"), refuse)
    open_cast(director, told)
    choose(director, "Narrator", spare_voice(served, told))
    expect(row(page, "Narrator").get_by_role("alert").first).to_have_text("A task runs.")
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)


def test_before_anything_is_bought_one_reads_which_voices_are_missing(director: Reader) -> None:
    with client(director.served.url) as api:
        story = api.post("/stories", json={"prompt": "A ferry across a painted sea"}).json()["story_id"]
    director.go(f"/story/{story}")
    said = re.compile("^Rachel is not in your narrator.s account: another voice is heard instead")
    expect(director.page.get_by_text(said)).to_be_visible()


def test_the_form_says_which_voices_there_are_and_has_samples(director: Reader) -> None:
    page = director.page
    director.go("/new")
    narrator = page.get_by_label("Narrator")
    expect(narrator.locator(f"option[value='{RACHEL}']")).to_be_disabled()
    expect(narrator.locator(f"option[value='{RACHEL}']")).to_have_text("Rachel, young, female (not available)")
    narrator.select_option(SARAH)
    director.press("Hear the voice: Sarah")
    director.until(lambda: not sample(page)[0])
    assert SARAH in sample(page)[1]
    narrator.select_option(DOROTHY)
    director.until(lambda: sample(page)[0])
    director.press("Add a character with a voice")
    assert page.get_by_label("Voice", exact=True).input_value() != RACHEL


def test_words_are_said_otherwise_and_read_as_before(director: Reader) -> None:
    page, served = director.page, director.served
    story = served.story("An orchard of clocks")
    text = served.facts(f"/stories/{story}/chapters/1")["script"]["lines"][0]["text"]
    word = next(one for one in re.findall(r"\b[a-z]{4,}\b", text))
    director.go(f"/story/{story}")
    page.get_by_text("How words are said").click()
    director.press("Add a word")
    expect(page.get_by_label("Word", exact=True)).to_be_focused()
    page.keyboard.type(word)
    director.press("Save")
    expect(page.get_by_text(f"Write how {word} is said.")).to_be_visible()
    expect(page.get_by_label("Say it so")).to_be_focused()
    page.keyboard.type("m" * 121)
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is too long.")).to_be_visible()
    expect(page.get_by_label("Say it so")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Say it so").fill("marmalade")
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Keep editing").click()
    director.press("Save")
    expect(
        page.get_by_text(re.compile(r"^\d chapters? (is|are) out of date; narrating .* again costs"))
    ).to_be_visible()
    bought = len(served.lines)
    director.press("Narrate again")
    director.until(lambda: served.facts(f"/stories/{story}")["task_id"] is None and not out_of_date(served, story))
    again = served.lines[bought:]
    assert again
    assert all("marmalade" in line.lower() for line in again)
    assert served.facts(f"/stories/{story}/chapters/1")["script"]["lines"][0]["text"] == text
    page.reload()
    page.get_by_text("How words are said").click()
    expect(page.get_by_label("Say it so")).to_have_value("marmalade")
    director.press("Remove")
    director.press("Save")
    expect(page.get_by_text(re.compile("^Saved"))).to_be_visible()
    assert served.facts(f"/stories/{story}")["pronunciations"] == {}


def test_what_the_author_proposes_is_used_one_by_one_or_all_at_once(director: Reader) -> None:
    page, served = director.page, director.served
    story = served.story("A choir of kettles", audio=False)
    answering(page, rf"/stories/{story}$", {"proposed_pronunciations": PROPOSED})
    director.go(f"/story/{story}")
    page.get_by_text("How words are said (2 proposals)").click()
    director.press("Use it: lamp")
    director.until(lambda: served.facts(f"/stories/{story}")["pronunciations"] == {"lamp": "laymp"})
    expect(page.get_by_text("How words are said (1 proposal)")).to_be_visible()
    expect(page.get_by_role("button", name="Use all")).to_have_count(0)
    with client(served.url) as api:
        api.patch(f"/stories/{story}", json={"pronunciations": {}}).raise_for_status()
    page.reload()
    page.get_by_text("How words are said (2 proposals)").click()
    director.press("Use all")
    director.until(lambda: len(served.facts(f"/stories/{story}")["pronunciations"]) == len(PROPOSED))
    expect(page.get_by_text("The author would have these words said so:")).to_be_hidden()


def test_a_draft_has_pronunciations_that_can_be_changed(director: Reader) -> None:
    page, served = director.page, director.served
    director.go("/new")
    page.get_by_label("What should the story be about?").fill("Niamh and the lamp")
    page.get_by_text("How words are said (optional)").click()
    director.press("Add a word")
    page.get_by_label("Word", exact=True).fill("Niamh")
    page.get_by_text("How words are said (optional)").click()
    director.press("Continue")
    # The field at fault was folded away.
    expect(page.get_by_label("Say it so")).to_be_focused()
    page.keyboard.type("Neev")
    page.reload()
    expect(page.get_by_label("Say it so")).to_have_value("Neev")
    director.press("Continue")
    page.wait_for_url(re.compile(r"#/story/[0-9a-f]{32}$"))
    story = str(page.url.rpartition("/")[2])
    assert served.facts(f"/stories/{story}")["pronunciations"] == {"Niamh": "Neev"}
    page.get_by_role("link", name="Change the draft").click()
    expect(page.get_by_label("Say it so")).to_have_value("Neev")


@pytest.mark.parametrize("look", LOOKS)
def test_the_cast_and_the_words_are_accessible_and_fit(
    browser: Browser, theatre: Counted, told: str, axe: str, look: str
) -> None:
    device, _, light = look.partition("-")
    theatre.behave()
    with opened(browser, theatre, color_scheme=light, reduced_motion="reduce", **DEVICES[device]) as reader:
        page = reader.page
        answering(page, rf"/stories/{told}$", {"proposed_pronunciations": PROPOSED})
        open_cast(reader, told)
        speaker, before = speaker_with_voice(theatre, told)
        choose(reader, speaker, spare_voice(theatre, told))
        expect(page.get_by_role("button", name="Narrate again")).to_be_visible()
        reader.press("Another voice for Narrator")
        page.locator("summary", has_text="How words are said").click()
        reader.press("Add a word")
        reader.press("Save")
        page.wait_for_load_state("networkidle")
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"cast-{look}.png", full_page=True)
        reader.assert_accessible(axe)
        with client(theatre.url) as api:
            api.patch(f"/stories/{told}", json={"voices": {speaker: before}}).raise_for_status()
