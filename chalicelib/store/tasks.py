"""Tasks, and how a task and its story change state together.

    queued -> running -> completed | failed | cancelled        failed, cancelled -> queued   (retry)

A story has at most one open task (`StoryItem.task_id`). Both change in one transaction, so neither can say what the
other does not.
"""

from collections.abc import Iterator

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.clock import Clock, rfc3339
from chalicelib.store.outage import repository
from chalicelib.store.tables import StoryItem, TaskItem
from chalicelib.store.transactions import Fill, conditional_write, transact

OPEN = "1"
"""The value of TaskItem.open while the task has not ended: the hash key of the index of open tasks."""

ENDED = ("completed", "failed", "cancelled")


@repository
class Tasks:
    """The tasks of all users.

    No method changes the task it is given: a worker's threads read one and the same task, and an item that PynamoDB
    updates in place is empty for a moment while the answer is read.
    """

    def __init__(self, clock: Clock, silence_s: float) -> None:
        self._clock = clock
        self._silence_s = silence_s

    def get(self, task_id: str) -> TaskItem | None:
        """Return the task as it is now, by one strongly consistent GetItem, or None."""
        try:
            return TaskItem.get(task_id, consistent_read=True)
        except TaskItem.DoesNotExist:
            return None

    def delete(self, task_id: str) -> None:
        """Remove a task; it need not exist."""
        TaskItem(task_id).delete()

    def new(self, task_id: str, story: StoryItem, kind: str, plan: str, *, completes_story: bool = True) -> TaskItem:
        """Return a task that is not kept yet."""
        now = self._clock()
        return TaskItem(
            task_id,
            user_id=story.user_id,
            story_id=story.story_id,
            kind=kind,
            status="queued",
            plan=plan,
            completes_story=completes_story,
            partly={},
            attempt=1,
            message="Waiting for a free worker",
            created_at=rfc3339(now),
            updated_at=rfc3339(now),
            expected_by=now + self._silence_s,
            sweeps=0,
            open=OPEN,
        )

    def submit(self, task: TaskItem, along: Fill | None = None) -> bool:
        """Keep a fresh task and make it its story's open one; False if there is one, or the story is gone.

        What `along` adds is written together with it, or not at all.
        """
        now = rfc3339(self._clock())

        def fill(transaction: TransactWrite) -> None:
            transaction.save(task, condition=TaskItem.task_id.does_not_exist())
            _occupy(transaction, task, now)
            if along is not None:
                along(transaction)

        return transact(fill)

    def reopen(self, task: TaskItem) -> bool:
        """Queue a failed or cancelled task again; False if it is neither, or its story has another open task."""
        now = self._clock()

        def fill(transaction: TransactWrite) -> None:
            transaction.update(
                task,
                actions=[
                    TaskItem.status.set("queued"),
                    TaskItem.message.set("Waiting for a free worker"),
                    TaskItem.attempt.set(task.attempt + 1),
                    TaskItem.sweeps.set(0),
                    TaskItem.open.set(OPEN),
                    TaskItem.expected_by.set(now + self._silence_s),
                    TaskItem.updated_at.set(rfc3339(now)),
                    TaskItem.error.remove(),
                    TaskItem.error_code.remove(),
                ],
                condition=TaskItem.status.is_in("failed", "cancelled") & (TaskItem.attempt == task.attempt),
            )
            _occupy(transaction, task, rfc3339(now))

        return transact(fill)

    def end(
        self,
        task: TaskItem,
        status: str,
        message: str,
        *,
        error: str | None = None,
        error_code: str | None = None,
        failed_step: str | None = None,
        completes_story: bool = True,
    ) -> bool:
        """End an open task and free its story; False if it has ended already.

        The story's status is the task's then; unless the task `completes_story`, it is what it was before the task.
        """
        now = rfc3339(self._clock())
        on_task: list[Action] = [
            TaskItem.status.set(status),
            TaskItem.message.set(message),
            TaskItem.updated_at.set(now),
            TaskItem.open.remove(),
            *([TaskItem.error.set(error), TaskItem.error_code.set(error_code)] if error and error_code else []),
        ]
        on_story: list[Action] = [
            StoryItem.status.set(status if completes_story else StoryItem.status_before | status),
            StoryItem.updated_at.set(now),
            StoryItem.task_id.remove(),
            *([StoryItem.error.set(error)] if error else []),
            *([StoryItem.failed_step.set(failed_step)] if failed_step else []),
        ]

        def fill(transaction: TransactWrite) -> None:
            transaction.update(task, actions=on_task, condition=TaskItem.open.exists())
            story = StoryItem(task.user_id, task.story_id)
            transaction.update(story, actions=on_story, condition=StoryItem.task_id == task.task_id)

        return transact(fill)

    def record_heartbeat(self, task: TaskItem, message: str, quiet_s: float = 0.0) -> bool:
        """Say what happens now; silence is normal for another `quiet_s`. False if the task has ended.

        An empty message leaves the one that is there: several steps of a task run at once.
        """
        said: list[Action] = [TaskItem.message.set(message)] if message else []
        return self._change_open(task, [*said, TaskItem.status.set("running")], quiet_s) is not None

    def record_progress(self, task: TaskItem, code: str, percent: int, message: str) -> None:
        """Note how much of a step is done, and say so; what was noted of it never becomes less.

        No sign of life: that would move the task in the index of open ones, at three times the price.
        """
        actions: list[Action] = [TaskItem.message.set(message), TaskItem.updated_at.set(rfc3339(self._clock()))]
        condition: Condition = TaskItem.open.exists()
        if (parts := task.parts) is not None:
            known = TaskItem.partly[code]
            percent = max(percent, parts.get(code, 0))
            actions.append(known.set(percent))
            condition &= known.does_not_exist() | (known <= percent)  # a worker that lost its lease may be behind
        conditional_write(lambda: TaskItem(task.task_id).update(actions, condition=condition))

    def mark_done(self, task: TaskItem, code: str) -> TaskItem | None:
        """Add a step to what is done (a second time changes nothing): the task then, or None if it has ended."""
        whole: list[Action] = [] if task.parts is None else [TaskItem.partly[code].remove()]
        return self._change_open(
            task, [TaskItem.done.add({code}), *whole, TaskItem.sweeps.set(0), TaskItem.status.set("running")], 0.0
        )

    def count_sweep(self, task: TaskItem, *, against: bool) -> TaskItem | None:
        """Note that the task's open steps are sent again: the task then, or None if it has ended.

        `against` counts it towards the last time that they are.
        """
        return self._change_open(task, [TaskItem.sweeps.add(1)] if against else [], 0.0)

    def silent(self) -> Iterator[TaskItem]:
        """Open tasks whose next sign of life is overdue."""
        for key in TaskItem.open_tasks.query(OPEN, TaskItem.expected_by < self._clock()):
            task = self.get(key.task_id)
            if task is not None and task.open and task.expected_by < self._clock():
                yield task

    def open_ones(self) -> Iterator[TaskItem]:
        """Tasks that have not ended, whatever they do."""
        for key in TaskItem.open_tasks.query(OPEN):
            task = self.get(key.task_id)
            if task is not None and task.open:
                yield task

    def _change_open(self, task: TaskItem, actions: list[Action], quiet_s: float) -> TaskItem | None:
        now, changed = self._clock(), TaskItem(task.task_id)
        stamped: list[Action] = [
            *actions,
            TaskItem.updated_at.set(rfc3339(now)),
            TaskItem.expected_by.set(now + quiet_s + self._silence_s),
        ]
        is_open: Condition = TaskItem.open.exists()
        return changed if conditional_write(lambda: changed.update(stamped, condition=is_open)) else None


def _occupy(transaction: TransactWrite, task: TaskItem, now: str) -> None:
    """Make the task its story's open one. A transaction that is tried again must say the same, so time is passed in."""
    transaction.update(
        StoryItem(task.user_id, task.story_id),
        actions=[
            StoryItem.task_id.set(task.task_id),
            StoryItem.last_task_id.set(task.task_id),
            StoryItem.task_ids.add({task.task_id}),
            StoryItem.status_before.set(StoryItem.status | "draft"),
            StoryItem.status.set("generating"),
            StoryItem.updated_at.set(now),
            StoryItem.failed_step.remove(),
            StoryItem.error.remove(),
        ],
        condition=StoryItem.story_id.exists() & StoryItem.deleted.does_not_exist() & StoryItem.task_id.does_not_exist(),
    )
