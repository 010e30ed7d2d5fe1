"""A story made while the worker dies, or loses a reply, at one chosen call; and what must be true in the end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from bench.listening import silent
from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.audio.tools import Completed, Ffmpeg
from chalicelib.domain.message import NARRATION, StepMessage
from chalicelib.domain.script import without_tags
from chalicelib.domain.webhook import WebhookResponse
from chalicelib.errors import StoreUnavailable
from chalicelib.store.delivery_tables import DELIVERIES, DeliveryItem
from chalicelib.store.lease_tables import SemaphoreItem, StepLeaseItem
from chalicelib.store.semaphore import PERMITS
from chalicelib.story.ports import Completion, CompletionRequest
from chalicelib.timing import MARGIN_S, NARRATOR_CALL_S
from tests.support.boundaries import (
    Boundaries,
    Crash,
    author_timed_out,
    narrator_timed_out,
    queue_away,
    tool_failed,
)
from tests.support.hooks import ENV, OWN, MemoryReceivers, notifying
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.questions import short_chapters
from tests.support.queues import MemoryQueues, Waiting
from tests.support.testapp import WORDS_A_CHAPTER, TestApp, one_line_at_a_time


@dataclass(frozen=True)
class Scenario:
    """The story that is made. In an `odd` one the first clip of the first line is silent; a `revised` one is read once
    more by its author.

    Of a `hooked` one two webhooks are told, whose receivers answer the first time that they are away.

    In a `rough` one more things go wrong than the death of a worker.

    The narrator's first two replies look like sound but are not, so that the task fails and is retried; the reply for
    the second line is lost once; the first worker that narrates has no time for a single line; and each line takes long
    enough for the lease to be renewed before the next.
    """

    chapters: int = 3
    lines: int = 3
    words: int = WORDS_A_CHAPTER
    rough: bool = False
    odd: bool = False
    revised: bool = False
    audio: bool = True
    hooked: bool = False

    @property
    def line_s(self) -> float:
        """Seconds that the narrator takes for a line."""
        return 25.0 if self.rough else 1.0


PLAIN = Scenario()
ROUGH = Scenario(chapters=1, lines=8, words=900, rough=True)
"""Of the shipped length, which its quote depends on: it buys seven lines that it has no use for."""

SHORT = Scenario(chapters=1)

ODD = Scenario(chapters=1, lines=8, words=900, odd=True)

PARTED = Scenario(chapters=1, lines=16, words=3400, revised=True, audio=False)
"""A chapter that is written in two parts, and then revised."""

HOOKED = Scenario(chapters=1, lines=2, hooked=True)

NO_SOUND = b"ID3" + bytes(2000)


class CrossedAuthor(MemoryAuthor):
    """An author whose every call crosses a boundary."""

    boundaries: Boundaries
    scenario: Scenario

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(name, data)
        if name == "chapter" and self.scenario.rough and "lines" not in data:
            # The lines that are bought several times are short ones, or no quote would pay for them.
            for line, words in zip(reply["lines"], (20, 60), strict=False):
                line["text"] = " ".join(line["text"].split()[:words])
        return reply

    def ask(self, request: CompletionRequest) -> Completion:
        return self.boundaries.cross(
            f"openai.{request.name}", lambda: super(CrossedAuthor, self).ask(request), author_timed_out
        )


class CrossedNarrator(MemoryNarrator):
    """A narrator whose every call crosses a boundary."""

    boundaries: Boundaries
    scenario: Scenario

    def speak(self, request: SpeechRequest) -> SpeechResult:
        result = self.boundaries.cross(
            "elevenlabs.line", lambda: super(CrossedNarrator, self).speak(request), narrator_timed_out
        )
        bought = self.bought[without_tags(request.text), request.voice_id]
        if self.scenario.odd and bought == 1 and "line zero" in request.text:
            return replace(result, audio=silent(b""))
        if self.scenario.rough and bought <= 2 and "line zero" in request.text:
            return replace(result, audio=NO_SOUND)
        if self.scenario.rough and bought == 1 and "line one" in request.text:
            raise narrator_timed_out()
        return result


class CrossedQueues(MemoryQueues):
    """Queues whose every call crosses a boundary."""

    boundaries: Boundaries

    def send(self, queue: str, message: StepMessage, delay_s: float = 0.0) -> None:
        self.boundaries.cross(
            "sqs.SendMessage", lambda: super(CrossedQueues, self).send(queue, message, delay_s), queue_away
        )

    def extend_visibility(self, queue: str, receipt: str, seconds: int) -> None:
        self.boundaries.cross(
            "sqs.ChangeMessageVisibility",
            lambda: super(CrossedQueues, self).extend_visibility(queue, receipt, seconds),
            queue_away,
        )

    def delete(self, receipt: str) -> None:
        self.boundaries.cross("sqs.DeleteMessage", lambda: super(CrossedQueues, self).delete(receipt), queue_away)


class CrossedReceivers(MemoryReceivers):
    """Receivers whose every call crosses a boundary: they may be told, and the worker not know it."""

    boundaries: Boundaries

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookResponse:
        try:
            return self.boundaries.cross(
                "webhook.post", lambda: super(CrossedReceivers, self).post(url, body, headers), TimeoutError
            )
        except TimeoutError:
            return WebhookResponse(fault="timeout")


@dataclass(frozen=True)
class Ending:
    """What is left when nothing is under way any more."""

    task: dict[str, object]
    progress: list[int]
    bought: Counter[object]
    recorded: int
    sound: list[bytes]
    book: list[bytes]
    texts: list[str]
    locked: list[str]
    names: list[str]
    set_aside: int
    failures: list[object]
    told: list[tuple[str, str, str]]
    """What webhooks were told: the URL, the type and the id of each event, in order."""


def tell(boundaries: Boundaries, scenario: Scenario = PLAIN) -> Ending:
    """Make a whole story on an empty AWS, from the POST to the last message, disturbed as `boundaries` say.

    A task that fails is retried once, as a person would.
    """
    testapp = crossed_app(boundaries, scenario)
    progress, failures = [0], list[object]()
    short = scenario.rough
    with boundaries.on_aws():
        body = {"prompt": "A lamp", "num_chapters": scenario.chapters}
        story_id = str(post(testapp, boundaries, "/stories", body)["story_id"])
        if scenario.hooked:
            assert testapp.request("PUT", f"/stories/{story_id}/webhook", {"url": OWN}).status_code == 200
        task_id = str(post(testapp, boundaries, f"/stories/{story_id}/generate", {"audio": scenario.audio})["task_id"])
        for _ in range(400):
            message = testapp.queues.receive()
            if message is not None:
                narration = message.queue == NARRATION
                deliver(testapp, boundaries, message, NARRATOR_CALL_S + MARGIN_S - 1 if short and narration else None)
                short = short and not narration
                progress.append(int(testapp.task(task_id)["progress"]))
            elif (at := testapp.queues.next_at()) is not None:
                testapp.clock.now = max(testapp.clock.now, at)
            elif (task := testapp.task(task_id))["status"] == "failed" and not failures:
                failures.append(task["error_code"])
                post(testapp, boundaries, f"/tasks/{task_id}/retry", {})
            elif task["status"] in {"completed", "failed", "cancelled"} and not any(DeliveryItem.query(DELIVERIES)):
                break
            else:
                testapp.clock.advance(testapp.timing.silence_s + 1)
                testapp.services.sweeper.sweep()
                testapp.services.notifying.deliverer.send_due()
    locked = locks(testapp, story_id)
    store = testapp.services.objects
    numbered = [f"stories/{story_id}/chapters/{n:03d}-" for n in range(1, scenario.chapters + 1)]
    found = [store.get(key) for prefix in numbered for key in store.keys(prefix) if key.endswith(".mp3")]
    return Ending(
        task=testapp.task(task_id),
        progress=progress,
        bought=Counter[object](testapp.author.bought) + Counter[object](testapp.narrator.bought),
        recorded=testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"],
        sound=[sound.data for sound in found if sound],
        book=book_of(testapp, story_id),
        texts=texts_of(testapp, story_id, scenario.chapters),
        locked=locked,
        names=boundaries.names,
        set_aside=sum(1 for _ in store.keys(f"stories/{story_id}/set-aside/")),
        failures=failures,
        told=[(one.url, one.type, one.event_id) for one in receivers_of(testapp).told],
    )


def receivers_of(testapp: TestApp) -> MemoryReceivers:
    """Return the receivers of the application's webhooks."""
    receivers = testapp.services.adapters.webhooks
    assert isinstance(receivers, MemoryReceivers)
    return receivers


def book_of(testapp: TestApp, story_id: str) -> list[bytes]:
    """Return the M4B that a story's listeners get; the story has the files of one book, or of none."""
    keys = sorted(testapp.services.objects.keys(f"stories/{story_id}/book/"))
    book = testapp.request("GET", f"/stories/{story_id}").json_body["book"]
    if book is None:
        return []
    assert [key.rpartition(".")[2] for key in keys] == ["epub", "jpg", "m4b"]
    files = [found.data for key in keys if (found := testapp.services.objects.get(key))]
    assert (book["epub"]["bytes"], book["m4b"]["bytes"]) == (len(files[0]), len(files[2]))
    assert not book["out_of_date"]
    return files[2:]


def texts_of(testapp: TestApp, story_id: str, chapters: int) -> list[str]:
    """Return the texts of all lines of a story."""
    paths = [f"/stories/{story_id}/chapters/{number}" for number in range(1, chapters + 1)]
    scripts = [testapp.request("GET", path).json_body["script"] for path in paths]
    return [line["text"] for script in scripts if script for line in script["lines"]]


def locks(testapp: TestApp, story_id: str) -> list[str]:
    """Return the steps and permits that are still held after everything a dead worker held has expired."""
    testapp.clock.advance(testapp.timing.lease_s + 1)
    now = testapp.clock()
    held = [item for item in StepLeaseItem.query(story_id) if item.name.startswith("step#") and item.owner]
    pool = next(iter(SemaphoreItem.query(PERMITS)), None)
    locked = [item.name for item in held if (item.until or 0) >= now]
    return locked + [owner for owner, fields in (pool.holders if pool else {}).items() if fields[2] >= now]


def deliver(testapp: TestApp, boundaries: Boundaries, message: Waiting, remaining_s: float | None = None) -> None:
    """Deliver a message to a worker that may die of it."""
    try:
        with boundaries.counting():
            testapp.deliver(message, remaining_s=remaining_s)
    except (Crash, StoreUnavailable):
        testapp.renew()  # another process takes over; the message comes again when its visibility ends


def crossed_app(boundaries: Boundaries, scenario: Scenario = PLAIN) -> TestApp:
    """Return an application whose every call to the outside crosses a boundary."""
    testapp = TestApp()
    author = CrossedAuthor(testapp.clock, lines=scenario.lines)
    author.scenario = scenario
    narrator = CrossedNarrator(testapp.clock, seconds=scenario.line_s)
    narrator.scenario = scenario
    queues = CrossedQueues(testapp.clock, testapp.timing)
    receivers = CrossedReceivers(testapp.clock, [WebhookResponse(status=503)] * 2)
    author.boundaries = narrator.boundaries = queues.boundaries = receivers.boundaries = boundaries
    real = Ffmpeg.find()

    def run(command: list[str], stdin: object, timeout_s: float) -> Completed:
        name = "ffprobe" if command[0] == real.ffprobe else "ffmpeg"
        fed = list(stdin)  # type: ignore[call-overload] # a command that is run twice needs its input twice
        return boundaries.cross(name, lambda: real.run(command, fed, timeout_s), tool_failed)

    config = one_line_at_a_time(short_chapters(words=scenario.words))
    config = notifying(config) if scenario.hooked else config
    writing = msgspec.structs.replace(config.writing, revise=scenario.revised)
    return TestApp(
        clock=testapp.clock,
        author=author,
        narrator=narrator,
        queues=queues,
        ffmpeg=replace(real, run=run),
        webhooks=receivers,
        # The roster asks an account that answers nobody, at once: Parameter Store would be asked for its key otherwise.
        env={**ENV, "ELEVENLABS_API_KEY": "none", "ELEVENLABS_BASE_URL": "http://127.0.0.1:9"},
        config=msgspec.structs.replace(config, writing=writing),
    )


def post(testapp: TestApp, boundaries: Boundaries, path: str, body: dict[str, object]) -> dict[str, object]:
    """Send a request again, under the same idempotency key, until it is answered, as a client would."""
    for _ in range(3):
        try:
            with boundaries.counting():
                answer = testapp.request("POST", path, body, headers={"Idempotency-Key": path})
        except (Crash, StoreUnavailable):  # the process is gone, or its authorizer failed: API Gateway answers 500
            continue
        if answer.status_code < 500:
            assert answer.status_code in {201, 202}, answer.body
            return dict(answer.json_body)
    raise AssertionError("the API did not recover")
