"""The part of the composition roots that tells webhooks what happens."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.store.deliveries import Deliveries
from chalicelib.store.story_webhooks import StoryWebhooks

if TYPE_CHECKING:
    from chalicelib.bootstrap.core import Core
    from chalicelib.pipeline.delivering import Deliverer, Transport
    from chalicelib.pipeline.outbox import Outbox
    from chalicelib.providers.webhook_signing import WebhookSigner


class Notifying:
    """What is told to webhooks, and how. Each object is built when it is first needed."""

    def __init__(self, core: "Core") -> None:
        self._core = core

    @cached_property
    def webhooks(self) -> StoryWebhooks:
        """The webhooks of stories."""
        return StoryWebhooks()

    @cached_property
    def deliveries(self) -> Deliveries:
        """What is still to be told."""
        return Deliveries(self._core.runtime.clock)

    @cached_property
    def outbox(self) -> "Outbox":
        """The outbox of events."""
        from chalicelib.pipeline.outbox import Outbox  # noqa: PLC0415

        core = self._core
        return Outbox(
            webhooks=self.webhooks,
            deliveries=self.deliveries,
            ledger=core.ledger,
            queues=core.queues,
            config=core.config.webhooks,
            clock=core.runtime.clock,
        )

    @cached_property
    def transport(self) -> "Transport":
        """The client that reaches public hosts alone."""
        from chalicelib.providers.webhook_client import WebhookClient  # noqa: PLC0415

        return self._core.adapters.webhooks or WebhookClient()

    @cached_property
    def signer(self) -> "WebhookSigner":
        """The signer of what is told."""
        from chalicelib.providers.webhook_signing import WebhookSigner, stage_secret  # noqa: PLC0415

        core = self._core
        return WebhookSigner(stage_secret(core.settings, core.parameters.get, core.adapters.env))

    @cached_property
    def deliverer(self) -> "Deliverer":
        """What makes deliveries."""
        from chalicelib.pipeline.delivering import Deliverer  # noqa: PLC0415

        core = self._core
        return Deliverer(
            deliveries=self.deliveries,
            webhooks=self.webhooks,
            queues=core.queues,
            config=core.config.webhooks,
            signer=self.signer,
            transport=self.transport,
            runtime=core.runtime,
        )

    def deliver(self, delivery_id: str) -> None:
        """Make an attempt at a delivery."""
        self.deliverer.deliver(delivery_id)

    def fault_of(self, host: str) -> str:
        """Return why a host must not be reached, as a code; "" if it may be."""
        return self.transport.fault_of(host)
