"""The engine, on moto: failures, time, cancel, retry, duplicates, dead letters, silence. Nothing is bought twice."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from random import Random
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import PutError

from chalicelib.errors import Broken, CutOff, ProviderFault, Refused, Unusable
from chalicelib.providers.author import Answer, OpenAIAuthor, Question
from chalicelib.providers.narrator import ElevenLabsNarrator, Spoken, Utterance
from chalicelib.store.objects import line_key, set_aside_key
from chalicelib.store.tables import ChapterItem, LeaseItem, StoryItem, UsageItem
from chalicelib.store.usage import Purchase
from chalicelib.story.config import load_config
from local.author import AuthorServer
from local.http_messages import Answer as HttpAnswer
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.house import House
from tests.support.providers import Fails, MemoryAuthor, MemoryNarrator


def fails_on(numbers: Iterable[int], error: BaseException) -> Fails:
    """Fail the calls with these numbers, counted from 1."""
    wanted, calls = set(numbers), iter(range(1, 100_000))
    return lambda _what: error if next(calls) in wanted else None


def busy(provider: str = "OpenAI", *, retry_after_s: float = 0.0) -> ProviderFault:
    assert provider in {"OpenAI", "ElevenLabs"}
    return ProviderFault(provider, "status", status=503, retry_after_s=retry_after_s)  # type: ignore[arg-type]


def test_a_transient_failure_waits_and_goes_on(house: House) -> None:
    house.author.fails = fails_on([2, 3], busy())  # the call, and the one made again at once
    task_id = house.generate(house.create())
    started = house.clock()
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert house.clock() - started >= house.timing.retry_delays_s[0]
    assert set(house.author.bought.values()) == set(house.narrator.bought.values()) == {1}


def test_retry_after_is_honoured(house: House) -> None:
    house.author.fails = fails_on([1], busy(retry_after_s=400))
    task_id = house.generate(house.create())
    house.deliver(house.queues.receive() or pytest.fail("no message"))
    assert (house.queues.next_at() or 0) - house.clock() == pytest.approx(400, abs=1)
    assert "400 s" in house.task(task_id)["message"]


def test_a_provider_that_stays_away_fails_the_task_after_two_retries(house: House) -> None:
    house.narrator.fails = lambda _text: busy("ElevenLabs")
    story_id = house.create(num_chapters=1)
    task_id = house.generate(story_id)
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "provider_unavailable")
    assert "ElevenLabs" in task["error"]
    chapter = house.request("GET", f"/stories/{story_id}").json_body["chapters"][0]
    assert (chapter["status"], chapter["error"]) == ("failed", task["error"])


def test_retry_buys_only_what_is_missing(house: House) -> None:
    calls = iter(range(1, 1000))
    house.narrator.fails = lambda _text: busy("ElevenLabs") if next(calls) >= 4 else None
    story_id = house.create(num_chapters=2)
    task_id = house.generate(story_id)
    house.run()
    failed = house.task(task_id)
    assert failed["status"] == "failed"
    house.narrator.fails = lambda _text: None
    retried = house.request("POST", f"/tasks/{task_id}/retry")
    assert (retried.status_code, retried.json_body["status"], retried.json_body["error"]) == (202, "queued", None)
    assert retried.json_body["progress"] >= failed["progress"]
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert house.request("GET", f"/stories/{story_id}").json_body["status"] == "completed"
    assert set(house.author.bought.values()) == set(house.narrator.bought.values()) == {1}
    assert house.request("POST", f"/tasks/{task_id}/retry").status_code == 409


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
    house: House, provider: str, status: int, code: str, expected: str
) -> None:
    error = ProviderFault(provider, "status", status=status, code=code)  # type: ignore[arg-type]
    who: MemoryAuthor | MemoryNarrator = house.author if provider == "OpenAI" else house.narrator
    calls: list[str] = []

    def fail(what: str) -> BaseException:
        calls.append(what)
        return error

    who.fails = fail
    task_id = house.generate(house.create(num_chapters=1))
    started = house.clock()
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", expected)
    assert len(calls) == 1
    assert house.clock() - started < house.timing.retry_delays_s[0]


class Scripted(MemoryAuthor):
    """An author whose first answers are given."""

    script: list[Answer]

    def ask(self, question: Question) -> Answer:
        if self.script:
            self.bought["scripted"] += 1
            return self.script.pop(0)
        return super().ask(question)


@pytest.mark.parametrize(
    ("answers", "status", "code", "paid"),
    [
        ([Answer("", 10, 0, 5, Refused("no"))], "failed", "content_refused", 1),
        ([Answer("{", 10, 0, 5, CutOff("no"))], "failed", "invalid_output", 1),
        ([Answer("{", 10, 0, 5)] * 2, "failed", "invalid_output", 2),
        ([Answer("", 10, 0, 5, Unusable("empty"))] * 2, "failed", "invalid_output", 2),
        ([Answer('{"title": 1}', 10, 0, 5)], "completed", None, 1),
    ],
)
def test_unusable_replies_get_one_repair_and_refusals_none(
    house: House, answers: list[Answer], status: str, code: str | None, paid: int
) -> None:
    author = Scripted(house.clock)
    author.script = list(answers)
    house = House(clock=house.clock, author=author)
    task_id = house.generate(house.create(num_chapters=1), audio=False)
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == (status, code)
    assert author.bought["scripted"] == paid
    calls = house.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == sum(author.bought.values())


class Deaf(MemoryNarrator):
    """A narrator that answers with something else than sound."""

    def speak(self, utterance: Utterance) -> Spoken:
        return Spoken(b"<html>busy</html>" if "line 0" in utterance.text else b"\xff\xfb" + b"x" * 500, 9)


def test_audio_that_is_no_audio_ends_the_task(house: House) -> None:
    house = House(clock=house.clock, narrator=Deaf(house.clock))
    story_id = house.create(num_chapters=1)
    task_id = house.generate(story_id)
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert not list(house.services.objects.keys(f"stories/{story_id}/"))


def test_too_many_at_once_makes_do_with_fewer(memory_aws: None) -> None:
    from chalicelib.story.config import load_config  # noqa: PLC0415

    house = House(config=load_config())
    error = ProviderFault("ElevenLabs", "status", status=429, code="too_many_concurrent_requests")
    house.narrator.fails = fails_on([2, 5], error)
    task_id = house.generate(house.create(num_chapters=1))
    started = house.clock()
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert house.clock() - started < house.timing.retry_delays_s[0]
    assert set(house.narrator.bought.values()) == {1}


def test_a_long_chapter_is_handed_over_before_time_runs_out(house: House) -> None:
    house = House(
        clock=house.clock, author=MemoryAuthor(house.clock, lines=30), narrator=MemoryNarrator(house.clock, seconds=20)
    )
    task_id = house.generate(house.create(num_chapters=1))
    deliveries = house.run()
    assert house.task(task_id)["status"] == "completed"
    assert deliveries > 5
    assert set(house.narrator.bought.values()) == {1}


def test_cancel_stops_at_the_next_paid_call_and_retry_finishes(house: House) -> None:
    story_id = house.create(num_chapters=1)
    task_id = house.generate(story_id)
    spoken = 0

    def cancel_in_the_middle(_text: str) -> BaseException | None:
        nonlocal spoken
        spoken += 1
        if spoken == 2:
            assert house.request("POST", f"/tasks/{task_id}/cancel").status_code == 202
        return None

    house.narrator.fails = cancel_in_the_middle
    house.run()
    assert spoken == 2
    assert house.task(task_id)["status"] == "cancelled"
    assert house.request("GET", f"/stories/{story_id}").json_body["status"] == "cancelled"
    assert house.request("POST", f"/tasks/{task_id}/cancel").status_code == 409
    house.request("POST", f"/tasks/{task_id}/retry")
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert set(house.narrator.bought.values()) == {1}


@pytest.mark.parametrize("seed", range(4))
def test_messages_in_any_order_and_twice_buy_nothing_twice(house: House, seed: int) -> None:
    random = Random(seed)
    task_id = house.generate(house.create())
    progress = [0]
    for _ in range(3000):
        message = house.queues.receive(random)
        if message is None:
            if (at := house.queues.next_at()) is None:
                break
            house.clock.now = max(house.clock.now, at)
            continue
        body = message.body
        house.deliver(message)
        message.body = body
        house.deliver(message)  # the same message again
        progress.append(house.task(task_id)["progress"])
    assert house.task(task_id)["status"] == "completed"
    assert progress == sorted(progress)
    assert set(house.author.bought.values()) == set(house.narrator.bought.values()) == {1}


def test_a_bug_ends_in_the_dead_letters_and_the_task_as_internal(house: House) -> None:
    house.author.fails = lambda _what: ZeroDivisionError("secret text")
    task_id = house.generate(house.create())
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "internal")
    assert "secret" not in str(task)


def test_a_lost_message_is_found_by_the_sweeper(house: House) -> None:
    task_id = house.generate(house.create())
    house.queues.messages.clear()
    assert house.services.sweeper.sweep() == 0
    house.clock.advance(house.timing.silence_s + 1)
    assert house.services.sweeper.sweep() == 1
    house.run()
    assert house.task(task_id)["status"] == "completed"


def test_a_task_that_stays_silent_is_failed(house: House) -> None:
    task_id = house.generate(house.create())
    for _ in range(house.timing.sweeps + 1):
        house.queues.messages.clear()
        house.clock.advance(house.timing.silence_s + 1)
        house.services.sweeper.sweep()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "internal")


def test_waiting_in_a_long_queue_is_no_silence(house: House) -> None:
    task_id = house.generate(house.create())
    for _ in range(10):
        house.clock.advance(house.timing.silence_s + 1)
        house.services.sweeper.sweep()
    assert house.task(task_id)["status"] == "queued"
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert set(house.author.bought.values()) == {1}


def test_stale_messages_do_nothing(house: House) -> None:
    story_id = house.create()
    task_id = house.generate(story_id)
    first = house.queues.receive() or pytest.fail("no message")
    house.request("POST", f"/tasks/{task_id}/cancel")
    house.deliver(first)
    house.request("POST", f"/tasks/{task_id}/retry")
    house.deliver(first)
    assert not house.author.bought
    house.run()
    assert house.task(task_id)["status"] == "completed"
    house.request("DELETE", f"/stories/{story_id}")
    before = house.author.bought.copy()
    house.deliver(first)
    house.services.worker.bury(first.body)
    assert house.author.bought == before
    with pytest.raises(Broken):
        house.services.worker.bury("no message of ours")


def test_delete_while_it_runs_stops_the_work_and_leaves_nothing(house: House) -> None:
    story_id = house.create()
    house.generate(story_id)
    spoken = 0

    def delete_in_the_middle(_text: str) -> BaseException | None:
        nonlocal spoken
        spoken += 1
        if spoken == 3:
            assert house.request("DELETE", f"/stories/{story_id}").status_code == 204
        return None

    house.narrator.fails = delete_in_the_middle
    house.run()
    assert spoken == 3
    assert not list(house.services.objects.keys(f"stories/{story_id}/"))
    assert house.request("GET", f"/stories/{story_id}").status_code == 404


def test_a_line_whose_storing_fails_is_on_the_bill(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 is away beyond its tries, once: the line was paid for, and is bought again, since nobody has it."""
    story_id = house.create(num_chapters=1)
    task_id = house.generate(story_id)
    put, away = house.services.objects.put, iter([True])

    def put_or_not(key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        if next(away, False):
            raise EndpointConnectionError(endpoint_url="s3")
        put(key, data, metadata)

    monkeypatch.setattr(house.services.objects, "put", put_or_not)
    house.run()
    assert house.task(task_id)["status"] == "completed"
    calls = house.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == sum(house.author.bought.values()) + sum(house.narrator.bought.values())
    assert max(house.narrator.bought.values()) == 2


@pytest.mark.parametrize("provider", ["author", "narrator"])
def test_a_call_that_timed_out_is_on_the_bill_as_uncertain(house: House, provider: str) -> None:
    name: Any = {"author": "OpenAI", "narrator": "ElevenLabs"}[provider]
    getattr(house, provider).fails = fails_on([1], ProviderFault(name, "timeout"))
    house.generate(house.create(num_chapters=1))
    house.run()
    uncertain = [record for record in UsageItem.query("ann") if record.uncertain]
    assert len(uncertain) == 1
    assert float(uncertain[0].cost_usd) > 0
    sold = sum(house.author.bought.values()) + sum(house.narrator.bought.values())
    total = house.request("GET", "/usage?month=2026-11").json_body["total"]
    assert (total["calls"], total["uncertain_calls"]) == (sold + 1, 1)


def test_a_line_whose_lost_reply_cannot_be_recorded_at_once_is_given_back_and_on_the_bill(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, refusals = UsageItem.save, iter([True])

    def save_or_not(record: UsageItem) -> object:
        if record.uncertain and next(refusals, False):
            raise PutError("the store is away")
        return save(record)

    monkeypatch.setattr(UsageItem, "save", save_or_not)
    story_id = house.create(num_chapters=1)
    house.generate(story_id)
    house.narrator.fails = fails_on([1], ProviderFault("ElevenLabs", "timeout"))
    while not house.narrator.bought:
        house.deliver(house.queues.receive() or pytest.fail("no message"))
    claimed = list(LeaseItem.query(story_id, LeaseItem.name.startswith("line#")))
    assert len(claimed) == sum(house.narrator.bought.values())
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


def test_replies_lost_on_the_wire_are_on_the_bill_through_the_real_sdks(house: House) -> None:
    asked: list[int] = []
    spoken: list[int] = []
    with (
        AuthorServer(late_fault=hang_up_once(asked)) as openai,
        NarratorServer(speech=Hum(), late_fault=hang_up_once(spoken)) as elevenlabs,
        closing(OpenAIAuthor(lambda: "sk-test", openai.base_url, 20)) as author,
        closing(ElevenLabsNarrator(lambda: "xi-test", elevenlabs.url, 20)) as narrator,
    ):
        house = House(clock=house.clock, author=author, narrator=narrator)
        task_id = house.generate(house.create(num_chapters=1))
        house.run()
    assert house.task(task_id)["status"] == "completed"
    assert len(openai.ledger.calls) == len(asked)
    assert len(elevenlabs.ledger.calls) == len(spoken)
    lines = [record for record in UsageItem.query("ann") if record.kind == "line"]
    questions = [record for record in UsageItem.query("ann") if record.kind != "line"]
    assert [len(questions), len(lines)] == [len(asked), len(spoken)]
    (line,) = [record for record in lines if record.uncertain]
    assert line.characters == elevenlabs.ledger.calls[0]["characters"]
    (question,) = [record for record in questions if record.uncertain]
    sold = openai.ledger.calls[0]
    assert sold["input_tokens"] <= int(question.input_tokens) <= 2 * sold["input_tokens"]
    assert int(question.output_tokens) == load_config().limits.max_completion_tokens >= sold["output_tokens"]
    assert float(question.cost_usd) > 0


def test_a_call_that_never_reached_the_provider_is_not_on_the_bill(house: House) -> None:
    house.author.fails = fails_on([1], ProviderFault("OpenAI", "connection", sent=False))
    house.narrator.fails = fails_on([1], ProviderFault("ElevenLabs", "connection", sent=False))
    house.generate(house.create(num_chapters=1))
    house.run()
    sold = sum(house.author.bought.values()) + sum(house.narrator.bought.values())
    total = house.request("GET", "/usage?month=2026-11").json_body["total"]
    assert (total["calls"], total["uncertain_calls"]) == (sold, 0)


def test_silence_vouches_for_nobody(house: House) -> None:
    usage = house.services.usage
    usage.record("ann", "s", Purchase("line", "m", 0.1, characters=9, uncertain=True)).save()
    assert not usage.answered("ann", "ElevenLabs", 300)
    usage.record("ann", "s", Purchase("line", "m", 0.1, characters=9)).save()
    assert usage.answered("ann", "ElevenLabs", 300)


def test_a_purge_is_for_the_owner_of_a_deleted_story_alone(house: House) -> None:
    story_id = house.create(num_chapters=1)
    house.generate(story_id)
    house.run()
    flow, kept = house.services.flow, list(house.services.objects.keys(f"stories/{story_id}/"))
    for user in ("bob", "nobody", "ann"):  # not theirs, and not deleted
        flow.purge(user, story_id)
    assert list(house.services.objects.keys(f"stories/{story_id}/")) == kept
    assert house.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]
    assert house.request("DELETE", f"/stories/{story_id}").status_code == 204
    mark = StoryItem.get("ann", story_id)
    assert mark.deleted
    assert not any([mark.prompt, mark.title, mark.outline])
    house.services.objects.put(kept[0], b"late", {})  # a worker that was in a paid call
    (task_id,) = mark.task_ids
    house.services.tasks.fresh(task_id, mark, "story", "o").save()  # as after a crash between the mark and this
    flow.purge("bob", story_id)
    assert list(house.services.objects.keys(f"stories/{story_id}/")) == [kept[0]]
    house.run()
    assert list(house.services.objects.keys(f"stories/{story_id}/")) == []
    assert list(StoryItem.query("ann")) == []
    assert house.services.tasks.get(task_id) is None


def test_a_chapter_that_cannot_be_mastered_is_refused_before_anything_is_bought(house: House) -> None:
    story_id = house.create(num_chapters=1)
    house.generate(story_id, audio=False)
    house.run()
    lines = [{"line_id": f"{n:03d}", "speaker": "Ada", "text": "word " * 20} for n in range(600)]
    refused = house.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines})
    assert refused.status_code == 400
    assert refused.json_body["Message"].startswith("lines: A chapter may take 40 minutes to speak")
    # One that a version before this one took.
    script = json.dumps({"lines": [{**line, "scene_break": False} for line in lines]})
    ChapterItem(story_id, 1).update([ChapterItem.script.set(script), ChapterItem.enhanced.remove()])
    estimate = house.request("POST", f"/stories/{story_id}/estimate", {"audio": True})
    assert estimate.status_code == 400
    assert "Chapter 1 is too long" in estimate.json_body["Message"]
    task_id = house.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "Shorten it" in task["error"]
    assert not house.narrator.bought


def test_a_chapter_that_comes_out_twice_too_long_ends_with_the_limit(house: House) -> None:
    """Asked twice, and nothing is narrated; the sentence is not the one for replies that cannot be read."""
    author = MemoryAuthor(house.clock, lines=3500)
    house = House(clock=house.clock, author=author)
    task_id = house.generate(house.create(num_chapters=1))
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "invalid_output")
    assert "longer chapter than can be narrated" in task["error"]
    assert "40 minutes" in task["error"]
    assert author.bought["chapter1"] == 2
    assert not house.narrator.bought


def test_a_line_that_is_no_sound_is_set_aside_not_deleted(house: House) -> None:
    story_id = house.create(num_chapters=1)
    house.generate(story_id, audio=False)
    house.run()
    key = line_key(story_id, "0" * 40)
    house.services.objects.put(key, b"ID3 but nothing else", {})
    house.services.objects.move(key, set_aside_key(story_id, "0" * 40, "now"))
    house.services.objects.move(key, "nowhere")  # once more: nothing is there
    assert house.services.objects.get(key) is None
    aside = house.services.objects.get(set_aside_key(story_id, "0" * 40, "now"))
    assert aside is not None
    assert aside.data == b"ID3 but nothing else"
