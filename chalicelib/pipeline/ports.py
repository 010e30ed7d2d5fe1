"""The ports of the engine: what it needs of the store and the queues. `chalicelib.store` implements them.

Every method of a repository may raise StoreUnavailable. A method that returns a `Write` writes nothing itself: writes
that belong together are made by one `Commit`, in one transaction.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.domain.book import Book
from chalicelib.domain.budgets import Account, Draw, Hold, Quote, Standing
from chalicelib.domain.chapter import (
    Chapter,
    ChapterHeader,
    ChapterParts,
    ChapterRecord,
    KeptText,
    KeptVersion,
    LineNotes,
    Retold,
    Sound,
    Spoken,
    WrittenChapter,
)
from chalicelib.domain.lease import Lease
from chalicelib.domain.manuscript import Manuscript
from chalicelib.domain.message import StepMessage
from chalicelib.domain.outline import Outline
from chalicelib.domain.script import EnhancedScript, Script
from chalicelib.domain.share import Shares
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.story import Story, StoryPage
from chalicelib.domain.task import Ending, ErrorCode, StepFailure, Task, TaskKind
from chalicelib.domain.usage import Purchase, Sums
from chalicelib.domain.voice import Casting, Roster, Substitute
from chalicelib.errors import Awaited, Provider
from chalicelib.pipeline.listening import ListeningRepository

Write = Callable[[Any], object]
"""A write that has not been made yet. Only the store knows what it is called with."""


class Commit(Protocol):
    """The end of a unit of work."""

    def __call__(self, *writes: Write) -> bool:
        """Make all the writes in one transaction; return False, having made none, if a condition did not hold."""


class StoryRepository(Protocol):
    """The stories of all users, each found by its owner alone."""

    def create(self, story: Story) -> None:
        """Store a new story. A second time changes nothing."""

    def get(self, user_id: str, story_id: str) -> Story:
        """Return the user's story; raise NotFound."""

    def page(self, user_id: str, limit: int, after: str | None) -> StoryPage:
        """Return up to `limit` of the user's stories, newest first, older than `after`, without their outlines."""

    def failures(self, user_id: str, story_id: str) -> tuple[StepFailure, ...]:
        """Return the steps that the story's task went on without, the first one first."""

    def titles(self, user_id: str, story_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the titles of those of the stories that are still the user's."""

    def save_outline(self, user_id: str, story_id: str, outline: Outline, cast: Casting) -> Write:
        """Give a story its outline, its title and the voices of its cast."""

    def recast(self, story: Story, *writes: Write) -> bool:
        """Store titles, voices and pronunciations that a person has changed, with `writes`; return False if it was
        changed since, or has a task."""

    def substitute(self, story: Story, speaker: str, found: Substitute) -> Story:
        """Note the voice that stands in for a speaker's; return the story with what is noted now."""

    def change_draft(self, story: Story) -> bool:
        """Store what a person has changed of a story without an outline; return False if it has one now, or a task."""

    def mark_deleted(self, story: Story) -> None:
        """Hide the story from every read, before its parts are removed one by one."""

    def deleted(self, user_id: str, story_id: str) -> Story | None:
        """Return what is left of a story that this user has deleted, or None."""

    def forget(self, user_id: str, story_id: str) -> None:
        """Remove the mark of a deleted story."""


class ChapterRepository(Protocol):
    """The written chapters of all stories."""

    def get(self, story_id: str, number: int) -> Chapter | None:
        """Return the chapter with its texts, or None."""

    def headers(self, story_id: str) -> Iterator[ChapterHeader]:
        """Return all chapters in order, without their texts."""

    def records(self, story_id: str) -> Iterator[ChapterRecord]:
        """Return what later chapters are told of all written chapters, in order."""

    def save_script(self, story_id: str, written: WrittenChapter, *, replacing: Chapter | None = None) -> Write:
        """Store a chapter as it was written: where there is none yet, or in place of `replacing` if it is unchanged."""

    def save_parts(self, story_id: str, number: int, parts: ChapterParts) -> Write:
        """Store the parts of a chapter which is not whole yet."""

    def save_directions(self, story_id: str, number: int, directed: EnhancedScript, *, if_version: str) -> Write:
        """Store directions for a chapter whose script is `if_version`."""

    def save_summary(self, story_id: str, number: int, retold: Retold, *, if_version: str) -> Write:
        """Store a new summary, seam and memory of a chapter whose script is `if_version`."""

    def save_sound(self, story: Story, number: int, sound: Sound, *, if_version: str) -> Write:
        """Publish the sound of a chapter whose script is `if_version`."""

    def order_rewrite(self, story_id: str, number: int, task_id: str, remark: str, *, if_version: str) -> Write:
        """Let a task write a chapter again whose script is `if_version`."""

    def order_takes(
        self, story_id: str, number: int, takes: Mapping[str, int], *, before: Mapping[str, int], if_version: str
    ) -> Write:
        """Order takes of the lines of a chapter whose script is `if_version`, and that has those `before` now."""

    def order_voices(self, story_id: str, number: int, spoken: Spoken, *, if_version: str) -> Write:
        """Note how a chapter whose script is `if_version` is to be spoken from now on."""

    def restore(self, story: Story, number: int, kept: KeptText, *, if_version: str) -> bool:
        """Store an earlier text again, with what was made from it; return False as `edit` does."""

    def edit(
        self,
        story: Story,
        number: int,
        script: Script,
        directed: EnhancedScript | None,
        *,
        if_version: str,
        of_lines: LineNotes | None = None,
    ) -> bool:
        """Store an edited script; return False if a task runs on the story or the script is no longer `if_version`."""

    def delete_story(self, story_id: str) -> None:
        """Remove all chapters of a story."""


class BookRepository(Protocol):
    """The facts of all books."""

    def save(self, user_id: str, story_id: str, book: Book) -> Write:
        """Publish the files of a story's book."""


class RosterStore(Protocol):
    """What the narrator's account was found to have, for all functions."""

    def get(self) -> Roster | None:
        """Return what was found last, or None."""

    def put(self, roster: Roster) -> None:
        """Store what was found."""


class VersionRepository(Protocol):
    """The earlier texts of the chapters of all stories."""

    def keep(self, story_id: str, chapter: Chapter) -> None:
        """Keep the text of a chapter that is about to be replaced. A second time changes nothing."""

    def of_chapter(self, story_id: str, number: int) -> Sequence[KeptVersion]:
        """Return the earlier texts of a chapter, newest first, each once."""

    def get(self, story_id: str, number: int, version: str) -> KeptText | None:
        """Return an earlier text of a chapter, or None."""


class ManuscriptRepository(Protocol):
    """The texts that are told as they are."""

    def keep(self, story_id: str, manuscript: Manuscript) -> None:
        """Keep a story's manuscript. A second time changes nothing."""

    def get(self, story_id: str, digest: str) -> Manuscript:
        """Return the manuscript with this digest, which was kept."""


class TaskRepository(Protocol):
    """The tasks of all users."""

    def get(self, task_id: str) -> Task | None:
        """Return the task as it is now, by one strongly consistent read, or None."""

    def new(self, task_id: str, story: Story, kind: TaskKind, plan: Plan, *, completes_story: bool = True) -> Task:
        """Return a task that is not stored yet."""

    def submit(self, task: Task, *also: Write) -> bool:
        """Store a new task, with the writes `also`; return False if its story has an open task, or is gone."""

    def reopen(self, task: Task, *also: Write) -> bool:
        """Queue a failed or cancelled task again, with the writes `also`; return False if it is neither, or its story
        has another open task."""

    def end(self, task: Task, ending: Ending, *also: Write) -> bool:
        """End an open task and free its story, with the writes `also`; return False if it has ended already."""

    def record_heartbeat(self, task: Task, message: str, quiet_s: float = 0.0) -> bool:
        """Record a message; silence is normal for another `quiet_s`. Return False if the task has ended."""

    def record_progress(self, task: Task, step: Step, percent: int, message: str) -> None:
        """Record a message, and how much of a step is done in percent, which never becomes less."""

    def complete_step(
        self, task: Task, step: Step, postponed: int | None = None, *, skipped: bool = False
    ) -> Task | None:
        """Add a step to those that are done, are left to a person at a price of `postponed` micro-dollars, or skipped.

        Return the task as it is then, or None if it has ended.
        """

    def fail_step(self, task: Task, step: Step, sentence: str, code: ErrorCode, *also: Write) -> Task | None:
        """Add a step to those that failed for good, and say why on the story, with the writes `also`, or do nothing.

        Return the task as it is then, or None if it has ended, was started again, or one of `also` is refused.
        """

    def count_sweep(self, task: Task, *, against: bool) -> Task | None:
        """Note that the task's open steps are sent again; return the task as it is then, or None if it has ended."""

    def silent(self) -> Iterator[Task]:
        """Return the open tasks whose next heartbeat is overdue."""

    def delete(self, task_id: str) -> None:
        """Remove a task."""


class UsageRepository(Protocol):
    """The records of paid calls."""

    def new_id(self) -> str:
        """Return the id of the record of a call that is made now."""

    def record(self, account: Account, record_id: str, purchase: Purchase) -> Write:
        """Store the record of a purchase."""

    def has_sold(self, user_id: str, provider: Provider, within_s: float) -> bool:
        """Return whether the provider has sold this user anything within the last `within_s` seconds."""

    def month(self, user_id: str, month: str) -> Sums:
        """Return what the user's purchases of a month such as `2026-11` add up to, by story."""


class LedgerRepository(Protocol):
    """What is held and spent of every budget. A method that returns False has written nothing."""

    def account(self, user_id: str, story_id: str) -> Account:
        """Return the account that a task which begins now spends from."""

    def standings(self, account: Account) -> list[Standing]:
        """Return what is held and spent of the budgets that apply to an account, with or without a limit."""

    def spent_of_day(self, day: str) -> tuple[int, int | None]:
        """Return what is held and spent on a day in all, and its limit."""

    def hold(self, account: Account, attempt_id: str, quote: Quote) -> list[Write]:
        """Hold a quote in every budget, for an attempt at a task; refused where it does not fit."""

    def find(self, attempt_id: str) -> Hold | None:
        """Return the hold of an attempt at a task, or None."""

    def holds(self) -> Iterator[Hold]:
        """Return all holds."""

    def draw_of(self, attempt_id: str, step: str) -> Draw | None:
        """Return what a step has drawn, or None."""

    def draws(self, attempt_id: str) -> list[Draw]:
        """Return what the steps of an attempt at a task have drawn."""

    def begin(self, draw: Draw) -> bool:
        """Store a new draw, and take its money from the hold, its `extra` from what is left of the budgets."""

    def top_up(self, before: Draw, after: Draw) -> bool:
        """Store a draw that takes more than its share."""

    def change(self, before: Draw, after: Draw) -> bool:
        """Store a changed draw."""

    def update(self, before: Draw, after: Draw) -> Write:
        """Store a changed draw; refused if another worker has taken it over."""

    def settlement(self, draw: Draw, *, committed: int = 0) -> list[Write]:
        """Hand a draw's purchases over to the budgets and counters; `committed` is what the budgets gain besides."""

    def close(self, draw: Draw) -> bool:
        """Remove a draw without calls under way: its purchases are settled, and what is unused goes back."""

    def release(self, attempt_id: str) -> None:
        """Close the hold of an attempt that has ended, and free what no step has drawn."""

    def forget(self, attempt_id: str) -> None:
        """Remove a hold that is released, and that no step has a draw on any more."""


class StepLeases(Protocol):
    """The leases on steps: one worker per step."""

    def acquire(self, lease: Lease, seconds: float) -> bool:
        """Hold the step for `seconds`; return False while another worker holds it."""

    def renew(self, lease: Lease, seconds: float) -> bool:
        """Hold the step for another `seconds`; return False if it was lost."""

    def held(self, lease: Lease) -> Write:
        """Require, of the transaction it is part of, that the lease is still held."""

    def release(self, lease: Lease) -> None:
        """Give the step back; what is known of its failures stays."""

    def delete(self, lease: Lease) -> None:
        """Give back a step that is done."""

    def working_on(self, story_id: str) -> set[str]:
        """Return the codes of the steps that a worker holds now."""

    def delete_story(self, story_id: str) -> None:
        """Forget everything about a story's steps and lines."""


class LineClaims(Protocol):
    """The claims on lines: one buyer per line."""

    def claim(self, lease: Lease, key: str, seconds: float) -> bool:
        """Claim the purchase of a line; return False while another step buys it or has just bought it."""

    def release(self, lease: Lease, key: str) -> None:
        """Give up a claim whose purchase failed."""


class FailureCounter(Protocol):
    """The failures and reschedules of each step, in one attempt at its task."""

    def count_failure(self, lease: Lease, attempt: str, error: str, error_code: str) -> int:
        """Count a failure of the step, store its sentence and code, and return the number of failures so far."""

    def count_reschedule(self, lease: Lease, attempt: str, awaited: Awaited, *, progressed: bool) -> int:
        """Give the step back, and return the number of reschedules in a row for the same reason."""

    def last_failure(self, story_id: str, step: str, attempt: str) -> tuple[str, ErrorCode] | None:
        """Return the sentence and code of the step's last failure, if it had one."""


class StepQueues(Protocol):
    """The queues of steps."""

    def send(self, queue: str, message: StepMessage, delay_s: float = 0.0) -> None:
        """Send a step, to be delivered after `delay_s` seconds (900 at most)."""

    def extend_visibility(self, queue: str, receipt: str, seconds: int) -> None:
        """Hide a received message from other receivers for another `seconds`."""

    def waiting(self, queue: str) -> int:
        """Return about how many messages wait in the queue for a free worker."""


@dataclass(frozen=True, slots=True)
class Repositories:
    """What a worker reads and writes, and the commit that makes writes together."""

    stories: StoryRepository
    chapters: ChapterRepository
    versions: VersionRepository
    manuscripts: ManuscriptRepository
    listening: ListeningRepository
    tasks: TaskRepository
    usage: UsageRepository
    ledger: LedgerRepository
    leases: StepLeases
    shares: Shares
    claims: LineClaims
    failures: FailureCounter
    books: BookRepository
    commit: Commit
