"""A story told while the worker dies, or loses a reply, at one chosen call; and what must be true in the end."""

from collections import Counter
from dataclasses import dataclass, replace

from pynamodb.exceptions import PynamoDBException

from chalicelib.audio.tools import Completed, Ffmpeg
from chalicelib.providers.author import Answer, Question
from chalicelib.providers.narrator import Spoken, Utterance
from chalicelib.store.queues import StepMessage
from chalicelib.store.tables import LeaseItem
from tests.support.boundaries import (
    Boundaries,
    Crash,
    ReplyLost,
    author_timed_out,
    narrator_timed_out,
    tool_failed,
)
from tests.support.house import House
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.queues import MemoryQueues, Waiting

CHAPTERS = 3
LINES = 3


class CrossedAuthor(MemoryAuthor):
    """The author beyond a boundary."""

    boundaries: Boundaries

    def ask(self, question: Question) -> Answer:
        return self.boundaries.cross(
            f"openai.{question.name}", lambda: super(CrossedAuthor, self).ask(question), author_timed_out
        )


class CrossedNarrator(MemoryNarrator):
    """The narrator beyond a boundary."""

    boundaries: Boundaries

    def speak(self, utterance: Utterance) -> Spoken:
        return self.boundaries.cross(
            "elevenlabs.line", lambda: super(CrossedNarrator, self).speak(utterance), narrator_timed_out
        )


class CrossedQueues(MemoryQueues):
    """The queues beyond a boundary."""

    boundaries: Boundaries

    def send(self, queue: str, message: StepMessage, delay_s: float = 0.0) -> None:
        self.boundaries.cross(
            "sqs.SendMessage", lambda: super(CrossedQueues, self).send(queue, message, delay_s), ReplyLost
        )

    def hold(self, queue: str, receipt: str, seconds: int) -> None:
        self.boundaries.cross(
            "sqs.ChangeMessageVisibility", lambda: super(CrossedQueues, self).hold(queue, receipt, seconds), ReplyLost
        )

    def delete(self, receipt: str) -> None:
        self.boundaries.cross("sqs.DeleteMessage", lambda: super(CrossedQueues, self).delete(receipt), ReplyLost)


@dataclass(frozen=True)
class Ending:
    """What is left when nothing moves any more."""

    task: dict[str, object]
    progress: list[int]
    bought: Counter[object]
    recorded: int
    sound: list[bytes]
    locked: list[str]
    names: list[str]


def tell(boundaries: Boundaries) -> Ending:
    """A whole story on an empty AWS, from the POST to the last message, disturbed as `boundaries` say."""
    house = crossed_house(boundaries)
    progress = [0]
    with boundaries.on_aws():
        story_id = str(_post(house, boundaries, "/stories", {"prompt": "A lamp", "num_chapters": CHAPTERS})["story_id"])
        task_id = str(_post(house, boundaries, f"/stories/{story_id}/generate", {"audio": True})["task_id"])
        for _ in range(400):
            message = house.queues.receive()
            if message is not None:
                deliver(house, boundaries, message)
                progress.append(int(house.task(task_id)["progress"]))
            elif (at := house.queues.next_at()) is not None:
                house.clock.now = max(house.clock.now, at)
            elif house.task(task_id)["status"] in {"completed", "failed", "cancelled"}:
                break
            else:
                house.clock.advance(house.timing.silence_s + 1)
                house.services.sweeper.sweep()
    locked = locks(house, story_id)
    store = house.services.objects
    numbered = [f"stories/{story_id}/chapters/{n:03d}-" for n in range(1, CHAPTERS + 1)]
    found = [store.get(key) for prefix in numbered for key in store.keys(prefix) if key.endswith(".mp3")]
    return Ending(
        task=house.task(task_id),
        progress=progress,
        bought=Counter[object](house.author.bought) + Counter[object](house.narrator.bought),
        recorded=house.request("GET", "/usage?month=2026-11").json_body["total"]["calls"],
        sound=[sound.data for sound in found if sound],
        locked=locked,
        names=boundaries.names,
    )


def locks(house: House, story_id: str) -> list[str]:
    """The steps and permits that are still held once everything a dead worker held has run out."""
    house.clock.advance(house.timing.lease_s + 1)
    now = house.clock()
    held = [item for item in LeaseItem.query(story_id) if item.name.startswith("step#") and item.owner]
    pool = next(iter(LeaseItem.query("permits")), None)
    locked = [item.name for item in held if (item.until or 0) >= now]
    return locked + [owner for owner, fields in (pool.holders if pool else {}).items() if fields[2] >= now]


def deliver(house: House, boundaries: Boundaries, message: Waiting) -> None:
    """Deliver a message to a worker that may die of it."""
    try:
        with boundaries.counting():
            house.deliver(message)
    except (Crash, ReplyLost):
        house.renew()  # another process takes over; the message comes again when its visibility ends


def crossed_house(boundaries: Boundaries) -> House:
    """A Fireside whose every call to the outside crosses a boundary."""
    house = House()
    author, narrator = CrossedAuthor(house.clock, lines=LINES), CrossedNarrator(house.clock)
    queues = CrossedQueues(house.clock, house.timing)
    author.boundaries = narrator.boundaries = queues.boundaries = boundaries
    real = Ffmpeg.find()

    def run(command: list[str], stdin: object, timeout_s: float) -> Completed:
        name = "ffprobe" if command[0] == real.ffprobe else "ffmpeg"
        fed = list(stdin)  # type: ignore[call-overload] # a command that is run twice needs its input twice
        return boundaries.cross(name, lambda: real.run(command, fed, timeout_s), tool_failed)

    return House(clock=house.clock, author=author, narrator=narrator, queues=queues, ffmpeg=replace(real, run=run))


def _post(house: House, boundaries: Boundaries, path: str, body: dict[str, object]) -> dict[str, object]:
    """A client that sends its request again, under the same key, until it is answered."""
    for _ in range(3):
        try:
            with boundaries.counting():
                answer = house.request("POST", path, body, headers={"Idempotency-Key": path})
        except (Crash, PynamoDBException):  # the process is gone, or its authorizer failed: API Gateway answers 500
            continue
        if answer.status_code < 500:
            assert answer.status_code in {201, 202}, answer.body
            return dict(answer.json_body)
    raise AssertionError("the API did not recover")
