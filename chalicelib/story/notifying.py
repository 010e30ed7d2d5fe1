"""Which webhooks there are on a stage, as configs/story_config.json says."""

from typing import Annotated

import msgspec

from chalicelib.domain.webhook import MAX_URL, parse_url

OperatorUrl = Annotated[str, msgspec.Meta(max_length=MAX_URL, pattern=r"^(https://.+)?$(?!\n)")]


class Webhooks(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who is told what happens, by a request to an address of theirs.

    `operator_url` is told of every user's tasks, chapters and budgets, by ids alone; "" for nobody. `per_story`: the
    owner of a story may have an address of their own told of it. Both need the secret WEBHOOK_SECRET.
    """

    operator_url: OperatorUrl = ""
    per_story: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that could never be reached; a ValueError names the field here."""
        if self.operator_url:
            try:
                parse_url(self.operator_url)
            except ValueError as error:
                raise ValueError(f"operator_url {error}") from None
