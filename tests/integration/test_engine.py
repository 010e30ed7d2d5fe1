"""The engine, on moto: failures, time, cancel, retry, duplicates, dead letters, silence. Nothing is bought twice."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from random import Random
from typing import Any

import pytest

from bench.author import FillingAuthor
from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.domain.budgets import Account
from chalicelib.domain.script import without_tags
from chalicelib.domain.steps import parse_plan
from chalicelib.domain.usage import Purchase
from chalicelib.errors import ContentRefused, CutOff, ProviderFault, Redeliver, StoreUnavailable, Unusable
from chalicelib.pipeline.ports import Write
from chalicelib.providers.author import OpenAIAuthor
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.providers.speech_answers import ensure_audio
from chalicelib.store.lease_tables import LineClaimItem
from chalicelib.store.objects import line_key, set_aside_key
from chalicelib.store.tables import ChapterItem, StoryItem, UsageItem
from chalicelib.story.config import load_config
from chalicelib.story.ports import Completion, CompletionRequest
from local.http_messages import HttpResponse as HttpAnswer
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.standin.server import InjectedFaults
from tests.support.clock import ManualClock
from tests.support.providers import Fails, MemoryAuthor, MemoryNarrator
from tests.support.records import all_records, store_record
from tests.support.stories import draft, store_task
from tests.support.testapp import TestApp


def fails_on(numbers: Iterable[int], error: BaseException) -> Fails:
    """Fail the calls with these numbers, counted from 1."""
    wanted, calls = set(numbers), iter(range(1, 100_000))
    return lambda _what: error if next(calls) in wanted else None


def busy(provider: str = "OpenAI", *, retry_after_s: float = 0.0) -> ProviderFault:
    assert provider in {"OpenAI", "ElevenLabs"}
    return ProviderFault(provider, "status", status=503, retry_after_s=retry_after_s)  # type: ignore[arg-type]


def test_a_transient_failure_waits_and_goes_on(testapp: TestApp) -> None:
    testapp.author.fails = fails_on([2, 3], busy())  # the call, and the one made again at once
    task_id = testapp.generate(testapp.create())
    started = testapp.clock()
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert testapp.clock() - started >= testapp.timing.retry_delays_s[0]
    assert set(testapp.author.bought.values()) == set(testapp.narrator.bought.values()) == {1}


def test_retry_after_is_honoured(testapp: TestApp) -> None:
    testapp.author.fails = fails_on([1], busy(retry_after_s=400))
    task_id = testapp.generate(testapp.create())
    testapp.deliver(testapp.queues.receive() or pytest.fail("no message"))
    assert (testapp.queues.next_at() or 0) - testapp.clock() == pytest.approx(400, abs=1)
    assert "400 s" in testapp.task(task_id)["message"]


def test_a_provider_that_stays_away_fails_the_task_after_two_retries(testapp: TestApp) -> None:
    testapp.narrator.fails = lambda _text: busy("ElevenLabs")
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "provider_unavailable")
    assert "ElevenLabs" in task["error"]
    chapter = testapp.request("GET", f"/stories/{story_id}").json_body["chapters"][0]
    assert (chapter["status"], chapter["error"]) == ("failed", task["error"])


def test_retry_buys_only_what_is_missing(testapp: TestApp) -> None:
    calls = iter(range(1, 1000))
    testapp.narrator.fails = lambda _text: busy("ElevenLabs") if next(calls) >= 4 else None
    story_id = testapp.create(num_chapters=2)
    task_id = testapp.generate(story_id)
    testapp.run()
    failed = testapp.task(task_id)
    assert failed["status"] == "failed"
    testapp.narrator.fails = lambda _text: None
    retried = testapp.request("POST", f"/tasks/{task_id}/retry")
    assert (retried.status_code, retried.json_body["status"], retried.json_body["error"]) == (202, "queued", None)
    assert retried.json_body["progress"] >= failed["progress"]
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert testapp.request("GET", f"/stories/{story_id}").json_body["status"] == "completed"
    assert set(testapp.author.bought.values()) == set(testapp.narrator.bought.values()) == {1}
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 409


@pytest.mark.parametrize(
    ("provider", "status", "code", "expected"),
    [
        ("OpenAI", 401, "invalid_api_key", "invalid_credentials"),
        ("OpenAI", 429, "insufficient_quota", "quota_exceeded"),
        ("OpenAI", 404, "model_not_found", "provider_rejected"),
        ("ElevenLabs", 401, "quota_exceeded", "quota_exceeded"),
        ("ElevenLabs", 402, "insufficient_credits", "quota_exceeded"),
        ("ElevenLabs", 401, "invalid_api_key", "invalid_credentials"),
        ("ElevenLabs", 404, "voice_not_found", "provider_rejected"),
    ],
)
def test_a_permanent_failure_ends_the_task_at_once(
    testapp: TestApp, provider: str, status: int, code: str, expected: str
) -> None:
    error = ProviderFault(provider, "status", status=status, code=code)  # type: ignore[arg-type]
    who: MemoryAuthor | MemoryNarrator = testapp.author if provider == "OpenAI" else testapp.narrator
    calls: list[str] = []

    def fail(what: str) -> BaseException:
        calls.append(what)
        return error

    who.fails = fail
    task_id = testapp.generate(testapp.create(num_chapters=1))
    started = testapp.clock()
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", expected)
    assert len(calls) == 1
    assert testapp.clock() - started < testapp.timing.retry_delays_s[0]


class Scripted(MemoryAuthor):
    """An author whose first answers are given."""

    script: list[Completion]

    def ask(self, request: CompletionRequest) -> Completion:
        if self.script:
            self.bought["scripted"] += 1
            return self.script.pop(0)
        return super().ask(request)


@pytest.mark.parametrize(
    ("answers", "status", "code", "paid"),
    [
        ([Completion("", 10, 0, 5, ContentRefused())], "failed", "content_refused", 1),
        ([Completion("{", 10, 0, 5, CutOff("no"))], "failed", "invalid_output", 1),
        ([Completion("{", 10, 0, 5)] * 2, "failed", "invalid_output", 2),
        ([Completion("", 10, 0, 5, Unusable("empty"))] * 2, "failed", "invalid_output", 2),
        ([Completion('{"title": 1}', 10, 0, 5)], "completed", None, 1),
    ],
)
def test_unusable_replies_get_one_repair_and_refusals_none(
    testapp: TestApp, answers: list[Completion], status: str, code: str | None, paid: int
) -> None:
    author = Scripted(testapp.clock)
    author.script = list(answers)
    testapp = TestApp(clock=testapp.clock, author=author)
    task_id = testapp.generate(testapp.create(num_chapters=1), audio=False)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == (status, code)
    assert author.bought["scripted"] == paid
    calls = testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == sum(author.bought.values())


class Deaf(MemoryNarrator):
    """A narrator that answers with `reply`, the first so many times that it is asked for a line."""

    def __init__(self, clock: ManualClock, reply: bytes, times: int, characters: int = 9) -> None:
        super().__init__(clock)
        self._reply = reply
        self._times = times
        self._characters = characters

    def speak(self, request: SpeechRequest) -> SpeechResult:
        result = super().speak(request)
        deaf = self.bought[without_tags(request.text), request.voice_id] <= self._times
        if not deaf:
            return result
        # As the adapters do: what is no sound never comes out of one.
        ensure_audio("ElevenLabs", self._reply, request.line, billed=self._characters > 0)
        return SpeechResult(self._reply, self._characters)


PAGE, NO_SOUND = b"<html>busy</html>", b"\xff\xfb" + b"x" * 500


def test_sound_that_cannot_be_decoded_is_bought_once_more_and_then_ends_the_task(testapp: TestApp) -> None:
    testapp = TestApp(clock=testapp.clock, narrator=Deaf(testapp.clock, NO_SOUND, 99))
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert set(testapp.narrator.bought.values()) == {2}
    assert not list(testapp.services.objects.keys(f"stories/{story_id}/chapters/"))


def test_sound_that_cannot_be_decoded_once_does_no_harm(testapp: TestApp) -> None:
    # So many lines that none is taken for too short: this narrator speaks each in a second.
    author = MemoryAuthor(testapp.clock, lines=12)
    testapp = TestApp(clock=testapp.clock, author=author, narrator=Deaf(testapp.clock, NO_SOUND, 1))
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert testapp.request("GET", f"/stories/{story_id}").json_body["chapters"][0]["notices"] == []


@pytest.mark.parametrize(("times", "status", "code"), [(1, "completed", None), (99, "failed", "provider_unavailable")])
def test_a_page_in_place_of_sound_passes_like_any_busy_answer(
    testapp: TestApp, times: int, status: str, code: str | None
) -> None:
    testapp = TestApp(clock=testapp.clock, narrator=Deaf(testapp.clock, PAGE, times, characters=0))
    task_id = testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == (status, code)
    lines = 4 if status == "completed" else 0
    assert sum(1 for record in all_records() if record.kind == "line") == lines  # a reply that says it cost nothing


def test_too_many_at_once_makes_do_with_fewer(memory_aws: None) -> None:
    from chalicelib.story.config import load_config  # noqa: PLC0415

    testapp = TestApp(config=load_config())
    error = ProviderFault("ElevenLabs", "status", status=429, code="too_many_concurrent_requests")
    testapp.narrator.fails = fails_on([2, 5], error)
    assert_made_without_a_delay(testapp)


def assert_made_without_a_delay(testapp: TestApp) -> None:
    """Make a chapter: no step has to come back later, and no line is bought twice."""
    task_id = testapp.generate(testapp.create(num_chapters=1))
    started = testapp.clock()
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert testapp.clock() - started < testapp.timing.retry_delays_s[0]
    assert set(testapp.narrator.bought.values()) == {1}


def test_too_many_at_once_is_tried_again_where_one_line_is_all_there_is(testapp: TestApp) -> None:
    testapp.narrator.fails = fails_on(
        [2, 4], ProviderFault("ElevenLabs", "status", status=429, code="too_many_concurrent_requests")
    )
    assert_made_without_a_delay(testapp)


def test_a_long_chapter_is_handed_over_before_time_runs_out(testapp: TestApp) -> None:
    testapp = TestApp(
        clock=testapp.clock,
        author=MemoryAuthor(testapp.clock, lines=30),
        narrator=MemoryNarrator(testapp.clock, seconds=20),
    )
    task_id = testapp.generate(testapp.create(num_chapters=1))
    deliveries = testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert deliveries > 5
    assert set(testapp.narrator.bought.values()) == {1}


def test_cancel_stops_at_the_next_paid_call_and_retry_finishes(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    result = 0

    def cancel_in_the_middle(_text: str) -> BaseException | None:
        nonlocal result
        result += 1
        if result == 2:
            assert testapp.request("POST", f"/tasks/{task_id}/cancel").status_code == 202
        return None

    testapp.narrator.fails = cancel_in_the_middle
    testapp.run()
    assert result == 2
    assert testapp.task(task_id)["status"] == "cancelled"
    assert testapp.request("GET", f"/stories/{story_id}").json_body["status"] == "cancelled"
    assert testapp.request("POST", f"/tasks/{task_id}/cancel").status_code == 409
    testapp.request("POST", f"/tasks/{task_id}/retry")
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert set(testapp.narrator.bought.values()) == {1}


@pytest.mark.parametrize("seed", range(4))
def test_messages_in_any_order_and_twice_buy_nothing_twice(testapp: TestApp, seed: int) -> None:
    random = Random(seed)
    task_id = testapp.generate(testapp.create())
    progress = [0]
    for _ in range(3000):
        message = testapp.queues.receive(random)
        if message is None:
            if (at := testapp.queues.next_at()) is None:
                break
            testapp.clock.now = max(testapp.clock.now, at)
            continue
        body = message.body
        testapp.deliver(message)
        message.body = body
        testapp.deliver(message)  # the same message again
        progress.append(testapp.task(task_id)["progress"])
    assert testapp.task(task_id)["status"] == "completed"
    assert progress == sorted(progress)
    assert set(testapp.author.bought.values()) == set(testapp.narrator.bought.values()) == {1}


def test_a_bug_ends_in_the_dead_letters_and_the_task_as_internal(testapp: TestApp) -> None:
    testapp.author.fails = lambda _what: ZeroDivisionError("secret text")
    task_id = testapp.generate(testapp.create())
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "internal")
    assert "secret" not in str(task)


def test_a_lost_message_is_found_by_the_sweeper(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create())
    testapp.queues.messages.clear()
    assert testapp.services.sweeper.sweep() == 0
    testapp.clock.advance(testapp.timing.silence_s + 1)
    assert testapp.services.sweeper.sweep() == 1
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"


def test_a_task_that_stays_silent_is_failed(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create())
    for _ in range(testapp.timing.sweeps + 1):
        testapp.queues.messages.clear()
        testapp.clock.advance(testapp.timing.silence_s + 1)
        testapp.services.sweeper.sweep()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "internal")


def test_waiting_in_a_long_queue_is_no_silence(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create())
    for _ in range(10):
        testapp.clock.advance(testapp.timing.silence_s + 1)
        testapp.services.sweeper.sweep()
    assert testapp.task(task_id)["status"] == "queued"
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert set(testapp.author.bought.values()) == {1}


def test_stale_messages_do_nothing(testapp: TestApp) -> None:
    story_id = testapp.create()
    task_id = testapp.generate(story_id)
    first = testapp.queues.receive() or pytest.fail("no message")
    testapp.request("POST", f"/tasks/{task_id}/cancel")
    testapp.deliver(first)
    testapp.request("POST", f"/tasks/{task_id}/retry")
    testapp.deliver(first)
    assert not testapp.author.bought
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    testapp.request("DELETE", f"/stories/{story_id}")
    before = testapp.author.bought.copy()
    testapp.deliver(first)
    testapp.services.worker.fail_dead_letter(first.body)
    assert testapp.author.bought == before
    with pytest.raises(Redeliver):
        testapp.services.worker.fail_dead_letter("no message of ours")


def test_delete_while_it_runs_stops_the_work_and_leaves_nothing(testapp: TestApp) -> None:
    story_id = testapp.create()
    testapp.generate(story_id)
    result = 0

    def delete_in_the_middle(_text: str) -> BaseException | None:
        nonlocal result
        result += 1
        if result == 3:
            assert testapp.request("DELETE", f"/stories/{story_id}").status_code == 204
        return None

    testapp.narrator.fails = delete_in_the_middle
    testapp.run()
    assert result == 3
    assert not list(testapp.services.objects.keys(f"stories/{story_id}/"))
    assert testapp.request("GET", f"/stories/{story_id}").status_code == 404


def test_a_line_whose_storing_fails_is_on_the_bill(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 is away beyond its tries, once: the line was paid for, and is bought again, since nobody has it."""
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    put, away = testapp.services.objects.put, iter([True])

    def put_or_not(key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        if next(away, False):
            raise StoreUnavailable("EndpointConnectionError")
        put(key, data, metadata)

    monkeypatch.setattr(testapp.services.objects, "put", put_or_not)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    calls = testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    assert max(testapp.narrator.bought.values()) == 2


@pytest.mark.parametrize("provider", ["author", "narrator"])
def test_a_call_that_timed_out_is_on_the_bill_as_uncertain(testapp: TestApp, provider: str) -> None:
    name: Any = {"author": "OpenAI", "narrator": "ElevenLabs"}[provider]
    getattr(testapp, provider).fails = fails_on([1], ProviderFault(name, "timeout"))
    testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    uncertain = [record for record in UsageItem.query("ann") if record.uncertain]
    assert len(uncertain) == 1
    assert float(uncertain[0].cost_usd) > 0
    sold = sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    total = testapp.request("GET", "/usage?month=2026-11").json_body["total"]
    assert (total["calls"], total["uncertain_calls"]) == (sold + 1, 1)


def test_a_line_whose_lost_reply_cannot_be_recorded_at_once_is_given_back_and_on_the_bill(
    testapp: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, refusals = testapp.services.usage.record, iter([True])

    def record_or_not(account: Account, record_id: str, purchase: Purchase) -> Write:
        if purchase.uncertain and next(refusals, False):
            raise StoreUnavailable("PutError")
        return record(account, record_id, purchase)

    monkeypatch.setattr(testapp.services.usage, "record", record_or_not)
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    testapp.narrator.fails = fails_on([1], ProviderFault("ElevenLabs", "timeout"))
    testapp.run()
    claimed = list(LineClaimItem.query(story_id, LineClaimItem.name.startswith("line#")))
    assert len(claimed) == sum(testapp.narrator.bought.values())
    [uncertain] = [record for record in UsageItem.query("ann") if record.uncertain]
    assert uncertain.characters > 0


def hang_up_once(calls: list[int]) -> Callable[..., HttpAnswer | None]:
    """Lose the first reply, after the call was sold."""

    def lost(number: int, _body: object) -> HttpAnswer | None:
        calls.append(number)
        if number == 1:
            raise ConnectionAbortedError
        return None

    return lost


def test_replies_lost_on_the_wire_are_on_the_bill_through_the_real_sdks(testapp: TestApp) -> None:
    asked: list[int] = []
    result: list[int] = []
    with (
        FillingAuthor(faults=InjectedFaults(after_billing=hang_up_once(asked))) as openai,
        NarratorServer(speech=Hum(), faults=InjectedFaults(after_billing=hang_up_once(result))) as elevenlabs,
        closing(OpenAIAuthor(lambda: "sk-test", openai.base_url, 20)) as author,
        closing(ElevenLabsNarrator(lambda: "xi-test", elevenlabs.url, 20)) as narrator,
    ):
        testapp = TestApp(clock=testapp.clock, author=author, narrator=narrator)
        task_id = testapp.generate(testapp.create(num_chapters=1))
        testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert len(openai.ledger.calls) == len(asked)
    assert len(elevenlabs.ledger.calls) == len(result)
    lines = [record for record in UsageItem.query("ann") if record.kind == "line"]
    questions = [record for record in UsageItem.query("ann") if record.kind != "line"]
    assert [len(questions), len(lines)] == [len(asked), len(result)]
    (line,) = [record for record in lines if record.uncertain]
    assert line.characters == elevenlabs.ledger.calls[0]["characters"]
    (request,) = [record for record in questions if record.uncertain]
    sold = openai.ledger.calls[0]
    assert sold["input_tokens"] <= int(request.input_tokens) <= 4 * sold["input_tokens"]  # as it was reserved
    assert load_config().limits.max_completion_tokens >= int(request.output_tokens) >= sold["output_tokens"]
    assert float(request.cost_usd) > 0


def test_a_call_that_never_reached_the_provider_is_not_on_the_bill(testapp: TestApp) -> None:
    testapp.author.fails = fails_on([1], ProviderFault("OpenAI", "connection", sent=False))
    testapp.narrator.fails = fails_on([1], ProviderFault("ElevenLabs", "connection", sent=False))
    testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    sold = sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    total = testapp.request("GET", "/usage?month=2026-11").json_body["total"]
    assert (total["calls"], total["uncertain_calls"]) == (sold, 0)


def test_silence_vouches_for_nobody(testapp: TestApp) -> None:
    usage = testapp.services.usage
    store_record(testapp, Purchase("line", "m", 0.1, characters=9, uncertain=True))
    assert not usage.has_sold("ann", "ElevenLabs", 300)
    store_record(testapp, Purchase("line", "m", 0.1, characters=9))
    assert usage.has_sold("ann", "ElevenLabs", 300)


def test_a_purge_is_for_the_owner_of_a_deleted_story_alone(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    testapp.run()
    flow, kept = testapp.services.flow, list(testapp.services.objects.keys(f"stories/{story_id}/"))
    for user in ("bob", "nobody", "ann"):  # not theirs, and not deleted
        flow.purge(user, story_id)
    assert list(testapp.services.objects.keys(f"stories/{story_id}/")) == kept
    assert testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]
    assert testapp.request("DELETE", f"/stories/{story_id}").status_code == 204
    mark = StoryItem.get("ann", story_id)
    assert mark.deleted
    assert not any([mark.prompt, mark.title, mark.outline])
    testapp.services.objects.put(kept[0], b"late", {})  # a worker that was in a paid call
    (task_id,) = mark.task_ids
    store_task(
        testapp.services.tasks.new(task_id, draft(story_id=story_id), "story", parse_plan("o"))
    )  # as after a crash between the mark and this
    flow.purge("bob", story_id)
    assert list(testapp.services.objects.keys(f"stories/{story_id}/")) == [kept[0]]
    testapp.run()
    assert list(testapp.services.objects.keys(f"stories/{story_id}/")) == []
    assert list(StoryItem.query("ann")) == []
    assert testapp.services.tasks.get(task_id) is None


def test_a_chapter_that_cannot_be_mastered_is_refused_before_anything_is_bought(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    lines = [{"line_id": f"{n:03d}", "speaker": "Ada", "text": "word " * 20} for n in range(600)]
    refused = testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines})
    assert refused.status_code == 400
    assert refused.json_body["Message"].startswith("lines: A chapter may take 40 minutes to speak")
    # One that a version before this one took.
    script = json.dumps({"lines": [{**line, "scene_break": False} for line in lines]})
    ChapterItem(story_id, 1).update([ChapterItem.script.set(script), ChapterItem.enhanced.remove()])
    estimate = testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": True})
    assert estimate.status_code == 400
    assert "Chapter 1 is too long" in estimate.json_body["Message"]
    task_id = testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "Shorten it" in task["error"]
    assert not testapp.narrator.bought


def test_a_chapter_that_comes_out_twice_too_long_ends_with_the_limit(testapp: TestApp) -> None:
    """Asked twice, and nothing is narrated; the sentence is not the one for replies that cannot be read."""
    author = MemoryAuthor(testapp.clock, lines=3500)
    testapp = TestApp(clock=testapp.clock, author=author)
    task_id = testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "longer chapter than can be narrated" in task["error"]
    assert "40 minutes" in task["error"]
    assert author.bought["chapter1"] == 2
    assert not testapp.narrator.bought


class Terse(MemoryAuthor):
    """An author whose chapters from the second on have three short lines, whatever is ordered."""

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(name, data)
        if name == "chapter" and (data["chapter"]["number"] > 1 or "earlier_lines" in data):
            reply["lines"] = [{**line, "text": "It rains."} for line in reply["lines"][:3]]
        return reply


def test_a_chapter_of_three_short_lines_is_asked_for_twice_and_never_narrated(testapp: TestApp) -> None:
    author = Terse(testapp.clock)
    testapp = TestApp(clock=testapp.clock, author=author)
    story_id = testapp.create(num_chapters=2)
    task_id = testapp.generate(story_id)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "It wrote 6 words; about 260 were ordered." in task["error"]
    assert (author.bought["chapter1"], author.bought["chapter2"]) == (1, 2)
    assert not any("It rains." in text for text, _voice in testapp.narrator.bought)


def test_a_rewrite_that_was_not_ordered_leaves_the_chapter_as_it_was(testapp: TestApp) -> None:
    author = Terse(testapp.clock)
    testapp = TestApp(clock=testapp.clock, author=author)
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    before = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]
    rewrite = testapp.request("POST", f"/stories/{story_id}/chapters/1/rewrite", {})
    testapp.run()
    task = testapp.task(rewrite.json_body["task_id"])
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "about 260 were ordered" in task["error"]
    assert author.bought["chapter1"] == 3
    assert testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"] == before
    # A remark wins over the length: the author is asked once whether so short a chapter is meant.
    rewrite = testapp.request("POST", f"/stories/{story_id}/chapters/1/rewrite", {"remark": "In three lines"})
    testapp.run()
    assert testapp.task(rewrite.json_body["task_id"])["status"] == "completed"
    assert author.bought["chapter1"] == 5


def test_a_line_that_is_no_sound_is_set_aside_not_deleted(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    key = line_key(story_id, "0" * 40)
    testapp.services.objects.put(key, b"ID3 but nothing else", {})
    testapp.services.objects.move(key, set_aside_key(story_id, "0" * 40, "now"))
    testapp.services.objects.move(key, "nowhere")  # once more: nothing is there
    assert testapp.services.objects.get(key) is None
    aside = testapp.services.objects.get(set_aside_key(story_id, "0" * 40, "now"))
    assert aside is not None
    assert aside.data == b"ID3 but nothing else"
