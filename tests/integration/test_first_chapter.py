"""When the first of several chapters can be heard, and the last, through the whole engine on a clock of its own."""

import msgspec
import pytest

from chalicelib.domain.message import AUTHORING, NARRATION
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.questions import unframed
from tests.support.testapp import TestApp
from tests.support.together import SharedClock, Together

pytestmark = pytest.mark.no_cover  # the same lines many thousand times, which tracing makes half as fast again

LINES = 24
LINE_S = 5.0
PLAN = 10
AT_ONCE = 4


def narrated(testapp: TestApp, clock: SharedClock, chapters: int) -> list[float]:
    """Seconds from the order until each of a story's chapters could be heard; the queue delivers the last one first."""
    story_id = testapp.create(num_chapters=chapters)
    testapp.generate(story_id, audio=False)
    testapp.run()
    began = clock()
    task_id = testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    testapp.queues.messages.reverse()
    together = Together(testapp, clock, {AUTHORING: 10, NARRATION: 8})
    together.run()
    assert (testapp.task(task_id)["status"], together.pauses_s) == ("completed", [])
    return [together.ended_at[f"n{number}"] - began for number in range(1, chapters + 1)]


def test_the_first_of_six_chapters_can_be_heard_almost_as_soon_as_alone(memory_aws: None) -> None:
    clock = SharedClock()
    config = unframed()
    plan = msgspec.structs.replace(config.plan, narrations_at_once=PLAN, lines_at_once=AT_ONCE)
    config = msgspec.structs.replace(config, plan=plan)
    author, narrator = MemoryAuthor(clock, lines=LINES), MemoryNarrator(clock, seconds=LINE_S)
    testapp = TestApp(clock=clock, config=config, author=author, narrator=narrator, threads=clock)
    alone = narrated(testapp, clock, 1)
    narrator.bought.clear()  # the stories share some of their words
    six = narrated(testapp, clock, 6)
    assert six[0] == min(six)
    assert six[0] <= 1.3 * alone[0]
    assert max(six) <= 1.1 * 6 * LINES * LINE_S / PLAN
    assert set(narrator.bought.values()) == {1}
