"""Long chains of messages, where AWS stops a function that is invoked 16 times in one chain unless it may loop."""

import msgspec
import pytest

from chalicelib.domain.message import AUTHORING, NARRATION
from chalicelib.timing import RECURSIVE, Timing
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.questions import unframed
from tests.support.queues import MemoryQueues
from tests.support.testapp import TestApp, one_line_at_a_time
from tests.support.together import SharedClock, Together

pytestmark = pytest.mark.no_cover  # the same lines many thousand times, which tracing makes half as fast again

CHAPTERS = 50
ALLOWED_NOTHING: frozenset[str] = frozenset()


def test_a_story_of_fifty_chapters_is_one_chain_and_nothing_is_refused(testapp: TestApp) -> None:
    config = one_line_at_a_time(unframed())
    # Short lines: none of them takes this narrator too little time.
    config = msgspec.structs.replace(config, writing=msgspec.structs.replace(config.writing, words_per_chapter=8))
    testapp = TestApp(clock=testapp.clock, config=config, author=MemoryAuthor(testapp.clock))
    task_id = testapp.generate(testapp.create(num_chapters=CHAPTERS))
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert testapp.queues.refused == []
    assert testapp.pauses_s == []


def test_without_the_setting_the_sixteenth_chapter_is_refused(testapp: TestApp) -> None:
    queues = MemoryQueues(testapp.clock, testapp.timing, recursive=ALLOWED_NOTHING)
    testapp = TestApp(clock=testapp.clock, queues=queues)
    task_id = testapp.generate(testapp.create(num_chapters=CHAPTERS), audio=False)
    testapp.run()
    assert set(queues.refused) == {"w16", "e15"}  # the outline and fifteen chapters: sixteen invocations
    assert (testapp.task(task_id)["status"], max(testapp.pauses_s)) == ("failed", testapp.timing.visibility_s)


PLAN = 3
LINES = 12
LINE_S = 5.0


@pytest.mark.parametrize("recursive", [RECURSIVE, ALLOWED_NOTHING], ids=["allowed", "not allowed"])
def test_ten_chapters_at_once_on_a_plan_of_three_make_no_long_chains_and_no_pause(
    memory_aws: None, recursive: frozenset[str]
) -> None:
    """Ten chapters want to be narrated and three may: whoever waits does not hand over again and again."""
    clock = SharedClock()
    queues = MemoryQueues(clock, Timing(), recursive=recursive)
    config = one_line_at_a_time(unframed())
    config = msgspec.structs.replace(config, plan=msgspec.structs.replace(config.plan, narrations_at_once=PLAN))
    author, narrator = MemoryAuthor(clock, lines=LINES), MemoryNarrator(clock, seconds=LINE_S)
    testapp = TestApp(clock=clock, config=config, author=author, narrator=narrator, queues=queues, threads=clock)
    story_id = testapp.create(num_chapters=10)
    testapp.generate(story_id, audio=False)
    testapp.run()
    task_id = str(testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"])
    began = clock()
    together = Together(testapp, clock, {AUTHORING: 10, NARRATION: config.plan.narrators_at_once})
    together.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert (queues.refused, together.pauses_s) == ([], [])
    assert set(narrator.bought.values()) == {1}
    assert clock() - began < 1.25 * len(narrator.bought) * LINE_S / PLAN  # permits are hardly ever idle
    assert together.deliveries[NARRATION] <= 60  # seven wait at first; every six seconds would be some 250
