"""Whatever happens to a story, in whatever order: the laws of the engine hold after every step and at the end."""

import itertools
import os
from collections import Counter
from contextlib import ExitStack
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto import mock_aws

from chalicelib.errors import ProviderFault
from chalicelib.timing import Timing
from local.resources import create_missing
from tests.support.boundaries import Boundaries, Mode
from tests.support.crashing import crossed_app, deliver, locks
from tests.support.sizes import task_size
from tests.support.stage import s3, sqs
from tests.support.stage import settings as fireside
from tests.support.testapp import TestApp

pytestmark = pytest.mark.no_cover  # the same lines many thousand times, which tracing makes half as fast again

STORIES = int(os.environ.get("MACHINES", "12"))
CHAPTERS = 2
ENDED = {"completed", "failed", "cancelled"}
FAULTS: dict[str, tuple[int, str]] = {
    "busy": (503, ""),
    "bad key": (401, "invalid_api_key"),
    "no credit": (402, "insufficient_credits"),
    "a refused text": (400, "content_policy_violation"),
    "an unknown voice": (404, "voice_not_found"),
}


class Engine(RuleBasedStateMachine):
    """One story at a time, disturbed in every way at once."""

    testapp: TestApp
    boundaries: Boundaries
    story_id: str

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.tasks: dict[str, dict[str, Any]] = {}
        self.struck = 0
        self.disturbed = 0
        self.failing: list[tuple[int, str]] = []
        self.edits = itertools.count(1)
        self.edited: dict[int, str] = {}

    @initialize()
    def begin(self) -> None:
        self.stack.enter_context(mock_aws())
        create_missing(fireside, Timing(), sqs(), s3())
        self.boundaries = Boundaries()
        self.testapp = crossed_app(self.boundaries)
        self.testapp.author.fails = lambda _what: self._fault("OpenAI")
        self.testapp.narrator.fails = lambda _what: self._fault("ElevenLabs")
        self.stack.enter_context(self.boundaries.on_aws())
        self.story_id = self.testapp.create(num_chapters=CHAPTERS)

    def _fault(self, provider: Any) -> ProviderFault | None:
        if not self.failing:
            return None
        status, code = self.failing.pop()
        return ProviderFault(provider, "status", status=status, code=code)

    @property
    def bought(self) -> Counter[object]:
        """What was bought, and how often; a chapter is summarized as often as it is edited."""
        asked = {what: times for what, times in self.testapp.author.bought.items() if not what.startswith("summary")}
        return Counter[object](asked) + Counter[object](self.testapp.narrator.bought)

    @property
    def open_tasks(self) -> list[str]:
        return [task_id for task_id, task in self.tasks.items() if task["status"] not in ENDED]

    @rule(audio=st.booleans(), key=st.sampled_from([None, "k"]))
    def submit(self, audio: bool, key: str | None) -> None:
        headers = {"Idempotency-Key": f"{key}{audio}"} if key else {}
        path = f"/stories/{self.story_id}/generate"
        answer = self.testapp.request("POST", path, {"audio": audio}, headers=headers)
        if answer.status_code == 202:
            task_id = answer.json_body["task_id"]
            fresh = task_id not in self.tasks
            assert not (fresh and self.open_tasks), "two open tasks"
            self.tasks.setdefault(task_id, self.testapp.task(task_id))
        else:
            assert answer.status_code == 409, answer.body
            assert self.open_tasks[0] in answer.json_body["Message"]

    @rule(random=st.randoms(use_true_random=False), again=st.booleans())
    def deliver(self, random: Any, again: bool) -> None:
        if (message := self.testapp.queues.receive(random)) is None:
            return
        idle, before = not self.open_tasks, sum(self.bought.values())
        body = message.body
        deliver(self.testapp, self.boundaries, message)
        if again:
            message.body = body
            deliver(self.testapp, self.boundaries, message)
        assert not idle or sum(self.bought.values()) == before, "bought for a task that has ended"

    @rule(steps=st.integers(1, 12))
    def work(self, steps: int) -> None:
        """Leave a worker alone for a while."""
        for _ in range(steps):
            if (message := self.testapp.queues.receive()) is None:
                if (at := self.testapp.queues.next_at()) is None:
                    return
                self.testapp.clock.now = max(self.testapp.clock.now, at)
            else:
                deliver(self.testapp, self.boundaries, message)

    @rule(ahead=st.integers(1, 40), mode=st.sampled_from(get_args(Mode)))
    def a_worker_will_die(self, ahead: int, mode: Mode) -> None:
        self._count_strikes()
        self.boundaries.at = len(self.boundaries.names) + ahead
        self.boundaries.mode = mode
        self.boundaries.struck = 0

    @rule(kind=st.sampled_from(sorted(FAULTS)), times=st.integers(1, 3))
    def a_provider_will_fail(self, kind: str, times: int) -> None:
        self.failing = [FAULTS[kind]] * times

    @rule(seconds=st.sampled_from([1, 61, 130, 301, 2000]))
    def wait(self, seconds: int) -> None:
        self.testapp.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        self.testapp.services.sweeper.sweep()

    @rule()
    def fail_dead_letters(self) -> None:
        self.testapp.fail_dead_letter()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), what=st.sampled_from(["cancel", "retry"]))
    def ask(self, data: st.DataObject, what: str) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.tasks)))
        known = self.testapp.task(task_id)["status"]
        answer = self.testapp.request("POST", f"/tasks/{task_id}/{what}")
        if answer.status_code == 409:
            refused = {"cancel": ENDED, "retry": {"queued", "running", "completed"}}[what]
            assert known in refused or self.open_tasks, (known, what)
        else:
            assert answer.status_code == 202, answer.body
            assert answer.json_body["status"] == {"cancel": "cancelled", "retry": "queued"}[what]
            self.tasks[task_id] = answer.json_body

    @precondition(lambda self: self.tasks)
    @rule(number=st.integers(1, CHAPTERS))
    def edit(self, number: int) -> None:
        text = f"Changed by hand, {next(self.edits)}."
        lines = [{"line_id": "001", "speaker": "Ada", "text": text}]
        answer = self.testapp.request("PUT", f"/stories/{self.story_id}/chapters/{number}/script", {"lines": lines})
        if answer.status_code == 200:
            assert not self.open_tasks
            self.edited[number] = text
        else:
            assert answer.status_code == 409, answer.body

    @rule()
    def delete(self) -> None:
        if not self.tasks:
            return
        assert self.testapp.request("DELETE", f"/stories/{self.story_id}").status_code == 204
        for path in (f"/stories/{self.story_id}", *(f"/tasks/{task_id}" for task_id in self.tasks)):
            assert self.testapp.request("GET", path).status_code == 404
        self._count_strikes()
        self.tasks.clear()
        self.edited.clear()
        self.testapp.author.bought.clear()
        self.testapp.narrator.bought.clear()
        self.struck = 0
        self.story_id = self.testapp.create(num_chapters=CHAPTERS)

    @invariant()
    def what_is_polled_makes_sense(self) -> None:
        for task_id, before in self.tasks.items():
            now = self.testapp.task(task_id)
            assert now["progress"] >= before["progress"], "progress went back"
            assert before["status"] not in ENDED or now["status"] == before["status"], "an ended task came back"
            assert (now["status"] == "failed") == (now["error_code"] is not None), now
            assert task_size(task_id) < 1024
            self.tasks[task_id] = now
        assert len(self.open_tasks) <= 1
        if self.tasks:
            story = self.testapp.request("GET", f"/stories/{self.story_id}").json_body
            assert story["task_id"] == (self.open_tasks[0] if self.open_tasks else None)
            assert (story["status"] == "generating") == bool(self.open_tasks)

    @invariant()
    def what_a_person_wrote_stays(self) -> None:
        for number, text in self.edited.items():
            chapter = self.testapp.request("GET", f"/stories/{self.story_id}/chapters/{number}").json_body
            assert [line["text"] for line in chapter["script"]["lines"]] == [text]

    @invariant()
    def nothing_is_bought_twice(self) -> None:
        again = sum(self.bought.values()) - len(self.bought)
        assert again <= self.struck + bool(getattr(self, "boundaries", Boundaries()).struck), self.bought

    def _count_strikes(self) -> None:
        self.struck += bool(self.boundaries.struck)
        self.boundaries.struck, self.boundaries.at = 0, 0

    def teardown(self) -> None:
        try:
            if hasattr(self, "testapp"):
                self._end_well()
        finally:
            self.stack.close()

    def _end_well(self) -> None:
        """Left alone, every task ends; and what failed can be finished by a retry."""
        self._count_strikes()
        self.failing = []
        self._settle()
        if not self.tasks:
            return
        self.what_is_polled_makes_sense()
        self.what_a_person_wrote_stays()
        last = max(self.tasks)
        if self.tasks[last]["status"] != "completed":
            answer = self.testapp.request("POST", f"/tasks/{last}/retry")
            assert answer.status_code == 202, answer.body
            self._settle()
        ended = self.testapp.task(last)
        assert (ended["status"], ended["progress"]) == ("completed", 100), ended
        assert locks(self.testapp, self.story_id) == []
        again = sum(self.bought.values()) - len(self.bought)
        assert again <= self.struck, self.bought
        assert self.testapp.author.bought.keys() >= {"outline", "chapter1", "chapter2"}

    def _settle(self) -> None:
        for _ in range(20):
            self.testapp.run()
            if not any(self.testapp.task(task_id)["status"] not in ENDED for task_id in self.tasks):
                return
            self.testapp.clock.advance(self.testapp.timing.silence_s + 1)
            self.testapp.services.sweeper.sweep()
        raise AssertionError(f"a task does not end: {self.tasks}")


Engine.TestCase.settings = settings(
    max_examples=STORIES,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a failure is printed as it is: shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestEngine = Engine.TestCase
