"""Deliveries to webhooks: each attempt is made by a worker, the first at once, later ones for a day.

An attempt is counted before it is made, and the delivery forgotten once a receiver has answered with 2xx. So a worker
that dies in between makes a receiver hear of an event twice, with the same id, and never of none.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Protocol

import msgspec

from chalicelib import log
from chalicelib.domain.webhook import To, Webhook, WebhookDelivery, WebhookResponse
from chalicelib.errors import ConfigError, NoParameter
from chalicelib.pipeline.outbox import DeliveryRepository, StoryWebhookRepository, send
from chalicelib.pipeline.ports import StepQueues
from chalicelib.runtime import Runtime
from chalicelib.story.notifying import Webhooks

GONE = 410

SOON_S = 60.0
"""An attempt that is due within this is made by a delayed message; a later one is left to the sweeper."""

MOST_AT_ONCE: Mapping[To, int] = {"operator": 100, "story": 10}
"""Deliveries to one webhook that a sweep sends. A receiver that lets every attempt time out holds a worker for as long:
with ten, less than one of them in the five minutes between two sweeps."""


class Transport(Protocol):
    """The way to receivers, which leads to public hosts alone."""

    def fault_of(self, host: str) -> str:
        """Return why a host must not be reached, as a code; "" if it may be. Nothing is sent to it."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookResponse:
        """Send a body with headers to a URL."""


class PendingDeliveries(DeliveryRepository, Protocol):
    """What is still to be told, as it is told. `chalicelib.store.deliveries` implements it."""

    def get(self, delivery_id: str) -> WebhookDelivery | None:
        """Return a delivery that is not made yet, or None."""

    def due(self) -> Iterator[WebhookDelivery]:
        """Return the deliveries of which an attempt is due, the one that has waited longest first."""

    def begin(self, delivery: WebhookDelivery, due: float) -> bool:
        """Count an attempt, the next being due then; return False if another worker makes it."""

    def put_off(self, delivery: WebhookDelivery, due: float) -> None:
        """Say when the next attempt is due."""

    def remove(self, delivery: WebhookDelivery) -> None:
        """Forget a delivery that was made, or that will not be."""

    def end(self, url: str) -> None:
        """Note that the receiver at a URL wants to be told no more."""

    def has_ended(self, url: str) -> bool:
        """Return whether the receiver at a URL has said so."""


class Signer(Protocol):
    """Signs what is sent. Both methods raise NoParameter or ConfigError where there is no usable secret."""

    def headers(self, delivery: WebhookDelivery, webhook: Webhook | None, at: float) -> Mapping[str, str]:
        """Return the headers that sign a delivery at a time; `webhook` is the story's, None for the operator's."""

    def secret(self, story_id: str, webhook: Webhook) -> str:
        """Return the secret by which the owner of a story's webhook can tell who sent something."""


class Deliverer:
    """Makes deliveries, and has the due ones made."""

    def __init__(
        self,
        *,
        deliveries: PendingDeliveries,
        webhooks: StoryWebhookRepository,
        queues: StepQueues,
        config: Webhooks,
        signer: Signer,
        transport: Transport,
        runtime: Runtime,
    ) -> None:
        self._deliveries = deliveries
        self._webhooks = webhooks
        self._queues = queues
        self._config = config
        self._signer = signer
        self._transport = transport
        self._clock = runtime.clock
        self._timing = runtime.timing

    def send_due(self) -> int:
        """Have every delivery made of which an attempt is due, but not too many to one webhook; return how many."""
        if not (self._config.operator_url or self._config.per_story):
            return 0
        sent = Counter[tuple[To, str]]()
        for delivery in self._deliveries.due():
            webhook = delivery.to, delivery.story_id if delivery.to == "story" else ""
            if sent[webhook] < MOST_AT_ONCE[delivery.to]:
                sent[webhook] += 1
                send(self._queues, delivery)
        return sent.total()

    def deliver(self, delivery_id: str) -> None:
        """Make an attempt at a delivery, if one is due and nobody else makes it."""
        delivery, now = self._deliveries.get(delivery_id), self._clock()
        # A message may come twice, or long after the delivery was made.
        if delivery is None or delivery.due > now:
            return
        webhook, url = self._receiver(delivery)
        if not url:
            self._deliveries.remove(delivery)
            return
        due = self._next_due(delivery, now)
        if not self._deliveries.begin(delivery, due):
            return
        answer = self._attempt(delivery, webhook, url)
        self._settle(msgspec.structs.replace(delivery, tries=delivery.tries + 1, due=due), webhook, url, answer)

    def _receiver(self, delivery: WebhookDelivery) -> tuple[Webhook | None, str]:
        """Return the story's webhook, None for the operator's, and the URL; "" where nobody is to be told any more."""
        if delivery.to == "operator":
            url = self._config.operator_url
            return None, "" if url and self._deliveries.has_ended(url) else url
        webhook = self._webhooks.get(delivery.user_id, delivery.story_id) if self._config.per_story else None
        return webhook, webhook.url if webhook else ""

    def _attempt(self, delivery: WebhookDelivery, webhook: Webhook | None, url: str) -> WebhookResponse:
        try:
            headers = self._signer.headers(delivery, webhook, self._clock())
        except (NoParameter, ConfigError) as error:
            log.bug("webhook_unsigned", error)
            return WebhookResponse(fault="no_secret")
        return self._transport.post(url, delivery.body.encode(), headers)

    def _settle(self, delivery: WebhookDelivery, webhook: Webhook | None, url: str, answer: WebhookResponse) -> None:
        """Forget a delivery that was made, or given up; else say when the next attempt is due."""
        # The address is left out: its path or its query may be a secret.
        tell = partial(
            log.event,
            delivery_id=delivery.delivery_id,
            status=answer.status,
            fault=answer.fault,
            tries=delivery.tries,
        )
        if 200 <= answer.status < 300:
            self._deliveries.remove(delivery)
            tell("webhook_delivered")
            return
        if answer.status == GONE:
            self._end(delivery, webhook, url)
            tell("webhook_gone", level=logging.WARNING)
            return
        now, last = self._clock(), delivery.since + self._timing.webhook_for_s
        if now >= last:
            self._deliveries.remove(delivery)
            tell("webhook_given_up", level=logging.WARNING)
            return
        tell("webhook_failed")
        due = delivery.due
        if (asked := now + answer.retry_after_s) > due:
            due = min(asked, last)
            self._deliveries.put_off(delivery, due)
        if due - now <= SOON_S:
            send(self._queues, delivery, due - now)

    def _end(self, delivery: WebhookDelivery, webhook: Webhook | None, url: str) -> None:
        """Tell a receiver no more; what is still to be told to it is dropped when it is due."""
        if webhook is None:
            self._deliveries.end(url)
        else:
            # Only this one: its owner may have registered another meanwhile.
            self._webhooks.remove(delivery.user_id, delivery.story_id, webhook)
        self._deliveries.remove(delivery)

    def _next_due(self, delivery: WebhookDelivery, now: float) -> float:
        """Return when the attempt after this one is due: the pauses grow, and the last one ends a day after the event.

        After that one more may be due, which is only made if the last worker died.
        """
        delays = self._timing.webhook_delays_s
        due = now + delays[min(delivery.tries, len(delays) - 1)]
        last = delivery.since + self._timing.webhook_for_s
        return min(due, last) if now < last else due
