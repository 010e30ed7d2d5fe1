"""The repository of shares: an item for each, found by the digest of its secret, and a list of them on the story.

The list is a set of short texts, to which DynamoDB adds and from which it takes without a read before: two windows that
make or revoke shares at once do not overwrite each other.
"""

from collections.abc import Sequence

from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock
from chalicelib.domain.share import Share, Shared, hash_of
from chalicelib.limits import MAX_SHARES
from chalicelib.store.outage import repository
from chalicelib.store.share_tables import PREFIX, ShareItem
from chalicelib.store.stories import PRESENT
from chalicelib.store.tables import StoryItem
from chalicelib.store.transactions import conditional_write, transact


@repository
class ShareStore:
    """The shares of all stories."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def make(self, user_id: str, story_id: str, share: Share) -> bool:
        """Store a share; return False if the story is gone or has as many as it may. Once more changes nothing."""
        self._take_off(user_id, story_id, [one for one in self._listed(user_id, story_id) if self._has_ended(one)])
        entry = _entry(share)
        shares = StoryItem.shares
        room = shares.does_not_exist() | (size(shares) < MAX_SHARES) | shares.contains(entry)
        item = ShareItem(
            _key(share.hashed), user_id=user_id, story_id=story_id, share_id=share.share_id, expires=share.expires
        )

        def write(transaction: TransactWrite) -> None:
            transaction.update(StoryItem(user_id, story_id), actions=[shares.add({entry})], condition=PRESENT & room)
            transaction.save(item)

        return transact(write)

    def of_story(self, user_id: str, story_id: str) -> Sequence[Share]:
        """Return the shares of a story that have not expired, oldest first."""
        lasting = [share for share in self._listed(user_id, story_id) if not self._has_ended(share)]
        return sorted(lasting, key=lambda share: (share.created_at, share.share_id))

    def find(self, secret: str) -> Shared | None:
        """Return what a secret opens; None if it is unknown, revoked or expired."""
        try:
            # Consistent: what was revoked a moment ago must not be found.
            item = ShareItem.get(_key(hash_of(secret)), consistent_read=True)
        except ShareItem.DoesNotExist:
            return None
        return None if item.expires <= self._clock() else Shared(item.user_id, item.story_id)

    def revoke(self, user_id: str, story_id: str, share_id: str) -> bool:
        """End a share at once; return whether the story had it."""
        found = [share for share in self._listed(user_id, story_id) if share.share_id == share_id]
        self._remove(found)
        self._take_off(user_id, story_id, found)
        return any(not self._has_ended(share) for share in found)

    def delete_story(self, user_id: str, story_id: str) -> None:
        """Remove all shares of a story, which may be deleted already."""
        # The list goes with the story: as long as that is there, an interrupted removal can be done again.
        self._remove(self._listed(user_id, story_id))

    def _listed(self, user_id: str, story_id: str) -> Sequence[Share]:
        try:
            item = StoryItem.get(user_id, story_id, consistent_read=True, attributes_to_get=["shares"])
        except StoryItem.DoesNotExist:
            return []
        return [_share(entry) for entry in item.shares or ()]

    def _has_ended(self, share: Share) -> bool:
        return share.has_ended(self._clock())

    def _remove(self, shares: Sequence[Share]) -> None:
        for share in shares:
            ShareItem(_key(share.hashed)).delete()

    def _take_off(self, user_id: str, story_id: str, shares: Sequence[Share]) -> None:
        """Take shares off the story's list."""
        if not shares:
            return
        off: list[Action] = [StoryItem.shares.delete({_entry(share) for share in shares})]
        item = StoryItem(user_id, story_id)
        # An update creates what is missing: a story that is gone must not come back.
        conditional_write(lambda: item.update(off, condition=StoryItem.story_id.exists()))


def _key(hashed: str) -> str:
    return f"{PREFIX}{hashed}"


def _entry(share: Share) -> str:
    return f"{share.share_id} {share.created_at} {share.expires} {share.hashed}"


def _share(entry: str) -> Share:
    share_id, created_at, expires, hashed = entry.split(" ")
    return Share(share_id, created_at, int(expires), hashed)
