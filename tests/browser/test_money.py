"""Money on the page: what is left, what a button costs, what does not fit, and one button that goes on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from chalicelib.pipeline.endings import done_message
from tests.browser.conftest import opened, serving
from tests.browser.served import Counted, Reader, answering
from tests.support.running import client, running

SOON_MS = 60_000
SHORT = (
    "Your budget for the month has $0.20 left of $5.00, not counting $1.00 set aside for running tasks; "
    "this takes about $1.50."
)


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
        body = {"prompt": "A clock that runs on gossip", "num_chapters": chapters, "enhance": False}
        return str(api.post("/stories", json=body).raise_for_status().json()["story_id"])


def refusing(page: Page, pattern: str) -> None:
    """Let POSTs to `pattern` be refused for want of money."""

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=402, json={"Code": "PaymentRequiredError", "Message": SHORT})
        else:
            route.continue_()

    page.route(re.compile(pattern), answer)


def ways(page: Page) -> Locator:
    """Return what the page says one can do."""
    return page.locator(".ways li:visible")


def test_what_is_left_is_said_where_one_decides(purse: Purse, somebody: Reader) -> None:
    page = somebody.page
    story = draft(purse)
    said = re.compile(r"^\$\d\.\d\d of \$5\.00 left in [A-Z][a-z]+$")
    for where in ("/new", "/usage", f"/story/{story}", "/"):
        somebody.go(where)
        expect(page.get_by_text(said)).to_be_visible()
    for change, sentence in (
        ({"tightest": "stage_day", "remaining_usd": 1.2}, r"^\$1\.20 left for everybody today$"),
        ({"held_usd": 1, "remaining_usd": 2}, r"^\$2\.00 of \$5\.00 left in .*, \$1\.00 set aside for running tasks$"),
        ({"limit_usd": None, "tightest": None, "remaining_usd": None}, ""),
    ):
        answering(page, r"/budget$", change)
        page.reload()
        page.get_by_role("link", name="New story").first.wait_for()
        page.wait_for_load_state("networkidle")
        shown = page.locator(".budget:visible").all_inner_texts()
        assert re.search(sentence, shown[0]) if sentence else not shown
        page.unroute_all()


def test_what_does_not_fit_is_a_sentence_with_the_ways_out(purse: Purse, somebody: Reader) -> None:
    page = somebody.page
    somebody.go(f"/story/{draft(purse, 2)}")
    prices = re.compile(r"^About .* at list prices of [A-Z][a-z]+ \d{4}\. Without sound: \$0\.\d\d\.$")
    expect(page.get_by_text(prices)).to_be_visible()
    purse.limit("0.5")
    somebody.press("Write and narrate")
    refusal = re.compile(r"^Your budget for the month has \$0\.\d\d left of \$0\.50.*; this takes about \$\d")
    expect(page.get_by_role("alert")).to_have_text(refusal)
    expect(ways(page)).to_contain_text(["the words alone", "when the next month begins", "Ask whoever runs"])
    expect(page.get_by_role("button", name="Write without sound")).to_have_count(0)
    somebody.press("Write only")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(ways(page)).to_have_count(0)
    expect(page.get_by_role("link", name="Read chapter 2")).to_be_visible(timeout=SOON_MS)
    somebody.press("Narrate")
    expect(page.get_by_role("alert")).to_have_text(refusal)
    expect(ways(page)).to_contain_text(["Narrate fewer chapters", "when the next month begins", "Ask whoever runs"])
    purse.limit("5")
    somebody.press("Narrate")
    expect(page.get_by_role("button", name="Play chapter 2")).to_be_enabled(timeout=SOON_MS)


def test_where_nothing_is_left_only_waiting_and_asking_help(purse: Purse, somebody: Reader) -> None:
    page = somebody.page
    somebody.go(f"/story/{draft(purse)}")
    purse.limit("0.001")
    somebody.press("Write and narrate")
    expect(ways(page)).to_have_text([re.compile("when the next month begins"), re.compile("^Ask whoever runs")])


def test_a_rewrite_says_its_price_beside_its_button_and_a_refusal_keeps_the_remark(
    purse: Purse, somebody: Reader
) -> None:
    page = somebody.page
    story = purse.counted.story(audio=False, num_chapters=1)
    somebody.go(f"/story/{story}/1")
    said = page.get_by_text(re.compile(r"^Writing it again costs about .*, narrating it then \$0\.\d\d"))
    expect(said).to_be_visible()
    assert box(said)["y"] < box(page.get_by_role("button", name="Rewrite chapter"))["y"]
    purse.limit("0.001")
    page.get_by_label("What should change?").fill("Let the clock be wrong.")
    somebody.press("Rewrite chapter")
    expect(page.locator("form.rewrite").get_by_role("alert")).to_contain_text("Your budget for the month")
    expect(ways(page)).to_contain_text(["when the next month begins", "Ask whoever runs"])
    expect(page.get_by_label("What should change?")).to_have_value("Let the clock be wrong.")


def test_a_number_that_is_out_of_date_never_stands_beside_a_new_one(purse: Purse, somebody: Reader) -> None:
    page = somebody.page
    story = draft(purse)
    costs, held = [26.0, 26.0], list[Route]()

    def estimate(route: Route) -> None:
        if not costs:
            held.append(route)
            return
        route.fulfill(
            json={
                **dict.fromkeys(("input_tokens", "output_tokens", "characters", "audio_seconds"), 1),
                "cost_usd": costs.pop(),
            }
        )

    page.route(re.compile(r"/estimate$"), estimate)
    somebody.go(f"/story/{story}")
    expect(page.get_by_text("$26.00").first).to_be_visible()
    answering(page, rf"/stories/{story}$", {"updated_at": "2126-01-01T00:00:00Z"})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Estimating…")).to_be_visible()
    expect(page.get_by_text("$26.00")).to_have_count(0)
    somebody.until(lambda: len(held) == 2)
    for route in held:
        route.fulfill(
            json={"input_tokens": 1, "output_tokens": 1, "characters": 1, "audio_seconds": 1, "cost_usd": 5.88}
        )
    expect(page.get_by_text(re.compile(r"^About 1 characters, \$5\.88"))).to_be_visible()
    expect(page.get_by_text("$26.00")).to_have_count(0)


def test_one_button_goes_on_after_a_cancel_and_says_what_it_costs(purse: Purse, somebody: Reader) -> None:
    page, served = somebody.page, purse.counted
    served.author.seconds = 2.0
    story = draft(purse, 3)
    somebody.go(f"/story/{story}")
    somebody.press("Write and narrate")
    somebody.until(lambda: served.facts(f"/stories/{story}")["chapters"][0]["summary"])
    somebody.press("Cancel")
    actions = page.locator(".next button:visible")
    expect(actions.filter(has_not_text=re.compile("^(Listen|Continue)"))).to_have_text(["Retry"])
    expect(page.get_by_text(re.compile(r"^About .*\$\d"))).to_be_visible()
    page.reload()
    expect(actions.filter(has_not_text=re.compile("^(Listen|Continue)"))).to_have_text(["Retry"])
    # Too little money for the whole: the words alone are offered, which have no button of their own then.
    refusing(page, r"/retry$")
    somebody.press("Retry")
    expect(page.get_by_role("alert")).to_have_text(SHORT)
    expect(ways(page).get_by_role("button", name="Write without sound")).to_be_visible()
    page.unroute_all()
    # A retry that is impossible makes room for a new task.
    page.route(re.compile(r"/retry$"), lambda route: route.fulfill(status=409, json={"Message": "It has changed."}))
    somebody.press("Retry")
    expect(page.get_by_role("alert")).to_have_text("It has changed.")
    expect(page.get_by_role("button", name="Write and narrate")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()


def test_a_task_that_ran_out_of_money_is_retried_or_one_sees_what_else_helps(purse: Purse, somebody: Reader) -> None:
    page = somebody.page
    story = purse.counted.story("A candle at both ends", audio=False, num_chapters=3, enhance=False)
    change = {"status": "failed", "kind": "audio", "error": SHORT, "error_code": "budget_exceeded"}
    answering(page, r"/tasks/[0-9a-f]+$", change)
    somebody.go(f"/story/{story}")
    expect(page.get_by_text(SHORT)).to_have_count(1)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.get_by_role("button", name="Narrate")).to_be_hidden()
    expect(ways(page)).to_contain_text(["Narrate fewer chapters", "Wait until", "Ask whoever runs"])
    refusing(page, r"/retry$")
    somebody.press("Retry")
    expect(page.get_by_role("alert")).to_have_text(SHORT)
    expect(ways(page)).to_have_count(3)
    somebody.go(f"/story/{story}/1")
    expect(page.get_by_text(SHORT)).to_be_visible()
    page.get_by_role("link", name=re.compile("^Retry it on the story")).click()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_chapters_that_wait_for_a_person_are_named_beside_the_button_that_narrates_them(
    purse: Purse, somebody: Reader
) -> None:
    page, served = somebody.page, purse.counted
    story = served.story("A tale that would not end", audio=False, enhance=False)
    answering(page, r"/tasks/[0-9a-f]+$", {"message": done_message({2: 812_345})})
    somebody.go(f"/story/{story}")
    sentence = "Written, but chapter 2 came out longer than planned and waits for you."
    expect(page.get_by_text(sentence, exact=True)).to_be_visible()
    # The price of that moment may be another than the one beside the button.
    expect(page.get_by_text("$0.81")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"^About .*\$\d"))).to_be_visible()
    page.unroute_all()
    somebody.press("Narrate")
    expect(page.get_by_role("button", name="Play chapter 2")).to_be_visible(timeout=SOON_MS)


def test_no_title_is_printed_over_a_price(browser: Browser, purse: Purse) -> None:
    purse.counted.story(audio=False, num_chapters=1, title="The very long title of a story " * 4)
    with opened(browser, purse.counted, viewport={"width": 320, "height": 640}) as reader:
        reader.go("/usage")
        rows = reader.page.locator(".chart .what")
        rows.first.wait_for()
        for row in rows.all():
            title, price = box(row.locator("span").first), box(row.locator("span").last)
            assert title["x"] + title["width"] <= price["x"]
            assert title["width"] > 60
            assert price["x"] + price["width"] <= 320


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}
