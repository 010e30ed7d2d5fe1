"""The repository of stories. Every read names the user: what is another user's is not found."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from typing import cast as cast_to

import msgspec
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.book import Book
from chalicelib.domain.manuscript import ManuscriptFacts
from chalicelib.domain.outline import Outline
from chalicelib.domain.story import Story, StoryPage, StoryStatus, Wish
from chalicelib.domain.task import StepFailure
from chalicelib.domain.voice import Casting, Substitute
from chalicelib.domain.webhook import Webhook
from chalicelib.errors import NotFound
from chalicelib.store.kept import read_kept
from chalicelib.store.outage import repository
from chalicelib.store.tables import StoryItem
from chalicelib.store.task_items import step_failures
from chalicelib.store.texts import Place, Texts
from chalicelib.store.transactions import Write, conditional_write, transact

NO_STORY = "Story not found"

PRESENT = StoryItem.story_id.exists() & StoryItem.deleted.does_not_exist()
"""The condition that a story has not been deleted."""

OUTLINE = Place("outline", StoryItem.outline, StoryItem.outline_at)

IDLE = PRESENT & StoryItem.task_id.does_not_exist()
"""The condition that no task runs on a story."""


@repository
class Stories:
    """The stories of all users, each found by its owner alone."""

    def __init__(self, clock: Clock, texts: Texts) -> None:
        self._clock = clock
        self._texts = texts

    def create(self, story: Story) -> None:
        """Store a new story. A second time changes nothing."""
        item = StoryItem(
            story.user_id,
            story.story_id,
            prompt=story.prompt,
            title=story.title,
            num_chapters=story.num_chapters,
            enhance=story.enhance,
            language=story.language,
            wish=msgspec.json.encode(story.wish).decode(),
            sequel_of=story.sequel_of,
            manuscript=_facts_text(story),
            chosen_voices=dict(story.chosen_voices),
            pronunciations=dict(story.pronunciations) or None,
            durations={},
            status=story.status,
            created_at=story.created_at,
            updated_at=story.updated_at,
        )
        # The Idempotency-Key fixed the id: a repeated request must not reset what the story has become since.
        conditional_write(lambda: item.save(condition=StoryItem.story_id.does_not_exist()))

    def get(self, user_id: str, story_id: str) -> Story:
        """Return the user's story; raise NotFound."""
        story = self._find(user_id, story_id)
        if story is None or story.deleted:
            raise NotFound(NO_STORY)
        return story

    def page(self, user_id: str, limit: int, after: str | None) -> StoryPage:
        """Return up to `limit` of the user's stories, newest first, that are older than the story `after`.

        They have no outline: no list shows any of it, and of some it would have to be fetched from S3.
        """
        older = StoryItem.story_id < after if after is not None else None
        found: list[Story] = []
        query = StoryItem.query(
            user_id,
            older,
            filter_condition=StoryItem.deleted.does_not_exist(),
            scan_index_forward=False,
            # One more than asked for, which tells whether there is another page without a second query.
            page_size=limit + 1,
        )
        for item in query:
            found.append(_story(item, None))
            if len(found) > limit:
                break
        more = len(found) > limit
        return StoryPage(found[:limit], found[limit - 1].story_id if more else None)

    def of_user(self, user_id: str) -> Iterator[Story]:
        """Return all stories of a user without their outlines, oldest first, with the marks of deleted ones."""
        return (_story(item, None) for item in StoryItem.query(user_id))

    def titles(self, user_id: str, story_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the titles of those of the stories that are still the user's."""
        keys = [(user_id, story_id) for story_id in story_ids]
        found = StoryItem.batch_get(keys, attributes_to_get=["user_id", "story_id", "title", "deleted"])
        return {item.story_id: _story(item, None).name for item in found if not item.deleted}

    def failures(self, user_id: str, story_id: str) -> tuple[StepFailure, ...]:
        """Return the steps that the story's task went on without, the first one first; nothing else of it is read."""
        try:
            item = StoryItem.get(user_id, story_id, consistent_read=True, attributes_to_get=["failures"])
        except StoryItem.DoesNotExist:
            return ()
        return step_failures(item.failures)

    def save_outline(self, user_id: str, story_id: str, outline: Outline, cast: Casting) -> Write:
        """Return the write that gives a story its outline, its title and the voices of its cast."""
        actions: list[Action] = [
            *self._texts.set(OUTLINE.of(story_id), msgspec.json.encode(outline).decode()),
            StoryItem.title.set(outline.title),
            StoryItem.language.set(outline.language),
            StoryItem.voices.set(dict(cast.voices)),
            StoryItem.voice_reasons.set(dict(cast.reasons)),
            *([StoryItem.substitutes.set(_noted(cast.substitutes))] if cast.substitutes else []),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        return lambda transaction: transaction.update(StoryItem(user_id, story_id), actions=actions, condition=PRESENT)

    def recast(self, story: Story, *writes: Write) -> bool:
        """Store titles, voices and pronunciations that a person has changed of a story, together with `writes`.

        Return False, and store nothing, if the story was changed since it was read, or has a task.
        """
        outline = story.outline
        if outline is None:
            raise ValueError("only a story with an outline has a cast")
        actions: list[Action] = [
            StoryItem.title.set(outline.title),
            *self._texts.set(OUTLINE.of(story.story_id), msgspec.json.encode(outline).decode()),
            StoryItem.chosen_voices.set(dict(story.chosen_voices)),
            StoryItem.voices.set(dict(story.voices or {})),
            StoryItem.voice_reasons.set(dict(story.voice_reasons)),
            StoryItem.substitutes.set(noted)
            if (noted := _noted(story.substitutes))
            else StoryItem.substitutes.remove(),
            StoryItem.pronunciations.set(dict(story.pronunciations)),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        # Two windows may change two speakers or chapters: voices and outline are written as a whole.
        same = IDLE & (StoryItem.updated_at == story.updated_at)

        def write(transaction: TransactWrite) -> None:
            transaction.update(StoryItem(story.user_id, story.story_id), actions=actions, condition=same)

        return transact(write, *writes)

    def substitute(self, story: Story, speaker: str, found: Substitute) -> Story:
        """Note the voice that stands in for a speaker's; return the story with what is noted now.

        Another chapter that is narrated at the same time may have noted another one first: then that one is it.
        """
        while True:
            noted, before = _noted({**story.substitutes, speaker: found}), _noted(story.substitutes)
            same = StoryItem.substitutes == before if before else StoryItem.substitutes.does_not_exist()
            item = StoryItem(story.user_id, story.story_id)
            if conditional_write(partial(item.update, [StoryItem.substitutes.set(noted)], condition=PRESENT & same)):
                return msgspec.structs.replace(story, substitutes={**story.substitutes, speaker: found})
            seen, story = story.substitutes, self.get(story.user_id, story.story_id)
            if story.substitutes.get(speaker) not in {None, seen.get(speaker)}:
                return story

    def change_draft(self, story: Story) -> bool:
        """Store what a person has changed of a story without an outline; return False if it has one now, or a task."""
        item = StoryItem(story.user_id, story.story_id)
        actions: list[Action] = [
            StoryItem.prompt.set(story.prompt),
            StoryItem.title.set(story.title) if story.title else StoryItem.title.remove(),
            StoryItem.num_chapters.set(story.num_chapters),
            StoryItem.enhance.set(story.enhance),
            StoryItem.language.set(story.language),
            StoryItem.wish.set(msgspec.json.encode(story.wish).decode()),
            StoryItem.sequel_of.set(story.sequel_of) if story.sequel_of else StoryItem.sequel_of.remove(),
            StoryItem.manuscript.set(facts) if (facts := _facts_text(story)) else StoryItem.manuscript.remove(),
            StoryItem.chosen_voices.set(dict(story.chosen_voices)),
            StoryItem.pronunciations.set(dict(story.pronunciations)),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        unplanned = StoryItem.outline.does_not_exist() & StoryItem.outline_at.does_not_exist()
        return conditional_write(lambda: item.update(actions, condition=IDLE & unplanned))

    def mark_deleted(self, story: Story) -> None:
        """Hide the story from every read, before its parts are removed one by one. No text stays on the mark."""
        actions: list[Action] = [
            StoryItem.deleted.set(True),
            # The mark lives until the purge, minutes later, or longer if that fails.
            StoryItem.prompt.set(""),
            StoryItem.chosen_voices.set({}),
            StoryItem.title.remove(),
            StoryItem.wish.remove(),
            StoryItem.sequel_of.remove(),
            StoryItem.manuscript.remove(),
            *OUTLINE.removed(),
            StoryItem.voices.remove(),
            StoryItem.voice_reasons.remove(),
            StoryItem.substitutes.remove(),
            StoryItem.pronunciations.remove(),
            StoryItem.failures.remove(),
            StoryItem.error.remove(),
            StoryItem.webhook.remove(),
            StoryItem.book.remove(),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        item = StoryItem(story.user_id, story.story_id)
        # An update creates what is missing: a delete that comes after the purge must not make a new mark.
        conditional_write(lambda: item.update(actions, condition=StoryItem.story_id.exists()))

    def deleted(self, user_id: str, story_id: str) -> Story | None:
        """Return what is left of a story that this user has deleted: the mark that says so, or None."""
        story = self._find(user_id, story_id)
        return story if story is not None and story.deleted else None

    def forget(self, user_id: str, story_id: str) -> None:
        """Remove the mark of a deleted story."""
        item = StoryItem(user_id, story_id)
        conditional_write(lambda: item.delete(condition=StoryItem.deleted == True))  # noqa: E712 # a DynamoDB condition

    def _find(self, user_id: str, story_id: str) -> Story | None:
        try:
            item = StoryItem.get(user_id, story_id, consistent_read=True)
        except StoryItem.DoesNotExist:
            return None
        return _story(item, self._texts.get(OUTLINE.of(story_id), item.outline, item.outline_at))


def _noted(substitutes: Mapping[str, Substitute]) -> dict[str, Any]:
    return {speaker: msgspec.to_builtins(one) for speaker, one in substitutes.items()}


def _facts_text(story: Story) -> str | None:
    return msgspec.json.encode(story.manuscript).decode() if story.manuscript else None


def _story(item: StoryItem, outline: str | None) -> Story:
    kept: Any = item.durations
    durations = None if kept is None else {int(number): float(seconds) for number, seconds in kept.as_dict().items()}
    return Story(
        user_id=item.user_id,
        story_id=item.story_id,
        prompt=item.prompt,
        title=item.title,
        num_chapters=int(item.num_chapters),
        enhance=item.enhance,
        language=item.language,
        # A version without wishes always had a language.
        wish=read_kept(item.wish, Wish) if item.wish else Wish(language=item.language),
        sequel_of=item.sequel_of,
        manuscript=read_kept(item.manuscript, ManuscriptFacts) if item.manuscript else None,
        chosen_voices=item.chosen_voices,
        voices=item.voices,
        voice_reasons=item.voice_reasons or {},
        substitutes={name: msgspec.convert(one, Substitute) for name, one in (item.substitutes or {}).items()},
        pronunciations=item.pronunciations or {},
        outline=read_kept(outline, Outline) if outline else None,
        durations=durations,
        book=msgspec.convert(item.book, Book) if item.book else None,
        status=cast_to(StoryStatus, item.status),
        task_id=item.task_id,
        task_ids=frozenset(item.task_ids or ()),
        last_task_id=item.last_task_id,
        failed_step=item.failed_step,
        failures=step_failures(item.failures),
        error=item.error,
        webhook=msgspec.convert(item.webhook, Webhook) if item.webhook else None,
        deleted=bool(item.deleted),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
