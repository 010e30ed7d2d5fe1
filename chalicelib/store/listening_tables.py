"""The table of listeners' places and bookmarks."""

from typing import ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store.connections import Table, Where

PLACE, BOOKMARKS = "place", "bookmarks"


class ListeningItem(Table):
    """A listener's place in a story, or their bookmarks in it, by `kind`; well under 1 KB, so that a write is one unit.

    `at` is the time that the writer gave, in UTC with microseconds, so that texts compare as times do, and `arrived`
    the server's own. `chapters` is how many the story has: a place in one of them is written without reading the story.
    """

    class Meta(Where):
        table_name = "listening"

    story_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    chapters = NumberAttribute()
    at = UnicodeAttribute()
    arrived = UnicodeAttribute()
    chapter = NumberAttribute(null=True)
    seconds = NumberAttribute(null=True)
    speed = NumberAttribute(null=True)
    marks = UnicodeAttribute(null=True)

    when_missing: ClassVar = {"user_id": "", "chapters": 0, "at": "", "arrived": ""}
