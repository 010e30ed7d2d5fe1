"""The story grammar (grammar.json): people, places, details, and a scene for each kind of beat."""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

StoryData = dict[str, Any]
"""What the author is asked about, what it answers, or what the grammar holds, decoded from JSON."""

_PRONOUNS = {"female": ("she", "her", "her"), "male": ("he", "him", "his"), "neutral": ("they", "them", "their")}
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeioAEIO])")
_SENTENCE = re.compile(r"(^|[.!?] +)([a-zà-ž])")


@dataclass(frozen=True)
class Person:
    """A member of the cast as the grammar's slots use it: `{hero}`, `{hero.they}`."""

    name: str
    gender: str

    def __str__(self) -> str:
        return self.name

    @property
    def they(self) -> str:
        """The subject pronoun."""
        return _PRONOUNS[self.gender][0]

    @property
    def them(self) -> str:
        """The object pronoun."""
        return _PRONOUNS[self.gender][1]

    @property
    def their(self) -> str:
        """The possessive determiner."""
        return _PRONOUNS[self.gender][2]


@cache
def grammar() -> StoryData:
    """Return the decoded grammar.json."""
    data: StoryData = json.loads((Path(__file__).parent / "grammar.json").read_text(encoding="utf-8"))
    return data


def dice(*parts: object) -> random.Random:
    """Return a random generator seeded by `parts`, so that the same parts give the same story."""
    return random.Random(sha256(json.dumps([str(part) for part in parts]).encode()).digest())


class Details(Mapping[str, Any]):
    """Values for a text's slots: the story's own, else details of the world, drawn without repeats until used up."""

    def __init__(self, chance: random.Random, known: Mapping[str, Any]) -> None:
        self._chance = chance
        self._known = known
        self._decks: dict[str, list[str]] = {}

    def __getitem__(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        values = grammar()["details"].get(name.lower())
        if values is None:
            return f"the {name}"
        deck = self._decks.setdefault(name.lower(), [])
        if not deck:
            deck.extend(self._chance.sample(values, len(values)))
        value = deck.pop()
        return value[:1].upper() + value[1:] if name[0].isupper() else value

    def __iter__(self) -> Any:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def filled(text: str, slots: Mapping[str, Any]) -> str:
    """Return `text` with its slots filled, sentences capitalized, and `a` before a vowel made `an`."""
    return _SENTENCE.sub(lambda match: match[1] + match[2].upper(), _ARTICLE.sub(r"\1n ", text.format_map(slots)))


@cache
def beat_pattern(kind: str) -> re.Pattern[str]:
    """Return the pattern of a beat of this kind; its groups are the slots that the beat names."""
    seen: set[str] = set()

    def group(match: re.Match[str]) -> str:
        name = match[1]
        if name in seen:
            return rf"(?P={name})"
        seen.add(name)
        return rf"(?P<{name}>.+?)"

    escaped = re.sub(r"\\\{(\w+)\\\}", lambda m: "{" + m[1] + "}", re.escape(grammar()["kinds"][kind]["beat"]))
    return re.compile(re.sub(r"\{(\w+)\}", group, escaped), re.IGNORECASE)
