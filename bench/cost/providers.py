"""The stand-in providers of a book of real length: as many lines per chapter, each as long as a real one's."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from bench.author import FillingAuthor
from bench.cost.assumptions import Assumptions
from bench.providers import ReadyNarrator
from chalicelib.audio.voices import load_voices
from local.narrator.speech import Hibari, say

SENTENCE = (
    "The lamp had been her grandmother's, and it only burned for the truth, so they sat in the dark "
    "and listened to the long grey sea, waiting for somebody to say a word."
)
"""About nine seconds of speech."""


class LongAuthor(FillingAuthor):
    """The stand-in author, with lines of the assumed length, no two of which have the same words."""

    def __init__(self, assumed: Assumptions) -> None:
        super().__init__(latency=assumed.author_s, lines=assumed.lines)
        self._characters = assumed.characters

    def reply(self, schema: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return an answer that fits the schema."""
        reply = super().reply(schema, data)
        if "summary" in reply and "lines" in reply:
            where = sha256(json.dumps(data["bible"]).encode()).hexdigest()[:4] + f" {data['chapter']['number']}"
            for number, line in enumerate(reply["lines"], 1):
                mark = f" ({where}, {number})"
                text = f"{line['text']} {SENTENCE} {SENTENCE}"
                line["text"] = text[: self._characters - len(mark)] + mark
        return reply


class SpeakingNarrator(ReadyNarrator):
    """The stand-in narrator with one sentence of real speech per voice, spoken before the first call."""

    def __init__(self, assumed: Assumptions) -> None:
        super().__init__(latency_s=assumed.line_s)
        speech = Hibari()
        codec, rate, bits = load_voices().output_format.split("_")
        options = ["-c:a", "libmp3lame", "-b:a", f"{bits}k", "-f", codec]
        for voice in self._voices.values():
            self._ready[voice, int(rate)] = say(speech, SENTENCE, voice, options, int(rate))


@contextmanager
def providers(assumed: Assumptions) -> Iterator[dict[str, str]]:
    """Run both as HTTP servers; yield the environment in which the program finds them."""
    with LongAuthor(assumed) as author, SpeakingNarrator(assumed) as narrator:
        yield {
            "OPENAI_BASE_URL": author.base_url,
            "ELEVENLABS_BASE_URL": narrator.url,
            "OPENAI_API_KEY": "stand-in",
            "ELEVENLABS_API_KEY": "stand-in",
        }
