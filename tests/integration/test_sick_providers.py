"""Providers that fail often, or all the time: what ends well, what ends as failed, and what it costs."""

from collections.abc import Callable
from random import Random

import pytest

from chalicelib.audio.buying import FAULTS_IN_A_ROW
from chalicelib.errors import ProviderFault
from chalicelib.store.usage import Purchase
from tests.support.house import House
from tests.support.providers import Fails, MemoryAuthor, never

OUTAGE_S = 600.0


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


@pytest.mark.parametrize("seed", range(5))
def test_a_provider_that_fails_three_calls_in_ten_ends_no_story(house: House, seed: int) -> None:
    random = Random(seed)
    house.author.fails = of_openai(flaky(random, 0.3))
    house.narrator.fails = flaky(random, 0.3)
    tasks = [house.generate(house.create(prompt=f"Story {n}", num_chapters=2)) for n in range(3)]
    house.run()
    assert [house.task(task_id)["status"] for task_id in tasks] == ["completed"] * 3


@pytest.mark.parametrize("seed", range(3))
def test_an_outage_of_ten_minutes_fails_every_task_and_retry_buys_only_what_is_missing(house: House, seed: int) -> None:
    random = Random(seed)
    tasks = [house.generate(house.create(prompt=f"Story {n}", num_chapters=2)) for n in range(3)]
    for _ in range(random.randrange(12)):
        house.deliver(house.queues.receive() or pytest.fail("no message"))
    before = house.author.bought + house.narrator.bought
    house.author.fails, house.narrator.fails = of_openai(flaky(random, 1.0)), flaky(random, 1.0)
    began = house.clock()
    house.run()
    assert house.clock() - began < OUTAGE_S
    for task in map(house.task, tasks):
        assert (task["status"], task["error_code"]) == ("failed", "provider_unavailable")
        assert task["error"].endswith("Retry the task later.")
    assert house.author.bought + house.narrator.bought == before
    house.author.fails = house.narrator.fails = never
    for task_id in tasks:
        assert house.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    house.run()
    assert [house.task(task_id)["status"] for task_id in tasks] == ["completed"] * 3
    assert sum(house.author.bought.values()) == 3 * 5
    assert sum(house.narrator.bought.values()) == 3 * 7  # four lines a chapter, of which one stands in both


def test_a_line_that_fails_does_not_keep_the_others_waiting(house: House) -> None:
    tries = 0

    def first_line(text: str) -> BaseException | None:
        nonlocal tries
        if "line 0" not in text:
            return None
        tries += 1
        return ProviderFault("ElevenLabs", "status", status=503) if tries <= 2 else None

    house.narrator.fails = first_line
    house.generate(house.create(num_chapters=1), audio=True)
    for _ in range(4):  # outline, write, enhance, narrate
        house.deliver(house.queues.receive() or pytest.fail("no message"))
    assert len(house.narrator.bought) == 3
    house.run()
    assert set(house.narrator.bought.values()) == {1}
    assert len(house.narrator.bought) == 4


def test_a_narrator_that_answers_nobody_is_left_alone_after_a_few_lines(house: House) -> None:
    calls = 0

    def away(_text: str) -> BaseException:
        nonlocal calls
        calls += 1
        return ProviderFault("ElevenLabs", "connection")

    house = House(clock=house.clock, author=MemoryAuthor(house.clock, lines=30))
    house.narrator.fails = away
    task_id = house.generate(house.create(num_chapters=1))
    house.run()
    assert house.task(task_id)["error_code"] == "provider_unavailable"
    assert calls == 3 * FAULTS_IN_A_ROW  # the first try and two retries


def test_a_step_that_never_succeeds_ends_its_task_though_others_are_served(house: House) -> None:
    def poisoned(text: str) -> BaseException | None:
        house.services.usage.record("ann", "s", Purchase("line", "m", 0.0)).save()  # somebody else's line
        return ProviderFault("ElevenLabs", "status", status=500) if "line 1" in text else None

    house.narrator.fails = poisoned
    task_id = house.generate(house.create(num_chapters=1))
    house.run()
    assert house.task(task_id)["error_code"] == "provider_unavailable"


def test_a_story_alone_in_the_system_survives_such_a_provider_too(house: House) -> None:
    random = Random(30)
    house.author.fails = of_openai(flaky(random, 0.3))
    house.narrator.fails = flaky(random, 0.3)
    ended = []
    for n in range(20):  # one after the other, an hour apart: nobody vouches for the provider but the story itself
        house.clock.advance(3600)
        task_id = house.generate(house.create(prompt=f"Story {n}", num_chapters=2))
        house.run()
        ended.append(house.task(task_id)["status"])
    assert ended == ["completed"] * 20


@pytest.mark.parametrize(("retry_after_s", "waited"), [(0.0, False), (30.0, True)])
def test_a_call_to_the_author_that_failed_for_a_moment_is_made_again_at_once_unless_it_asks_for_time(
    house: House, retry_after_s: float, waited: bool
) -> None:
    faults = [ProviderFault("OpenAI", "status", status=429, retry_after_s=retry_after_s)]
    house.author.fails = lambda _what: faults.pop() if faults else None
    began = house.clock()
    task_id = house.generate(house.create(num_chapters=1), audio=False)
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert (house.clock() - began >= house.timing.retry_delays_s[0]) is waited
