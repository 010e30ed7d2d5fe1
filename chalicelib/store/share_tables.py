"""The items of shares."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store.connections import Table, Where
from chalicelib.store.tables import TokenItem

PREFIX = "share#"
"""How the hash keys of shares begin. Those of tokens are hexadecimal digits, so no secret of a share is ever a token;
and the policy of the API function lets it write items with this prefix alone."""


class ShareItem(Table):
    """A share: which story its secret opens, and until when. The secret itself is shown once and stored nowhere.

    It shares the table of the tokens, and their time to live.
    """

    class Meta(Where):
        table_name = TokenItem.Meta.of_stage

    token_hash = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    story_id = UnicodeAttribute()
    share_id = UnicodeAttribute()
    # DynamoDB's time to live, which may be days late: every reader of the share compares it with the clock.
    expires = NumberAttribute()

    when_missing = {"expires": 0}
