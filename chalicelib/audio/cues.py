"""A line's text in cues that a person can read: cut where it can be cut, and laid out in at most two rows.

The limits are those of subtitles everywhere (Netflix' Timed Text Style Guide, the BBC's Subtitle Guidelines): two rows
of 42 characters, at most 7 s, at least 5/6 of a second. A character of Chinese, Japanese or Korean counts as two, so
that a row has 21 of them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.audio.listening import Length

ROW = 42
LONGEST_S = 7.0
SHORTEST_S = 0.8

_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？।؟۔])[\"'”’»)\]」』）】]*")  # noqa: RUF001
_CLAUSE = re.compile(r"(?<=[,;:—–])[\"'”’»)\]]*\s+|(?<=[—،、，；：])[\"'”’»)\]」』）】]*")  # noqa: RUF001
_WORD = re.compile(r"\s+")
_CLOSING = "。、，．！？；：」』）】》〉…ー々ゝっッぁぃぅぇぉゃゅょァィゥェォャュョ,.!?;:)]}”’»"  # noqa: RUF001
"""What never begins a row: Japanese typesetting's kinsoku, which serves the others as well."""

_STOP_LETTERS = 5
"""How many letters of English take as long as the pause at the end of a sentence or clause."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A part of a line: its rows, and start and end in seconds."""

    rows: tuple[str, ...]
    start_s: float
    end_s: float


def cues_of(text: str, start_s: float, end_s: float) -> list[Cue]:
    """Return the cues of a line that is heard from start to end: each follows the one before, and is as long as its
    words take to say, but never longer than it may be shown."""
    cues: list[Cue] = []
    at = start_s
    for part, seconds in _cut(" ".join(text.split()), max(0.0, end_s - start_s)):
        cues.append(Cue(tuple(_rows(part)), at, at + min(seconds, LONGEST_S)))
        at += seconds
    return cues


def width(text: str) -> int:
    """Return how wide a text is, in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not _joins(c))


def _joins(character: str) -> bool:
    """Return whether a character is drawn onto or into the one before it, and so is never parted from it."""
    return unicodedata.category(character) in {"Mn", "Me", "Cf"}


def _duration(text: str) -> float:
    """Return how long a text takes to say, in letters of English."""
    length = Length.of(text)
    return length.usual + _STOP_LETTERS * length.stops + 1


def _cut(text: str, seconds: float) -> list[tuple[str, float]]:
    """Return a text that takes so many seconds in parts that fit, and the seconds of each.

    It is cut at the end of a sentence, else of a clause, else between words.
    """
    fits = _fits(text)
    if fits and seconds <= LONGEST_S:
        return [(text, seconds)]
    cuts: list[tuple[float, int]] = []
    for places in (*(_ends(text, pattern) for pattern in (_SENTENCE, _CLAUSE, _WORD)), [] if fits else _places(text)):
        cuts = [(_share(text, at), at) for at in places]
        # Not so that a part is over before it is read, unless the whole is.
        readable = [(abs(share - 0.5), at) for share, at in cuts if min(share, 1 - share) * seconds >= SHORTEST_S]
        if readable:
            at = min(readable)[1]
            break
    else:
        # What fits and cannot be cut is a word that is drawn out, or a sound.
        at = 0 if fits else min(((abs(share - 0.5), at) for share, at in cuts), default=(0, 0))[1]
    if not at:
        return [(text, seconds)]
    share = _share(text, at)
    return [*_cut(text[:at].rstrip(), seconds * share), *_cut(text[at:].lstrip(), seconds * (1 - share))]


def _share(text: str, at: int) -> float:
    """Return what part of the time of a text is said before a place in it."""
    before = _duration(text[:at])
    return before / (before + _duration(text[at:]))


def _ends(text: str, pattern: re.Pattern[str]) -> Iterator[int]:
    for match in pattern.finditer(text):
        if text[: match.end()].strip() and text[match.end() :].strip():
            yield match.end()


def _places(text: str) -> list[int]:
    """Return where a row may end: between words; where there are none, between characters that may be parted."""
    spaces = [match.end() for match in _WORD.finditer(text) if match.start() > 0 and match.end() < len(text)]
    wide = [at for at in range(1, len(text)) if _parts(text[at - 1], text[at])]
    return sorted({*spaces, *wide}) or [at for at in range(1, len(text)) if not _joins(text[at])]


def _parts(before: str, after: str) -> bool:
    """Return whether a row may end between two characters of a script without spaces."""
    wide = unicodedata.east_asian_width(before) in "WF" or unicodedata.east_asian_width(after) in "WF"
    return wide and not _joins(after) and after not in _CLOSING and before not in "「『（【《〈" and not after.isspace()  # noqa: RUF001


def _fits(text: str) -> bool:
    return all(width(row) <= ROW for row in _rows(text))


def _rows(text: str) -> Sequence[str]:
    """Return a text in one row, or in two of about the same width where one is too wide: rather at a clause's end."""
    if width(text) <= ROW:
        return [text]
    for ends in ([*_ends(text, _SENTENCE), *_ends(text, _CLAUSE)], _places(text)):
        pairs = [(text[:at].rstrip(), text[at:].lstrip()) for at in ends]
        widest, best = min(((max(map(width, pair)), pair) for pair in pairs), default=(0, None))
        if best and (widest <= ROW or ends == _places(text)):
            return best
    return [text]
