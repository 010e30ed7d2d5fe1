"""The keys of a state directory's AWS, made at its first start and readable only by their owner."""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "keys.json"


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key id and its secret, for any AWS SDK."""

    access_key_id: str
    secret_access_key: str


def read_keys(state_dir: Path) -> Keys | None:
    """Return the keys of `state_dir`, or None before its first start. Raises ValueError for a damaged file."""
    try:
        text = (state_dir / FILE).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    try:
        record = json.loads(text)
        return Keys(str(record["access_key_id"]), str(record["secret_access_key"]))
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{state_dir / FILE} is damaged. Delete it: the next start makes new keys.") from None


def kept_keys(state_dir: Path) -> Keys:
    """Return the keys of `state_dir`, creating them if there are none.

    Two processes that start at the same time get the same keys: the complete file is linked into place, and the first
    link wins.
    """
    if keys := read_keys(state_dir):
        return keys
    # ministack takes an access key of twelve digits for an account number; the letters keep everything in one account.
    made = Keys(f"FIRESIDE{secrets.token_hex(6).upper()}", secrets.token_urlsafe(32))
    with tempfile.NamedTemporaryFile(dir=state_dir, buffering=0) as file:  # mode 0600
        file.write(json.dumps(asdict(made)).encode())
        os.fsync(file.fileno())
        try:
            os.link(file.name, state_dir / FILE)
        except FileExistsError:
            return kept_keys(state_dir)
    return made
