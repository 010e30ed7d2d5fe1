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
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.story import Story
from chalicelib.domain.task import Ending, ErrorCode, StepFailure, Task, TaskKind
from chalicelib.store.outage import repository
from chalicelib.store.stories import IDLE
from chalicelib.store.tables import StoryItem, TaskItem
from chalicelib.store.task_items import OPEN, format_failure, task_item, task_of
from chalicelib.store.transactions import Write, conditional_write, transact

WAITING = "Waiting for a free worker"


@repository
class Tasks:
    """The tasks of all users."""

    def __init__(self, clock: Clock, silence_s: float) -> None:
        self._clock = clock
        self._silence_s = silence_s

    def get(self, task_id: str) -> Task | None:
        """Return the task as it is now, by one strongly consistent GetItem, or None."""
        try:
            return task_of(TaskItem.get(task_id, consistent_read=True))
        except TaskItem.DoesNotExist:
            return None

    def new(self, task_id: str, story: Story, kind: TaskKind, plan: Plan, *, completes_story: bool = True) -> Task:
        """Return a task that is not stored yet."""
        now = self._clock()
        return Task(
            task_id=task_id,
            user_id=story.user_id,
            story_id=story.story_id,
            kind=kind,
            plan=plan,
            completes_story=completes_story,
            partly={},
            message=WAITING,
            created_at=rfc3339(now),
            updated_at=rfc3339(now),
            expected_by=now + self._silence_s,
            is_open=True,
        )

    def submit(self, task: Task, *also: Write) -> bool:
        """Store a new task and make it its story's open one; return False if there is one, or the story is gone.

        The writes `also` are made together with it, or not at all.
        """
        item, now = task_item(task), rfc3339(self._clock())

        def save(transaction: TransactWrite) -> None:
            # The same request may be sent twice at once: the second finds the task there, and writes nothing.
            transaction.save(item, condition=TaskItem.task_id.does_not_exist())

        return transact(save, _occupy(task, now), *also)

    def reopen(self, task: Task, *also: Write) -> bool:
        """Queue a failed or cancelled task again; return False if it is neither, or its story has another open task.

        The writes `also` are made together with it, or not at all.
        """
        now = self._clock()

        def fill(transaction: TransactWrite) -> None:
            transaction.update(
                TaskItem(task.task_id),
                actions=[
                    TaskItem.status.set("queued"),
                    TaskItem.message.set(WAITING),
                    # Set, not added: under the condition on the old number, two retries cannot both count.
                    TaskItem.attempt.set(task.attempt + 1),
                    # The new attempt has all its sweeps before it.
                    TaskItem.sweeps.set(0),
                    TaskItem.open.set(OPEN),
                    TaskItem.expected_by.set(now + self._silence_s),
                    TaskItem.updated_at.set(rfc3339(now)),
                    TaskItem.error.remove(),
                    TaskItem.error_code.remove(),
                    TaskItem.failed.remove(),
                ],
                condition=TaskItem.status.is_in("failed", "cancelled") & (TaskItem.attempt == task.attempt),
            )

        return transact(fill, _occupy(task, rfc3339(now)), *also)

    def end(self, task: Task, ending: Ending, *also: Write) -> bool:
        """End an open task and free its story; return False if it has ended already.

        The story's status is the task's then, and so is its error; unless the ending `completes_story`, its status is
        what it was before the task.
        The writes `also` are made together with it, or not at all.
        """
        now, error = rfc3339(self._clock()), ending.error
        on_task: list[Action] = [
            TaskItem.status.set(ending.status),
            TaskItem.message.set(ending.message),
            TaskItem.updated_at.set(now),
            TaskItem.open.remove(),
            *(
                [TaskItem.error.set(error), TaskItem.error_code.set(ending.error_code)]
                if error and ending.error_code
                else []
            ),
        ]
        on_story: list[Action] = [
            # `|` is if_not_exists: tasks of older versions stored no status to return to.
            StoryItem.status.set(ending.status if ending.completes_story else StoryItem.status_before | ending.status),
            StoryItem.updated_at.set(now),
            StoryItem.task_id.remove(),
            *([StoryItem.error.set(error)] if error and ending.completes_story else []),
            *([StoryItem.failed_step.set(ending.failed_step)] if ending.failed_step and ending.completes_story else []),
        ]

        def fill(transaction: TransactWrite) -> None:
            # A task ends once: of a worker that completes it and a person who cancels it, the first one decides.
            transaction.update(TaskItem(task.task_id), actions=on_task, condition=TaskItem.open.exists())
            story = StoryItem(task.user_id, task.story_id)
            transaction.update(story, actions=on_story, condition=StoryItem.task_id == task.task_id)

        return transact(fill, *also)

    def record_heartbeat(self, task: Task, message: str, quiet_s: float = 0.0) -> bool:
        """Record a message; silence is normal for another `quiet_s`. Return False if the task has ended.

        An empty message leaves the one that is there: several steps of a task run at once.
        """
        said: list[Action] = [TaskItem.message.set(message)] if message else []
        return self._change_open(task, [*said, TaskItem.status.set("running")], quiet_s) is not None

    def record_progress(self, task: Task, step: Step, percent: int, message: str) -> None:
        """Record a message, and how much of a step is done in percent, which never becomes less.

        This is no heartbeat, which would move the task in the index of open ones, at three times the price.
        """
        actions: list[Action] = [TaskItem.message.set(message), TaskItem.updated_at.set(rfc3339(self._clock()))]
        condition: Condition = TaskItem.open.exists()
        if task.partly is not None:
            known = TaskItem.partly[step.code]
            percent = max(percent, task.partly.get(step, 0))
            actions.append(known.set(percent))
            condition &= known.does_not_exist() | (known <= percent)  # a worker that lost its lease may be behind
        conditional_write(lambda: TaskItem(task.task_id).update(actions, condition=condition))

    def complete_step(
        self, task: Task, step: Step, postponed: int | None = None, *, skipped: bool = False
    ) -> Task | None:
        """Add a step to those that are done (a second time changes nothing).

        `postponed`: it is left to a person instead, at that price in micro-dollars; `skipped`: it has no result, and
        the task goes on without. Return the task as it is then, or None if it has ended.
        """
        # Removed with the same write: progress never sees the step both done and partly done, or neither.
        no_part: list[Action] = [] if task.partly is None else [TaskItem.partly[step.code].remove()]
        left: list[Action] = [] if postponed is None else [TaskItem.postponed.add({f"{step.chapter}:{postponed}"})]
        if skipped:
            left.append(TaskItem.skipped.add({step.code}))
        done: list[Action] = [TaskItem.done.add({step.code}), *no_part, *left, TaskItem.sweeps.set(0)]
        return self._change_open(task, [*done, TaskItem.status.set("running")], 0.0)

    def fail_step(self, task: Task, step: Step, sentence: str, code: ErrorCode, *also: Write) -> Task | None:
        """Add a step to those that failed for good, and say why on the story, with the writes `also`, or do nothing.

        Return the task as it is then, or None if it has ended, was started again, or one of `also` is refused. What the
        step has done in percent stays: progress never goes back, and a retry continues from there.
        """
        noted = StepFailure(step, code, sentence, rfc3339(self._clock()))
        on_task: list[Action] = [TaskItem.failed.add({step.code}), TaskItem.sweeps.set(0), *self._stamp(0.0)]
        on_story: list[Action] = [StoryItem.failures.add({format_failure(noted)})]

        def fill(transaction: TransactWrite) -> None:
            same = TaskItem.open.exists() & (TaskItem.attempt == task.attempt)
            transaction.update(TaskItem(task.task_id), actions=on_task, condition=same)
            story = StoryItem(task.user_id, task.story_id)
            transaction.update(story, actions=on_story, condition=StoryItem.task_id == task.task_id)

        # Read after it: of two steps that end together the later one sees both.
        return self.get(task.task_id) if transact(fill, *also) else None

    def count_sweep(self, task: Task, *, against: bool) -> Task | None:
        """Record that the task's open steps are sent again; return the task as it is then, or None if it has ended.

        `against` counts it towards the last time that they are.
        """
        return self._change_open(task, [TaskItem.sweeps.add(1)] if against else [], 0.0)

    def silent(self) -> Iterator[Task]:
        """Return the open tasks whose next heartbeat is overdue."""
        # An index is eventually consistent and has keys alone: each task is read again before anything is done to it.
        for key in TaskItem.open_tasks.query(OPEN, TaskItem.expected_by < self._clock()):
            task = self.get(key.task_id)
            if task is not None and task.is_open and task.expected_by < self._clock():
                yield task

    def open_ones(self) -> Iterator[Task]:
        """Return all tasks that have not ended."""
        for key in TaskItem.open_tasks.query(OPEN):
            task = self.get(key.task_id)
            if task is not None and task.is_open:
                yield task

    def delete(self, task_id: str) -> None:
        """Remove a task."""
        TaskItem(task_id).delete()

    def _change_open(self, task: Task, actions: list[Action], quiet_s: float) -> Task | None:
        changed, stamped = TaskItem(task.task_id), [*actions, *self._stamp(quiet_s)]
        is_open: Condition = TaskItem.open.exists()
        return task_of(changed) if conditional_write(lambda: changed.update(stamped, condition=is_open)) else None

    def _stamp(self, quiet_s: float) -> list[Action]:
        now = self._clock()
        return [TaskItem.updated_at.set(rfc3339(now)), TaskItem.expected_by.set(now + quiet_s + self._silence_s)]


def _occupy(task: Task, now: str) -> Write:
    """Return the write that makes the task its story's open one.

    A transaction that is tried again must have the same content, so the time is passed in.
    """
    actions: list[Action] = [
        StoryItem.task_id.set(task.task_id),
        StoryItem.last_task_id.set(task.task_id),
        StoryItem.task_ids.add({task.task_id}),
        StoryItem.status_before.set(StoryItem.status | "draft"),
        StoryItem.status.set("generating"),
        StoryItem.updated_at.set(now),
        StoryItem.failed_step.remove(),
        StoryItem.failures.remove(),
        StoryItem.error.remove(),
    ]
    story = StoryItem(task.user_id, task.story_id)
    return lambda transaction: transaction.update(story, actions=actions, condition=IDLE)
