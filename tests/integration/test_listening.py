"""Clips are listened to: those of two synthesizers, and a narrator whose replies come out odd, over real HTTP.

What is bought is counted from the ledger of the stand-in narrator.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import msgspec
import pytest

from bench.listening import FAULTS, MP3, listen
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.store.connections import connection
from local.http_messages import HttpResponse
from local.narrator import NarratorServer
from local.narrator.speech import Hum, say
from local.narrator.voices import VoiceSound
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor
from tests.support.questions import unframed
from tests.support.testapp import USER, TestApp, one_line_at_a_time

CLIPS = int(os.environ.get("CLIPS", "60"))
ODD = "line one."
"""What the line that comes out odd has in its text, and no other."""

NO_COST = {"Content-Type": ["text/html"], "character-cost": ["0"]}


def test_good_clips_are_in_order_and_each_fault_is_found(record_property: Callable[[str, object], None]) -> None:
    found = listen(CLIPS)
    record_property(f"listening to {found.clips} clips", f"{1000 * found.listening_s / found.clips:.1f} ms each")
    assert found.alarms == []
    assert +found.missed == {}
    assert set(found.done) == set(FAULTS)


class OddNarrator(NarratorServer):
    """A narrator that answers `replies` when it is asked for the odd line, one after the other, and then well."""

    def __init__(self, *replies: HttpResponse) -> None:
        super().__init__(speech=Hum())
        self.replies = list(replies)
        self.late_fault = self._answer_oddly

    def _answer_oddly(self, _number: int, body: Mapping[str, Any]) -> HttpResponse | None:
        return self.replies.pop(0) if self.replies and ODD in str(body["text"]) else None

    def sold(self) -> Counter[str]:
        """Return how often each text was sold."""
        return Counter(str(call["text"]) for call in self.ledger.calls)


def sound(fault: str) -> HttpResponse:
    """Return a hum of ten seconds with a fault done to it, as a paid reply."""
    good = say(Hum(), "x" * 170, VoiceSound(1, 1, 1), MP3, 44_100)
    return HttpResponse(200, {"Content-Type": ["audio/mpeg"]}, FAULTS[fault](good))


class Told:
    """A chapter of six lines, of which one comes out odd, narrated by a narrator over HTTP."""

    def __init__(self, narrator: OddNarrator, *, enhance: bool = False) -> None:
        clock, config = ManualClock(), one_line_at_a_time(unframed())
        writing = msgspec.structs.replace(config.writing, words_per_chapter=120)
        self.narrator = narrator
        self.adapter = ElevenLabsNarrator(lambda: "key", narrator.url, 30)
        self.testapp = TestApp(
            clock=clock,
            config=msgspec.structs.replace(config, writing=writing),
            author=MemoryAuthor(clock, lines=6),
            narrator=self.adapter,
        )
        self.story_id = self.testapp.create(num_chapters=1, enhance=enhance)
        self.testapp.generate(self.story_id, audio=False)
        self.testapp.run()

    @property
    def chapter(self) -> Any:
        return self.testapp.request("GET", f"/stories/{self.story_id}/chapters/1").json_body

    @property
    def lines(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.chapter["script"]["lines"]
        return found

    def odd_line(self) -> str:
        """Return the id of the line that comes out odd."""
        return next(str(line["line_id"]) for line in self.lines if ODD in line["text"])

    def order(self, **body: Any) -> Any:
        return self.testapp.request("POST", f"/stories/{self.story_id}/audio", {"chapters": [1], **body})

    def narrate(self, **body: Any) -> Any:
        """Narrate the chapter and return the task as it ended."""
        answer = self.order(**body)
        assert answer.status_code == 202, answer.body
        self.testapp.run()
        return self.testapp.task(answer.json_body["task_id"])

    def edit(self, lines: list[dict[str, Any]]) -> None:
        path = f"/stories/{self.story_id}/chapters/1/script"
        assert self.testapp.request("PUT", path, {"lines": lines}).status_code == 200

    def charged(self) -> int:
        """Return how many lines are on the bill."""
        usage = self.testapp.request("GET", "/usage?month=2026-11").json_body
        return int(usage["total"]["calls"]) - sum(self.testapp.author.bought.values())


@pytest.fixture
def told(memory_aws: None) -> Iterator[Callable[..., Told]]:
    """Return a function that has a chapter written whose narrator gives such replies for its odd line."""
    with ExitStack() as stack:

        def tell(*replies: HttpResponse) -> Told:
            story = Told(stack.enter_context(OddNarrator(*replies)))
            stack.enter_context(closing(story.adapter))
            return story

        yield tell


@pytest.mark.parametrize("fault", FAULTS)
def test_an_odd_clip_is_bought_once_more_and_the_good_one_is_used(told: Callable[..., Told], fault: str) -> None:
    story = told(sound(fault))
    assert story.narrate()["status"] == "completed"
    sold = story.narrator.sold()
    assert {text: count for text, count in sold.items() if count > 1} == {next(t for t in sold if ODD in t): 2}
    assert story.charged() == sold.total() == 7
    assert story.chapter["notices"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_clip_that_stays_odd_is_used_and_said_and_never_bought_a_third_time(
    told: Callable[..., Told], fault: str
) -> None:
    story = told(*[sound(fault)] * 9)
    assert story.narrate()["status"] == "completed"
    [notice] = story.chapter["notices"]
    assert (notice["line_id"], notice["code"]) == (story.odd_line(), "odd_sound")
    assert "two takes" in notice["message"]
    listed = story.testapp.request("GET", f"/stories/{story.story_id}").json_body["chapters"][0]
    assert listed["notices"] == [notice]
    lines = story.lines
    lines[-1]["text"] = "Good morning."
    story.edit(lines)
    assert story.narrate()["status"] == "completed"
    assert {text: count for text, count in story.narrator.sold().items() if ODD in text} == {
        next(line["text"] for line in lines if ODD in line["text"]): 2
    }
    assert [notice["line_id"] for notice in story.chapter["notices"]] == [story.odd_line()]


def test_the_better_of_two_odd_takes_is_used(told: Callable[..., Told]) -> None:
    for first, second in (("silent", "muted"), ("muted", "silent")):
        story = told(sound(first), sound(second))
        story.narrate()
        assert "A part of this line is missing" in story.chapter["notices"][0]["message"]


def test_without_money_for_a_second_take_the_first_is_used(told: Callable[..., Told]) -> None:
    story = told(sound("silent"))
    estimate = story.testapp.request("POST", f"/stories/{story.story_id}/estimate", {"chapters": [1]}).json_body
    spent = story.testapp.request("GET", "/budget").json_body["spent_usd"]
    story.testapp.services.user_limits.put(USER, round(1_000_000 * (spent + estimate["cost_usd"])) + 10)
    assert story.narrate()["status"] == "completed"
    [notice] = story.chapter["notices"]
    assert "could not be bought" in notice["message"]
    assert story.narrator.sold().total() == 6
    assert story.testapp.request("GET", "/budget").json_body["held_usd"] == 0


def test_a_narrator_that_fails_at_the_second_take_does_not_fail_the_chapter(told: Callable[..., Told]) -> None:
    story = told(sound("silent"))

    def away(_number: int, body: Mapping[str, Any]) -> HttpResponse | None:
        odd = ODD in str(body["text"]) and not story.narrator.replies
        return HttpResponse(503, {"Content-Type": ["text/plain"]}, b"busy") if odd else None

    story.narrator.fault = away
    assert story.narrate()["status"] == "completed"
    assert "could not be bought" in story.chapter["notices"][0]["message"]
    assert story.charged() == 6


def test_a_page_in_place_of_sound_is_tried_again_and_not_on_the_bill(told: Callable[..., Told]) -> None:
    story = told(HttpResponse(200, NO_COST, b"<html>One moment, please.</html>"))
    assert story.narrate()["status"] == "completed"
    assert story.chapter["notices"] == []
    assert story.charged() == 6


def test_a_line_is_spoken_again_and_no_other_with_the_same_words(told: Callable[..., Told]) -> None:
    story = told()
    lines = story.lines
    lines[0] = {**lines[0], "speaker": lines[3]["speaker"], "text": lines[3]["text"]}
    story.edit(lines)
    story.narrate()
    assert story.narrator.sold().total() == 5
    first, other = lines[0]["line_id"], lines[1]["line_id"]
    before = story.chapter["audio"]["url"].partition("?")[0]
    price = story.testapp.request(
        "POST", f"/stories/{story.story_id}/estimate", {"chapters": [1], "again": [first]}
    ).json_body
    assert price["characters"] == len(lines[0]["text"])
    for times in (1, 2):
        assert story.narrate(again=[first])["status"] == "completed"
        assert story.narrator.sold()[lines[0]["text"]] == 1 + times
        assert story.narrator.sold().total() == 5 + times
    chapter = story.chapter
    assert (chapter["status"], chapter["audio"]["out_of_date"]) == ("completed", False)
    assert chapter["audio"]["url"].partition("?")[0] != before
    keys = [key.rsplit("/", 1)[-1] for key in story.testapp.services.objects.keys(f"stories/{story.story_id}/lines/")]
    assert {key.partition(".")[2] for key in keys} == {"mp3", f"{first}.2.mp3", f"{first}.3.mp3"}
    # MP3, AAC and captions of the last version alone.
    assert len(list(story.testapp.services.objects.keys(f"stories/{story.story_id}/chapters/"))) == 3
    # The takes stay with their line while others are edited, and go with its text.
    lines[1]["text"] = "Something else."
    story.edit(lines)
    story.narrate()
    assert story.narrator.sold().total() == 8
    lines[0]["text"] = "Something else entirely."
    story.edit(lines)
    story.narrate(again=[other])
    kept = story.testapp.services.chapters.get(story.story_id, 1)
    assert kept is not None
    assert kept.takes == {other: 2}


def test_the_same_request_buys_one_take_however_often_it_is_sent_and_delivered(told: Callable[..., Told]) -> None:
    story = told()
    story.narrate()
    line, path = story.odd_line(), f"/stories/{story.story_id}/audio"
    sent = {"chapters": [1], "again": [line]}
    for _ in range(2):
        answer = story.testapp.request("POST", path, sent, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 202
    message = story.testapp.queues.messages[0]
    story.testapp.run()
    story.testapp.deliver(message)
    story.testapp.run()
    assert story.narrator.sold().total() == 7
    assert story.testapp.request("POST", path, sent, headers={"Idempotency-Key": "once"}).status_code == 202
    story.testapp.run()
    assert story.narrator.sold().total() == 7


def test_a_take_that_was_ordered_is_bought_when_the_task_is_retried(told: Callable[..., Told]) -> None:
    story = told()
    story.narrate()
    task_id = story.order(again=[story.odd_line()]).json_body["task_id"]
    assert story.testapp.request("POST", f"/tasks/{task_id}/cancel", {}).status_code == 202
    assert story.chapter["audio"]["out_of_date"] is True
    assert story.testapp.request("POST", f"/tasks/{task_id}/retry", {}).status_code == 202
    story.testapp.run()
    assert (story.narrator.sold().total(), story.chapter["audio"]["out_of_date"]) == (7, False)


def test_a_persons_own_take_is_said_to_be_odd_and_not_bought_again(told: Callable[..., Told]) -> None:
    story = told()
    story.narrate()
    story.narrator.replies = [sound("silent")]
    story.narrate(again=[story.odd_line()])
    assert story.narrator.sold().total() == 7
    assert story.chapter["notices"][0]["message"] == "Nothing can be heard in this line."
    story.narrate(again=[story.odd_line()])
    assert (story.narrator.sold().total(), story.chapter["notices"]) == (8, [])


def test_a_word_and_three_dots_are_a_chapter_whose_missed_norm_is_said(told: Callable[..., Told]) -> None:
    story = told()
    texts = ["Oh.", "\u2026", "\u2026", "\u2026"]
    story.edit([{**line, "text": text} for line, text in zip(story.lines, texts, strict=False)])
    assert story.narrate()["status"] == "completed"
    [notice] = story.chapter["notices"]
    assert (notice["line_id"], notice["code"]) == (None, "norm_missed")
    assert story.narrator.sold() == Counter(["Oh."])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"again": ["001"]}, "again"),
    ({"chapters": [1, 2], "again": ["001"]}, "again"),
    ({"chapters": [1], "again": ["999"]}, "again: chapter 1 has no line 999"),
    ({"chapters": [1], "again": ["no such id!"]}, "again"),
    ({"chapters": [1], "again": []}, "again"),
]


@pytest.mark.parametrize(("body", "named"), REFUSED)
def test_what_cannot_be_spoken_again_is_refused_by_name(told: Callable[..., Told], body: Any, named: str) -> None:
    story = told()
    if body.get("chapters") == [1, 2]:
        body, named = {**body, "chapters": [1, 2]}, ""
    for route in ("audio", "estimate"):
        answer = story.testapp.request("POST", f"/stories/{story.story_id}/{route}", body)
        assert (answer.status_code, named in answer.json_body["Message"]) == (400, True), answer.body
    assert story.testapp.queues.messages == []


def test_items_of_another_version_have_no_takes_and_no_notices_or_more_than_we_know(told: Callable[..., Told]) -> None:
    story = told()
    story.narrate()
    kept = story.testapp.services.chapters.get(story.story_id, 1)
    assert kept is not None
    assert (kept.takes, kept.notices, kept.wanted_sound) == ({}, [], kept.script_version)
    client: Any = connection().client
    strange = '{"sound": "%s", "later": 1, "notices": [{"code": "norm_missed", "message": "Too quiet.", "more": 2}]}'
    client.update_item(
        TableName="fireside-test-chapters",
        Key={"story_id": {"S": story.story_id}, "number": {"N": "1"}},
        UpdateExpression="SET notices = :n",
        ExpressionAttributeValues={":n": {"S": strange % kept.sound_version}},
    )
    assert story.chapter["notices"] == [{"line_id": None, "code": "norm_missed", "message": "Too quiet."}]
