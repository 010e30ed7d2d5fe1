"""What stand-ins have sold, beside what Fireside has on record of it."""

from collections import Counter
from dataclasses import dataclass

import httpx

from chalicelib.story.config import load_config
from local.author import AuthorServer
from local.narrator import NarratorServer

_PLAN = load_config().plan

IN_FLIGHT = _PLAN.narrations_at_once + _PLAN.writers_at_once
"""Calls that can be in flight at a kill: as many as the accounts take at once."""


@dataclass(frozen=True)
class Sold:
    """Paid calls: how many there were, how many are not on record, how many bought what had been bought before.

    A call that is not on record was in flight when its worker died: a worker that lives writes down what it bought. A
    call that was never answered does not count as recorded, since what it asked for may be bought again.
    """

    calls: int
    lost: int
    again: int


def sold(api: httpx.Client, author: AuthorServer, narrator: NarratorServer) -> Sold:
    """Compare the ledgers of the stand-ins with the bill of the one user. Calls that still run are sold."""
    # Before those that have ended: one that ends in between counts twice rather than not at all.
    running = author.ledger.in_flight + narrator.ledger.in_flight
    counts = bought(author, narrator)
    total = api.get("/usage").raise_for_status().json()["total"]
    recorded = total["calls"] - total["uncertain_calls"]
    return Sold(counts.total() + running, counts.total() + running - recorded, counts.total() - len(counts))


def bought(author: AuthorServer, narrator: NarratorServer) -> Counter[tuple[str, ...]]:
    """Count paid calls by what determines them: the whole question for the author, text and voice for the narrator."""
    questions = [(str(call["name"]), str(call["messages"])) for call in author.ledger.calls]
    lines = [(str(call["voice_id"]), str(call["text"])) for call in narrator.ledger.calls]
    return Counter[tuple[str, ...]](questions) + Counter[tuple[str, ...]](lines)
