"""The tales that Fireside ships with, and the one of them that suits a prompt.

A tale is a whole story as an author would answer it, chapter by chapter: outline, script, directions, summary, seam and
memory. Some of its lines, alone and in order, are a shorter telling of the same chapter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from chalicelib.domain.memory import Memory
from chalicelib.domain.outline import ChapterOutline, Character, Seam, Style, Teller
from chalicelib.domain.texts import name_key
from chalicelib.story.measures import count_words

FOLDER = Path(__file__).parent / "tales"


class TaleLine(msgspec.Struct, frozen=True):
    """A line of a tale; `short`: it belongs to the shorter telling, too."""

    speaker: str
    text: str
    scene_break: bool = False
    short: bool = False
    tags: list[str] = []


class TaleChapter(msgspec.Struct, frozen=True):
    """A chapter as its author delivered it."""

    lines: list[TaleLine]
    summary: str
    seam: Seam
    memory: Memory


class TaleOutline(msgspec.Struct, frozen=True):
    """The bible and the plan of a tale."""

    premise: str
    setting: str
    rules: list[str]
    narrator: Teller
    style: Style
    cast: list[Character]
    chapters: list[ChapterOutline]


class Tale(msgspec.Struct, frozen=True):
    """A story that is really written. `keywords` are words of prompts that it suits."""

    kind: str
    language: str
    title: str
    teaser: str
    keywords: list[str]
    outline: TaleOutline
    chapters: list[TaleChapter]


@cache
def tales() -> Sequence[Tale]:
    """Return the shelf, always in the same order."""
    return [msgspec.json.decode(path.read_bytes(), type=Tale) for path in sorted(FOLDER.glob("*.json"))]


_KINDS = {
    "bedtime": "bedtime goodnight sleep lullaby toddler kids kindergarten daughter bunny bear hedgehog bat unicorn",
    "mystery": "mystery detective whodunnit thief murder crime clue stole stolen gone vanished poison",
    "comedy": "comedy funny hilarious joke ridiculous inherits",
    "science fiction": "space spaceship robot future alien planet mars astronaut rocket android",
    "ghost story": "ghost ghosts scary spooky horror haunted halloween midnight graveyard",
    "adventure": "adventure pirates treasure quest dragon knight sea island voyage",
    "first person": "letter diary memoir love grandmother grandfather brothers sisters divorce forgive",
}
"""Words that name a kind of tale, or what people want one of that kind about."""

_FOR_ANYBODY = "adventure"
"""The kind of the tale that is told where nothing of a wish suits any: whole families can hear it."""


@dataclass(frozen=True)
class Telling:
    """A tale as it is told in so many chapters: of one chapter of the story, the chapters of tales that are in it.

    A tale that is asked for in fewer chapters has several in one; where more are asked for, other tales follow.
    """

    tale: Tale
    parts: Sequence[Sequence[tuple[Tale, int]]]

    @property
    def as_written(self) -> bool:
        """Whether every chapter is a chapter of the tale, so that what one settles is what another planted."""
        return len(self.parts) == len(self.tale.chapters)


def suits(wish: str, language: str | None, *, first_person: bool, chapters: int) -> Tale:
    """Return the tale that suits a wish best: its words, its language, who tells it, its length."""
    code = (language or _language_of(wish)).partition("-")[0].lower()
    told = set(name_key(wish).split())

    def rank(tale: Tale) -> tuple[bool, bool, int, bool, int]:
        # Who names a kind wants that before any detail.
        named = any(_is_in(word, told) for word in _KINDS.get(tale.kind, "").split())
        found = sum(_is_in(keyword, told) for keyword in tale.keywords) + 10 * named
        own = tale.language == code or (tale.language == "en" and code not in {tale.language for tale in tales()})
        teller = first_person and tale.outline.narrator.person == "first"
        return own, teller, found, tale.kind == _FOR_ANYBODY, -abs(len(tale.chapters) - chapters)

    return max(tales(), key=rank)


def telling(tale: Tale, count: int) -> Telling:
    """Return a tale in `count` chapters."""
    units = [(tale, index) for index in range(len(tale.chapters))]
    if count > len(units):
        shelf = [other for other in tales() if other.language == tale.language]
        start = shelf.index(tale)
        others = [*shelf[start + 1 :], *shelf[:start]]
        more = [(other, index) for other in others or [tale] for index in range(len(other.chapters))]
        units += [more[index % len(more)] for index in range(count - len(units))]
    edges = [len(units) * number // count for number in range(count + 1)]
    return Telling(tale, [units[start:end] for start, end in pairwise(edges)])


def lines_of(units: Sequence[tuple[Tale, int]], words: float) -> list[TaleLine]:
    """Return the lines of chapters of tales in the telling whose length is nearest to so many words.

    Of several chapters the last ones are told at length first. Where even the shorter telling is far too long, it is
    broken off before its last line.
    """
    tellings = [list(_told(units, long)) for long in range(len(units) + 1)]
    best = min(tellings, key=lambda lines: abs(_words(lines) - words))
    if _words(best) <= 1.2 * words:
        return best
    *lines, last = best
    kept: list[TaleLine] = []
    while lines and _words([*kept, lines[0], last]) <= 1.1 * words:
        kept.append(lines.pop(0))
    return [*(kept or best[:1]), last]


def _told(units: Sequence[tuple[Tale, int]], long: int) -> Iterator[TaleLine]:
    for position, (tale, index) in enumerate(units):
        whole = position >= len(units) - long
        lines = [line for line in tale.chapters[index].lines if whole or line.short]
        for first, line in enumerate(lines):
            yield msgspec.structs.replace(line, scene_break=line.scene_break or (first == 0 and position > 0))


def _words(lines: Sequence[TaleLine]) -> float:
    return sum(count_words(line.text) for line in lines)


_GERMAN_WORDS = """
der die das und ein eine einen einem einer ist nicht mit von sich auf für im den dem des zu zum zur wie wenn über
"""
_GERMAN = frozenset(_GERMAN_WORDS.split())


def _language_of(wish: str) -> str:
    words = name_key(wish).split()
    return "de" if sum(word in _GERMAN for word in words) * 5 >= max(1, len(words)) else "en"


def _is_in(keyword: str, told: set[str]) -> bool:
    """Return whether a wish has the words of a keyword, in any of their forms."""
    return all(
        any(word == said or (len(word) > 3 and len(said) > 3 and word[:5] == said[:5]) for said in told)
        for word in name_key(keyword).split()
    )


class Renaming:
    """Gives members of a tale's cast the names that a person chose."""

    def __init__(self, names: Mapping[str, str], language: str) -> None:
        self._names = {old: new for old, new in names.items() if old != new}
        ending = "s?" if language == "de" else ""
        pattern = "|".join(map(re.escape, self._names))
        self._pattern = re.compile(rf"\b({pattern})(?={ending}\b)") if self._names else None

    def __call__(self, value: Any) -> Any:
        """Return a text, or whatever holds texts, with the new names."""
        if isinstance(value, str):
            return self._pattern.sub(lambda match: self._names[match[1]], value) if self._pattern else value
        if isinstance(value, list):
            return [self(one) for one in value]
        if isinstance(value, dict):
            return {key: self(one) for key, one in value.items()}
        return value
