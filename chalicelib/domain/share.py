"""A share: a link that plays one story without a token, and the port of all shares."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from chalicelib.domain.digest import digest


class Share(msgspec.Struct, frozen=True):
    """A share of a story. `hashed` is the digest of its secret, which is stored nowhere; `expires` is in whole seconds
    since the epoch."""

    share_id: str
    created_at: str
    expires: int
    hashed: str

    def has_ended(self, now: float) -> bool:
        """Return whether it has expired."""
        return self.expires <= now


def hash_of(secret: str) -> str:
    """Return the digest that stands for a secret. It has 128 bits, so a plain SHA-256 cannot be guessed back."""
    return digest("share", secret)


class Shared(msgspec.Struct, frozen=True):
    """What a secret opens: one story of one user."""

    user_id: str
    story_id: str


class Shares(Protocol):
    """The shares of all stories."""

    def make(self, user_id: str, story_id: str, share: Share) -> bool:
        """Store a share; return False if the story is gone or has as many as it may. Once more changes nothing."""

    def of_story(self, user_id: str, story_id: str) -> Sequence[Share]:
        """Return the shares of a story that have not expired, oldest first."""

    def find(self, secret: str) -> Shared | None:
        """Return what a secret opens; None if it is unknown, revoked or expired."""

    def revoke(self, user_id: str, story_id: str, share_id: str) -> bool:
        """End a share at once; return whether the story had it."""

    def delete_story(self, user_id: str, story_id: str) -> None:
        """Remove all shares of a story, which may be deleted already."""
