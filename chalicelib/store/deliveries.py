"""The repository of what is still to be told by webhooks: an outbox, written with what it tells of.

It has an item only while there is something to tell, so a stage without webhooks pays nothing for it. The address is
not in it: it is read when an attempt is made, so that a webhook that is removed, or whose story is, is told no more.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import cast

from pynamodb.expressions.update import Action

from chalicelib.clock import Clock
from chalicelib.domain.webhook import To, WebhookDelivery
from chalicelib.store.delivery_tables import DELIVERIES, GONE, TOLD, DeliveryItem
from chalicelib.store.outage import repository
from chalicelib.store.transactions import Write, conditional_write

KEPT_S = 3 * 86_400
"""DynamoDB removes a delivery after this, if nobody has: the last attempt is made a day after the event."""

TOLD_S = 40 * 86_400
"""How long an event that is recorded once stays known: longer than a budget's month."""

GONE_S = 365 * 86_400


@repository
class Deliveries:
    """The deliveries to all webhooks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def record(self, delivery: WebhookDelivery) -> Write:
        """Return the write that records a delivery. One that is there already stays as it is, so it never fails."""
        # `|` is if_not_exists.
        actions: list[Action] = [
            DeliveryItem.user_id.set(DeliveryItem.user_id | delivery.user_id),
            DeliveryItem.of_story.set(DeliveryItem.of_story | delivery.story_id),
            DeliveryItem.body.set(DeliveryItem.body | delivery.body),
            DeliveryItem.since.set(DeliveryItem.since | delivery.since),
            DeliveryItem.due.set(DeliveryItem.due | delivery.due),
            DeliveryItem.tries.set(DeliveryItem.tries | delivery.tries),
            DeliveryItem.expires.set(DeliveryItem.expires | int(delivery.since + KEPT_S)),
        ]
        item = DeliveryItem(DELIVERIES, delivery.delivery_id)
        return lambda transaction: transaction.update(item, actions=actions)

    def note_told(self, event_id: str) -> Write:
        """Return the write that notes that an event was recorded."""
        item = DeliveryItem(TOLD, event_id)
        actions: list[Action] = [DeliveryItem.expires.set(int(self._clock() + TOLD_S))]
        return lambda transaction: transaction.update(item, actions=actions)

    def was_told(self, event_id: str) -> bool:
        """Return whether an event was recorded."""
        return _find(TOLD, event_id) is not None

    def get(self, delivery_id: str) -> WebhookDelivery | None:
        """Return a delivery that is not made yet, or None."""
        item = _find(DELIVERIES, delivery_id)
        return None if item is None else _delivery(item)

    def due(self) -> Iterator[WebhookDelivery]:
        """Return the deliveries of which an attempt is due, the one that has waited longest first."""
        items = DeliveryItem.query(DELIVERIES, filter_condition=DeliveryItem.due <= self._clock(), consistent_read=True)
        return iter(sorted(map(_delivery, items), key=lambda one: one.due))

    def begin(self, delivery: WebhookDelivery, due: float) -> bool:
        """Count an attempt before it is made, the next being due then; return False if another worker makes it."""
        item = DeliveryItem(DELIVERIES, delivery.delivery_id)
        actions: list[Action] = [DeliveryItem.tries.set(delivery.tries + 1), DeliveryItem.due.set(due)]
        return conditional_write(lambda: item.update(actions, condition=DeliveryItem.tries == delivery.tries))

    def put_off(self, delivery: WebhookDelivery, due: float) -> None:
        """Say when the next attempt is due, unless the delivery was made or another attempt has begun."""
        item = DeliveryItem(DELIVERIES, delivery.delivery_id)
        begun = DeliveryItem.tries == delivery.tries
        conditional_write(lambda: item.update([DeliveryItem.due.set(due)], condition=begun))

    def remove(self, delivery: WebhookDelivery) -> None:
        """Forget a delivery that was made, or that will not be."""
        DeliveryItem(DELIVERIES, delivery.delivery_id).delete()

    def end(self, url: str) -> None:
        """Note that the receiver at a URL wants to be told no more."""
        DeliveryItem(GONE, _digest(url)).update([DeliveryItem.expires.set(int(self._clock() + GONE_S))])

    def has_ended(self, url: str) -> bool:
        """Return whether the receiver at a URL has said so."""
        return _find(GONE, _digest(url)) is not None


def _find(kind: str, name: str) -> DeliveryItem | None:
    # A query, as for the semaphores: the functions may query this table, and need no more.
    return next(iter(DeliveryItem.query(kind, DeliveryItem.name == name, consistent_read=True)), None)


def _digest(url: str) -> str:
    return sha256(url.encode()).hexdigest()


def _delivery(item: DeliveryItem) -> WebhookDelivery:
    event_id, _, to = item.name.rpartition(":")
    return WebhookDelivery(
        event_id=event_id,
        to=cast(To, to),
        user_id=item.user_id or "",
        story_id=item.of_story or "",
        body=item.body or "",
        since=float(item.since or 0),
        due=float(item.due or 0),
        tries=int(item.tries or 0),
    )
