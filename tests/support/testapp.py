"""The whole of Fireside in one thread: moto below, queues and providers in memory, a clock that the test moves."""

from dataclasses import replace
from random import Random
from typing import Any

import msgspec
from chalice.test import Client

import app
from chalicelib.audio.ports import Narrator
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.bootstrap import Adapters, Services
from chalicelib.errors import Redeliver
from chalicelib.pipeline.step_context import Delivery, Heartbeat, no_heartbeat_thread
from chalicelib.runtime import Runtime
from chalicelib.store.tables import TaskItem
from chalicelib.story.config import StoryConfig, load_config
from chalicelib.story.ports import Author
from chalicelib.timing import FUNCTION_S, Timing
from local import lineage
from tests.support.clock import CountedIds, ManualClock
from tests.support.providers import MemoryAuthor, MemoryNarrator
from tests.support.queues import MemoryQueues, Waiting
from tests.support.stage import settings

USER = "ann"


class TestApp:
    """The application as a test drives it: requests in, messages delivered one by one, state read back."""

    __test__ = False  # pytest would take it for a class of tests because of its name

    def __init__(
        self,
        *,
        config: StoryConfig | None = None,
        author: Author | None = None,
        narrator: Narrator | None = None,
        clock: ManualClock | None = None,
        queues: MemoryQueues | None = None,
        ffmpeg: Ffmpeg | None = None,
        timing: Timing | None = None,
        heartbeat: Heartbeat = no_heartbeat_thread,
        threads: Threads | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.timing = timing or Timing()
        self._heartbeat = heartbeat
        self.author = author if isinstance(author, MemoryAuthor) else MemoryAuthor(self.clock)
        self.narrator = narrator if isinstance(narrator, MemoryNarrator) else MemoryNarrator(self.clock)
        self.queues = queues or MemoryQueues(self.clock, self.timing)
        self.pauses_s: list[float] = []
        """Seconds for which `run` found no message to deliver, each time."""
        self._ids = CountedIds()
        self._providers = (author or self.author, narrator or self.narrator)
        self._ffmpeg = ffmpeg
        self._threads = threads
        self._config = config or one_line_at_a_time(load_config())
        self.services = self.renew()
        self.tokens = {user: self.services.tokens.issue(user) for user in (USER, "bob")}

    def renew(self) -> Services:
        """Start a fresh process, which has lost what the last one had in memory, and return its services."""
        self.services = Services(
            settings,
            runtime=Runtime(self.clock, self.clock.advance, self._ids, self.timing),
            adapters=Adapters(
                env={},
                queues=self.queues,
                heartbeat=self._heartbeat,
                author=self._providers[0],
                narrator=self._providers[1],
                ffmpeg=self._ffmpeg,
                threads=self._threads,
                config=self._config,
            ),
        )
        app.services = self.services
        return self.services

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str | None = USER,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Send a request as API Gateway would pass it on; return the response with `.status_code` and `.json_body`."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if user is not None:
            sent["Authorization"] = f"Bearer {self.tokens[user]}"
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        with Client(app.app) as client:
            return client.http.request(method, path, headers=sent, body=data)

    def create(self, **fields: Any) -> str:
        """Create a story and return its id."""
        response = self.request("POST", "/stories", {"prompt": "A lighthouse", "num_chapters": 3, **fields})
        assert response.status_code == 201, response.body
        return str(response.json_body["story_id"])

    def generate(self, story_id: str, *, audio: bool = True) -> str:
        """Order a task that writes (and narrates) the story, and return its id."""
        response = self.request("POST", f"/stories/{story_id}/generate", {"audio": audio})
        assert response.status_code == 202, response.body
        return str(response.json_body["task_id"])

    def task(self, task_id: str) -> Any:
        """Return the task as its owner sees it."""
        return self.request("GET", f"/tasks/{task_id}").json_body

    def deliver(self, message: Waiting, *, remaining_s: float | None = None) -> bool:
        """Deliver a message as Lambda would; return False if it must be redelivered."""
        chain = self.queues.admit(message)
        if chain is None:
            return False
        started, receipt = self.clock(), message.receipt
        function_s = remaining_s or min(FUNCTION_S["write_chapter"], FUNCTION_S["narrate_chapter"])
        delivery = Delivery(
            remaining_s=lambda: function_s - (self.clock() - started),
            extend=lambda seconds: self.queues.extend_visibility(message.queue, receipt, seconds),
        )
        try:
            with lineage.carried(chain):
                self.services.worker.deliver(message.body, delivery)
        except Redeliver:
            return False
        self.queues.delete(receipt)
        return True

    def run(self, *, random: Random | None = None, most: int = 2000) -> int:
        """Deliver messages, waiting for delayed ones, until there are none; return how many were delivered."""
        for delivered in range(most):
            message = self.queues.receive(random)
            while message is None:
                self.fail_dead_letter()
                if (at := self.queues.next_at()) is None:
                    return delivered
                self.pauses_s.append(max(0.0, at - self.clock.now))
                self.clock.now = max(self.clock.now, at)
                message = self.queues.receive(random)
            self.deliver(message)
        raise AssertionError(f"still not done after {most} deliveries")

    def fail_dead_letter(self) -> None:
        """Pass the dead letters to their function."""
        while self.queues.dead:
            self.services.worker.fail_dead_letter(self.queues.dead.pop())

    def task_size(self, task_id: str) -> int:
        """Return the size of the task item in bytes as DynamoDB counts it: names and values in UTF-8."""
        item = TaskItem.get(task_id).serialize()
        return sum(len(name) + _size(value) for name, value in item.items())


def one_line_at_a_time(config: StoryConfig) -> StoryConfig:
    """Return the configuration without concurrent lines, so that every run is the same."""
    change = msgspec.structs.replace
    return change(config, plan=change(config.plan, lines_at_once=1))


def _size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(held) for name, held in content.items())
    if kind == "SS":
        return sum(len(text.encode()) for text in content)
    return len(str(content).encode())


def _json(body: Any) -> bytes:
    import json  # noqa: PLC0415

    return json.dumps(body).encode()


__all__ = ["USER", "TestApp", "one_line_at_a_time", "replace"]
