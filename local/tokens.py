"""Bearer tokens on one machine: the stored ones, and those that count only while this process says so."""

import hashlib
import hmac
import secrets
import tempfile
from pathlib import Path

from chalicelib.clock import Clock
from chalicelib.store.access import TokenStore, check_token
from local.system import USER


class LocalTokens(TokenStore):
    """Tokens whose `accept` stores nothing: LOCAL_TOKEN is valid for as long as it is set, and not a day longer."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._accepted: list[tuple[bytes, str]] = []

    def accept(self, token: str, user_id: str) -> None:
        """Take `token` for the user until this process ends."""
        check_token(token, user_id)
        self._accepted.append((_digest(token), user_id))

    def user_of(self, token: str) -> str | None:
        """Whose token this is, or None."""
        given, found = _digest(token), None
        for known, user_id in self._accepted:  # all of them, each in constant time: how long it takes tells nothing
            if hmac.compare_digest(given, known):
                found = user_id
        if found is not None or (item := self._find(token)) is None:
            return found
        # Fireside 0.1 stored LOCAL_TOKEN like any other token. What is left of that opens nothing any more.
        return item.user_id if item.issued or item.user_id != USER else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def kept_token(path: Path) -> str:
    """The token in the file `path`, which its owner alone can read; made, whole or not at all, if there is none."""
    if not (path.exists() and path.read_text(encoding="ascii").strip()):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="ascii") as file:  # mode 0600
            file.write(secrets.token_urlsafe(32))
        Path(file.name).replace(path)
    return path.read_text(encoding="ascii").strip()
