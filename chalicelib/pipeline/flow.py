"""The life of tasks: how they begin, move on and end. Every operation may be repeated without harm."""

from chalicelib import log
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline.steps import Plan, Step, dependents, format_plan, parse_plan, ready_steps, rewritten
from chalicelib.store.leases import StepLeases
from chalicelib.store.objects import ObjectStore
from chalicelib.store.queues import AUTHORING, Queues, StepMessage
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import StoryItem, TaskItem
from chalicelib.store.tasks import ENDED, Tasks
from chalicelib.store.transactions import Fill
from chalicelib.timing import AUTHOR_CALL_S, MARGIN_S

PURGE = "purge"
"""The step of a message that removes what a worker may have stored for a story after its deletion."""

NO_TASK = "Task not found"


def done_steps(task: TaskItem) -> set[Step]:
    """Return the steps of the task that are done."""
    return {Step.parse(code) for code in task.done or ()}


def parts_done(task: TaskItem) -> dict[Step, int]:
    """Return how far each step in progress is, in percent."""
    return {Step.parse(code): percent for code, percent in (task.parts or {}).items()}


def message_of(task: TaskItem, step: str) -> StepMessage:
    """Return the message for a step of the task's current attempt."""
    return StepMessage(task.task_id, task.story_id, task.user_id, step, int(task.attempt))


def task_is_running(story: StoryItem) -> Conflict:
    """Return the error for a story that a running task keeps from being changed or given another task."""
    return Conflict(f"Task {story.task_id} is running on this story; wait for it or cancel it.")


def not_written_yet(number: int) -> Conflict:
    """Return the error for a chapter that has no script yet."""
    return Conflict(f"Chapter {number} is not written yet; generate the story first.")


class Flow:
    """The operations on tasks: submit, advance, end, cancel and retry them, and delete their stories."""

    def __init__(
        self,
        tasks: Tasks,
        stories: Stories,
        chapters: Chapters,
        leases: StepLeases,
        queues: Queues,
        objects: ObjectStore,
    ) -> None:
        self._tasks = tasks
        self._stories = stories
        self._chapters = chapters
        self._leases = leases
        self._queues = queues
        self._objects = objects

    def task_of(self, user_id: str, task_id: str) -> TaskItem:
        """Return the user's task, by one read; raise NotFound."""
        task = self._tasks.get(task_id)
        if task is None or task.user_id != user_id:
            raise NotFound(NO_TASK)
        return task

    def submit(
        self,
        story: StoryItem,
        task_id: str,
        kind: str,
        plan: Plan,
        also_write: Fill | None = None,
        *,
        completes_story: bool = True,
    ) -> TaskItem:
        """Store a task that carries out the plan, and send its first steps; raise Conflict while another task runs.

        What `also_write` adds is written in the task's transaction, or not at all. `completes_story` says that the
        story has every chapter once the task is done; otherwise the story then returns to its earlier status.

        The task is stored before anything is sent: a crash in between is mended by the sweeper, or by the same request
        made again with the same Idempotency-Key.
        """
        if known := self._tasks.get(task_id):
            if not known.open:
                return known
            self.send_open_steps(known)
            return known
        task = self._tasks.new(task_id, story, kind, format_plan(plan), completes_story=completes_story)
        if not self._tasks.submit(task, also_write):
            story = self._stories.get(story.user_id, story.story_id)
            if story.task_id is None:
                raise Conflict("The story was changed at the same time; send the request again.")
            if story.task_id != task_id:
                raise task_is_running(story)
        self.send_open_steps(task)
        log.event("task_queued", task_id=task_id, story_id=story.story_id, kind=kind, user_id=story.user_id)
        return task

    def send_open_steps(self, task: TaskItem) -> None:
        """Send a message for every step that may start and is not done."""
        for step in ready_steps(parse_plan(task.plan), done_steps(task)):
            self._queues.send(step.queue, message_of(task, step.code))

    def complete_step(self, task: TaskItem, step: Step) -> None:
        """Send what a step unlocks, then mark it done, then end the task if it was the last.

        The step's result is stored before this is called.

        In this order the redelivery of the step's own message mends a crash at any point: a step that is marked done
        has always sent its dependents.
        """
        done = done_steps(task)
        for dependent in dependents(step, parse_plan(task.plan)):
            if dependent not in done:
                self._queues.send(dependent.queue, message_of(task, dependent.code))
        if updated := self._tasks.mark_done(task, step.code):
            self.complete_if_done(updated)

    def complete_if_done(self, task: TaskItem) -> None:
        """End the task as completed if every step of its plan is done."""
        if not task.open or not parse_plan(task.plan) <= done_steps(task):
            return
        if self._tasks.end(task, "completed", "Done", completes_story=task.completes_story):
            log.event("task_completed", task_id=task.task_id)

    def fail(self, task: TaskItem, step: Step | None, sentence: str, code: str) -> None:
        """End the task as failed; nothing happens if it has ended already."""
        failed_step = step.code if step else None
        if self._tasks.end(task, "failed", "Failed", error=sentence, error_code=code, failed_step=failed_step):
            log.event("task_failed", task_id=task.task_id, error_code=code, step=failed_step)

    def cancel(self, task: TaskItem, *, again: bool = False) -> TaskItem:
        """End the task as cancelled: no further paid call starts. Raises Conflict if it has ended.

        `again`: the same request was sent before, and may have ended it.
        """
        if again and task.status == "cancelled":
            return task
        if task.status in ENDED or not self._tasks.end(task, "cancelled", "Cancelled"):
            raise Conflict(f"The task has ended already: it is {self._status_now(task)}.")
        log.event("task_cancelled", task_id=task.task_id, story_id=task.story_id, user_id=task.user_id)
        return self.task_of(task.user_id, task.task_id)

    def retry(self, task: TaskItem, *, again: bool = False) -> TaskItem:
        """Queue the open steps of a failed or cancelled task again. Raises Conflict if it is neither.

        `again`: the same request was sent before, and may have opened the task, with or without sending its steps.
        """
        if again and task.open:
            return self._go_on(task)
        if task.status not in {"failed", "cancelled"}:
            raise Conflict(f"Only a failed or cancelled task can be retried; this one is {task.status}.")
        if (number := rewritten(parse_plan(task.plan))) and Step("write", number) not in done_steps(task):
            chapter = self._chapters.get(task.story_id, number)
            if chapter is None or (chapter.rewrite, chapter.rewrite_of) != (task.task_id, chapter.script_version):
                raise Conflict("The chapter has changed since then; have it written again with a new remark.")
        if not self._tasks.reopen(task):
            story = self._stories.get(task.user_id, task.story_id)
            if story.task_id and story.task_id != task.task_id:
                raise task_is_running(story)
            raise Conflict(f"Only a failed or cancelled task can be retried; this one is {self._status_now(task)}.")
        task = self._go_on(self.task_of(task.user_id, task.task_id))
        log.event("task_retried", task_id=task.task_id, run=int(task.attempt))
        return task

    def _go_on(self, task: TaskItem) -> TaskItem:
        self.send_open_steps(task)
        self.complete_if_done(task)
        return task

    def delete(self, story: StoryItem) -> None:
        """Remove the story with its chapters, tasks and sound: at once, and again when no worker can still be on it.

        The second removal is queued first, so that a crash cannot lose it. It is needed because a worker in a paid
        call may store its result after the first removal.
        """
        purge = StepMessage("", story.story_id, story.user_id, PURGE, 0)
        self._queues.send(AUTHORING, purge, AUTHOR_CALL_S + MARGIN_S)
        self._stories.mark_deleted(story)
        self._remove(story)
        log.event("story_deleted", story_id=story.story_id, user_id=story.user_id)

    def purge(self, user_id: str, story_id: str) -> None:
        """Remove everything that is left of a story this user has deleted, and last the mark of its deletion.

        A message with another user's name, or one for a story that was never deleted, removes nothing.
        """
        if mark := self._stories.deleted(user_id, story_id):
            self._remove(mark)
            self._stories.forget(user_id, story_id)

    def _remove(self, story: StoryItem) -> None:
        story_id = story.story_id
        for task_id in story.task_ids or ():
            self._tasks.delete(task_id)
        self._leases.delete_story(story_id)
        self._objects.delete_story(story_id)
        self._chapters.delete_story(story_id)

    def _status_now(self, task: TaskItem) -> str:
        now = self._tasks.get(task.task_id)
        return now.status if now else "gone"
