"""What clients get, as the OpenAPI document describes it: one struct an answer. `views` makes them.

Tests hold every answer of every route against these.
"""

from typing import Literal

import msgspec

from chalicelib.audio.voices import Voice
from chalicelib.pipeline.failure import ErrorCode

StoryStatus = Literal["draft", "generating", "completed", "failed", "cancelled"]
ChapterStatus = Literal["pending", "generating_script", "script_ready", "generating_audio", "completed", "failed"]
TaskStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
TaskKind = Literal["story", "audio", "audiobook"]


class Response(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer has just the fields that are named."""


class Error(Response):
    """What went wrong. `Message` is a sentence for a person: it names the field at fault and what is accepted."""

    Code: str
    Message: str


class Health(Response):
    """Liveness and version."""

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
    """A chapter without its script, whose `version` goes back with an edit of it.

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


class Line(Response):
    """A line of a script. `scene_break`: a new scene begins with it."""

    line_id: str
    speaker: str
    text: str
    scene_break: bool


class DirectedLine(Line):
    """A line with directions for its voice."""

    tags: list[str]


class ScriptLines(Response):
    """A script."""

    lines: list[Line]


class DirectedLines(Response):
    """A script with directions for the voices."""

    lines: list[DirectedLine]


class ChapterAlone(Chapter):
    """A chapter with its texts."""

    script: ScriptLines | None
    enhanced: DirectedLines | None


class StoryHead(Response):
    """A story as a list shows it. `task_id` runs on it; `last_task_id` ran last, or runs."""

    story_id: str
    title: str
    prompt: str
    num_chapters: int
    enhance: bool
    language: str
    status: StoryStatus
    voices: dict[str, str]
    chapters: list[Chapter]
    chapters_ready: int
    audio_seconds: float
    task_id: str | None
    last_task_id: str | None
    error: str | None
    created_at: str
    updated_at: str


class Story(StoryHead):
    """A story with its chapters. `cast` are those who may speak a line."""

    cast: list[str]


class Stories(Response):
    """A page of stories, newest first, without their chapters; `cursor` leads to the next page."""

    stories: list[StoryHead]
    cursor: str | None


class Started(Response):
    """A task that was queued."""

    task_id: str
    status: Literal["queued"]


class TaskResult(Response):
    """What a completed task has made."""

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
    """A voice of the cast; `narrator`: the one who tells the story unless told otherwise."""

    narrator: bool


class Voices(Response):
    """The configured cast."""

    voices: list[CastVoice]


class Purchases(Response):
    """What paid calls add up to. `cached_tokens` are part of `input_tokens`; the cost is at list prices.

    `uncertain_calls`: those among the `calls` whose answer never came; they may have been billed or not.
    """

    calls: int
    uncertain_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    characters: int
    cost_usd: float


class StoryPurchases(Purchases):
    """What was bought for a story; `title` is null once it is deleted."""

    story_id: str
    title: str | None


class Usage(Response):
    """What was bought in a month."""

    month: str
    currency: str
    total: Purchases
    stories: list[StoryPurchases]


class Estimated(Response):
    """What generating would take now: tokens, characters, dollars, and the seconds of sound it would make."""

    input_tokens: int
    output_tokens: int
    characters: int
    cost_usd: float
    audio_seconds: float
