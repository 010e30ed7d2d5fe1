"""What stand-ins have sold, and what was on its way from them at a moment."""

import time
from collections import Counter
from typing import Any

from local.author import AuthorServer
from local.narrator import NarratorServer

STORING_S = 0.3
"""A reply that left the provider so shortly before a kill may not have been stored yet: it counts as in flight."""


class Provider:
    """A stand-in with what it takes to say which calls were in flight at a moment."""

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
    """Every paid call under what determines it: for the author the whole question, for the narrator text and voice."""
    questions = [(str(call["name"]), str(call["messages"])) for call in author.server.ledger.calls]
    lines = [(str(call["voice_id"]), str(call["text"])) for call in narrator.server.ledger.calls]
    return Counter[tuple[str, ...]](questions) + Counter[tuple[str, ...]](lines)
