"""The outbox: what webhooks are to tell is stored in the transaction of what it tells of, and sent afterwards.

So a worker that dies loses no event: what it recorded and did not send, the sweeper finds. An event has the same id
however often it is recorded or sent, since the id is made of what it tells of. Nothing is read, written or sent where
no webhook applies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from chalicelib import log
from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.budgets import Account, Standing
from chalicelib.domain.digest import digest
from chalicelib.domain.message import AUTHORING, DELIVER, StepMessage
from chalicelib.domain.money import usd
from chalicelib.domain.task import EndStatus, ErrorCode, Task
from chalicelib.domain.webhook import EventType, To, Webhook, WebhookDelivery
from chalicelib.errors import StoreUnavailable
from chalicelib.pipeline.ports import LedgerRepository, StepQueues, Write
from chalicelib.story.notifying import Webhooks

TOLD_PERCENT = 80
"""The share of a budget from which on it is told."""


class DeliveryRepository(Protocol):
    """What is still to be told. `chalicelib.store.deliveries` implements it."""

    def record(self, delivery: WebhookDelivery) -> Write:
        """Record a delivery; one that is there already stays as it is."""

    def note_told(self, event_id: str) -> Write:
        """Note that an event was recorded."""

    def was_told(self, event_id: str) -> bool:
        """Return whether an event was recorded."""


class StoryWebhookRepository(Protocol):
    """The webhooks of stories. `chalicelib.store.story_webhooks` implements it."""

    def get(self, user_id: str, story_id: str) -> Webhook | None:
        """Return a story's webhook, or None."""

    def set(self, user_id: str, story_id: str, webhook: Webhook) -> None:
        """Give a story a webhook; raise NotFound."""

    def remove(self, user_id: str, story_id: str, only: Webhook | None = None) -> None:
        """Take a story's webhook away; with `only` it stays if another has replaced that one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told: the writes that record it, and the deliveries to send once they are made."""

    writes: Sequence[Write] = ()
    deliveries: Sequence[WebhookDelivery] = ()


def send(queues: StepQueues, delivery: WebhookDelivery, delay_s: float = 0.0) -> None:
    """Have a worker make a delivery."""
    message = StepMessage(delivery.delivery_id, delivery.story_id, delivery.user_id, DELIVER, 0)
    queues.send(AUTHORING, message, delay_s)


class Outbox:
    """Records what webhooks are to tell, of tasks, chapters and budgets."""

    def __init__(
        self,
        *,
        webhooks: StoryWebhookRepository,
        deliveries: DeliveryRepository,
        ledger: LedgerRepository,
        queues: StepQueues,
        config: Webhooks,
        clock: Clock,
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._ledger = ledger
        self._queues = queues
        self._config = config
        self._clock = clock

    def task_ended(self, task: Task, status: EndStatus, error_code: ErrorCode | None) -> Told:
        """Tell how an attempt at a task ends, and what it has used up of the budgets."""
        if not (whom := self._whom(task)):
            return Told()
        facts = {"task_id": task.task_id, "kind": task.kind, "status": status, "error_code": error_code}
        ended = self._event(task, "task.ended", (task.attempt_id, status), facts)
        return self._recorded(map(ended, whom), self._budgets(task, whom))

    def chapter_ready(self, task: Task, number: int, sound_version: str) -> Told:
        """Tell that a chapter can be heard, in a version of its sound, and what was used up of the budgets."""
        if not (whom := self._whom(task)):
            return Told()
        # A version is heard once by each task that makes it: one that was edited away and back is ready again.
        ready = self._event(
            task,
            "chapter.ready",
            (task.task_id, str(number), sound_version),
            {"task_id": task.task_id, "chapter": number},
        )
        return self._recorded(map(ready, whom), self._budgets(task, whom))

    def send(self, told: Told) -> None:
        """Have what was recorded told at once. Where that fails, the sweeper does it later."""
        try:
            for delivery in told.deliveries:
                send(self._queues, delivery)
        except StoreUnavailable as error:
            # The work that is told of is done: it must not be repeated because nobody could be told yet.
            log.event("webhook_not_sent", fault=error.fault)

    def _whom(self, task: Task) -> list[To]:
        whom = list[To]()
        if self._config.operator_url:
            whom.append("operator")
        if self._config.per_story and self._webhooks.get(task.user_id, task.story_id) is not None:
            whom.append("story")
        return whom

    def _event(self, task: Task, kind: EventType, subject: Sequence[str], facts: dict[str, Any]) -> "_Event":
        now = self._clock()
        data = {"user_id": task.user_id, "story_id": task.story_id, **facts}
        body = {"type": kind, "timestamp": rfc3339(now), "data": data}
        return _Event(task, f"evt_{digest(kind, *subject)[:32]}", msgspec.json.encode(body).decode(), now)

    def _budgets(self, task: Task, whom: Sequence[To]) -> list[WebhookDelivery]:
        """Return what is to be told of budgets that are nearly used up, each once."""
        hold = self._ledger.find(task.attempt_id)
        account = hold.account if hold else self._ledger.account(task.user_id, task.story_id)
        found = list[WebhookDelivery]()
        for standing in self._ledger.standings(msgspec.structs.replace(account, story_id="")):
            if not standing.limit or standing.spent * 100 < standing.limit * TOLD_PERCENT:
                continue
            event = self._of_budget(task, account, standing)
            # What all users spend in a day is the operator's business alone.
            told = [to for to in whom if to == "operator" or standing.scope == "user_month"]
            found += [event(to) for to in told if not self._deliveries.was_told(event(to).delivery_id)]
        return found

    def _of_budget(self, task: Task, account: Account, standing: Standing) -> "_Event":
        of_user = standing.scope == "user_month"
        period = account.month if of_user else account.day
        facts = {
            "scope": standing.scope,
            "period": period,
            "spent_usd": usd(standing.spent),
            "limit_usd": usd(standing.limit or 0),
        }
        # With the limit: after it was raised, 80 % is reached anew.
        subject = (standing.scope, account.user_id if of_user else "", period, str(standing.limit))
        return self._event(task, "budget.80", subject, facts)

    def _recorded(self, always: Iterable[WebhookDelivery], once: Sequence[WebhookDelivery]) -> Told:
        deliveries = [*always, *once]
        writes = [self._deliveries.record(delivery) for delivery in deliveries]
        return Told([*writes, *(self._deliveries.note_told(one.delivery_id) for one in once)], deliveries)


@dataclass(frozen=True, slots=True)
class _Event:
    """An event of a task's story, to be told to somebody."""

    task: Task
    event_id: str
    body: str
    now: float

    def __call__(self, to: To) -> WebhookDelivery:
        return WebhookDelivery(self.event_id, to, self.task.user_id, self.task.story_id, self.body, self.now, self.now)
