"""Texts that are told as they are, on S3: `stories/{story_id}/texts/manuscript-{digest}.json`.

They are kept for as long as their story, and not in its item, which every list of stories reads.
"""

from collections.abc import Callable

import msgspec

from chalicelib.domain.manuscript import Manuscript
from chalicelib.errors import StoreUnavailable
from chalicelib.store.kept import read_kept
from chalicelib.store.objects import ObjectStore
from chalicelib.store.outage import repository
from chalicelib.store.texts import JSON


@repository
class Manuscripts:
    """The manuscripts of all stories. The bucket is asked for with the first of them."""

    def __init__(self, objects: Callable[[], ObjectStore]) -> None:
        self._objects = objects

    def keep(self, story_id: str, manuscript: Manuscript) -> None:
        """Keep a story's manuscript. A second time changes nothing."""
        self._objects().put_text(_key(story_id, manuscript.digest), msgspec.json.encode(manuscript).decode(), JSON)

    def get(self, story_id: str, digest: str) -> Manuscript:
        """Return the manuscript with this digest, which was kept."""
        found = self._objects().get(_key(story_id, digest))
        if found is None:
            raise StoreUnavailable("NoSuchText")  # such as where a table was restored without its bucket
        return read_kept(found.data.decode(), Manuscript)


def _key(story_id: str, digest: str) -> str:
    return f"stories/{story_id}/texts/manuscript-{digest}.json"
