"""An author and a narrator in memory. They answer at once, count what is bought, and can be made to fail."""

import hashlib
import json
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.domain.script import without_tags
from chalicelib.story.ear import in_words
from chalicelib.story.ports import Completion, CompletionRequest
from tests.support.clock import ManualClock

Fails = Callable[[str], BaseException | None]
"""A function from what is being bought to the error to raise instead, or None."""


def never(_what: str) -> BaseException | None:
    """Fail at nothing."""
    return None


class MemoryAuthor:
    """An author that answers from the request's data; the same request gets the same answer."""

    def __init__(self, clock: ManualClock, *, fails: Fails = never, seconds: float = 2.0, lines: int = 4) -> None:
        self.bought: Counter[str] = Counter()
        self.fails = fails
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """The name of each question that was answered, and its data."""
        self._clock = clock
        self._seconds = seconds
        self._lines = lines

    def ask(self, request: CompletionRequest) -> Completion:
        data = json.loads(request.messages[1]["content"])
        number = data.get("chapter", {}).get("number", "")
        revision = request.name == "chapter" and "lines" in data
        what = f"{'revision' if revision else request.name}{number}"
        if request.name == "enhancement":
            what += hashlib.sha256(request.messages[1]["content"].encode()).hexdigest()[:8]
        self._clock.advance(self._seconds)
        if error := self.fails(what):
            raise error
        self.bought[what] += 1
        self.asked.append((request.name, data))
        return Completion(json.dumps(self._reply(request.name, data)), 1000, 100, 500)

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        if name == "outline":
            return outline_reply(data["num_chapters"])
        if "paragraphs" in data:
            return speakers_reply(data)
        if name == "chapter" and "lines" in data:
            return {"lines": [{"line_id": data["lines"][0]["line_id"], "text": "It begins in another way."}]}
        if name == "chapter":
            return chapter_reply(data, self._lines)
        if name == "enhancement":
            return {"lines": [{"line_id": data["lines"][0]["line_id"], "tags": ["whispers"]}]}
        return {
            "summary": "A changed chapter.",
            "seam": {"ending_state": "Home.", "open_question": "Why?"},
            "memory": {"notes": [{"kind": "changed", "about": "Ada", "note": "She is somebody else now."}]},
        }


def outline_reply(chapters: int) -> dict[str, Any]:
    """Return an outline with two characters."""
    people = [("Ada", "female", "young"), ("Bruno", "male", "old")]
    return {
        "title": "The Lamp",
        "premise": "Ada wants the lamp lit.",
        "setting": "A lighthouse.",
        "rules": ["The lamp burns at night."],
        "cast": [
            {"name": name, "gender": gender, "age": age, "accent": "none", "role": "friend", "description": "Kind."}
            for name, gender, age in people
        ],
        "chapters": [
            {"title": f"Part {n}", "beats": ["They climb."], "ending": "They wait."} for n in range(1, chapters + 1)
        ],
    }


def speakers_reply(data: dict[str, Any]) -> dict[str, Any]:
    """Return who speaks a chapter of a text: Ada the second piece of every paragraph, a stranger the third."""
    named = {
        piece["line_id"]: speaker
        for paragraph in data["paragraphs"]
        for piece, speaker in zip(paragraph[1:], ("Ada", "The Owl"), strict=False)
    }
    return {
        "lines": [{"line_id": piece, "speaker": speaker} for piece, speaker in named.items()],
        "summary": f"What is told in chapter {data['chapter']['number']}.",
        "new_speakers": [{"name": "The Owl", "gender": "male", "age": "old"}],
        "seam": {"ending_state": "On the stairs.", "open_question": ""},
        "memory": {"notes": []},
    }


WORDS_A_LINE = 130
"""The longest line in words: with a number, a remark and a name it has less than the 800 characters of one call."""


def chapter_reply(data: dict[str, Any], lines: int) -> dict[str, Any]:
    """Return a chapter of `lines` lines, each with its own text but the last, which is the same in every chapter.

    Together they have about as many words as were ordered, as far as so many lines can have them.
    """
    number, remark = data["chapter"]["number"], data.get("remark", "")
    first = lines * (data.get("part", {}).get("number", 1) - 1)
    speakers = ["Narrator", "Ada", "Bruno"]
    texts: list[str] = []
    left = data["words"] - 2
    for i in range(lines - 1):
        text = f"{place(number, first + i)}. {remark}".strip()
        count = len(text.split())
        words = min(WORDS_A_LINE, round(left / (lines - 1 - i)))
        texts.append(" ".join([text, *prose(f"{number}, {first + i}", words - count)]))
        left -= max(count, words)
    return {
        "lines": [
            {"speaker": speakers[i % 3], "text": text, "scene_break": i == 2}
            for i, text in enumerate([*texts, "Good night."])
        ],
        "summary": f"What happened in chapter {number}.",
        "seam": {"ending_state": "On the stairs.", "open_question": "Will it burn?"},
        "memory": {
            "notes": [
                {"kind": "planted", "about": "the key", "note": f"Ada hides the key of chapter {number}.", "open": True}
            ]
        },
    }


def place(chapter: int, line: int) -> str:
    """Return how a line begins, in words: figures would be put into words, as an author's are."""
    return in_words(f"Chapter {chapter}, line {line}", "en")


def prose(seed: str, words: int) -> list[str]:
    """Return so many words of one or two syllables, always the same ones for a seed."""
    chance = Random(seed)
    first, last = ("ba", "do", "fe", "gu", "hi", "ko", "la", "me", "nu", "po"), ("ld", "m", "nt", "rk", "sh", "w")
    # Few words would make any two long lines alike, and the chapter a loop.
    return [
        chance.choice(first) + (chance.choice(first) if chance.random() < 0.5 else "") + chance.choice(last)
        for _ in range(words)
    ]


class MemoryNarrator:
    """A narrator that speaks every line as a short tone of its own pitch."""

    def __init__(self, clock: ManualClock, *, fails: Fails = never, seconds: float = 1.0) -> None:
        self.bought: Counter[tuple[str, str]] = Counter()
        self.fails = fails
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()

    def speak(self, request: SpeechRequest) -> SpeechResult:
        self._clock.advance(self._seconds)
        if error := self.fails(without_tags(request.text)):
            raise error
        with self._lock:
            self.bought[without_tags(request.text), request.voice_id] += 1
        return SpeechResult(tone(200 + sum(request.text.encode()) % 12 * 50), len(request.text))


@cache
def tone(hertz: int) -> bytes:
    """Return a third of a second of sound, as MP3."""
    source = f"sine=frequency={hertz}:duration=0.3:sample_rate=44100"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-b:a", "128k", "-f", "mp3", "pipe:1"]
    return subprocess.run(command, capture_output=True, check=True).stdout
