"""The two providers of every run: the same simulated times for whoever is measured, each line a text of its own.

Times are those a paid call takes in all. A line's sound is half a second long and ready-made, so that two cores have
time for what is measured.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import Any

from chalicelib.story.config import load_config
from local.author import AuthorServer
from local.narrator import NarratorServer
from local.narrator.speech import Hum, say
from local.narrator.voices import VoiceSound

LINES = 12
LINES_AT_ONCE = load_config().plan.lines_at_once
PLAN = load_config().plan.narrations_at_once
"""Narrations at once that the provider's plan allows."""


@dataclass(frozen=True)
class Times:
    """Seconds of each paid call. `summary` is a call of its own only where the script's call does not bring one."""

    outline: float = 2.0
    chapter: float = 2.0
    enhancement: float = 1.0
    summary: float = 0.5
    line: float = 1.0

    def scaled(self, by: float) -> "Times":
        """The same times, multiplied."""
        return Times(*(seconds * by for seconds in astuple(self)))

    def of(self, call: str) -> float:
        """An author call's seconds, by the name of its schema."""
        return float(getattr(self, call))


class NumberedAuthor(AuthorServer):
    """The stand-in author; it numbers its lines, so that no two are the same."""

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """An answer that fits the schema."""
        told = super().reply(schema, data)
        if "summary" in told and "lines" in told:
            story = sha256(json.dumps(data["bible"]).encode()).hexdigest()[:6]
            where = f"{story}, {data['chapter']['number']}"
            for number, line in enumerate(told["lines"], 1):
                line["text"] = f"{line['text']} ({where}, {number})"
        return told


class ReadyNarrator(NarratorServer):
    """The stand-in narrator with one short sound a voice."""

    def __init__(self, **options: Any) -> None:
        super().__init__(speech=Hum(), **options)
        self._ready: dict[tuple[VoiceSound, int], bytes] = {}

    def sound(self, text: str, voice: VoiceSound, codec: list[str], rate: int) -> bytes:  # noqa: ARG002
        """The same half a second for every text."""
        if (voice, rate) not in self._ready:
            self._ready[voice, rate] = say(Hum(), "half a second", voice, codec, rate)
        return self._ready[voice, rate]


@contextmanager
def providers(times: Times, plan: int = PLAN, lines: int = LINES) -> Iterator[tuple[AuthorServer, NarratorServer]]:
    """Both, as HTTP servers."""
    with (
        NumberedAuthor(latency=times.of, lines=lines) as author,
        ReadyNarrator(latency_s=times.line, at_once=plan) as narrator,
    ):
        yield author, narrator
