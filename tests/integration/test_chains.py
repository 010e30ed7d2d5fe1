"""Long chains of messages, where AWS stops a function that is invoked 16 times in one chain unless it may loop."""

from tests.support.house import House
from tests.support.providers import MemoryAuthor
from tests.support.queues import MemoryQueues

CHAPTERS = 50
ALLOWED_NOTHING: frozenset[str] = frozenset()


def test_a_story_of_fifty_chapters_is_one_chain_and_nothing_is_refused(house: House) -> None:
    house = House(clock=house.clock, author=MemoryAuthor(house.clock, lines=2))
    task_id = house.generate(house.create(num_chapters=CHAPTERS))
    house.run()
    assert house.task(task_id)["status"] == "completed"
    assert house.queues.refused == []
    assert house.pauses_s == []


def test_without_the_setting_the_sixteenth_chapter_is_refused(house: House) -> None:
    queues = MemoryQueues(house.clock, house.timing, recursive=ALLOWED_NOTHING)
    house = House(clock=house.clock, queues=queues)
    task_id = house.generate(house.create(num_chapters=CHAPTERS), audio=False)
    house.run()
    assert set(queues.refused) == {"w16", "e15"}  # the outline and fifteen chapters: sixteen invocations
    assert (house.task(task_id)["status"], max(house.pauses_s)) == ("failed", house.timing.visibility_s)
