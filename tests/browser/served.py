"""What browser tests drive: the page as a person uses it, and the providers behind it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, Route

from bench.author import FillingAuthor
from local.narrator import NarratorServer
from local.standin.server import no_fault
from tests.support.running import client, ended

AWAY = "fireside.test"
"""A name for this machine that the page does not take for it, so that one has to sign in."""

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "javascript:alert(4)",
    "&lt;b&gt;bold&amp;",
    "--> {{constructor.constructor('alert(5)')()}}",
)


def answering(page: Page, pattern: str, change: Mapping[str, Any] | Callable[[Any], Any]) -> None:
    """Let the API's answers to GETs of `pattern` be changed on their way: by other fields, or by a function."""

    def answer(route: Route) -> None:
        if route.request.method != "GET":
            route.continue_()
            return
        response = route.fetch()
        told = response.json()
        route.fulfill(response=response, json=change(told) if callable(change) else {**told, **change})

    page.route(re.compile(pattern), answer)


class StoryAuthorServer(FillingAuthor):
    """The stand-in author, which can be slow, and can put markup into everything it writes."""

    seconds: float

    def __init__(self, **options: Any) -> None:
        super().__init__(latency=lambda _name: self.seconds, **options)
        self.seconds = 0.0
        self.payloads = False

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return an answer that fits the schema, with markup where `payloads` is set."""
        reply = super().reply(schema, data)
        if self.payloads and "chapters" in reply:
            for number, chapter in enumerate(reply["chapters"]):
                chapter["title"] = PAYLOADS[number % len(PAYLOADS)]
        if self.payloads and "summary" in reply:
            reply["summary"] = " ".join(PAYLOADS)
            # Before the chapter's own lines: by themselves they would not have the words that were ordered.
            lines = reply.get("lines", [])
            read = [{**line, "text": f"She read: {payload}"} for line, payload in zip(lines, PAYLOADS, strict=False)]
            lines[:0] = read
        return reply


class Counted:
    """A running Fireside, and what it has bought."""

    def __init__(self, url: str, author: StoryAuthorServer, narrator: NarratorServer) -> None:
        self.url, self.author, self.narrator = url, author, narrator

    def behave(self) -> None:
        """Make both providers answer at once and without faults."""
        self.author.seconds, self.author.payloads = 0.0, False
        self.author.fault = self.narrator.fault = no_fault

    @property
    def lines(self) -> list[str]:
        """The texts of all lines that were bought."""
        return [str(call["text"]) for call in self.narrator.ledger.calls]

    def story(self, prompt: str = "A lamp that burns for the truth", *, audio: bool = True, **fields: Any) -> str:
        """Make a story through the API, not the page; return its id once it is complete."""
        with client(self.url) as api:
            story = str(api.post("/stories", json={"prompt": prompt, "num_chapters": 2, **fields}).json()["story_id"])
            task = api.post(f"/stories/{story}/generate", json={"audio": audio}).json()["task_id"]
            assert ended(api, task)["status"] == "completed"
        return story

    def facts(self, path: str) -> Any:
        """Return the API's answer to a GET of `path`."""
        with client(self.url) as api:
            return api.get(path).json()


class Reader:
    """A person at the page. `complaints` are what the browser logged: violations, errors, broken scripts."""

    def __init__(self, page: Page, served: Counted) -> None:
        self.page = page
        self.served = served
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._logged)
        page.on("pageerror", self._broke)
        page.on("request", self._asked)
        page.on("dialog", lambda dialog: dialog.accept())

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _broke(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _asked(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")

    @property
    def api_requests(self) -> list[str]:
        """Method and path of all requests to the API, without those for the page itself."""
        paths = [asked.replace(self.served.url, "") for asked in self.requests if self.served.url in asked]
        return [path for path in paths if not re.search(r" /(assets/.*)?$", path)]

    def assert_accessible(self, axe: str) -> None:
        """Check the view with axe-core, whose source is `axe`, and that nobody has to scroll sideways."""
        self.page.evaluate(axe)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
        complaints = [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in found["violations"]]
        assert not complaints, complaints
        assert len(found["passes"]) > 10
        wide = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], "one has to scroll sideways"

    def go(self, where: str) -> None:
        """Open a view by its address."""
        self.page.goto(f"{self.served.url}/#{where}")

    def heading(self, text: str | re.Pattern[str]) -> Locator:
        """Wait for the view's heading, and return it."""
        heading = self.page.get_by_role("heading", level=1, name=text)
        heading.wait_for()
        return heading

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of exactly this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def playing(self) -> Any:
        """Return the state of the page's one audio element; None if there is none."""
        return self.page.evaluate(
            "() => { const a = document.querySelector('audio');"
            " return a && {time: a.currentTime, paused: a.paused, source: a.currentSrc, length: a.duration,"
            " rate: a.playbackRate}; }"
        )

    def until(self, condition: Callable[[], Any], tries: int = 600) -> None:
        """Wait until something becomes true in the page, or behind it.

        Playwright's own wait evaluates text inside the page, which the page's content security policy forbids.
        """
        for _ in range(tries):
            if condition():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not happen")

    def seek(self, seconds: float) -> None:
        """Drag the player's slider to a second."""
        self.page.get_by_role("slider", name="Position").evaluate(
            "(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input', {bubbles: true}));"
            " slider.dispatchEvent(new Event('change', {bubbles: true})); }",
            str(seconds),
        )

    def heard(self, seconds: float, source: str = "") -> None:
        """Wait until a chapter whose URL contains `source` has been played beyond `seconds`."""
        self.until(lambda: (now := self.playing()) and now["time"] > seconds and source in now["source"])
