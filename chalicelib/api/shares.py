"""The shares of a story, as its owner makes, lists and revokes them, and their requests and responses."""

import base64
import hmac
from typing import Annotated

import msgspec

from chalicelib import limits
from chalicelib.api.idempotency import Once
from chalicelib.clock import rfc3339
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.share import Share, Shares, hash_of
from chalicelib.domain.story import Story
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline.ports import StoryRepository

DAY_S = 86_400
SECRET_BYTES = 16
"""128 bits: nobody guesses one, however many there are."""


class MakeShare(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`POST /stories/{id}/shares`. The link plays for `days`; for 30 if they are left out."""

    days: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_SHARE_DAYS)] | None = None


class MadeShare(msgspec.Struct, frozen=True):
    """A share that was made. `url` plays the story without a token, `feed_url` is its podcast feed: shown this once."""

    share_id: str
    url: str
    feed_url: str
    expires_at: str


class ListedShare(msgspec.Struct, frozen=True):
    """A share in a list, without its addresses, which are stored nowhere."""

    share_id: str
    created_at: str
    expires_at: str


class ListedShares(msgspec.Struct, frozen=True):
    """`GET /stories/{id}/shares`: those that have not expired, oldest first."""

    shares: list[ListedShare]


class ShareService:
    """The operations on the shares of a story."""

    def __init__(self, *, shares: Shares, stories: StoryRepository) -> None:
        self._shares = shares
        self._stories = stories

    def make(self, story: Story, body: MakeShare, token: str, base: str, once: Once[MadeShare]) -> MadeShare:
        """Make a share, whose addresses begin with `base`; raise NotFound or Conflict.

        `token` is the bearer token that the request came with: see `secret_of`.
        """
        days = limits.SHARE_DAYS if body.days is None else body.days

        def make(record: IdempotencyRecord) -> MadeShare:
            secret = secret_of(token, record.resource_id)
            share = Share(
                share_id=record.resource_id,
                created_at=rfc3339(record.created),
                expires=int(record.created) + days * DAY_S,
                hashed=hash_of(secret),
            )
            if record.again:
                self._ensure_same(story, share)
            # One that was made and revoked since stays revoked, however often the request is sent again.
            if not record.done and not self._shares.make(story.user_id, story.story_id, share):
                self._stories.get(story.user_id, story.story_id)
                raise Conflict(
                    f"The story has {limits.MAX_SHARES} shares, as many as it may have; revoke one of them first."
                )
            return MadeShare(
                share_id=share.share_id,
                url=f"{base}listen/{secret}",
                feed_url=f"{base}feeds/{secret}",
                expires_at=rfc3339(share.expires),
            )

        return once(make)

    def _ensure_same(self, story: Story, share: Share) -> None:
        for known in self._shares.of_story(story.user_id, story.story_id):
            if known.share_id == share.share_id and known.hashed != share.hashed:
                raise Conflict("The share was made with another token, and is shown only once; make another one.")

    def list(self, story: Story) -> ListedShares:
        """List the shares of a story that have not expired, oldest first."""
        found = self._shares.of_story(story.user_id, story.story_id)
        return ListedShares([ListedShare(one.share_id, one.created_at, rfc3339(one.expires)) for one in found])

    def revoke(self, story: Story, share_id: str) -> None:
        """End a share at once; raise NotFound."""
        if not self._shares.revoke(story.user_id, story.story_id, share_id):
            raise NotFound("Share not found")


def secret_of(token: str, share_id: str) -> str:
    """Return the secret of a share: 128 bits, in 22 characters that need no escaping in a URL.

    The secret is stored nowhere, and still a request that is sent again under its Idempotency-Key gets the same answer:
    it is derived from two things of which one is stored, the share's random id, and the other is not, the bearer token
    of the one who makes the share. A copy of the tables tells nobody any secret.
    """
    mixed = hmac.digest(token.encode("utf-8", "surrogatepass"), f"share {share_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(mixed[:SECRET_BYTES]).decode().rstrip("=")


def bearer_token(authorization: str) -> str:
    """Return the token in an Authorization header that the authorizer has accepted."""
    return authorization.partition(" ")[2].strip()
