"""The operations on drafts: what a person orders, before anything is planned. Also later changes of a story's title."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict

from chalicelib.api import rendering, responses
from chalicelib.api.idempotency import Once
from chalicelib.api.reading import StoryReader
from chalicelib.api.requests import ChangeStory, CreateStory, language_of, names_of, not_blank, said, sayings_of
from chalicelib.clock import rfc3339
from chalicelib.domain.idempotency import IdempotencyRecord
from chalicelib.domain.manuscript import Manuscript, ManuscriptFacts
from chalicelib.domain.story import NAME_CHARACTERS, Story, Wish
from chalicelib.domain.texts import beginning, one_line
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.pipeline.editing import overtaken
from chalicelib.pipeline.flow import task_is_running
from chalicelib.pipeline.ports import ChapterRepository, ManuscriptRepository, StoryRepository
from chalicelib.story.config import StoryConfig
from chalicelib.story.estimating import words_of

_AS_BEFORE = ("language", "minutes_per_chapter", "audience", "tone", "point_of_view")
"""The wishes that a sequel takes from the book before, where it has none of its own."""


class DraftService:
    """The API's operations on drafts. `voices` returns the ids of the voices that may be chosen, or None if all may."""

    def __init__(
        self,
        *,
        stories: StoryRepository,
        chapters: ChapterRepository,
        manuscripts: ManuscriptRepository,
        reader: StoryReader,
        config: StoryConfig,
        voices: Callable[[], Collection[str] | None],
    ) -> None:
        self._stories = stories
        self._chapters = chapters
        self._manuscripts = manuscripts
        self._reader = reader
        self._config = config
        self._voices = voices

    def create(self, user_id: str, body: CreateStory, once: Once[responses.Story]) -> responses.Story:
        """Create a story as a draft; raise Invalid, and NotFound or Conflict for a book that cannot be continued."""
        given = asdict(body)
        self._ensure_configured(given["voices"] or {})
        wish = _wish(given)
        if given["sequel_of"] is not None:
            wish = self._as_before(user_id, given, wish)
        manuscript = self._manuscript(given["text"], given["num_chapters"], wish)

        def create(record: IdempotencyRecord) -> responses.Story:
            story = Story(
                user_id=user_id,
                story_id=record.resource_id,
                **self._fields(given, wish, manuscript, _facts(manuscript)),
                durations={},
                status="draft",
                # The time of the first request, so that a repeated one gets the same answer.
                created_at=rfc3339(record.created),
                updated_at=rfc3339(record.created),
            )
            if not record.done:
                if manuscript is not None:
                    self._manuscripts.keep(story.story_id, manuscript)
                self._stories.create(story)
            return rendering.render_story(story, (), set(), self._reader.url, self._reader.book_url)

        return once(create)

    def change(self, story: Story, body: ChangeStory) -> responses.Story:
        """Change a story and return it; raise Conflict while a task runs, or where a field can no longer change."""
        given = body.given()
        if story.task_id:
            raise task_is_running(story)
        if story.outline is not None:
            return self._planned(story, given)
        self._ensure_configured(given.get("voices") or {})
        if given.get("sequel_of"):
            self._earlier(story.user_id, given["sequel_of"])
        now = _draft_of(story) | given
        wish = _wish(now)
        manuscript, facts = self._changed_manuscript(story, given, wish)
        changed = msgspec.structs.replace(story, **self._fields(now, wish, manuscript, facts))
        if manuscript is not None:
            self._manuscripts.keep(story.story_id, manuscript)
        if given and not self._stories.change_draft(changed):
            raise overtaken(self._stories.get(story.user_id, story.story_id))
        return self._reader.story(self._stories.get(story.user_id, story.story_id))

    def _planned(self, story: Story, given: Mapping[str, Any]) -> responses.Story:
        """Change what may change of a story with a plan: its title, its voices, and how words are said."""
        from chalicelib.pipeline.recasting import marked, recast  # noqa: PLC0415 # 6 ms of import

        if fixed := sorted(given.keys() - {"title", "voices", "pronunciations"}):
            raise Conflict(f"{fixed[0]}: The story is planned already, so this can no longer change.")
        voices = names_of(given.get("voices") or {})
        self._ensure_configured(voices)
        sayings = sayings_of(given["pronunciations"] or {}) if "pronunciations" in given else None
        changed = recast(story, voices, sayings)
        title = one_line(said("title", given.get("title")) or story.name)
        if changed.outline is not None and title != story.title:
            changed = msgspec.structs.replace(changed, title=title, outline=changed.outline.renamed(title, {}))
        if changed == story:
            return self._reader.story(story)
        if not self._stories.recast(changed, *marked(story, changed, self._chapters, self._config.frame)):
            raise overtaken(self._stories.get(story.user_id, story.story_id))
        return self._reader.story(self._stories.get(story.user_id, story.story_id))

    def _ensure_configured(self, voices: Mapping[str, str]) -> None:
        known = self._voices() if voices else None
        if known is not None and (unknown := set(voices.values()) - set(known)):
            raise Invalid(f"voices: {sorted(unknown)[0]} is not one of the configured voices; GET /voices lists them.")

    def _earlier(self, user_id: str, story_id: str) -> Story:
        """Return the book that a story of this user continues; raise NotFound, or Conflict if it is not finished."""
        try:
            earlier = self._stories.get(user_id, story_id)
        except NotFound:
            raise NotFound("sequel_of: Story not found") from None
        written = [header for header in self._chapters.headers(story_id) if header.script_version]
        if earlier.outline is None or earlier.task_id or len(written) < earlier.num_chapters:
            raise Conflict("sequel_of: That story is not finished; it can be continued when every chapter is written.")
        return earlier

    def _as_before(self, user_id: str, given: dict[str, Any], wish: Wish) -> Wish:
        """Return the wish of a sequel, with what it leaves out as it was in the book before.

        Whether its voices are directed, and how words are said, is filled in where it was not `given`.
        """
        earlier = self._earlier(user_id, given["sequel_of"])
        before = {**asdict(earlier.wish), "language": earlier.language}
        left_out = {name: before[name] for name in _AS_BEFORE if getattr(wish, name) is None}
        for name in ("enhance", "pronunciations"):
            if given[name] is None:
                given[name] = getattr(earlier, name)
        return msgspec.structs.replace(wish, **left_out)

    def _manuscript(self, text: str | None, num_chapters: int | None, wish: Wish) -> Manuscript | None:
        """Return the chapters of a text that is told as it is; raise Invalid."""
        if text is None:
            return None
        from chalicelib.story.manuscripts import manuscript_of  # noqa: PLC0415 # 6 ms of import

        return manuscript_of(not_blank("text", text), num_chapters, words_of(wish, self._config))

    def _changed_manuscript(
        self, story: Story, given: Mapping[str, Any], wish: Wish
    ) -> tuple[Manuscript | None, ManuscriptFacts | None]:
        """Return what a change makes of the text of a draft: its new chapters, if it has any, and the facts of it."""
        if "text" in given:
            found = self._manuscript(given["text"], given.get("num_chapters"), wish)
            return found, _facts(found)
        if story.manuscript is None or not given.keys() & {"num_chapters", "minutes_per_chapter"}:
            return None, story.manuscript
        kept = self._manuscripts.get(story.story_id, story.manuscript.digest)
        found = self._manuscript(kept.text, given.get("num_chapters"), wish)
        return found, _facts(found)

    def _fields(
        self, given: Mapping[str, Any], wish: Wish, manuscript: Manuscript | None, facts: ManuscriptFacts | None
    ) -> dict[str, Any]:
        """Return the fields of a story that a person decides, with defaults for what was left out; raise Invalid."""
        defaults = self._config.defaults
        if not given["prompt"] and facts is None:
            raise Invalid("prompt: Expected what the story should be about, or a text of your own in `text`.")
        chapters = len(manuscript.sections) if manuscript else given["num_chapters"] or defaults.num_chapters
        return {
            "prompt": not_blank("prompt", given["prompt"]) if given["prompt"] else "",
            "title": said("title", given["title"]),
            "wish": wish,
            "num_chapters": chapters,
            "enhance": defaults.enhance if given["enhance"] is None else given["enhance"],
            # A guess, until the author has read the prompt.
            "language": wish.language or defaults.language,
            "chosen_voices": names_of(given["voices"] or {}),
            "pronunciations": sayings_of(given["pronunciations"] or {}),
            "sequel_of": given["sequel_of"],
            "manuscript": facts,
        }


def _draft_of(story: Story) -> dict[str, Any]:
    """Return what a person ordered, by the names of the fields."""
    return {
        "prompt": story.prompt,
        "title": story.title,
        "num_chapters": story.num_chapters,
        "enhance": story.enhance,
        "voices": story.chosen_voices,
        "pronunciations": story.pronunciations,
        "sequel_of": story.sequel_of,
        **asdict(story.wish),
    }


def _wish(given: Mapping[str, Any]) -> Wish:
    """Return what a request wishes for; raise Invalid."""
    return Wish(
        minutes_per_chapter=given["minutes_per_chapter"],
        audience=said("audience", given["audience"]),
        tone=said("tone", given["tone"]),
        point_of_view=given["point_of_view"],
        language=language_of(given["language"]),
    )


def _facts(manuscript: Manuscript | None) -> ManuscriptFacts | None:
    """Return what a story keeps of its manuscript."""
    if manuscript is None:
        return None
    from chalicelib.story.ear import plain  # noqa: PLC0415

    return ManuscriptFacts(
        manuscript.digest,
        beginning(plain(manuscript.text[:1000]), NAME_CHARACTERS),
        [section.characters for section in manuscript.sections],
    )
