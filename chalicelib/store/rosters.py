"""What the narrator's account was found to have, on S3: `voices/roster.json`. It is no story's, and holds no secret."""

from collections.abc import Callable

import msgspec

from chalicelib.domain.voice import Roster
from chalicelib.store.objects import ObjectStore
from chalicelib.store.outage import repository
from chalicelib.store.texts import JSON

KEY = "voices/roster.json"


@repository
class Rosters:
    """The one roster of a stage. The bucket is asked for when it is first read or written."""

    def __init__(self, objects: Callable[[], ObjectStore]) -> None:
        self._objects = objects

    def get(self) -> Roster | None:
        """Return what was found last; None where nobody has asked yet, or a later version stored what this one cannot
        read: it is asked for again."""
        found = self._objects().get(KEY)
        try:
            return msgspec.json.decode(found.data, type=Roster) if found else None
        except msgspec.DecodeError:
            return None

    def put(self, roster: Roster) -> None:
        """Store what was found."""
        self._objects().put_text(KEY, msgspec.json.encode(roster).decode(), JSON)
