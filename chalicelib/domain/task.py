"""A task: a plan of steps that is carried out on a story, and how far it has come."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from chalicelib.domain.steps import Plan, Step

TaskKind = Literal["story", "audio", "audiobook", "book"]
TaskStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
EndStatus = Literal["completed", "failed", "cancelled"]

ErrorCode = Literal[
    "provider_unavailable",
    "provider_rejected",
    "quota_exceeded",
    "invalid_credentials",
    "content_refused",
    "invalid_output",
    "timeout",
    "budget_exceeded",
    "internal",
]

OF_THE_ACCOUNT: frozenset[ErrorCode] = frozenset(
    {"quota_exceeded", "invalid_credentials", "budget_exceeded", "internal"}
)
"""The failures that every other call would meet too: they are nothing about the text or voice of one chapter."""

ENDED: tuple[EndStatus, ...] = ("completed", "failed", "cancelled")


class StepFailure(msgspec.Struct, frozen=True):
    """Why a step failed for good while the rest of its task went on: a code, a sentence for a person, and when."""

    step: Step
    code: ErrorCode
    sentence: str
    at: str


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task of one user on one story.

    `attempt` goes up with every retry. `partly` is the percentage of each step under way; it is None for a task of a
    version that did not note it. `completes_story`: the story has every chapter when the task is done. `expected_by`
    is the time, in seconds since the epoch, until which silence is normal, `sweeps` the times it was exceeded.
    `postponed` are the chapters whose narration waits for a person, with its price in micro-dollars. Of the steps that
    are `done`, the `skipped` ones have no result, and the steps after them do without it; those that `failed` for good
    are not done, and nothing that depends on them can be.
    """

    task_id: str
    user_id: str
    story_id: str
    plan: Plan
    created_at: str
    updated_at: str
    kind: TaskKind = "story"
    status: TaskStatus = "queued"
    completes_story: bool = True
    done: frozenset[Step] = frozenset()
    partly: Mapping[Step, int] | None = None
    attempt: int = 1
    message: str = ""
    error: str | None = None
    error_code: ErrorCode | None = None
    expected_by: float = 0.0
    sweeps: int = 0
    postponed: Mapping[int, int] = {}
    skipped: frozenset[Step] = frozenset()
    failed: frozenset[Step] = frozenset()
    is_open: bool = False

    @property
    def attempt_id(self) -> str:
        """The id of this attempt at the task, which failures are counted by."""
        return f"{self.task_id}:{self.attempt}"


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ends. `completes_story`: its story has the same status, and error, from then on."""

    status: EndStatus
    message: str
    error: str | None = None
    error_code: ErrorCode | None = None
    failed_step: str | None = None
    completes_story: bool = True
