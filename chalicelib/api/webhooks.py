"""The webhook of a story: registered by its owner, where the operator allows it."""

from collections.abc import Callable
from typing import Annotated

import msgspec

from chalicelib.api.responses import Response
from chalicelib.clock import Ids
from chalicelib.domain.story import Story
from chalicelib.domain.webhook import MAX_URL, Webhook, parse_url
from chalicelib.errors import ConfigError, Forbidden, Invalid, NoParameter
from chalicelib.pipeline.delivering import Signer
from chalicelib.pipeline.outbox import StoryWebhookRepository

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_URL)]


class PutWebhook(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`PUT /stories/{id}/webhook`. `url` is an https address on port 443 of a public host."""

    url: Url


class RegisteredWebhook(Response):
    """A webhook that was registered. Its `secret` is shown this once: by it you can tell who sent an event."""

    url: str
    secret: str


class WebhookService:
    """The operations on the webhooks of stories. `fault_of` says why a host must not be reached, "" if it may be."""

    def __init__(
        self,
        *,
        webhooks: StoryWebhookRepository,
        allowed: Callable[[], bool],
        signer: Callable[[], Signer],
        fault_of: Callable[[str], str],
        ids: Ids,
    ) -> None:
        self._webhooks = webhooks
        self._allowed = allowed
        self._signer = signer
        self._fault_of = fault_of
        self._ids = ids

    def register(self, story: Story, body: PutWebhook) -> RegisteredWebhook:
        """Give a story a webhook, in place of the one it has, with a new secret; raise Forbidden or Invalid."""
        if not self._allowed():
            raise Forbidden("Webhooks of single stories are not allowed here: webhooks.per_story is off.")
        try:
            host = parse_url(body.url).host
        except ValueError as error:
            raise Invalid(f"url {error}.") from None
        webhook = Webhook(body.url, self._ids())
        try:
            secret = self._signer().secret(story.story_id, webhook)
        except (NoParameter, ConfigError):
            raise Forbidden("Webhooks cannot be signed here: the operator has to set WEBHOOK_SECRET first.") from None
        if self._fault_of(host):
            # The same whether it has no address or a private one: which names there are inside is nobody's business.
            raise Invalid(f"url: The host {host} has no public address; give the name of one that has.")
        self._webhooks.set(story.user_id, story.story_id, webhook)
        return RegisteredWebhook(body.url, secret)

    def remove(self, story: Story) -> None:
        """Take a story's webhook away, if it has one."""
        self._webhooks.remove(story.user_id, story.story_id)
