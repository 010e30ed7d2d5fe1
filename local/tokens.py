"""Bearer tokens on one machine: stored ones, and those that are valid only in this process."""

import hashlib
import hmac
import secrets
import tempfile
from pathlib import Path

from chalicelib.clock import Clock
from chalicelib.store.access import TokenStore, check_token
from local.system import USER


class LocalTokens(TokenStore):
    """A token store whose `accept` stores nothing, so that LOCAL_TOKEN is valid only while it is set."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._accepted: list[tuple[bytes, str]] = []

    def accept(self, token: str, user_id: str) -> None:
        """Accept `token` as the user's until this process ends."""
        check_token(token, user_id)
        self._accepted.append((_digest(token), user_id))

    def user_of(self, token: str) -> str | None:
        """Return the user whose token this is, or None; record that a stored one was used today."""
        given, found = _digest(token), None
        for known, user_id in self._accepted:  # compare all, each in constant time: the duration must reveal nothing
            if hmac.compare_digest(given, known):
                found = user_id
        if found is not None or (item := self._find(token)) is None:
            return found
        # Fireside 0.1 stored LOCAL_TOKEN like any other token; such leftovers must no longer be accepted.
        if item.user_id == USER and not item.issued:
            return None
        self._record_use(item)
        return item.user_id


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def kept_token(path: Path) -> str:
    """Return the token in the file `path`, which only its owner can read; if there is none, create it atomically."""
    if not (path.exists() and path.read_text(encoding="ascii").strip()):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="ascii") as file:  # mode 0600
            file.write(secrets.token_urlsafe(32))
        Path(file.name).replace(path)
    return path.read_text(encoding="ascii").strip()
