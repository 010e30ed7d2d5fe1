"""How long texts are, in words and in time, also in scripts that put no spaces between words."""

import re
from collections.abc import Iterable

LONGEST_CHAPTER = 36_000
"""What a chapter may have at most, as `spoken_length` counts: forty minutes of sound, which the narrator's share of a
processor masters in 82 of the 120 s it has (`MASTERING_S`)."""

PAUSE_CHARACTERS = 9
"""What the pause before a line counts: 0.6 s, at fifteen characters a second."""

CJK_CHARACTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and Han characters, as a class of a regular expression without its brackets."""

SOUTH_EAST_CHARACTERS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese and Khmer, in the same form."""

_CJK = re.compile(f"[{CJK_CHARACTERS}]")
_SOUTH_EAST = re.compile(f"[{SOUTH_EAST_CHARACTERS}]")

_CJK_A_WORD = 1.8
_SOUTH_EAST_A_WORD = 5.0
"""Characters for what is one word of English. Translators count 1.6 to 2 characters of Chinese, and some 2 of Japanese,
for a word of English; a Thai word has some five characters with its vowel signs."""

_CJK_A_CHARACTER = 3
"""A Han character is a syllable, and takes as long to say as three letters of English: about five a second."""


def count_words(text: str) -> float:
    """Return about how many words of English a text would have."""
    cjk, south_east = len(_CJK.findall(text)), len(_SOUTH_EAST.findall(text))
    spaced = _SOUTH_EAST.sub(" ", _CJK.sub(" ", text))
    words = sum(1 for word in spaced.split() if any(character.isalnum() for character in word))
    return words + cjk / _CJK_A_WORD + south_east / _SOUTH_EAST_A_WORD


def spaced(texts: Iterable[str]) -> bool:
    """Return whether spaces divide most of the words, so that `count_words` counts them and does not estimate."""
    text = "".join(texts)
    return 2 * (len(_CJK.findall(text)) + len(_SOUTH_EAST.findall(text))) < len(text)


def spoken_length(texts: Iterable[str]) -> int:
    """Return how long it takes to speak the lines, in characters of English (fifteen a second), pauses included."""
    return sum(len(text) + (_CJK_A_CHARACTER - 1) * len(_CJK.findall(text)) + PAUSE_CHARACTERS for text in texts)


def too_long(texts: Iterable[str]) -> str | None:
    """Return why a chapter of these lines is too long to be narrated, or None if it is not."""
    length = spoken_length(texts)
    if length <= LONGEST_CHAPTER:
        return None
    minutes = length / 15 / 60
    return (
        f"a chapter may take {LONGEST_CHAPTER // 900} minutes to speak, about {LONGEST_CHAPTER:,} characters; "
        f"this one takes {minutes:.0f}"
    )


def last_part(text: str, words: float) -> str:
    """Return the end of a text, `words` words of it, from the beginning of a word where there are spaces."""
    count = count_words(text)
    if count <= words:
        return text
    tail = text[len(text) - max(1, int(len(text) * words / count)) :]
    _, space, rest = tail.partition(" ")
    return rest if space and rest and len(rest) > len(tail) // 2 else tail
