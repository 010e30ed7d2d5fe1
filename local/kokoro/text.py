"""Text for Kokoro: cut into sentences, put into phonemes by a function, and joined to pieces of the right length."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

TARGET = 250
"""Phonemes up to which sentences are spoken in one go. On 188 words in three voices, a recognizer understood pieces of
250 best: single sentences and pieces of 500, which are hurried, had a third more errors."""

MOST = 400
"""Most phonemes in one go; the model takes 510, and a voice has a style for each number of them."""

SHORT = 50
"""A last piece of fewer phonemes than this joins the one before it: short ones sound cut off from the rest."""

SENTENCE_PAUSE_S = 0.3
CLAUSE_PAUSE_S = 0.05
"""With what is left at the edges of each piece, as long as the voices' own pauses: 0.4 s and 0.15 s in the median."""

_QUOTES = re.compile(r'["“”„‟«»]')
_CLAUSE = re.compile(r"(?<=[,;:—])\s+")
_SOUND = re.compile(r"[^\W\d_]")

Phonemes = Callable[[str], str]
"""Returns the phonemes of one sentence."""

Sentences = Callable[[str], Iterable[str]]
"""Returns the sentences of a text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Phonemes that are spoken in one go, and the silence after them, in seconds."""

    phonemes: str
    pause_s: float


def without_quotes(text: str) -> str:
    """Return `text` without double quotation marks, which are not heard.

    hibari does not know a word again that they touch, such as "Don't", and guesses from its letters.
    """
    return _QUOTES.sub("", text)


def pieces(text: str, sentences: Sentences, phonemes: Phonemes) -> list[Piece]:
    """Return the pieces in which `text` is spoken; none if nothing in it can be pronounced."""
    parts = [part for sentence in sentences(without_quotes(text)) for part in _parts(phonemes(sentence))]
    joined: list[Piece] = []
    for part in parts:
        before = joined[-1] if joined else None
        if before and len(before.phonemes) + len(part.phonemes) < TARGET:
            joined[-1] = _join(before, part)
        else:
            joined.append(part)
    if len(joined) > 1 and len(joined[-1].phonemes) < SHORT and len(joined[-2].phonemes) + SHORT < MOST:
        joined[-2:] = [_join(*joined[-2:])]
    return joined


def _join(one: Piece, other: Piece) -> Piece:
    return Piece(f"{one.phonemes} {other.phonemes}", other.pause_s)


def _parts(sentence: str) -> Iterator[Piece]:
    """Yield a sentence, in parts of at most MOST phonemes: cut between clauses, else between words, else anywhere."""
    if not _SOUND.search(sentence):
        return
    rest = sentence
    while len(rest) > MOST:
        cuts = [match.end() for match in _CLAUSE.finditer(rest, 0, MOST)]
        cut = cuts[-1] if cuts else rest.rfind(" ", 1, MOST) + 1 or MOST
        yield Piece(rest[:cut].strip(), CLAUSE_PAUSE_S)
        rest = rest[cut:].lstrip()
    if rest:
        yield Piece(rest, SENTENCE_PAUSE_S)
