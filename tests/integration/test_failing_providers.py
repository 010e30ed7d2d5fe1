"""Providers that fail often, or all the time: what ends well, what ends as failed, and what it costs."""

from collections.abc import Callable
from random import Random

import pytest

from chalicelib.audio.buying import FAULTS_IN_A_ROW
from chalicelib.domain.usage import Purchase
from chalicelib.errors import ProviderFault
from tests.support.clock import ManualClock
from tests.support.providers import Fails, MemoryAuthor, never
from tests.support.questions import short_chapters
from tests.support.records import store_record
from tests.support.testapp import TestApp, one_line_at_a_time

pytestmark = pytest.mark.no_cover  # whole stories, many times, through lines that other tests cover

OUTAGE_S = 600.0


@pytest.fixture
def testapp(memory_aws: None) -> TestApp:
    """Return an app whose chapters are as long as shipped: of short ones, two lost calls cost more than the quote."""
    clock = ManualClock()
    return TestApp(
        clock=clock, author=MemoryAuthor(clock, lines=8), config=one_line_at_a_time(short_chapters(words=900))
    )


def flaky(random: Random, share: float) -> Fails:
    """Fail so large a share of the calls, in each of the ways a busy provider has."""
    faults: list[Callable[[], ProviderFault]] = [
        lambda: ProviderFault("ElevenLabs", "status", status=429, code="system_busy"),
        lambda: ProviderFault("ElevenLabs", "status", status=500),
        lambda: ProviderFault("ElevenLabs", "connection"),
    ]
    return lambda _what: random.choice(faults)() if random.random() < share else None


def of_openai(fails: Fails) -> Fails:
    def failing(what: str) -> BaseException | None:
        error = fails(what)
        return ProviderFault("OpenAI", error.cause, status=error.status) if isinstance(error, ProviderFault) else None

    return failing


@pytest.mark.parametrize("seed", range(3))
def test_a_provider_that_fails_three_calls_in_ten_ends_no_story(testapp: TestApp, seed: int) -> None:
    random = Random(seed)
    testapp.author.fails = of_openai(flaky(random, 0.3))
    testapp.narrator.fails = flaky(random, 0.3)
    tasks = [testapp.generate(testapp.create(prompt=f"Story {n}", num_chapters=2)) for n in range(3)]
    testapp.run()
    assert [testapp.task(task_id)["status"] for task_id in tasks] == ["completed"] * 3


@pytest.mark.parametrize("seed", range(3))
def test_an_outage_of_ten_minutes_fails_every_task_and_retry_buys_only_what_is_missing(
    testapp: TestApp, seed: int
) -> None:
    random = Random(seed)
    tasks = [testapp.generate(testapp.create(prompt=f"Story {n}", num_chapters=2)) for n in range(3)]
    for _ in range(random.randrange(12)):
        testapp.deliver(testapp.queues.receive() or pytest.fail("no message"))
    before = testapp.author.bought + testapp.narrator.bought
    testapp.author.fails, testapp.narrator.fails = of_openai(flaky(random, 1.0)), flaky(random, 1.0)
    began = testapp.clock()
    testapp.run()
    assert testapp.clock() - began < OUTAGE_S
    for task in map(testapp.task, tasks):
        assert (task["status"], task["error_code"]) == ("failed", "provider_unavailable")
        assert task["error"].endswith("Retry the task later.")
    assert testapp.author.bought + testapp.narrator.bought == before
    testapp.author.fails = testapp.narrator.fails = never
    for task_id in tasks:
        assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    testapp.run()
    assert [testapp.task(task_id)["status"] for task_id in tasks] == ["completed"] * 3
    assert sum(testapp.author.bought.values()) == 3 * 5
    assert sum(testapp.narrator.bought.values()) == 3 * 15  # eight lines a chapter, of which one stands in both


def test_a_line_that_fails_does_not_keep_the_others_waiting(testapp: TestApp) -> None:
    tries = 0

    def first_line(text: str) -> BaseException | None:
        nonlocal tries
        if "line zero" not in text:
            return None
        tries += 1
        return ProviderFault("ElevenLabs", "status", status=503) if tries <= 2 else None

    testapp.narrator.fails = first_line
    testapp.generate(testapp.create(num_chapters=1), audio=True)
    for _ in range(4):  # outline, write, enhance, narrate
        testapp.deliver(testapp.queues.receive() or pytest.fail("no message"))
    assert len(testapp.narrator.bought) == 7
    testapp.run()
    assert set(testapp.narrator.bought.values()) == {1}
    assert len(testapp.narrator.bought) == 8


def test_a_narrator_that_answers_nobody_is_left_alone_after_a_few_lines(testapp: TestApp) -> None:
    calls = 0

    def away(_text: str) -> BaseException:
        nonlocal calls
        calls += 1
        return ProviderFault("ElevenLabs", "connection")

    testapp = TestApp(clock=testapp.clock, author=MemoryAuthor(testapp.clock, lines=30))
    testapp.narrator.fails = away
    task_id = testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    assert testapp.task(task_id)["error_code"] == "provider_unavailable"
    assert calls == 3 * FAULTS_IN_A_ROW  # the first try and two retries


def test_a_step_that_never_succeeds_ends_its_task_though_others_are_served(testapp: TestApp) -> None:
    def poisoned(text: str) -> BaseException | None:
        store_record(testapp, Purchase("line", "m", 0.0))  # another story's line
        return ProviderFault("ElevenLabs", "status", status=500) if "line one" in text else None

    testapp.narrator.fails = poisoned
    task_id = testapp.generate(testapp.create(num_chapters=1))
    testapp.run()
    assert testapp.task(task_id)["error_code"] == "provider_unavailable"


def test_a_story_alone_in_the_system_survives_such_a_provider_too(testapp: TestApp) -> None:
    random = Random(30)
    testapp.author.fails = of_openai(flaky(random, 0.3))
    testapp.narrator.fails = flaky(random, 0.3)
    ended = []
    for n in range(7):  # one after the other, an hour apart: nobody vouches for the provider but the story itself
        testapp.clock.advance(3600)
        task_id = testapp.generate(testapp.create(prompt=f"Story {n}", num_chapters=2))
        testapp.run()
        ended.append(testapp.task(task_id)["status"])
    assert ended == ["completed"] * 7


@pytest.mark.parametrize(
    ("status", "retry_after_s", "waited"), [(503, 0.0, False), (503, 30.0, True), (429, 0.0, True)]
)
def test_a_call_to_the_author_that_failed_for_a_moment_is_made_again_at_once_unless_it_asks_for_time(
    testapp: TestApp, status: int, retry_after_s: float, waited: bool
) -> None:
    """A limit of calls in a minute asks for time without a word: at once, it would be met again."""
    faults = [ProviderFault("OpenAI", "status", status=status, retry_after_s=retry_after_s)]
    testapp.author.fails = lambda _what: faults.pop() if faults else None
    began = testapp.clock()
    task_id = testapp.generate(testapp.create(num_chapters=1), audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert (testapp.clock() - began >= testapp.timing.retry_delays_s[0]) is waited
