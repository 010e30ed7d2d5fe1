"""Bearer tokens and Idempotency-Keys: who is calling, and whether this call was made before."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib import log
from chalicelib.clock import Clock, Ids, rfc3339
from chalicelib.domain.digest import digest
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.errors import Invalid, KeyReused
from chalicelib.store.outage import STORE_ERRORS, repository
from chalicelib.store.tables import KeyItem, TokenItem
from chalicelib.store.transactions import conditional_write

DAY_S = 86_400

KEY_S = DAY_S
"""An Idempotency-Key is remembered for a day."""

USE_S = 1.0
"""The longest that a request waits for the day of its token's use to be stored."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """What is known of a token: whose it is, when it was made and ends (RFC 3339), and the day it was last used."""

    user_id: str
    created_at: str
    expires_at: str | None
    last_used: str | None


@repository
class TokenStore:
    """Bearer tokens, stored as hashes only. A token has 256 random bits, so a plain SHA-256 cannot be guessed back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def issue(self, user_id: str, days: int | None = None) -> str:
        """Issue a new token for the user and return it; it cannot be read again. It ends after `days`, if given."""
        token = secrets.token_urlsafe(32)
        expires = None if days is None else int(self._clock() + days * DAY_S)
        self._keep(token, user_id, issued=True, expires=expires)
        return token

    def accept(self, token: str, user_id: str) -> None:
        """Accept `token`, which was made elsewhere, as the user's from now on."""
        self._keep(token, user_id, issued=None)

    def revoke(self, token: str) -> None:
        """Revoke `token`; it need not exist."""
        TokenItem(token_hash(token)).delete()

    def user_of(self, token: str) -> str | None:
        """Return the user whose token this is, or None; record that it was used today."""
        item = self._find(token)
        if item is None:
            return None
        self._record_use(item)
        return item.user_id

    def users(self) -> set[str]:
        """Return the names of all users who have a token."""
        return {token.user_id for token in self._all()}

    def issued(self) -> list[IssuedToken]:
        """Return what is known of every token, by user and age; those that have ended may be among them."""
        return sorted(map(_known, self._all()), key=lambda token: (token.user_id, token.created_at))

    def issued_to(self, user_id: str) -> list[IssuedToken]:
        """Return what is known of each of the user's tokens."""
        return [token for token in self.issued() if token.user_id == user_id]

    def revoke_all(self, user_id: str) -> int:
        """End all tokens of a user and return how many there were."""
        tokens = [token for token in self._all() if token.user_id == user_id]
        for token in tokens:
            token.delete()
        return len(tokens)

    def _all(self) -> Iterator[TokenItem]:
        # Consistent: a token that was issued a moment ago must not survive the revocation of all.
        # Limits and shares are in the same table, under keys that begin with a word and #.
        return (token for token in TokenItem.scan(consistent_read=True) if "#" not in token.token_hash)

    def _find(self, token: str) -> TokenItem | None:
        if not token:
            return None
        try:
            item = TokenItem.get(token_hash(token))
        except TokenItem.DoesNotExist:
            return None
        return None if item.expires and item.expires <= self._clock() else item

    def _record_use(self, item: TokenItem) -> None:
        """Record the day of a token's use, once a day. The request goes on after USE_S, and whatever happens here.

        It waits no longer because the client tries a failing write for longer than the authorizer may take.
        """
        today = rfc3339(self._clock())[: len("2026-11-24")]
        if item.last_used == today:
            return
        writing = threading.Thread(target=_write_use, args=(item.token_hash, today), name="last use", daemon=True)
        writing.start()
        writing.join(USE_S)

    def _keep(self, token: str, user_id: str, *, issued: bool | None, expires: int | None = None) -> None:
        check_token(token, user_id)
        made = rfc3339(self._clock())
        TokenItem(token_hash(token), user_id=user_id, created_at=made, issued=issued, expires=expires).save()


def _write_use(hashed: str, today: str) -> None:
    # An update creates what is missing: a token that was revoked meanwhile must not come back without its user.
    # Of requests that arrive at the same time, one writes.
    due = TokenItem.token_hash.exists() & (TokenItem.last_used.does_not_exist() | (TokenItem.last_used < today))
    try:
        conditional_write(lambda: TokenItem(hashed).update([TokenItem.last_used.set(today)], condition=due))
    except STORE_ERRORS as error:
        log.event("last_use_not_stored", error=type(error).__name__)


def _known(item: TokenItem) -> IssuedToken:
    ends = rfc3339(float(item.expires)) if item.expires else None
    return IssuedToken(item.user_id, item.created_at, ends, item.last_used)


def check_token(token: str, user_id: str) -> None:
    """Raise Invalid for a token that no client could send, or a name that no user may have."""
    check_user(user_id)
    if not token.strip():
        raise Invalid("A token cannot be empty.")


def check_user(user_id: str) -> None:
    """Raise Invalid for a name that no user may have."""
    if not (0 < len(user_id) <= 64 and user_id.isascii() and user_id.replace("-", "").replace("_", "").isalnum()):
        raise Invalid("The user's name must be 1 to 64 letters, digits, hyphens and underscores.")


def token_hash(token: str) -> str:
    """Return the key under which a token is stored."""
    return digest("token", token)


@repository
class IdempotencyKeys:
    """Idempotency-Keys, each of one user and one route."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    def begin(self, user_id: str, route: str, key: str | None, body: bytes) -> IdempotencyRecord:
        """Return the first attempt under this key, or the one made before; raise KeyReused for another body.

        The id of what will be created is fixed here, before anything is: a second attempt after a crash finishes
        what the first one began instead of beginning again.
        """
        now = self._clock()
        if key is None:
            return IdempotencyRecord(self._ids(), now, False, None)
        hashed, fingerprint = digest(user_id, route, key), digest(body)
        # The id is stored before it is used: a crash after this leaves a key without a story, never a story twice.
        fresh = KeyItem(
            hashed,
            fingerprint=fingerprint,
            resource_id=self._ids(),
            created=now,
            done=False,
            expires=int(now + KEY_S),
        )
        # DynamoDB removes expired items up to days late, so the age is part of the condition.
        unused = KeyItem.key.does_not_exist() | (KeyItem.created < now - KEY_S)
        if conditional_write(lambda: fresh.save(condition=unused)):
            return IdempotencyRecord(fresh.resource_id, now, False, hashed)
        # Consistent: the first request may have written the item a moment ago.
        known = KeyItem.get(hashed, consistent_read=True)
        if known.fingerprint != fingerprint:
            raise KeyReused("The Idempotency-Key was used with another body; use a new key for a new request.")
        return IdempotencyRecord(known.resource_id, float(known.created), known.done, hashed, known.answer, again=True)

    def complete(self, attempt: IdempotencyRecord, answer: str | None = None) -> None:
        """Record that the request was carried out: from now on it is only answered, with `answer` if given."""
        if attempt.key is not None and not attempt.done:
            kept = [KeyItem.answer.set(answer)] if answer is not None else []
            # An update creates what is missing: a key that has expired meanwhile must not come back without its body.
            KeyItem(attempt.key).update([KeyItem.done.set(True), *kept], condition=KeyItem.key.exists())

    def release(self, attempt: IdempotencyRecord) -> None:
        """Free the key of a refused request, for a better body or a better time."""
        if attempt.key is not None and not attempt.done:
            KeyItem(attempt.key).delete()
