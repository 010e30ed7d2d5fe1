"""What a request may hold: the bounds and patterns by which it is checked, and which OpenAPI shows to clients."""

MAX_BODY = 2 * 1024 * 1024
"""Bytes of a request body; the largest useful one is a text that is told as it is: MAX_TEXT characters, which a client
may escape if they are not ASCII, in six bytes each. Lambda takes 6 MB, API Gateway 10 MB."""

MAX_CHAPTERS = 50
"""Chapters of a story. A task of so many stays under 1 KB."""

MAX_PROMPT = 4000
MAX_TEXT = 300_000
MAX_TITLE = 200
MAX_CHAPTER_TITLE = 120
MAX_REMARK = 2000
MAX_LINE = 5000
"""Characters of a text that a person writes."""

MAX_AUDIENCE = 200
MAX_TONE = 400
"""Characters of whom a story is for, and of how it is to be told."""

MAX_MINUTES = 30
"""Minutes of a chapter that may be wished for."""

MAX_SPEAKER = 60
MAX_VOICES = 50
"""Characters of a speaker's name, and speakers for whom a voice is chosen."""

MAX_PRONUNCIATIONS, MAX_WORD, MAX_SAYING = 200, 60, 120
"""Words whose pronunciation is given, characters of such a word, and of how to say it."""

MAX_SHARES, MAX_SHARE_DAYS, SHARE_DAYS = 20, 365, 30
"""Shares of a story at once, the days of one, and those it has unless others are asked for."""

MAX_LINES = 1000
"""Lines of a chapter's script."""

MAX_SECONDS = 86_400
MIN_SPEED, MAX_SPEED = 0.25, 4.0
"""Seconds into a chapter, and how slow or fast it may be heard."""

MAX_BOOKMARKS, MAX_NOTE = 200, 200
"""Bookmarks of a story, and characters of what is noted at one: in all well under the 400 KB of an item."""

MAX_LANGUAGE = 35
"""Characters of a language tag: RFC 5646 asks for room for as many."""

MAX_VERSION = 64
"""Characters of a script's version, as an edit sends it back."""

PAGE, MAX_PAGE = 20, 100
"""Stories per page: by default, and at most."""

ID = "^[0-9a-f]{32}$"
"""The pattern of ids of stories and tasks, and of cursors."""

MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$"
KEY = r"^[\x21-\x7e]{1,255}$"
"""The pattern of an Idempotency-Key: visible ASCII."""

# msgspec searches for patterns, and Python's `$` also matches before a final line break: hence `(?!\n)`.
LANGUAGE = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\n)"
BOOKMARK_ID = r"^[A-Za-z0-9_-]{1,64}$(?!\n)"
LINE_ID = r"^[A-Za-z0-9_-]{1,32}$(?!\n)"
