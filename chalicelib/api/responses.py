"""Response bodies: one struct each, built by `rendering`, and described by the OpenAPI document.

Their fields stand in the order in which clients see them. Tests check every response of every route against these.
"""

from typing import Literal

import msgspec

from chalicelib.domain.budgets import Scope
from chalicelib.domain.task import ErrorCode
from chalicelib.domain.voice import Voice

StoryStatus = Literal["draft", "generating", "completed", "failed", "cancelled"]
ChapterStatus = Literal["pending", "generating_script", "script_ready", "generating_audio", "completed", "failed"]
TaskStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
TaskKind = Literal["story", "audio", "audiobook"]


class Response(msgspec.Struct):
    """A response body: it has exactly the fields that are declared.

    Unknown fields are ignored in one that is read back for an Idempotency-Key: a newer version may have stored it.
    For the same reason a field that is added later to a stored response needs a default.
    """


class Error(Response):
    """What went wrong. `Message` is a sentence for a person: it names the field at fault and what is accepted."""

    Code: str
    Message: str


class Health(Response):
    """The version that is running."""

    status: Literal["ok"]
    version: str


class Sound(Response):
    """A chapter's MP3. `url` is signed for 15 minutes; `out_of_date`: the script has changed since."""

    duration: float
    bytes: int
    content_type: Literal["audio/mpeg"]
    url: str
    out_of_date: bool


class Chapter(Response):
    """A chapter without its script. An edit sends `version` back, so that it changes no newer script.

    `based_on_older`: an earlier chapter has changed since this one was written.
    """

    number: int
    title: str
    status: ChapterStatus
    summary: str | None
    audio: Sound | None
    version: str | None
    based_on_older: bool
    error: str | None


class Words(Response):
    """The beginning of every line."""

    line_id: str
    speaker: str
    text: str


class Line(Words):
    """A line of a script. `scene_break`: a new scene begins with it."""

    scene_break: bool


class DirectedLine(Words):
    """A line with directions for its voice."""

    tags: list[str]
    scene_break: bool


class ScriptLines(Response):
    """A script as its lines."""

    lines: list[Line]


class DirectedLines(Response):
    """A script with directions for the voices."""

    lines: list[DirectedLine]


class ChapterAlone(Chapter):
    """A chapter with its texts."""

    script: ScriptLines | None
    enhanced: DirectedLines | None


class StoryFields(Response):
    """A story without its chapters."""

    story_id: str
    title: str
    prompt: str
    num_chapters: int
    enhance: bool
    language: str
    status: StoryStatus
    voices: dict[str, str]
    chapters_ready: int
    audio_seconds: float
    task_id: str | None
    last_task_id: str | None
    error: str | None
    created_at: str
    updated_at: str


class StoryHead(StoryFields):
    """A story in a list. `task_id` is its running task; `last_task_id` the one that ran last, or is running."""

    chapters: list[Chapter]


class Story(StoryFields):
    """A story with its chapters. `cast` holds the names that may speak a line."""

    cast: list[str]
    chapters: list[Chapter]


class Stories(Response):
    """A page of stories, newest first, without their chapters; `cursor` leads to the next page."""

    stories: list[StoryHead]
    cursor: str | None


class Started(Response):
    """The task that was queued."""

    task_id: str
    status: Literal["queued"]


class TaskResult(Response):
    """The result of a completed task."""

    story_id: str
    chapters: list[int]


class Task(Response):
    """A task. `progress` is in percent and never goes back; `error` is a sentence for a person."""

    task_id: str
    story_id: str
    kind: TaskKind
    status: TaskStatus
    progress: int
    message: str
    error: str | None
    error_code: ErrorCode | None
    result: TaskResult | None
    created_at: str
    updated_at: str


class CastVoice(Voice, forbid_unknown_fields=True, frozen=True):
    """A configured voice; `narrator`: it tells the story unless another one is chosen."""

    narrator: bool


class Voices(Response):
    """The configured voices. `prices_as_of` is the month of the list prices that estimates are made with."""

    voices: list[CastVoice]
    prices_as_of: str


class Purchases(Response):
    """The sum of paid calls. `cached_tokens` are part of `input_tokens`; the cost is at list prices.

    `uncertain_calls`: those of the `calls` that were never answered; they may or may not have been billed.
    """

    calls: int
    uncertain_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    characters: int
    cost_usd: float


class StoryPurchases(Response):
    """The paid calls for one story; `title` is null once the story is deleted."""

    story_id: str
    calls: int
    uncertain_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    characters: int
    cost_usd: float
    title: str | None


class Usage(Response):
    """The paid calls of a month."""

    month: str
    currency: str
    total: Purchases
    stories: list[StoryPurchases]


class Budget(Response):
    """The caller's month, in UTC: its limit, or null, what is spent of it, and what running tasks hold.

    `remaining_usd` is what is left of the tightest limit that applies, and `tightest` names that: the caller's month,
    or the day of all users. Both are null without a limit.
    """

    currency: str
    month: str
    limit_usd: float | None
    spent_usd: float
    held_usd: float
    remaining_usd: float | None
    tightest: Scope | None


class Estimated(Response):
    """What generating would take now: tokens, characters, dollars and seconds of sound."""

    input_tokens: int
    output_tokens: int
    characters: int
    cost_usd: float
    audio_seconds: float
