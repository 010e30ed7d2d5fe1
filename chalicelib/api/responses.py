"""Response bodies: one struct each, built by `rendering`, and described by the OpenAPI document.

Their fields stand in the order in which clients see them. Tests check every response of every route against these.
"""

from typing import Literal

import msgspec

from chalicelib.domain.budgets import Scope
from chalicelib.domain.chapter import MadeBy, NoticeCode
from chalicelib.domain.outline import Person
from chalicelib.domain.task import ErrorCode
from chalicelib.domain.voice import Voice, VoiceReason

StoryStatus = Literal["draft", "generating", "completed", "failed", "cancelled"]
ChapterStatus = Literal["pending", "generating_script", "script_ready", "generating_audio", "completed", "failed"]
TaskStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
TaskKind = Literal["story", "audio", "audiobook", "book"]


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


class Notice(Response):
    """What a person should know of a chapter's sound: of a line, or with null of all of it."""

    line_id: str | None
    code: NoticeCode
    message: str


class Chapter(Response):
    """A chapter without its script. An edit sends `version` back, so that it changes no newer script.

    `based_on_older`: an earlier chapter has changed since this one was written. `notices` are about its sound.
    """

    number: int
    title: str
    status: ChapterStatus
    summary: str | None
    audio: Sound | None
    version: str | None
    based_on_older: bool
    error: str | None
    notices: list[Notice]


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


class ManuscriptFacts(Response):
    """A text that is told as it is: how many characters it has, and how it begins."""

    characters: int
    opening: str


class BookFile(Response):
    """A file of a book. `url` is signed for 15 minutes; it is null in a list of stories."""

    bytes: int
    url: str | None


class AudiobookFile(BookFile):
    """The M4B of a book, and its length in seconds."""

    duration: float


class Book(Response):
    """The files of a story's book. `out_of_date`: what they were made from has changed since."""

    m4b: AudiobookFile
    epub: BookFile
    out_of_date: bool


class StoryFields(Response, kw_only=True):
    """A story without its chapters.

    `titled`: the title was given, or is the plan's; until then it is how the prompt begins. `language_wish` is the
    language that was asked for; where it is null, `language` may be a guess until the plan is there. `sequel_of` is the
    story that this one continues. `cover` is an SVG document.
    """

    story_id: str
    title: str
    titled: bool
    prompt: str
    num_chapters: int
    enhance: bool
    language: str
    language_wish: str | None
    minutes_per_chapter: int | None
    audience: str | None
    tone: str | None
    point_of_view: Person | None
    sequel_of: str | None
    manuscript: ManuscriptFacts | None
    status: StoryStatus
    voices: dict[str, str]
    pronunciations: dict[str, str]
    chapters_ready: int
    audio_seconds: float
    book: Book | None
    task_id: str | None
    last_task_id: str | None
    error: str | None
    created_at: str
    updated_at: str
    cover: str = ""


class StoryHead(StoryFields):
    """A story in a list. `task_id` is its running task; `last_task_id` the one that ran last, or is running."""

    chapters: list[Chapter]


class CastMember(Response):
    """A speaker with their voice, and why it is theirs; null until the story is cast.

    `heard_in` is the voice that stands in for it where it is not available. `character` says who they are, from the
    plan; it is empty for the Narrator.
    """

    speaker: str
    voice_id: str | None
    reason: VoiceReason | None
    heard_in: str | None
    character: str


class ProposedPronunciation(Response):
    """How the author would have a word said."""

    word: str
    say: str


class StoryWebhook(Response):
    """Where the owner of a story is told what becomes of it."""

    url: str


class Story(StoryFields):
    """A story with its chapters. `cast` has the names that may speak a line, `left_out` those who were one too many.

    `casting` has the voice of each of the cast. `proposed_pronunciations` are the author's, and apply to nothing until
    they are among the `pronunciations`.
    """

    cast: list[str]
    casting: list[CastMember]
    left_out: list[str]
    proposed_pronunciations: list[ProposedPronunciation]
    chapters: list[Chapter]
    webhook: StoryWebhook | None = None


class Version(Response):
    """An earlier text of a chapter. `words` are those that it would have in English; `audio`: it was narrated."""

    version: str
    made_at: str
    by: MadeBy
    words: int
    audio: bool


class Versions(Response):
    """The earlier texts of a chapter, newest first."""

    versions: list[Version]


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


class CastVoice(Voice, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A voice that can be chosen; `narrator`: it tells the story unless another one is chosen.

    `available`: whether the narrator's account has it; null where that is not known. `configured` is false for one of
    the account's others, which take the place of configured ones that are not available. `preview_url` is a sample,
    free of charge, or null.
    """

    narrator: bool
    available: bool | None
    configured: bool
    preview_url: str | None


class Voices(Response):
    """The configured voices. `prices_as_of` is the month of the list prices that estimates are made with.

    `performs_directions`: whether the narrator's model does. Where it does not, none are bought.
    """

    voices: list[CastVoice]
    performs_directions: bool
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


class UnavailableVoice(Response):
    """A voice that the narrator's account does not have, with the speakers of the story whose voice it is."""

    voice_id: str
    name: str
    speakers: list[str]


class Estimated(Response, omit_defaults=True):
    """What generating would take now: tokens, characters, dollars and seconds of sound.

    `unavailable_voices` are those of the cast, or of the configuration until there is a cast; others are heard instead.
    Without any it is left out.
    """

    input_tokens: int
    output_tokens: int
    characters: int
    cost_usd: float
    audio_seconds: float
    unavailable_voices: list[UnavailableVoice] = []
