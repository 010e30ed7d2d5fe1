"""Tasks as items of their table, and back."""

from collections.abc import Collection
from typing import Any, cast

import msgspec

from chalicelib.domain.steps import Step, format_plan, parse_plan
from chalicelib.domain.task import ErrorCode, StepFailure, Task, TaskKind, TaskStatus
from chalicelib.store.tables import TaskItem

OPEN = "1"
"""The value of TaskItem.open while the task has not ended: the hash key of the index of open tasks."""


def task_item(task: Task) -> TaskItem:
    """Return the item of a new task."""
    return TaskItem(
        task.task_id,
        user_id=task.user_id,
        story_id=task.story_id,
        kind=task.kind,
        status=task.status,
        plan=format_plan(task.plan),
        completes_story=task.completes_story,
        partly={},
        attempt=task.attempt,
        message=task.message,
        created_at=task.created_at,
        updated_at=task.updated_at,
        expected_by=task.expected_by,
        sweeps=task.sweeps,
        open=OPEN,
    )


def task_of(item: TaskItem) -> Task:
    """Return the task of an item."""
    kept: Any = item.partly
    partly = None if kept is None else {Step.parse(code): int(percent) for code, percent in kept.as_dict().items()}
    return Task(
        task_id=item.task_id,
        user_id=item.user_id,
        story_id=item.story_id,
        kind=cast(TaskKind, item.kind),
        status=cast(TaskStatus, item.status),
        plan=parse_plan(item.plan),
        completes_story=item.completes_story,
        done=frozenset(map(Step.parse, item.done or ())),
        partly=partly,
        attempt=int(item.attempt),
        message=item.message,
        error=item.error,
        error_code=cast(ErrorCode | None, item.error_code),
        created_at=item.created_at,
        updated_at=item.updated_at,
        expected_by=float(item.expected_by),
        sweeps=int(item.sweeps),
        postponed=dict(_postponed(note) for note in item.postponed or ()),
        skipped=frozenset(map(Step.parse, item.skipped or ())),
        # A worker that had lost its lease may have failed at what another one then finished.
        failed=frozenset(map(Step.parse, (item.failed or set()) - (item.done or set()))),
        is_open=bool(item.open),
    )


def format_failure(failure: StepFailure) -> str:
    """Format the failure of a step as a member of `StoryItem.failures`."""
    return msgspec.json.encode([failure.step.code, failure.code, failure.sentence, failure.at]).decode()


def step_failures(notes: Collection[str] | None) -> tuple[StepFailure, ...]:
    """Return the failures that `format_failure` wrote, the first one first; a step's own first one is the one that
    counts."""
    found: dict[Step, StepFailure] = {}
    for step, code, sentence, at, *_ in sorted(map(msgspec.json.decode, notes or ()), key=lambda note: (note[3], note)):
        found.setdefault(Step.parse(step), StepFailure(Step.parse(step), code, sentence, at))
    return tuple(found.values())


def _postponed(note: str) -> tuple[int, int]:
    chapter, _, price = note.partition(":")
    return int(chapter), int(price)
