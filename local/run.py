"""The command `run`: one story from a prompt, written to out/<story>/. What was paid for is stored and used again."""

import os
import secrets
from collections.abc import Collection
from itertools import count

from rich.console import Console
from rich.table import Table

from local.arguments import Order
from local.client import Api, ApiError, ApiObject, api_at
from local.folder import StoryFolder, is_ready
from local.loading import load
from local.orders import Begun, Orders, command_of
from local.progress import PatientConsole, ProgressLine
from local.stopping import Stopping, StopRequested
from local.system import STATE, USER, System

POLL_S = 0.3
LOOK_EVERY = 5
"""Polls of the task after which the story's chapters are checked even if the task shows no change."""

ROUNDS = 4
"""Most tasks that one `run` waits for; more than two are needed only if another client works on the story as well."""

ENDED = frozenset({"completed", "failed", "cancelled"})


class Unfinished(Exception):
    """A story that could not be finished; the message says why. What was made of it is stored."""


def run(order: Order, stopping: Stopping) -> int:
    """Make a story, write its chapters to a folder, and return the exit status: 0 if every chapter is there."""
    console = PatientConsole(highlight=False, markup=False, emoji=False, soft_wrap=True)
    with System(console.print, "run", stopping) as system:
        try:
            system.with_aws()
            stopping.check()
            system.with_engine()
            stopping.check()
            gateway = system.with_api("127.0.0.1", 0)
            token = secrets.token_urlsafe(32)
            load().tokens.accept(token, USER)
            with api_at(gateway.url, token) as api:
                return StoryRun(order, orders(system), api, console, stopping).make()
        except StopRequested:
            status = stopping.status
        except Unfinished as error:
            console.print(f"{error}", style="red")
            status = 1
        # Printed before waiting for what still runs, so that it has been seen by a user who presses Ctrl-C again.
        console.print(f"What was paid for is kept. To go on:\n  {command_of(order)}")
    return status


def orders(system: System) -> Orders:
    """Return the orders begun in this stage and on this AWS."""
    services = load()
    defaults = services.config.defaults
    world = {
        "aws": "" if system.embedded else os.environ["AWS_ENDPOINT_URL"],
        "stage": services.settings.stage,
        "language": defaults.language,
        "enhance": defaults.enhance,
    }
    return Orders(STATE / "runs", world)


class StoryRun:
    """The work on one order, from what was begun for it to the last chapter."""

    def __init__(self, order: Order, orders: Orders, api: Api, console: Console, stopping: Stopping) -> None:
        self._order = order
        self._orders = orders
        self._api = api
        self._console = console
        self._stopping = stopping
        self._folder = StoryFolder(api, order.out)
        self._task_id: str | None = None

    def make(self) -> int:
        """Finish the story and return the exit status. Raises Unfinished; StopRequested, after cancelling the task."""
        try:
            return self._see_through()
        except StopRequested:
            self._cancel()
            raise
        except ApiError as error:
            raise Unfinished(str(error)) from error
        except OSError as error:
            self._cancel()  # nothing more is bought for a folder that cannot take it
            raise Unfinished(f"{error.filename or self._order.out} cannot be written: {error.strerror}.") from error

    def _see_through(self) -> int:
        begun = self._orders.begun(self._order)
        # What an interrupted run began is on record before anything is bought, and so is found.
        begun, story = self._story(begun)
        worked = False
        for _ in range(ROUNDS):
            story = self._look(story["story_id"])
            missing = [chapter["number"] for chapter in story["chapters"] if not is_ready(chapter)]
            if not missing:
                self._report(self._with_book(story), worked=worked)
                return 0
            worked = True
            left_by_another = story["task_id"] is not None
            self._task_id = self._begin(story, missing, begun.key)
            ended = self._watch(story["story_id"], self._task_id)
            # The task has ended: what fails from here on must not cancel it.
            self._task_id = None
            if ended["error_code"] == "budget_exceeded" and left_by_another:
                # Calls that were being paid for when a run died count at their dearest. The rest is quoted anew, as by
                # the same command once more; what no budget allows is refused then.
                self._say("What was quoted is used up; the rest is quoted anew.")
                continue
            if ended["status"] == "failed":
                self._look(story["story_id"])
                raise Unfinished(f"{ended['error']} ({ended['error_code']})")
            if ended["status"] == "cancelled":
                raise Unfinished("The story's task was cancelled.")
        raise Unfinished(f"Chapters are still missing: {', '.join(map(str, missing))}.")

    def _with_book(self, story: ApiObject) -> ApiObject:
        """Return the story with its book; where a run was stopped before that was made, it is made now, for nothing."""
        book = story["book"]
        if book is not None and not book["out_of_date"]:
            return story
        self._task_id = story["task_id"] or str(self._api.post(f"/stories/{story['story_id']}/book")["task_id"])
        ended = self._watch(story["story_id"], self._task_id)
        self._task_id = None
        if ended["status"] != "completed":
            # Every chapter is there, which is what this command promises.
            self._say(f"The book's files are missing: {ended['error'] or ended['message']}")
        return self._look(story["story_id"])

    def _story(self, begun: Begun) -> tuple[Begun, ApiObject]:
        """Return the order's story and its record; begin one if there is none, or if it has been deleted."""
        if begun.story_id is not None:
            try:
                story = self._api.get(f"/stories/{begun.story_id}")
            except ApiError as error:
                if error.status != 404:
                    raise
                # A new key: with the old one the API would answer with the story that was deleted.
                begun = self._orders.keep(self._order, Begun(secrets.token_hex(16)))
            else:
                ready = sum(map(is_ready, story["chapters"]))
                if ready < len(story["chapters"]):
                    self._say(
                        f"Going on with {story['title']}: {ready} of {len(story['chapters'])} chapters are there."
                    )
                return begun, story
        body = {"prompt": self._order.prompt, "num_chapters": self._order.chapters}
        story = self._api.post("/stories", body, begun.key)
        return self._orders.keep(self._order, Begun(begun.key, story["story_id"])), story

    def _begin(self, story: ApiObject, missing: list[int], key: str) -> str:
        """Return the id of the task that makes what is missing: one that runs, one that is retried, or a new one."""
        self._stopping.check()
        path = f"/stories/{story['story_id']}"
        if story["task_id"]:
            return str(story["task_id"])
        try:
            if story["status"] in {"failed", "cancelled"} and story["last_task_id"]:
                return str(self._api.post(f"/tasks/{story['last_task_id']}/retry")["task_id"])
            if story["status"] == "completed":
                return str(self._api.post(f"{path}/audio", {"chapters": missing})["task_id"])
        except ApiError as error:
            if error.status != 409:
                raise
            # A conflict: chapters were changed since, or are not written. A new task reuses what is there.
        # Only the first task of a story has the order's key: a later one is another request, not a repetition.
        draft = story["status"] == "draft"
        if draft:
            self._say(forecast(self._api.post(f"{path}/estimate", {"audio": True}), load().settings.demonstration))
        return str(self._api.post(f"{path}/generate", {"audio": True}, key if draft else None)["task_id"])

    def _watch(self, story_id: str, task_id: str) -> ApiObject:
        """Show the task until it has ended, and fetch chapters as soon as they are ready. Raises StopRequested."""
        shown: tuple[int, str] | None = None
        with ProgressLine(self._console) as line:
            for poll in count():
                task = self._api.get(f"/tasks/{task_id}")
                line.update(task)
                if task["status"] in ENDED:
                    break
                # A chapter that becomes ready usually changes what the task shows, but need not.
                if shown != (now := (task["progress"], task["message"])) or poll % LOOK_EVERY == 0:
                    shown = now
                    self._look(story_id)
                self._stopping.wait(POLL_S)
                self._stopping.check()
        return task

    def _look(self, story_id: str) -> ApiObject:
        """Write the chapters that are ready to the folder, and return the story as it is now."""
        story = self._api.get(f"/stories/{story_id}")
        for chapter in self._folder.update(story):
            self._say(f"Chapter {chapter['number']} is ready: {self._folder.path / chapter['file']}")
        return story

    def _cancel(self) -> None:
        if self._task_id is None:
            return
        try:
            self._api.post(f"/tasks/{self._task_id}/cancel")
        except ApiError as error:
            if error.status != 409:  # the task may have ended meanwhile
                self._say(f"The task could not be cancelled: {error}")

    def _report(self, story: ApiObject, *, worked: bool) -> None:
        if self._folder.update_book(story):
            self._say(f"The book is ready: {self._folder.path}/")
        self._console.print(chapter_table(story, self._folder.chapters))
        for chapter in story["chapters"]:
            for notice in chapter["notices"]:
                self._say(f"Chapter {chapter['number']}: {notice['message']}")
        if worked:
            total = self._api.get("/usage")
            of_story = next((sums for sums in total["stories"] if sums["story_id"] == story["story_id"]), None)
            if of_story is not None:
                self._say(bill(of_story, load().settings.demonstration))
        else:
            self._say("This story was finished before: nothing was paid for. For another one from the same prompt:")
            self._say(f"  {command_of(self._order, new=True)}")
        self._say(f"Listen: {self._folder.path}/")

    def _say(self, text: str) -> None:
        self._console.print(text)


def chapter_table(story: ApiObject, chapters: list[ApiObject]) -> Table:
    """Return a table of the story's chapters with their voices, duration and file."""
    table = Table(title=story["title"], title_justify="left")
    for heading in ("Chapter", "Voices", "Duration", "File"):
        table.add_column(heading, overflow="fold")
    for chapter in chapters:
        speakers = dict.fromkeys(line["speaker"] for line in chapter["script"]["lines"])
        seconds = round(chapter["audio"]["duration"])
        length = f"{seconds // 60}:{seconds % 60:02d}"
        table.add_row(f"{chapter['number']}. {chapter['title']}", ", ".join(speakers), length, chapter["file"])
    return table


def forecast(estimate: ApiObject, demonstration: Collection[str] = ()) -> str:
    """Return what a story should cost and how long it should be, and whose voices are not there."""
    cost, minutes = f"${estimate['cost_usd']:.2f}", max(1, round(estimate["audio_seconds"] / 60))
    would = f"With real providers it would cost about {cost}" if demonstration else f"It will cost about {cost}"
    sentences = [f"{would}, and be about {minutes} minute{'s' if minutes > 1 else ''} long."]
    if lost := [voice["name"] for voice in estimate.get("unavailable_voices", ())]:
        sentences.append(f"Not available now: {', '.join(lost)}. Other voices are heard instead.")
    return " ".join(sentences)


def bill(sums: ApiObject, demonstration: Collection[str] = ()) -> str:
    """Return what the story's calls of this month come to; those of a `demonstration` cost nothing."""
    tokens = sums["input_tokens"] + sums["output_tokens"]
    counted = f"{sums['calls']} {{}}calls, {tokens:,} tokens, {sums['characters']:,} characters. "
    if not demonstration:
        return f"{counted.format('paid ')}At list prices that is ${sums['cost_usd']:.2f}."
    if len(demonstration) > 1:
        charged = "Nothing was charged."
    else:
        charged = f"The {next(iter(demonstration))} was a demonstration, and is not charged."
    return f"{counted.format('')}With real providers that would cost about ${sums['cost_usd']:.2f}. {charged}"
