"""How tasks begin and end where two requests, or a request and a worker, meet."""

import pytest

from chalicelib.domain.message import AUTHORING
from chalicelib.domain.steps import Step
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline.flow import message_of
from chalicelib.pipeline.stages import story_plan
from chalicelib.pipeline.step_context import Delivery
from chalicelib.store.lease_tables import StepLeaseItem
from chalicelib.store.tables import ChapterItem
from tests.support.testapp import USER, TestApp

PLAN = story_plan(1, enhance=False, audio=False)


def test_submitting_a_task_again_sends_its_open_steps_until_it_has_ended(testapp: TestApp) -> None:
    flow, story = testapp.services.flow, testapp.services.stories.get(USER, testapp.create(num_chapters=1))
    flow.submit(story, "t1", "story", PLAN)
    assert flow.submit(story, "t1", "story", PLAN).task_id == "t1"
    assert testapp.queues.sent == 2
    testapp.run()
    assert flow.submit(story, "t1", "story", PLAN).status == "completed"
    assert testapp.queues.sent == 3  # the two outlines, of which one found nothing to do, and the chapter
    assert set(testapp.author.bought.values()) == {1}


def test_a_story_that_is_deleted_meanwhile_takes_no_task(testapp: TestApp) -> None:
    story_id = testapp.create()
    story = testapp.services.stories.get(USER, story_id)
    testapp.request("DELETE", f"/stories/{story_id}")
    with pytest.raises(NotFound):
        testapp.services.flow.submit(story, "t1", "story", PLAN)
    assert not testapp.author.bought


def test_a_task_that_ends_at_the_same_moment_is_told_as_a_conflict(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id, audio=False)
    flow = testapp.services.flow
    seen_open = flow.task_of(USER, task_id)
    testapp.run()
    with pytest.raises(Conflict, match="completed"):
        flow.cancel(seen_open)


def test_a_task_is_retried_by_one_of_two_requests(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create(num_chapters=1), audio=False)
    testapp.request("POST", f"/tasks/{task_id}/cancel")
    seen_cancelled = testapp.services.flow.task_of(USER, task_id)
    assert testapp.request("POST", f"/tasks/{task_id}/retry").status_code == 202
    with pytest.raises(Conflict, match="queued"):
        testapp.services.flow.retry(seen_cancelled)


def test_retry_waits_for_the_task_that_took_its_place(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    first = testapp.generate(story_id, audio=False)
    testapp.request("POST", f"/tasks/{first}/cancel")
    second = testapp.generate(story_id, audio=False)
    refused = testapp.request("POST", f"/tasks/{first}/retry")
    assert (refused.status_code, second in refused.json_body["Message"]) == (409, True)


def test_a_duplicate_stands_back_while_the_first_delivery_works(testapp: TestApp) -> None:
    task_id = testapp.generate(testapp.create(num_chapters=1), audio=False)
    message = testapp.queues.receive() or pytest.fail("no message")
    delivered: list[bool] = []

    def deliver_again(_what: str) -> None:
        if not delivered:
            delivered.append(True)
            extend: list[int] = []
            testapp.services.worker.deliver(message.body, Delivery(lambda: 300.0, extend.append))

    testapp.author.fails = deliver_again
    sent = testapp.queues.sent
    testapp.deliver(message)
    assert delivered
    assert testapp.queues.sent == sent + 2  # the stand-in of the duplicate, and the chapter
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert set(testapp.author.bought.values()) == {1}


def test_the_states_of_a_chapter_follow_its_workers(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    seen: list[str] = []

    def look(_what: str) -> None:
        story = testapp.request("GET", f"/stories/{story_id}").json_body
        seen.append(story["chapters"][0]["status"])

    testapp.author.fails = testapp.narrator.fails = look
    testapp.run()
    look("")
    assert list(dict.fromkeys(seen)) == [
        "pending", "generating_script", "script_ready", "generating_audio", "completed",
    ]  # fmt: skip


def rewrite(testapp: TestApp, story_id: str, number: int, remark: str) -> str:
    """Order a task that writes a chapter again; return its id."""
    answer = testapp.request("POST", f"/stories/{story_id}/chapters/{number}/rewrite", {"remark": remark})
    return str(answer.json_body["task_id"])


def test_a_chapter_is_written_again_with_a_remark_and_its_sound_is_out_of_date(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    bought = testapp.narrator.bought.copy()
    task_id = rewrite(testapp, story_id, 1, "More rain.")
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    chapter = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body
    assert "More rain." in chapter["script"]["lines"][0]["text"]
    assert (chapter["status"], chapter["audio"]["out_of_date"]) == ("script_ready", True)
    assert testapp.author.bought["chapter1"] == 2
    assert testapp.author.bought["chapter2"] == 1
    assert testapp.narrator.bought == bought


def test_an_edited_chapter_is_summarized_before_the_next_is_written(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id, audio=False)
    testapp.run()
    ChapterItem(story_id, 1).update([ChapterItem.script_version.set("edited")])
    rewrite(testapp, story_id, 2, "Shorter.")
    testapp.run()
    assert testapp.author.bought["summary1"] == 1
    edited = testapp.services.chapters.get(story_id, 1) or pytest.fail("no chapter")
    assert edited.summary == "A changed chapter."
    assert edited.summary_version == "edited"


def test_a_worker_whose_lease_was_taken_keeps_nothing(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id, audio=False)

    def lose_the_lease(_what: str) -> None:
        StepLeaseItem(story_id, "step#o").update([StepLeaseItem.owner.set("somebody else")])

    testapp.author.fails = lose_the_lease
    message = testapp.queues.receive() or pytest.fail("no message")
    assert testapp.deliver(message)
    assert testapp.services.stories.get(USER, story_id).outline is None
    assert testapp.task(task_id)["status"] == "running"
    calls = testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert calls == 1  # it was paid for all the same


def test_a_chapter_before_its_outline_is_our_own_fault(testapp: TestApp) -> None:
    """Messages are sent by what unlocks them, so this takes a bug; it ends in the dead letters, not in a loop."""
    story_id = testapp.create(num_chapters=2)
    task_id = testapp.generate(story_id, audio=False)
    task = testapp.services.flow.task_of(USER, task_id)
    testapp.services.tasks.complete_step(task, Step("outline"))
    testapp.services.tasks.complete_step(task, Step("write", 1))
    message = testapp.queues.receive() or pytest.fail("no message")
    testapp.deliver(message)  # the outline: marked as done, nothing to do

    testapp.queues.send(AUTHORING, message_of(task, "w2"))
    testapp.run()
    ended = testapp.task(task_id)
    assert (ended["status"], ended["error_code"]) == ("failed", "internal")
