"""Signatures of what webhooks are told, as Standard Webhooks has them, and the secrets that they are made with.

The operator's webhook is signed with the stage's secret, WEBHOOK_SECRET. Each story's has one of its own, as Standard
Webhooks asks for: it is computed from that secret and the webhook's key, so that no secret lies in a table or a backup,
and another registration has another one.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from chalicelib.domain.digest import digest
from chalicelib.domain.webhook import Webhook, WebhookDelivery
from chalicelib.errors import ConfigError
from chalicelib.providers.keys import parameter_name
from chalicelib.settings import Settings

NAME = "WEBHOOK_SECRET"
PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64


def stage_secret(settings: Settings, parameter: Callable[[str], str], env: Mapping[str, str]) -> Callable[[], str]:
    """Return a function that reads the stage's secret from the environment or, by `parameter`, from Parameter Store.

    It raises NoParameter where there is none; other errors of the store pass through.
    """
    return lambda: env.get(NAME) or parameter(parameter_name(settings, NAME))


class WebhookSigner:
    """Signs deliveries. `read` returns the stage's secret."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def headers(self, delivery: WebhookDelivery, webhook: Webhook | None, at: float) -> Mapping[str, str]:
        """Return the headers that sign a delivery at a time; raise NoParameter or ConfigError without a secret."""
        from standardwebhooks import Webhook as Signature  # noqa: PLC0415 # for deliveries alone

        secret = self.secret(delivery.story_id, webhook) if webhook else self._stage_secret()
        moment = datetime.fromtimestamp(math.floor(at), UTC)
        return {
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(math.floor(at)),
            "webhook-signature": Signature(secret).sign(delivery.event_id, moment, delivery.body),
        }

    def secret(self, story_id: str, webhook: Webhook) -> str:
        """Return the secret of a story's webhook; raise NoParameter or ConfigError without the stage's."""
        master = base64.b64decode(self._stage_secret().removeprefix(PREFIX))
        # What is signed with the stage's secret begins with an event's id and a full stop: this never does.
        own = hmac.digest(master, f"story:{digest(story_id, webhook.key)}".encode(), "sha256")
        return PREFIX + base64.b64encode(own).decode()

    def _stage_secret(self) -> str:
        secret = self._read().strip()
        if not is_secret(secret):
            raise ConfigError(f"{NAME} must be {PREFIX} and {FEWEST_BYTES} to {MOST_BYTES} bytes in base64.")
        return secret


def is_secret(text: str) -> bool:
    """Return whether a text is a secret as Standard Webhooks has them."""
    try:
        length = len(base64.b64decode(text.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        return False
    return text.startswith(PREFIX) and FEWEST_BYTES <= length <= MOST_BYTES
