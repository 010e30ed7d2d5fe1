"""What stand-ins have sold, and which calls were in flight at a given moment."""

import time
from collections import Counter
from typing import Any

from local.author import AuthorServer
from local.narrator import NarratorServer

STORING_S = 0.3
"""Seconds before a kill within which a reply may not have been stored yet, so that its call counts as in flight."""


class Provider:
    """A stand-in that knows which calls are in flight."""

    def __init__(self, server: AuthorServer | NarratorServer) -> None:
        self.server = server
        self._answered: list[float] = []
        server.late_fault = self._note

    def _note(self, _number: int, _body: Any) -> None:
        self._answered.append(time.monotonic())

    @property
    def in_flight(self) -> int:
        now = time.monotonic()
        return self.server.ledger.in_flight + sum(1 for at in self._answered if now - at < STORING_S)


def bought(author: Provider, narrator: Provider) -> Counter[tuple[str, ...]]:
    """Count paid calls by what determines them: the whole question for the author, text and voice for the narrator."""
    questions = [(str(call["name"]), str(call["messages"])) for call in author.server.ledger.calls]
    lines = [(str(call["voice_id"]), str(call["text"])) for call in narrator.server.ledger.calls]
    return Counter[tuple[str, ...]](questions) + Counter[tuple[str, ...]](lines)
