"""Webhooks: being told what becomes of a story."""

from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import OwnStory
from chalicelib.api.webhooks import PutWebhook, RegisteredWebhook

_WEBHOOK = "/stories/{story_id}/webhook"


@route("PUT", _WEBHOOK, refuses=(403,))
def put_webhook(api: ApiServices, story: OwnStory, body: PutWebhook) -> RegisteredWebhook:
    """Have an address told when a task ends or a chapter is ready."""
    return api.webhook_service.register(story, body)


@route("DELETE", _WEBHOOK)
def delete_webhook(api: ApiServices, story: OwnStory) -> None:
    """Tell nobody any more."""
    api.webhook_service.remove(story)
