"""Earlier texts of chapters on S3: `stories/{story_id}/versions/{number}/...json`, with its facts in the key.

The facts that a list shows are in the key, so that listing reads no texts. A text is put here before the transaction
that replaces it: whatever happens then, nothing that a person or an author wrote is lost.
"""

from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.chapter import Chapter, KeptText, KeptVersion, MadeBy
from chalicelib.store.kept import read_kept
from chalicelib.store.objects import ObjectStore
from chalicelib.store.outage import repository
from chalicelib.store.texts import JSON
from chalicelib.story.measures import count_words


@repository
class Versions:
    """The earlier texts of the chapters of all stories. The bucket is asked for with the first of them."""

    def __init__(self, clock: Clock, objects: Callable[[], ObjectStore]) -> None:
        self._clock = clock
        self._objects = objects

    def keep(self, story_id: str, chapter: Chapter) -> None:
        """Keep the text of a chapter that is about to be replaced. A second time changes nothing."""
        if chapter.script is None or chapter.script_version is None:
            return
        words = round(sum(count_words(line.text) for line in chapter.script.lines))
        # A version without times wrote it some time before now.
        made_at, made_by = chapter.made_at or rfc3339(self._clock()), chapter.made_by
        facts = (made_at, made_by, str(words), str(int(chapter.is_narrated)), chapter.script_version)
        key = f"{_prefix(story_id, chapter.number)}{'.'.join(facts)}.json".replace(":", "")
        text = KeptText(
            script=chapter.script,
            directed=chapter.directions,
            takes=chapter.takes,
            summary=chapter.summary if chapter.is_summarized else None,
            seam=chapter.seam,
            memory=chapter.memory,
            based_on=chapter.based_on,
            made_at=made_at,
            made_by=made_by,
        )
        self._objects().put_text(key, msgspec.json.encode(text).decode(), JSON)

    def of_chapter(self, story_id: str, number: int) -> Sequence[KeptVersion]:
        """Return the earlier texts of a chapter, newest first, each once."""
        return [version for version, _ in self._found(story_id, number).values()]

    def get(self, story_id: str, number: int, version: str) -> KeptText | None:
        """Return an earlier text of a chapter, or None."""
        _, key = self._found(story_id, number).get(version, (None, None))
        stored = self._objects().get(key) if key else None
        return read_kept(stored.data.decode(), KeptText) if stored else None

    def _found(self, story_id: str, number: int) -> dict[str, tuple[KeptVersion, str]]:
        prefix = _prefix(story_id, number)
        found: dict[str, tuple[KeptVersion, str]] = {}
        for key in sorted(self._objects().keys(prefix), reverse=True):
            made_at, made_by, words, audio, version = key.removeprefix(prefix).removesuffix(".json").rsplit(".", 4)
            day, _, time = made_at.partition("T")
            at = f"{day}T{time[:2]}:{time[2:4]}:{time[4:]}"
            kept = KeptVersion(version, at, cast(MadeBy, made_by), int(words), audio == "1")
            found.setdefault(version, (kept, key))
        return found


def _prefix(story_id: str, number: int) -> str:
    return f"stories/{story_id}/versions/{number:03d}/"
