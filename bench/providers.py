"""The two providers of every run: the same simulated times for every system, and each line with a text of its own.

The times are a paid call's in total. A line's sound is half a second long and ready-made, so that two cores have time
for what is measured.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import Any

from bench.author import FillingAuthor
from chalicelib.story.config import load_config
from local.author import AuthorServer
from local.narrator import NarratorServer
from local.narrator.speech import Hum, say
from local.narrator.voices import VoiceSound

LINES = 12
LINES_AT_ONCE = load_config().plan.lines_at_once
PLAN = load_config().plan.narrations_at_once
"""How many narrations the provider's plan allows at once."""


@dataclass(frozen=True)
class Times:
    """Seconds of each paid call. `summary` is a separate call only where the script's call does not include one."""

    outline: float = 2.0
    chapter: float = 2.0
    enhancement: float = 1.0
    summary: float = 0.5
    line: float = 1.0

    def scaled(self, by: float) -> "Times":
        """Return the same times, multiplied."""
        return Times(*(seconds * by for seconds in astuple(self)))

    def of(self, call: str) -> float:
        """Return an author call's seconds, by the name of its schema."""
        return float(getattr(self, call))


class NumberedAuthor(FillingAuthor):
    """A stand-in author that numbers its lines, so that no two are the same."""

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return an answer that fits the schema."""
        reply = super().reply(schema, data)
        if "summary" in reply and "lines" in reply:
            story = sha256(json.dumps(data["bible"]).encode()).hexdigest()[:6]
            where = f"{story}, {data['chapter']['number']}"
            for number, line in enumerate(reply["lines"], 1):
                line["text"] = f"{line['text']} ({where}, {number})"
        return reply


class ReadyNarrator(NarratorServer):
    """A stand-in narrator with one short sound per voice."""

    def __init__(self, **options: Any) -> None:
        super().__init__(speech=Hum(), **options)
        self._ready: dict[tuple[VoiceSound, int], bytes] = {}

    def sound(self, text: str, voice: VoiceSound, codec: list[str], rate: int) -> bytes:  # noqa: ARG002
        """Return the same half second for every text."""
        if (voice, rate) not in self._ready:
            self._ready[voice, rate] = say(Hum(), "half a second", voice, codec, rate)
        return self._ready[voice, rate]


@contextmanager
def providers(times: Times, plan: int = PLAN, lines: int = LINES) -> Iterator[tuple[AuthorServer, NarratorServer]]:
    """Run both as HTTP servers for the block."""
    with (
        NumberedAuthor(latency=times.of, lines=lines) as author,
        ReadyNarrator(latency_s=times.line, at_once=plan) as narrator,
    ):
        yield author, narrator
