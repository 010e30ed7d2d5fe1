"""The webhooks of stories, each part of its story's item: it goes with the story."""

import msgspec
from pynamodb.expressions.update import Action

from chalicelib.domain.webhook import Webhook
from chalicelib.errors import NotFound
from chalicelib.store.outage import repository
from chalicelib.store.stories import NO_STORY, PRESENT
from chalicelib.store.tables import StoryItem
from chalicelib.store.transactions import conditional_write


@repository
class StoryWebhooks:
    """The webhooks of all stories."""

    def get(self, user_id: str, story_id: str) -> Webhook | None:
        """Return a story's webhook; None if it has none, or is gone. Nothing else of the story is read."""
        try:
            item = StoryItem.get(user_id, story_id, consistent_read=True, attributes_to_get=["webhook", "deleted"])
        except StoryItem.DoesNotExist:
            return None
        return None if item.deleted or not item.webhook else msgspec.convert(item.webhook, Webhook)

    def set(self, user_id: str, story_id: str, webhook: Webhook) -> None:
        """Give a story a webhook, in place of the one it has; raise NotFound if it was deleted meanwhile."""
        item = StoryItem(user_id, story_id)
        actions: list[Action] = [StoryItem.webhook.set(msgspec.to_builtins(webhook))]
        if not conditional_write(lambda: item.update(actions, condition=PRESENT)):
            raise NotFound(NO_STORY)

    def remove(self, user_id: str, story_id: str, only: Webhook | None = None) -> None:
        """Take a story's webhook away; with `only` it stays if another has replaced that one."""
        item = StoryItem(user_id, story_id)
        condition = PRESENT
        if only is not None:
            condition &= StoryItem.webhook == msgspec.to_builtins(only)
        conditional_write(lambda: item.update([StoryItem.webhook.remove()], condition=condition))
