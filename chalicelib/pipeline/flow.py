"""The life of tasks: how they begin, move on and end. Every operation may be repeated without harm."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from chalicelib import log
from chalicelib.domain.budgets import Hold, Quote
from chalicelib.domain.message import AUTHORING, PURGE, StepMessage
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.story import Story
from chalicelib.domain.task import ENDED, Ending, ErrorCode, Task, TaskKind
from chalicelib.errors import BudgetExceeded, Conflict, NotFound, PaymentRequired
from chalicelib.pipeline.endings import done_message, failed_sentence
from chalicelib.pipeline.failure import INTERNAL
from chalicelib.pipeline.outbox import Outbox
from chalicelib.pipeline.ports import Repositories, StepQueues, Write
from chalicelib.pipeline.shortage import too_little
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.pipeline.stages import dependents, is_join, is_over, lost_with, queue_of, ready_steps, rewritten
from chalicelib.timing import AUTHOR_CALL_S, MARGIN_S

NO_TASK = "Task not found"

Takes = Mapping[int, Mapping[str, int]]
"""The takes that a task is to buy: by chapter, and then by line."""

NO_TAKES: Takes = {}


class QuoteOf(Protocol):
    """Quotes a plan."""

    def __call__(self, story: Story, plan: Plan, done: frozenset[Step], takes: Takes = NO_TAKES, /) -> Quote:
        """Return what a plan should still cost when some of its steps are done; `takes` are ordered with it."""


def message_of(task: Task, step: str) -> StepMessage:
    """Return the message for a step of the task's current attempt."""
    return StepMessage(task.task_id, task.story_id, task.user_id, step, task.attempt)


def task_is_running(story: Story) -> Conflict:
    """Return the error for a story that cannot be changed or given another task while one runs."""
    return Conflict(f"Task {story.task_id} is running on this story; wait for it or cancel it.")


def not_written_yet(number: int) -> Conflict:
    """Return the error for a chapter that has no script yet."""
    return Conflict(f"Chapter {number} is not written yet; generate the story first.")


def _tells_of_story(task: Task) -> bool:
    """Return whether a story has failed, or was cancelled, with its task: not where only its book was to be made."""
    return task.kind != "book"


class Flow:
    """The operations on tasks: submit, complete, end, cancel and retry them, and delete their stories."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        queues: StepQueues,
        sounds: SoundStore,
        quote: QuoteOf,
        outbox: Outbox,
    ) -> None:
        self._tasks = repositories.tasks
        self._stories = repositories.stories
        self._chapters = repositories.chapters
        self._leases = repositories.leases
        self._listening = repositories.listening
        self._shares = repositories.shares
        self._ledger = repositories.ledger
        self._quote = quote
        self._commit = repositories.commit
        self._queues = queues
        self._sounds = sounds
        self._outbox = outbox

    def task_of(self, user_id: str, task_id: str) -> Task:
        """Return the user's task, by one read; raise NotFound."""
        task = self._tasks.get(task_id)
        if task is None or task.user_id != user_id:
            raise NotFound(NO_TASK)
        return task

    def submit(
        self,
        story: Story,
        task_id: str,
        kind: TaskKind,
        plan: Plan,
        *also: Write,
        completes_story: bool = True,
        takes: Takes = NO_TAKES,
    ) -> Task:
        """Store a task that carries out the plan, and send its first steps; raise Conflict while another task runs,
        and PaymentRequired if a budget has too little left.

        The writes `also` are made in the task's transaction, or not at all; `takes` are what they order.
        `completes_story` says that the story has every chapter once the task is done; otherwise the story then returns
        to its earlier status.

        The task is stored before anything is sent: a crash in between is mended by the sweeper, or by the same request
        made again with the same Idempotency-Key.
        """
        # The Idempotency-Key fixes the id, so this is the same request, sent again after a crash or a lost answer.
        if known := self._tasks.get(task_id):
            if not known.is_open:
                return known
            self.send_open_steps(known)
            return known
        task = self._tasks.new(task_id, story, kind, plan, completes_story=completes_story)
        quote = self._quote(story, plan, frozenset(), takes)
        if not self._tasks.submit(task, *self._hold(task, quote), *also):
            story = self._stories.get(story.user_id, story.story_id)
            if story.task_id is None:
                self._ensure_affordable(task, quote)
                raise Conflict("The story was changed at the same time; send the request again.")
            # If it is this task, the same request was carried out a second time at once: continue with it.
            if story.task_id != task_id:
                raise task_is_running(story)
        self.send_open_steps(task)
        log.event("task_queued", task_id=task_id, story_id=story.story_id, kind=kind, user_id=story.user_id)
        return task

    def send_open_steps(self, task: Task) -> None:
        """Send a message for every step that may start, is not done and has not failed."""
        for step in ready_steps(task.plan, task.done, task.failed):
            self._queues.send(queue_of(step), message_of(task, step.code))

    def held(self, task: Task) -> Hold | None:
        """Return what an open task holds; one of a version that held nothing does so now.

        Returns None if its story is gone; raises BudgetExceeded.
        """
        if hold := self._ledger.find(task.attempt_id):
            return hold
        try:
            story = self._stories.get(task.user_id, task.story_id)
        except NotFound:
            return None
        quote = self._quote(story, task.plan, task.done)
        refused = not self._commit(*self._hold(task, quote))
        # Another worker of the task may have been faster: then its hold is ours.
        hold = self._ledger.find(task.attempt_id)
        if hold is None and refused and (short := self._too_little(task, quote)):
            raise BudgetExceeded(f"{short} What was bought is kept: retry when there is money again.")
        return hold

    def complete_step(self, task: Task, step: Step, postponed: int | None = None, *, skipped: bool = False) -> None:
        """Send what a step unlocks, then mark it done, then end the task if it was the last.

        The step's result is stored before this is called, left to a person, at a price of `postponed`, or `skipped`.

        In this order the redelivery of the step's own message mends a crash at any point: a step that is marked done
        has always sent its dependents. What waits for several steps is sent after the mark, and after a crash in
        between by `continue_or_end`.
        """
        for dependent in dependents(step, task.plan):
            # `task` was read when the step began: a dependent that is done by now is sent in vain, and found done.
            if dependent not in task.done:
                self._queues.send(queue_of(dependent), message_of(task, dependent.code))
        # The update returns the item as it is now, so of two steps that end together the later one sees both done.
        if updated := self._tasks.complete_step(task, step, postponed, skipped=skipped):
            self.continue_or_end(updated)

    def continue_or_end(self, task: Task) -> None:
        """Send what has waited for several steps if all of them are done now; end the task if nothing can run."""
        if task.is_open:
            for step in filter(is_join, ready_steps(task.plan, task.done, task.failed)):
                self._queues.send(queue_of(step), message_of(task, step.code))
        self.complete_if_done(task)

    def fail_step(self, task: Task, step: Step, sentence: str, code: ErrorCode, *also: Write) -> None:
        """Mark a step as failed for good, with the writes `also`, and end the task if nothing else of it can run.

        Nothing happens if the task has ended already, or one of `also` is refused. The redelivery of the step's message
        mends a crash after the mark.
        """
        if updated := self._tasks.fail_step(task, step, sentence, code, *also):
            log.event("step_left_out", task_id=task.task_id, error_code=code, step=step.code)
            self.complete_if_done(updated)

    def complete_if_done(self, task: Task) -> None:
        """End the task if nothing of its plan can run any more: as completed, or as failed where steps have failed."""
        if not task.is_open or not is_over(task.plan, task.done, task.failed):
            return
        if task.failed:
            self._fail_in_part(task)
            return
        # False if another worker has ended it first, or a person has cancelled it: then that stays.
        message = done_message(task.postponed, task.skipped)
        if self._end(task, Ending(status="completed", message=message, completes_story=task.completes_story)):
            log.event("task_completed", task_id=task.task_id)

    def _fail_in_part(self, task: Task) -> None:
        """End the task as failed, with the code of the first step that failed, and say which chapters are missing."""
        noted = self._stories.failures(task.user_id, task.story_id)
        failures = [failure for failure in noted if failure.step in task.failed]
        if failures:
            first = failures[0]
            self.fail(task, first.step, failed_sentence(failures, task.plan), first.code)
        else:  # step and story are marked in one transaction, so only a deleted story says nothing
            self.fail(task, None, INTERNAL.sentence, INTERNAL.code)

    def fail(self, task: Task, step: Step | None, sentence: str, code: ErrorCode) -> None:
        """End the task as failed; nothing happens if it has ended already."""
        failed_step = step.code if step else None
        ending = Ending(
            status="failed",
            message="Failed",
            error=sentence,
            error_code=code,
            failed_step=failed_step,
            completes_story=_tells_of_story(task),
        )
        if self._end(task, ending):
            log.event("task_failed", task_id=task.task_id, error_code=code, step=failed_step)

    def give_up(self, task: Task) -> None:
        """End a task that stays silent: as failed, unless all that it lacks is what it can do without."""
        missing = task.plan - task.done - task.failed
        if task.failed or any(lost_with(step, INTERNAL.code, task.plan) != "nothing" for step in missing):
            self.fail(task, None, INTERNAL.sentence, INTERNAL.code)
            return
        for step in sorted(missing):
            self.complete_step(task, step, skipped=True)

    def cancel(self, task: Task, *, again: bool = False) -> Task:
        """End the task as cancelled: no further paid call starts. Raises Conflict if it has ended.

        `again`: the same request was sent before, and may have ended it.
        """
        if again and task.status == "cancelled":
            return task
        # Read and write may have a worker between them that completes the task: the condition in `end` decides.
        ending = Ending(status="cancelled", message="Cancelled", completes_story=_tells_of_story(task))
        if task.status in ENDED or not self._end(task, ending):
            raise Conflict(f"The task has ended already: it is {self._status_now(task)}.")
        log.event("task_cancelled", task_id=task.task_id, story_id=task.story_id, user_id=task.user_id)
        return self.task_of(task.user_id, task.task_id)

    def _end(self, task: Task, ending: Ending) -> bool:
        """End an open task, free what it holds, and tell of it; return False if it has ended already."""
        told = self._outbox.task_ended(task, ending.status, ending.error_code)
        if not self._tasks.end(task, ending, *told.writes):
            return False
        self._ledger.release(task.attempt_id)
        self._outbox.send(told)
        return True

    def retry(self, task: Task, *, again: bool = False) -> Task:
        """Queue the open steps of a failed or cancelled task again. Raises Conflict if it is neither, and
        PaymentRequired if a budget has too little left for them.

        `again`: the same request was sent before, and may have opened the task, with or without sending its steps.
        """
        if again and task.is_open:
            return self._go_on(task)
        if task.status not in {"failed", "cancelled"}:
            raise Conflict(f"Only a failed or cancelled task can be retried; this one is {task.status}.")
        # A rewrite is ordered for one version: if the text was edited since, a retry would overwrite the edit.
        if (number := rewritten(task.plan)) and Step("write", number) not in task.done:
            chapter = self._chapters.get(task.story_id, number)
            if chapter is None or (chapter.rewrite, chapter.rewrite_of) != (task.task_id, chapter.script_version):
                raise Conflict("The chapter has changed since then; have it written again with a new remark.")
        story = self._stories.get(task.user_id, task.story_id)
        following = msgspec.structs.replace(task, attempt=task.attempt + 1)
        quote = self._quote(story, task.plan, task.done)
        # Two retries may meet: the condition on `attempt` lets one of them through.
        if not self._tasks.reopen(task, *self._hold(following, quote)):
            story = self._stories.get(task.user_id, task.story_id)
            if story.task_id and story.task_id != task.task_id:
                raise task_is_running(story)
            now = self._tasks.get(task.task_id)
            if now and not now.is_open and now.attempt == task.attempt:
                self._ensure_affordable(following, quote)
            raise Conflict(f"Only a failed or cancelled task can be retried; this one is {self._status_now(task)}.")
        # Read again: messages must carry the new attempt, or the workers would drop them as stale.
        task = self._go_on(self.task_of(task.user_id, task.task_id))
        log.event("task_retried", task_id=task.task_id, run=task.attempt)
        return task

    def _go_on(self, task: Task) -> Task:
        self.send_open_steps(task)
        self.complete_if_done(task)
        return task

    def delete(self, story: Story) -> None:
        """Remove the story with its chapters, tasks and sound: at once, and again when no worker can still be on it.

        The second removal is queued first, so that a crash cannot lose it. It is needed because a worker in a paid
        call may store its result after the first removal.
        """
        purge = StepMessage("", story.story_id, story.user_id, PURGE, 0)
        self._queues.send(AUTHORING, purge, AUTHOR_CALL_S + MARGIN_S)
        # Hidden before anything is removed: no reader may see half a story, and no new task may start on it.
        self._stories.mark_deleted(story)
        self._remove(story)
        log.event("story_deleted", story_id=story.story_id, user_id=story.user_id)

    def purge(self, user_id: str, story_id: str) -> None:
        """Remove everything that is left of a story this user has deleted, and last the mark of its deletion.

        A message with another user's name, or one for a story that was never deleted, removes nothing.
        """
        if mark := self._stories.deleted(user_id, story_id):
            # The mark goes last. If this fails half-way, the redelivered message still finds it and removes the rest.
            self._remove(mark)
            self._stories.forget(user_id, story_id)

    def _remove(self, story: Story) -> None:
        story_id = story.story_id
        self._shares.delete_story(story.user_id, story_id)
        # Tasks first: a worker that finds its task gone makes no further paid call.
        for task_id in story.task_ids:
            task = self._tasks.get(task_id)
            self._tasks.delete(task_id)
            # What workers have drawn from it comes back when they notice, or with the sweeper.
            if task is not None:
                self._ledger.release(task.attempt_id)
        self._leases.delete_story(story_id)
        self._sounds.delete_story(story_id)
        self._chapters.delete_story(story_id)
        self._listening.delete_story(story_id)

    def _hold(self, task: Task, quote: Quote) -> list[Write]:
        return self._ledger.hold(self._ledger.account(task.user_id, task.story_id), task.attempt_id, quote)

    def _too_little(self, task: Task, quote: Quote) -> str | None:
        return too_little(self._ledger.standings(self._ledger.account(task.user_id, task.story_id)), quote.total)

    def _ensure_affordable(self, task: Task, quote: Quote) -> None:
        if short := self._too_little(task, quote):
            raise PaymentRequired(short)

    def _status_now(self, task: Task) -> str:
        now = self._tasks.get(task.task_id)
        return now.status if now else "gone"
