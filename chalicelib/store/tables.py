"""The DynamoDB tables, one PynamoDB model each: shapes only. Who may read and change what is in the modules beside.

Ownership is part of every key or read: a story is found by (user, story), and everything below hangs on a story. A text
that an item has no room for is on S3, by the digest in the attribute `..._at` (chalicelib.store.texts).
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.store.connections import LONG_AGO, Table, Where
from chalicelib.store.lease_tables import LeaseTableItem
from chalicelib.store.listening_tables import ListeningItem


class StoryItem(Table):
    """A story. `task_id` is the task that runs on it, if any, `last_task_id` the one that ran last; `failed_step` the
    step that ended it, `failures` the steps that it went on without, and why.

    `durations` holds the seconds of sound of each narrated chapter by its number: a list of stories reads no chapters.
    `manuscript` has the facts of a text that is told as it is, `book` those of its files; text and files are on S3.
    `shares` lists the story's shares (chalicelib.store.shares); it stays on the mark of a deleted story, so that they
    can be removed.
    """

    class Meta(Where):
        table_name = "stories"

    user_id = UnicodeAttribute(hash_key=True)
    story_id = UnicodeAttribute(range_key=True)
    prompt = UnicodeAttribute()
    title = UnicodeAttribute(null=True)
    num_chapters = NumberAttribute()
    enhance = BooleanAttribute()
    language = UnicodeAttribute()
    sequel_of = UnicodeAttribute(null=True)
    manuscript = UnicodeAttribute(null=True)
    wish = UnicodeAttribute(null=True)
    chosen_voices = JSONAttribute()
    voices = JSONAttribute(null=True)
    voice_reasons = JSONAttribute(null=True)
    substitutes = JSONAttribute(null=True)
    pronunciations = JSONAttribute(null=True)
    outline = UnicodeAttribute(null=True)
    outline_at = UnicodeAttribute(null=True)
    durations: MapAttribute[str, Any] = MapAttribute(null=True)
    book = JSONAttribute(null=True)
    status = UnicodeAttribute()
    status_before = UnicodeAttribute(null=True)
    task_id = UnicodeAttribute(null=True)
    # All tasks the story ever had, to be deleted with it: the tasks' table has no index by story.
    task_ids = UnicodeSetAttribute(null=True)
    last_task_id = UnicodeAttribute(null=True)
    failed_step = UnicodeAttribute(null=True)
    # A set, to which DynamoDB adds without a map that would have to be there: see `step_failures`.
    failures = UnicodeSetAttribute(null=True)
    shares = UnicodeSetAttribute(null=True)
    error = UnicodeAttribute(null=True)
    webhook = JSONAttribute(null=True)
    deleted = BooleanAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()

    when_missing: ClassVar = {
        "prompt": "",
        "num_chapters": 1,
        "enhance": False,
        "language": "en",
        "chosen_voices": {},
        "status": "draft",
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }


class ChapterItem(Table):
    """A chapter that has been written, or some parts of it, with its texts and the facts of its sound.

    `script_version` changes with every change of the script; the other versions say which script they were made
    from, so what is out of date shows by itself; `based_on` says the same of all the chapters before it. `rewrite` is
    the task that is to write the chapter again, from the version `rewrite_of`. `takes` has the number of the take by
    line, for lines that were spoken again; `notices` what is to be said of the sound, under the version of that.
    `narrated_at` is when the chapter was first heard, whatever was narrated since.
    """

    class Meta(Where):
        table_name = "chapters"

    story_id = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    parts = UnicodeAttribute(null=True)
    parts_at = UnicodeAttribute(null=True)
    script = UnicodeAttribute(null=True)
    script_at = UnicodeAttribute(null=True)
    script_version = UnicodeAttribute(null=True)
    enhanced = UnicodeAttribute(null=True)
    enhanced_at = UnicodeAttribute(null=True)
    enhanced_version = UnicodeAttribute(null=True)
    summary = UnicodeAttribute(null=True)
    summary_version = UnicodeAttribute(null=True)
    seam = UnicodeAttribute(null=True)
    memory = UnicodeAttribute(null=True)
    opening = UnicodeAttribute(null=True)
    ending = UnicodeAttribute(null=True)
    made_at = UnicodeAttribute(null=True)
    made_by = UnicodeAttribute(null=True)
    duration_s = NumberAttribute(null=True)
    size_bytes = NumberAttribute(null=True)
    sound_version = UnicodeAttribute(null=True)
    narrated_at = UnicodeAttribute(null=True)
    # A digest of the versions of all earlier chapters: one comparison instead of fifty.
    based_on = UnicodeAttribute(null=True)
    rewrite = UnicodeAttribute(null=True)
    rewrite_of = UnicodeAttribute(null=True)
    remark = UnicodeAttribute(null=True)
    takes = JSONAttribute(null=True)
    spoken = JSONAttribute(null=True)
    notices = JSONAttribute(null=True)


class OpenTasks(GlobalSecondaryIndex[Any]):
    """Tasks that have not ended, by the time until which silence is normal. Ended tasks are not in it."""

    class Meta:
        index_name = "open"
        projection = KeysOnlyProjection()

    # Sparse: an item without the attribute is not in the index, so ended tasks cost nothing here.
    open = UnicodeAttribute(hash_key=True)
    expected_by = NumberAttribute(range_key=True)


class TaskItem(Table):
    """A task. It stays under 1 KB: `plan` is written compactly, `done` holds step codes such as `w3`, `partly` the
    percentage of each step under way, `failed` and `skipped` codes too: why a step failed is in its story's item.
    `completes_story`: its story has every chapter when it is done."""

    class Meta(Where):
        table_name = "tasks"

    task_id = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    story_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    status = UnicodeAttribute()
    plan = UnicodeAttribute()
    # Items that older versions wrote have these names, so the attributes keep them.
    completes_story = BooleanAttribute(attr_name="whole")
    done = UnicodeSetAttribute(null=True)
    partly: MapAttribute[str, Any] = MapAttribute(null=True)
    attempt = NumberAttribute(attr_name="run")
    message = UnicodeAttribute()
    error = UnicodeAttribute(null=True)
    error_code = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    expected_by = NumberAttribute()
    postponed = UnicodeSetAttribute(null=True)
    skipped = UnicodeSetAttribute(null=True)
    failed = UnicodeSetAttribute(null=True)
    sweeps = NumberAttribute()
    open = UnicodeAttribute(null=True)
    open_tasks = OpenTasks()

    when_missing: ClassVar = {
        "kind": "story",
        "status": "queued",
        "completes_story": True,
        "attempt": 1,
        "message": "",
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "expected_by": 0,
        "sweeps": 0,
    }


class UsageItem(Table):
    """One paid call. `time_id` is its time and a unique id, so that a month is one key range.

    `uncertain`: no answer came in time, so it may have been billed or not; its numbers are estimates. `month` is the
    month whose money it was, and whose counters hold it; records of versions without counters have none.
    """

    class Meta(Where):
        table_name = "usage"

    user_id = UnicodeAttribute(hash_key=True)
    time_id = UnicodeAttribute(range_key=True)
    story_id = UnicodeAttribute()
    chapter = NumberAttribute(null=True)
    kind = UnicodeAttribute()
    model = UnicodeAttribute()
    input_tokens = NumberAttribute()
    cached_tokens = NumberAttribute()
    output_tokens = NumberAttribute()
    characters = NumberAttribute()
    cost_usd = NumberAttribute()
    uncertain = BooleanAttribute(null=True)
    month = UnicodeAttribute(null=True)

    when_missing: ClassVar = {
        **dict.fromkeys(("story_id", "kind", "model"), ""),
        **dict.fromkeys(("input_tokens", "cached_tokens", "output_tokens", "characters", "cost_usd"), 0),
    }


class TokenItem(Table):
    """A bearer token: its SHA-256 and whose it is. The token itself is shown once and stored nowhere.

    `issued`: it was made here, and so has the random bits that a token needs. `last_used` is a day, such as 2026-11-24.
    """

    class Meta(Where):
        table_name = "tokens"

    token_hash = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    issued = BooleanAttribute(null=True)
    # DynamoDB's time to live, which may be days late: whoever reads the token compares it with the clock.
    expires = NumberAttribute(null=True)
    last_used = UnicodeAttribute(null=True)

    when_missing: ClassVar = {"created_at": LONG_AGO}


class UserLimitItem(Table):
    """A user's own limit, in micro-dollars a month.

    It shares the table of the tokens, under a hash key that no token's digest can be.
    """

    class Meta(Where):
        table_name = TokenItem.Meta.of_stage

    token_hash = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    limit_micro = NumberAttribute()


class KeyItem(Table):
    """An Idempotency-Key of the last 24 hours: what it was used for, and the id given to what it created."""

    class Meta(Where):
        table_name = "keys"

    key = UnicodeAttribute(hash_key=True)
    fingerprint = UnicodeAttribute()
    resource_id = UnicodeAttribute()
    created = NumberAttribute()
    done = BooleanAttribute()
    answer = UnicodeAttribute(null=True)
    expires = NumberAttribute()

    when_missing: ClassVar = {"created": 0, "done": False, "expires": 0}


ALL: Sequence[type[Table]] = (
    StoryItem,
    ChapterItem,
    TaskItem,
    LeaseTableItem,
    UsageItem,
    TokenItem,
    KeyItem,
    ListeningItem,
)
"""Every table; `local` creates them from this, infra/ is tested against it."""

CONDITION_FAILED = "ConditionalCheckFailedException"
