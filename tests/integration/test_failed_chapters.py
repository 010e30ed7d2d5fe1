"""A chapter whose lines cannot be had: the others are made all the same, and a retry makes just what is missing."""

from typing import Any

import msgspec
import pytest

from chalicelib.domain.message import StepMessage
from chalicelib.domain.steps import Step
from chalicelib.errors import ContentRefused, ProviderFault, StoreUnavailable
from chalicelib.pipeline.step_context import StepContext
from chalicelib.pipeline.workflow import Workflow
from chalicelib.story.ports import Completion, CompletionRequest
from tests.support.providers import Fails, MemoryAuthor, never, place
from tests.support.testapp import TestApp

REFUSED = ProviderFault("ElevenLabs", "status", status=400, code="content_policy_violation")
NO_VOICE = ProviderFault("ElevenLabs", "status", status=404, code="voice_not_found")
NO_CREDIT = ProviderFault("ElevenLabs", "status", status=402, code="insufficient_credits")


def in_chapters(faults: dict[int, BaseException]) -> Fails:
    """Fail the first line of these chapters."""
    return lambda text: next((error for n, error in faults.items() if text.startswith(place(n, 0))), None)


def story_of(testapp: TestApp, story_id: str) -> Any:
    return testapp.request("GET", f"/stories/{story_id}").json_body


def states(testapp: TestApp, story_id: str) -> list[str]:
    return [chapter["status"] for chapter in story_of(testapp, story_id)["chapters"]]


def bought_once(testapp: TestApp) -> bool:
    return set(testapp.author.bought.values()) == set(testapp.narrator.bought.values()) == {1}


def test_the_other_chapters_are_written_and_narrated_and_retry_makes_the_one_that_is_missing(testapp: TestApp) -> None:
    testapp.narrator.fails = in_chapters({1: REFUSED})
    story_id = testapp.create(num_chapters=3)
    task_id = testapp.generate(story_id)
    progress = [0]
    while message := testapp.queues.receive():
        testapp.deliver(message)
        progress.append(testapp.task(task_id)["progress"])
        if states(testapp, story_id)[0] == "failed":
            assert story_of(testapp, story_id)["chapters"][0]["error"].startswith("ElevenLabs declined to speak")
    task, story = testapp.task(task_id), story_of(testapp, story_id)
    assert (task["status"], task["error_code"]) == ("failed", "content_refused")
    assert task["error"].startswith("Chapter 1 could not be narrated: ElevenLabs declined to speak")
    assert states(testapp, story_id) == ["failed", "completed", "completed"]
    assert (story["status"], story["error"], story["task_id"]) == ("failed", task["error"], None)
    assert progress == sorted(progress)
    assert 80 < task["progress"] < 100
    before = testapp.narrator.bought.copy()
    testapp.narrator.fails = never
    retried = testapp.request("POST", f"/tasks/{task_id}/retry").json_body
    assert retried["progress"] >= task["progress"]
    assert states(testapp, story_id) == ["script_ready", "completed", "completed"]
    assert [msgspec.json.decode(message.body, type=StepMessage).step for message in testapp.queues.messages] == ["n1"]
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert states(testapp, story_id) == ["completed"] * 3
    assert all(text.startswith("Chapter one") for text, _voice in testapp.narrator.bought - before)
    assert bought_once(testapp)


def test_each_cause_has_its_sentence_and_the_first_one_its_code(testapp: TestApp) -> None:
    testapp.narrator.fails = in_chapters({1: NO_VOICE, 2: REFUSED, 4: NO_VOICE})
    story_id = testapp.create(num_chapters=4)
    task_id = testapp.generate(story_id, audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    task_id = testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "provider_rejected")
    first, second = task["error"].split("Chapter 2 could not be narrated: ")
    assert first.startswith("Chapters 1 and 4 could not be narrated: ElevenLabs does not know one")
    assert second.startswith("ElevenLabs declined to speak")
    assert states(testapp, story_id) == ["failed", "failed", "completed", "failed"]


def test_what_concerns_the_account_ends_the_task_at_once(testapp: TestApp) -> None:
    testapp.narrator.fails = in_chapters({1: REFUSED, 2: NO_CREDIT})
    story_id = testapp.create(num_chapters=4)
    testapp.generate(story_id, audio=False)
    testapp.run()
    task_id = testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "quota_exceeded")
    assert states(testapp, story_id) == ["failed", "failed", "script_ready", "script_ready"]
    chapters = story_of(testapp, story_id)["chapters"]
    assert "declined" in chapters[0]["error"]
    assert chapters[1]["error"] == task["error"]
    testapp.narrator.fails = never
    testapp.request("POST", f"/tasks/{task_id}/retry")
    testapp.run()
    assert states(testapp, story_id) == ["completed"] * 4
    assert bought_once(testapp)


def test_a_line_that_is_never_answered_costs_its_chapter_alone_while_others_are(testapp: TestApp) -> None:
    """Eight times: the narrator is there, as the other chapters' lines show."""
    testapp.narrator.fails = in_chapters({1: ProviderFault("ElevenLabs", "status", status=500)})
    story_id = testapp.create(num_chapters=2)
    task_id = testapp.generate(story_id)
    testapp.services.usage.has_sold = lambda *_: True  # type: ignore[method-assign] # other stories of the same user
    testapp.run()
    assert testapp.task(task_id)["error_code"] == "provider_unavailable"
    assert testapp.task(task_id)["error"].startswith("Chapter 1 could not be narrated: ElevenLabs is overloaded")
    assert states(testapp, story_id) == ["failed", "completed"]


@pytest.mark.parametrize("redelivered", [True, False], ids=["its message comes again", "the sweeper finds it"])
def test_a_worker_that_dies_after_marking_the_last_chapter_leaves_a_task_that_ends(
    testapp: TestApp, monkeypatch: pytest.MonkeyPatch, redelivered: bool
) -> None:
    testapp.narrator.fails = in_chapters({1: REFUSED})
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    read, away = testapp.services.stories.failures, iter([True])

    def read_or_not(*whose: str) -> Any:
        if next(away, False):
            raise StoreUnavailable("GetError")
        return read(*whose)

    monkeypatch.setattr(testapp.services.stories, "failures", read_or_not)
    while (task := testapp.services.tasks.get(task_id)) and not task.failed:
        testapp.deliver(testapp.queues.receive() or pytest.fail("no message"))
    assert (testapp.task(task_id)["status"], states(testapp, story_id)) == ("running", ["failed"])
    if redelivered:
        testapp.run()
    else:
        testapp.queues.messages.clear()
        testapp.clock.advance(testapp.timing.silence_s + 1)
        testapp.services.sweeper.sweep()
    assert (testapp.task(task_id)["status"], testapp.task(task_id)["error_code"]) == ("failed", "content_refused")
    assert not testapp.queues.dead


def test_a_chapter_that_failed_is_not_tried_again_by_the_sweeper(testapp: TestApp) -> None:
    calls: list[str] = []

    def refused(text: str) -> BaseException | None:
        calls.append(text)
        return in_chapters({1: REFUSED})(text)

    testapp.narrator.fails = refused
    story_id = testapp.create(num_chapters=3)
    task_id = testapp.generate(story_id)
    while (task := testapp.services.tasks.get(task_id)) and not task.failed:
        testapp.deliver(testapp.queues.receive() or pytest.fail("no message"))
    testapp.queues.messages.clear()
    testapp.clock.advance(testapp.timing.silence_s + 1)
    testapp.services.sweeper.sweep()
    testapp.run()
    assert testapp.task(task_id)["error_code"] == "content_refused"
    assert states(testapp, story_id) == ["failed", "completed", "completed"]
    assert sum(text.startswith(place(1, 0)) for text in calls) == 1


def test_a_worker_that_has_lost_its_lease_marks_nothing(testapp: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    narrate, testing = Workflow.narrate, iter([True])

    def overtaken(workflow: Workflow, context: StepContext, number: int) -> None:
        """Fail only after another worker has got the step."""
        if next(testing, False):
            testapp.clock.advance(testapp.timing.lease_s + 1)
            message = testapp.queues.receive() or testapp.queues.messages[0]
            testapp.deliver(message)
            raise REFUSED
        narrate(workflow, context, number)

    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    task_id = testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    task = testapp.services.tasks.get(task_id) or pytest.fail("no task")
    testapp.services.flow.send_open_steps(task)  # sent twice
    monkeypatch.setattr(Workflow, "narrate", overtaken)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed"
    assert states(testapp, story_id) == ["completed"]


def test_a_step_is_not_marked_in_an_attempt_that_is_over(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)
    old = testapp.services.tasks.get(task_id) or pytest.fail("no task")
    testapp.request("POST", f"/tasks/{task_id}/cancel")
    tasks, step = testapp.services.tasks, Step("narrate", 1)
    assert tasks.fail_step(old, step, "It failed.", "timeout") is None
    testapp.request("POST", f"/tasks/{task_id}/retry")
    assert tasks.fail_step(old, step, "It failed.", "timeout") is None
    assert testapp.services.stories.failures("ann", story_id) == ()
    assert tasks.fail_step(tasks.get(task_id) or old, step, "It failed.", "timeout") is not None
    assert [failure.step for failure in testapp.services.stories.failures("ann", story_id)] == [step]
    assert testapp.services.stories.failures("ann", "0" * 32) == ()


class Undirected(MemoryAuthor):
    """An author that has no usable directions for the second chapter."""

    refuses = False

    def ask(self, request: CompletionRequest) -> Completion:
        completion = super().ask(request)
        if request.name != "enhancement" or "Chapter two" not in request.messages[1]["content"]:
            return completion
        if self.refuses:
            return Completion("", 10, 0, 5, ContentRefused("no"))
        return Completion("Once upon a time", 10, 0, 5)


@pytest.mark.parametrize(("refuses", "calls"), [(False, 2), (True, 1)])
def test_a_chapter_without_usable_directions_is_narrated_as_it_is_written(
    testapp: TestApp, refuses: bool, calls: int
) -> None:
    author = Undirected(testapp.clock)
    author.refuses = refuses
    testapp = TestApp(clock=testapp.clock, author=author)
    story_id = testapp.create(num_chapters=3, enhance=True)
    task_id = testapp.generate(story_id)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["error"]) == ("completed", None)
    assert task["message"] == "Done. Chapter 2 has no directions for the voices: no usable ones came."
    assert states(testapp, story_id) == ["completed"] * 3
    second = testapp.request("GET", f"/stories/{story_id}/chapters/2").json_body
    assert (second["enhanced"], second["audio"]["out_of_date"]) == (None, False)
    asked = sum(times for what, times in author.bought.items() if what.startswith("enhancement"))
    assert asked == 2 + calls
    assert set(testapp.narrator.bought.values()) == {1}
    usage = testapp.request("GET", "/usage?month=2026-11").json_body["total"]["calls"]
    assert usage == sum(author.bought.values()) + sum(testapp.narrator.bought.values())


def test_a_deleted_storys_task_is_not_ended_with_a_chapters_sentence(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1)
    task_id = testapp.generate(story_id)

    def deleted(_text: str) -> BaseException:
        testapp.request("DELETE", f"/stories/{story_id}")
        return REFUSED

    testapp.narrator.fails = deleted
    testapp.run()
    assert testapp.request("GET", f"/tasks/{task_id}").status_code == 404
    assert not list(testapp.services.objects.keys(f"stories/{story_id}/"))
