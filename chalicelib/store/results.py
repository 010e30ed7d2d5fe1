"""Paid results, kept together with the records of their purchase, by the holder of the step's lease alone."""

from collections.abc import Sequence
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.domain.lease import Lease
from chalicelib.store.leases import held_by, step_key
from chalicelib.store.outage import repository
from chalicelib.store.tables import ChapterItem, StepLeaseItem, StoryItem, TaskItem, UsageItem
from chalicelib.store.totals import is_late, save_record
from chalicelib.store.transactions import Fill, conditional_write, transact


@repository
class Results:
    """Keeps what steps made. Every method returns False, and keeps nothing, if the lease was lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def keep_outline(
        self,
        lease: Lease,
        task: TaskItem,
        outline: str,
        title: str,
        voices: dict[str, str],
        charges: Sequence[UsageItem],
    ) -> bool:
        """Keep the outline and the voice map on the story."""
        actions: list[Action] = [
            StoryItem.outline.set(outline),
            StoryItem.title.set(title),
            StoryItem.voices.set(voices),
            StoryItem.updated_at.set(rfc3339(self._clock())),
        ]
        alive = StoryItem.story_id.exists() & StoryItem.deleted.does_not_exist()

        def fill(transaction: TransactWrite) -> None:
            transaction.update(StoryItem(task.user_id, task.story_id), actions=actions, condition=alive)

        return self._keep(lease, charges, fill)

    def keep_chapter(
        self,
        lease: Lease,
        number: int,
        actions: list[Action],
        charges: Sequence[UsageItem],
        condition: Condition | None = None,
    ) -> bool:
        """Change a chapter, making it if it is not there."""

        def fill(transaction: TransactWrite) -> None:
            transaction.update(ChapterItem(lease.story_id, number), actions=actions, condition=condition)

        return self._keep(lease, charges, fill)

    def keep_sound(
        self,
        lease: Lease,
        story: StoryItem,
        number: int,
        actions: list[Action],
        seconds: float,
        condition: Condition,
    ) -> bool:
        """Change a chapter whose sound has been made, and note on its story how long that is."""
        self._have_durations(story)
        noted = StoryItem.durations[str(number)].set(seconds)
        alive = StoryItem.story_id.exists() & StoryItem.deleted.does_not_exist()

        def fill(transaction: TransactWrite) -> None:
            transaction.update(ChapterItem(lease.story_id, number), actions=actions, condition=condition)
            transaction.update(StoryItem(story.user_id, story.story_id), actions=[noted], condition=alive)

        return self._keep(lease, (), fill)

    @staticmethod
    def _have_durations(story: StoryItem) -> None:
        """Give a story of an earlier version its map: DynamoDB sets no member of a map that is not there."""
        kept: Any = story.durations
        if kept is None:
            missing = StoryItem.story_id.exists() & StoryItem.durations.does_not_exist()
            item = StoryItem(story.user_id, story.story_id)
            conditional_write(lambda: item.update([StoryItem.durations.set({})], condition=missing))

    def _keep(self, lease: Lease, charges: Sequence[UsageItem], fill: Fill) -> bool:
        now = self._clock()
        late = [record for record in charges if is_late(record, now)]
        for record in late:  # such as after a laptop has slept
            save_record(record, now)

        def whole(transaction: TransactWrite) -> None:
            fill(transaction)
            transaction.condition_check(StepLeaseItem, lease.story_id, step_key(lease.step), condition=held_by(lease))
            for record in charges:
                if record not in late:
                    transaction.save(record)

        return transact(whole)
