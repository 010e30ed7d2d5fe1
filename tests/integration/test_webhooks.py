"""What webhooks are told of tasks, chapters and budgets: who may have one, what it is told, and how often it is tried.

What their addresses may be, and how they are reached, is in tests/unit/providers/test_webhook_client.py.
"""

import json
import logging
import time
from collections import Counter
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from chalicelib.domain.message import AUTHORING, DELIVER, StepMessage
from chalicelib.domain.webhook import To, WebhookDelivery, WebhookResponse
from chalicelib.errors import ProviderFault
from chalicelib.store.delivery_tables import DELIVERIES, DeliveryItem
from chalicelib.store.tables import StoryItem
from chalicelib.story.config import Budgets, StoryConfig
from tests.support.clock import CountedIds, ManualClock
from tests.support.hooks import ENV, OPERATOR, OWN, SECRET, MemoryReceivers, Told, notifying
from tests.support.questions import short_chapters
from tests.support.servers.receiver import receiver, status
from tests.support.testapp import WORDS_A_CHAPTER, TestApp, one_line_at_a_time

pytestmark = pytest.mark.usefixtures("testapp")  # which brings an empty AWS

DAY_S = 86_400.0


def plain() -> StoryConfig:
    return one_line_at_a_time(short_chapters(words=WORDS_A_CHAPTER))


class Hooked(TestApp):
    """The application with webhooks and their receivers."""

    __test__ = False

    def __init__(self, config: StoryConfig | None = None, clock: ManualClock | None = None, **more: Any) -> None:
        clock = clock if clock is not None else ManualClock()
        self.receivers = MemoryReceivers(clock)
        more = {"env": ENV, "webhooks": self.receivers, **more}
        super().__init__(config=config or notifying(plain()), clock=clock, **more)

    def register(self, story_id: str, url: str = OWN, user: str = "ann") -> Any:
        return self.request("PUT", f"/stories/{story_id}/webhook", {"url": url}, user=user)

    def tell(self, *, audio: bool = False, **fields: Any) -> tuple[str, str]:
        """Make a story of one chapter with a webhook, and return its id and that of its task."""
        story_id = self.create(**{"num_chapters": 1, **fields})
        assert self.register(story_id).status_code == 200
        task_id = self.generate(story_id, audio=audio)
        self.run()
        return story_id, task_id

    def sweep(self) -> int:
        """Have what is due made, as the sweeper does, and return how much that was."""
        sent = self.services.notifying.deliverer.send_due()
        self.run()
        return sent


def pending() -> list[DeliveryItem]:
    return list(DeliveryItem.query(DELIVERIES))


def types(told: list[Told]) -> list[str]:
    return [one.type for one in told]


# Who may, and what is shown.


def test_an_owner_registers_a_webhook_and_is_shown_its_secret_once() -> None:
    testapp = Hooked()
    story_id = testapp.create()
    assert testapp.request("GET", f"/stories/{story_id}").json_body["webhook"] is None
    first, second = testapp.register(story_id), testapp.register(story_id)
    assert first.status_code == second.status_code == 200
    assert {*first.json_body} == {"url", "secret"}
    assert first.json_body["url"] == OWN
    assert first.json_body["secret"] != second.json_body["secret"]  # another registration, another secret
    assert testapp.request("GET", f"/stories/{story_id}").json_body["webhook"] == {"url": OWN}
    assert "whsec_" not in json.dumps(StoryItem.get("ann", story_id).webhook)
    assert testapp.request("DELETE", f"/stories/{story_id}/webhook").status_code == 204
    assert testapp.request("DELETE", f"/stories/{story_id}/webhook").status_code == 204
    assert testapp.request("GET", f"/stories/{story_id}").json_body["webhook"] is None


def test_nobody_registers_a_webhook_for_anothers_story() -> None:
    testapp = Hooked()
    story_id = testapp.create()
    assert testapp.register(story_id, user="bob").status_code == 404
    assert testapp.request("DELETE", f"/stories/{story_id}/webhook", user="bob").status_code == 404


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"config": notifying(plain(), stories=False)}, "webhooks.per_story is off"),
        ({"config": plain()}, "webhooks.per_story is off"),
        ({"env": {"WEBHOOK_SECRET": "test"}}, "WEBHOOK_SECRET"),
        ({"env": dict.fromkeys(ENV, SECRET[:18])}, "WEBHOOK_SECRET"),
    ],
)
def test_a_webhook_that_the_operator_does_not_allow_is_refused(more: dict[str, Any], says: str) -> None:
    testapp = Hooked(**more)
    refused = testapp.register(testapp.create())
    assert (refused.status_code, refused.json_body["Code"]) == (403, "ForbiddenError")
    assert says in refused.json_body["Message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"url": "http://ann.example/"}, "url must be an https address"),
        ({"url": "https://127.0.0.1/"}, "url must have the name of a host"),
        ({"url": "https://private.example/"}, "url: The host private.example has no public address"),
        ({"url": "https://nowhere.example/"}, "url: The host nowhere.example has no public address"),
        ({"url": ""}, "url"),
        ({"url": 1}, "url"),
        ({}, "url"),
        ({"url": OWN, "events": []}, "events"),
    ],
)
def test_an_unusable_address_is_refused_by_the_name_of_its_field(body: object, says: str) -> None:
    testapp = Hooked()
    testapp.receivers.faults = {"private.example": "not_public", "nowhere.example": "no_address"}
    refused = testapp.request("PUT", f"/stories/{testapp.create()}/webhook", body)
    assert refused.status_code == 400
    assert says in refused.json_body["Message"]


# What is told.


def test_operator_and_owner_are_told_of_each_chapter_and_of_the_end() -> None:
    testapp = Hooked()
    story_id, task_id = testapp.tell(audio=True, num_chapters=2)
    ids = {"user_id": "ann", "story_id": story_id, "task_id": task_id}
    for url in (OPERATOR, OWN):
        told = testapp.receivers.of(url)
        assert types(told) == ["chapter.ready", "chapter.ready", "task.ended"]
        assert [one.data for one in told] == [
            {**ids, "chapter": 1},
            {**ids, "chapter": 2},
            {**ids, "kind": "audiobook", "status": "completed", "error_code": None},
        ]
        assert all(set(one.event) == {"type", "timestamp", "data"} for one in told)
        assert all(one.event["timestamp"].endswith("Z") for one in told)
    assert {one.event_id for one in testapp.receivers.of(OPERATOR)} == {
        one.event_id for one in testapp.receivers.of(OWN)
    }
    assert pending() == []


def test_no_text_of_a_user_is_told() -> None:
    testapp = Hooked()
    testapp.tell(audio=True, prompt="A secret garden", title="Of secrets")
    assert "ecret" not in "".join(one.body.decode() for one in testapp.receivers.told)


def test_a_task_that_fails_or_is_cancelled_is_told_with_its_code() -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.author.fails = lambda _what: ProviderFault("OpenAI", "status", status=401, code="invalid_api_key")
    _, task_id = testapp.tell()
    [failed] = testapp.receivers.told
    assert (failed.data["status"], failed.data["error_code"]) == ("failed", "invalid_credentials")
    assert testapp.request("POST", f"/tasks/{task_id}/retry", {}).status_code == 202
    assert testapp.request("POST", f"/tasks/{task_id}/cancel", {}).status_code == 202
    testapp.run()
    cancelled = testapp.receivers.told[-1]
    assert (cancelled.data["status"], cancelled.data["error_code"]) == ("cancelled", None)
    assert cancelled.event_id != failed.event_id


def test_where_nobody_is_to_be_told_nothing_is_read_written_or_sent() -> None:
    testapp = Hooked(plain())
    reads = testapp.services.notifying.webhooks
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    testapp.run()
    assert testapp.receivers.told == []
    assert pending() == []
    assert testapp.sweep() == 0
    assert reads.get("ann", story_id) is None


def test_only_the_story_with_a_webhook_is_told_of() -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.generate(testapp.create(num_chapters=1), audio=False)
    testapp.run()
    assert testapp.receivers.told == []
    testapp.tell()
    assert types(testapp.receivers.told) == ["task.ended"]


# Signatures.


def test_what_is_told_is_verified_by_the_library_of_standard_webhooks() -> None:
    testapp = Hooked(clock=ManualClock(time.time()))  # the library compares with its own clock
    story_id = testapp.create(num_chapters=1)
    secret = testapp.register(story_id).json_body["secret"]
    testapp.generate(story_id, audio=False)
    testapp.run()
    for url, key in ((OPERATOR, SECRET), (OWN, secret)):
        [told] = testapp.receivers.of(url)
        assert Verifier(key).verify(told.body, dict(told.headers)) == told.event
        with pytest.raises(WebhookVerificationError):
            Verifier(key).verify(told.body.replace(b"completed", b"failed"), dict(told.headers))
    [told] = testapp.receivers.of(OWN)
    for other in (SECRET, testapp.register(story_id).json_body["secret"]):
        with pytest.raises(WebhookVerificationError):
            Verifier(other).verify(told.body, dict(told.headers))


def test_without_a_secret_it_is_tried_again_until_the_operator_has_set_one() -> None:
    env: dict[str, str] = {"WEBHOOK_SECRET": "test"}
    testapp = Hooked(notifying(plain(), stories=False), env=env)
    testapp.generate(testapp.create(num_chapters=1), audio=False)
    testapp.run()
    assert (testapp.receivers.told, len(pending())) == ([], 1)
    env |= ENV
    testapp.clock.advance(3600)
    testapp.sweep()
    assert types(testapp.receivers.told) == ["task.ended"]


# How long it is tried.


def test_a_receiver_that_never_answers_is_tried_for_a_day_and_then_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.receivers.answers = [WebhookResponse(fault="timeout")] * 100
    with caplog.at_level(logging.INFO, "fireside"):
        testapp.tell()
        for _ in range(300):  # every five minutes
            testapp.clock.advance(300)
            testapp.sweep()
    told = testapp.receivers.told
    assert {one.event_id for one in told} == {told[0].event_id}
    assert {one.body for one in told} == {told[0].body}
    pauses = [after.at - before.at for before, after in pairwise(told)]
    assert pauses[0] == 30  # by a delayed message; the others fall on the sweeper's next round
    wanted = testapp.timing.webhook_delays_s
    assert all(0 <= pause - delay <= 300 for pause, delay in zip(pauses, wanted, strict=False))
    assert pauses[1:-1] == sorted(pauses[1:-1])
    assert DAY_S <= told[-1].at - told[0].at <= DAY_S + 300
    assert len(told) == 10
    assert pending() == []
    logged = [json.loads(record.message) for record in caplog.records if "webhook" in record.message]
    assert [line["event"] for line in logged] == ["webhook_failed"] * 9 + ["webhook_given_up"]
    assert "ann.example" not in caplog.text  # nor the path or query of the address
    assert "of-ann" not in caplog.text


@pytest.mark.parametrize("answer", [301, 400, 404, 429, 500, 503])
def test_any_other_answer_is_tried_again(answer: int) -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.receivers.answers = [WebhookResponse(status=answer)]
    testapp.tell()
    assert len(testapp.receivers.told) == 2
    assert len({one.event_id for one in testapp.receivers.told}) == 1
    assert pending() == []


@pytest.mark.parametrize(("asked_s", "waits_s"), [(7_000.0, 7_000.0), (1.0, 30.0), (1e9, DAY_S)])
def test_the_pause_that_a_receiver_asks_for_is_kept_within_the_day(asked_s: float, waits_s: float) -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.receivers.answers = [WebhookResponse(status=429, retry_after_s=asked_s)]
    testapp.tell()
    for _ in range(300):
        testapp.clock.advance(300)
        testapp.sweep()
    first, second = testapp.receivers.told
    assert 0 <= second.at - first.at - waits_s <= 300


def test_410_ends_the_webhook_of_a_story() -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.receivers.answers = [WebhookResponse(status=410)]
    story_id, _ = testapp.tell()
    assert testapp.request("GET", f"/stories/{story_id}").json_body["webhook"] is None
    testapp.request("POST", f"/stories/{story_id}/audio", {})
    testapp.run()
    assert len(testapp.receivers.told) == 1
    assert pending() == []


def test_410_does_not_end_the_webhook_that_has_replaced_it() -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    story_id = testapp.create(num_chapters=1)
    testapp.register(story_id)
    testapp.receivers.answers = [WebhookResponse(status=410)]
    testapp.receivers.meanwhile = lambda: testapp.register(story_id, "https://new.example/")
    testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.request("GET", f"/stories/{story_id}").json_body["webhook"] == {"url": "https://new.example/"}


def test_410_ends_the_operators_webhook_until_its_address_is_another() -> None:
    testapp = Hooked(notifying(plain(), stories=False))
    testapp.receivers.answers = [WebhookResponse(status=410)]
    for _ in range(2):
        testapp.generate(testapp.create(num_chapters=1), audio=False)
        testapp.run()
    assert len(testapp.receivers.told) == 1
    assert pending() == []
    moved = msgspec.structs.replace(testapp.services.config.webhooks, operator_url=f"{OPERATOR}?again")
    config = msgspec.structs.replace(testapp.services.config, webhooks=moved)
    again = Hooked(config, clock=testapp.clock, ids=CountedIds(1000))
    again.generate(again.create(num_chapters=1), audio=False)
    again.run()
    assert [one.url for one in again.receivers.told] == [f"{OPERATOR}?again"]


def test_a_webhook_that_was_removed_or_whose_story_was_is_told_no_more() -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.receivers.answers = [WebhookResponse(status=500)] * 4
    for remove in ("/webhook", ""):
        story_id, _ = testapp.tell()
        tried = len(testapp.receivers.told)
        assert (tried % 2, len(pending())) == (0, 1)
        assert testapp.request("DELETE", f"/stories/{story_id}{remove}").status_code == 204
        assert StoryItem.get("ann", story_id).webhook is None
        testapp.clock.advance(400)
        testapp.sweep()
        assert (len(testapp.receivers.told), pending()) == (tried, [])


def test_a_sweep_sends_no_more_than_some_to_one_webhook() -> None:
    testapp = Hooked()
    story_id, now = testapp.create(), testapp.clock()
    testapp.register(story_id)
    deliveries = testapp.services.notifying.deliveries
    for number in range(15):
        both = [WebhookDelivery(f"evt_{number}", to, "ann", story_id, "{}", now, now + number) for to in get_args(To)]
        assert testapp.services.repositories.commit(*map(deliveries.record, both))
    testapp.clock.advance(60)
    assert [testapp.sweep(), testapp.sweep(), testapp.sweep()] == [25, 5, 0]
    assert Counter(one.url for one in testapp.receivers.told) == {OPERATOR: 15, OWN: 15}
    # The one that has waited longest comes first.
    assert [one.event_id for one in testapp.receivers.of(OWN)] == [f"evt_{number}" for number in range(15)]


# Messages that come twice, late, or to the wrong place.


def test_a_message_that_comes_twice_or_late_tells_nothing_again() -> None:
    testapp = Hooked(notifying(plain(), operator=False))
    testapp.receivers.answers = [WebhookResponse(status=500)]
    testapp.tell()
    told = len(testapp.receivers.told)
    message = StepMessage(f"{testapp.receivers.told[0].event_id}:story", "any", "ann", DELIVER, 0)
    for _ in range(2):
        testapp.queues.send(AUTHORING, message)
    testapp.run()
    assert len(testapp.receivers.told) == told


def test_a_delivery_among_the_dead_letters_is_left_to_the_sweeper() -> None:
    testapp = Hooked()
    body = msgspec.json.encode(StepMessage("evt_1:story", "any", "ann", DELIVER, 0)).decode()
    testapp.services.worker.fail_dead_letter(body)


# Budgets.


def spending(month: float | None = None, day: float | None = None, **who: bool) -> StoryConfig:
    return msgspec.structs.replace(notifying(plain(), **who), budgets=Budgets(month, None, day))


def spent(testapp: TestApp) -> float:
    return float(testapp.request("GET", "/budget").json_body["spent_usd"])


def nine_chapters(config: StoryConfig) -> float:
    """Make a story with budgets that are far from spent; return a limit that one more chapter nearly reaches."""
    testapp = Hooked(config)
    testapp.tell(num_chapters=9)
    assert types(testapp.receivers.told) == ["task.ended"] * 2
    return spent(testapp) * 10 / 9 / 0.82


def test_a_month_that_is_nearly_spent_is_told_once_to_owner_and_operator() -> None:
    limit = nine_chapters(spending(month=5.0))
    testapp = Hooked(spending(month=limit), ids=CountedIds(1000))
    testapp.tell()
    [own], [operator] = (
        [one for one in testapp.receivers.of(url) if one.type == "budget.80"] for url in (OWN, OPERATOR)
    )
    assert own.event_id == operator.event_id
    assert own.data["scope"] == "user_month"
    assert own.data["period"] == "2026-11"
    assert own.data["spent_usd"] == spent(testapp)
    assert own.data["spent_usd"] / own.data["limit_usd"] >= 0.8
    assert testapp.request("POST", f"/stories/{own.data['story_id']}/generate", {}).status_code == 202
    testapp.run()
    assert Counter(types(testapp.receivers.told))["task.ended"] == 4
    assert Counter(types(testapp.receivers.told))["budget.80"] == 2


def test_a_day_that_is_nearly_spent_is_the_operators_business_alone() -> None:
    limit = nine_chapters(spending(day=5.0))
    testapp = Hooked(spending(day=limit), ids=CountedIds(1000))
    testapp.tell()
    assert Counter((one.url, one.type) for one in testapp.receivers.told) == {
        (OPERATOR, "task.ended"): 1,
        (OWN, "task.ended"): 1,
        (OPERATOR, "budget.80"): 1,
    }
    [told] = [one for one in testapp.receivers.told if one.type == "budget.80"]
    assert (told.data["scope"], told.data["period"]) == ("stage_day", "2026-11-23")


# All of it, over TLS.


def test_a_story_is_told_of_over_tls_and_after_a_failure() -> None:
    with receiver("ann.example") as server:
        server.answers = [status(503)]
        testapp = Hooked(notifying(plain(), operator=False), clock=ManualClock(time.time()), webhooks=server.client())
        story_id = testapp.create(num_chapters=1)
        secret = testapp.register(story_id).json_body["secret"]
        testapp.generate(story_id, audio=False)
        testapp.run()
        first, second = server.received
    assert first.target == second.target == "/hooks?token=of-ann"
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]  # signed at its own time
    assert Verifier(secret).verify(second.body, second.headers)["data"]["story_id"] == story_id
