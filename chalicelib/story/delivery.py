"""What the author delivers as a chapter, compared with what was ordered.

A chapter that holds a tenth of the words, or one sentence five hundred times, fits the schema all the same. Narrating
it would cost money and please nobody, so it is refused before that.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.domain.script import Script
from chalicelib.errors import NotAsOrdered
from chalicelib.story.measures import CJK_CHARACTERS, SOUTH_EAST_CHARACTERS, count_words, spaced

LEAST, MOST = 0.25, 3.0
"""How much of the order a chapter may have. Wide, since models miss a length by half, and words of other languages are
an estimate (`count_words`): what lies outside is another kind of text, not a chapter of another length."""

NEAR = 0.2
"""How far from the order a chapter may be before its author is asked once to come nearer."""

NEAR_WITHOUT_SPACES = 0.5
"""The same where no spaces divide words, so that their number is an estimate."""

LONGEST_SONG = 350
"""How many words may go by that say again what was just said. The ten verses of "Ten Green Bottles" have 290, those of
"This Old Man" 270, and all of them are nearly the same; nothing but its length tells a loop from a song."""

_FRESH = 3
"""How many repeated words a new one makes good: refrains between verses may go on through a whole chapter."""

_WINDOW = 8
"""How many lines back a line is compared. Loops have periods of one to four lines; a verse of a cumulative tale
("The House That Jack Built") grows longer than this, and so leaves it."""

_ALIKE = 0.55
"""The share of words and pairs of words that two lines have in common when they are nearly the same. One word in six
may differ, or two in eight; two lines of prose, with the same people in them, share a quarter."""

_LONGEST_BLOCK = 40
"""The longest block, in lines, that is found where it is repeated word for word."""

_TELLINGS, _TELLINGS_WORDS = 6, 60
"""A block that is told so often in a row, word for word, is no refrain, which has a verse before each. Below so many
words it may be a clock that strikes or a child that calls."""

_WORD = re.compile(rf"([{SOUTH_EAST_CHARACTERS}]+)|[{CJK_CHARACTERS}]|[^\W{SOUTH_EAST_CHARACTERS}{CJK_CHARACTERS}]+")
_Shingles = frozenset[str | tuple[str, str]]
"""A line's words and pairs of neighbouring words."""

_DIGITS = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。\uff01\uff1f])")


def ensure_as_ordered(script: Script, words_ordered: int, *, last: bool = False) -> None:
    """Raise NotAsOrdered if the script is a loop, or its length is not what was ordered.

    A first reply is asked to keep to NEAR; a `last` one is taken if it is within LEAST and MOST, since a person would
    rather hear it than have paid for nothing. It takes time in proportion to the script's length.
    """
    words = _words_of(script, words_ordered)
    near = NEAR if spaced(line.text for line in script.lines) else NEAR_WITHOUT_SPACES
    least, most = (LEAST, MOST) if last else (1 - near, 1 + near)
    if not words_ordered * least <= words <= words_ordered * most:
        raise NotAsOrdered(f"{_counted(round(words))}; about {words_ordered:,} were ordered.")


def ensure_rewritten_as_ordered(
    script: Script, earlier: Script, words_ordered: int, *, last: bool = False, free: bool = False
) -> None:
    """Raise NotAsOrdered if a rewrite is a loop, or its length is far from the order and from the earlier text.

    A remark may ask for any length: where the text is `free`, the author's `last` reply may be as short as it likes.
    """
    words = _words_of(script, words_ordered)
    before = sum(count_words(line.text) for line in earlier.lines)
    least = 1 if free and last else min(before, words_ordered) * LEAST
    if not least <= words <= max(before, words_ordered) * MOST:
        raise NotAsOrdered(f"{_counted(round(words))}; about {words_ordered:,} were ordered.")


def _words_of(script: Script, words_ordered: int) -> float:
    """Return the words of a script; raise NotAsOrdered if it is a loop."""
    texts = [line.text for line in script.lines]
    words = sum(count_words(text) for text in texts)
    if words and (start := loop_start(texts)) is not None:
        raise NotAsOrdered(
            f"nearly the same words again and again from line {start + 1} on; "
            f"a chapter of about {words_ordered:,} words was ordered."
        )
    return words


def loop_start(texts: Sequence[str]) -> int | None:
    """Return the index of the line with which a loop begins, or None if there is none."""
    # A line without words counts too: five hundred lines of dots would be narrated like any others.
    weights = [max(1.0, count_words(text)) for text in texts]
    if (start := _loop_start(texts, weights)) is not None:
        return start
    # A loop may also stand within one line.
    for index, (text, weight) in enumerate(zip(texts, weights, strict=True)):
        if weight > _TELLINGS_WORDS:
            sentences = _SENTENCE_END.split(text)
            if _loop_start(sentences, [max(1.0, count_words(sentence)) for sentence in sentences]) is not None:
                return index
    return None


def _loop_start(texts: Sequence[str], weights: Sequence[float]) -> int | None:
    repeated, start = 0.0, 0
    for weight, said, block in zip(weights, _said_before(texts), _blocks(texts, weights), strict=True):
        if block and block.refrain_no_more:
            return block.start
        first = said if said is not None else block.start if block else None
        if not repeated and first is not None:
            start = first
        # What is repeated fills a vessel that new text empties. Only a long stretch of almost nothing new fills it.
        repeated = max(0.0, repeated - _FRESH * weight) if first is None else repeated + weight
        if repeated > LONGEST_SONG:
            return start
    return None


def _said_before(texts: Sequence[str]) -> Iterator[int | None]:
    """Yield for each line the index of the nearest of the lines before it that says nearly the same, or None."""
    recent: deque[_Shingles] = deque(maxlen=_WINDOW)
    seen: set[str] = set()
    for index, text in enumerate(texts):
        words = _words(text)
        shingles: _Shingles = frozenset((*words, *pairwise(words)))
        new = sum(1 for word in set(words) if word not in seen)
        # A verse of a cumulative tale is the last one with something added, and what is added is new.
        said = None
        if new <= max(2, len(words) // 10):
            back = (back for back, other in enumerate(reversed(recent), 1) if _alike(shingles, other))
            said = next((index - lines for lines in back), None)
        yield said
        recent.append(shingles)
        seen.update(words)


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that were told at least three times in a row, word for word, and the index of the first of them."""

    start: int
    refrain_no_more: bool


def _blocks(texts: Sequence[str], weights: Sequence[float]) -> Iterator[_Block | None]:
    """Yield for each line the block of which it ends, or goes on with, the third or a later telling, or None."""
    told: dict[str, deque[int]] = {}
    # By period: how many lines up to this one are those of one period before, and how many words they have.
    runs: dict[int, tuple[int, float]] = {}
    for index, (text, weight) in enumerate(zip(texts, weights, strict=True)):
        block, continued = None, dict[int, tuple[int, float]]()
        # Numbers are compared as they stand here: "10 green bottles" and "9 green bottles" are two verses of a song.
        at = told.setdefault(" ".join(text.casefold().split()), deque(maxlen=_LONGEST_BLOCK))
        for period in (index - earlier for earlier in at if index - earlier <= _LONGEST_BLOCK):
            length, words = runs.get(period, (0, 0.0))
            continued[period] = length, words = length + 1, words + weight
            # The second telling may be a refrain; from the third on it is a repetition, however long the block is.
            if length > period and (block is None or not block.refrain_no_more):
                too_often = length >= (_TELLINGS - 1) * period and words > _TELLINGS_WORDS
                block = _Block(index + 1 - length - period, too_often)
        yield block
        runs = continued
        at.append(index)


def _alike(one: _Shingles, other: _Shingles) -> bool:
    needed = _ALIKE * (len(one) + len(other)) / 2
    # Lengths first: most lines of prose differ in those already, and need not be compared word by word.
    return len(one) >= needed and len(other) >= needed and len(one & other) >= needed


def _words(text: str) -> list[str]:
    """Return what lines are compared by: words without case, all numbers as one; where no spaces divide words, each
    character of Chinese and Japanese, and each three in a row of Thai, Lao, Burmese and Khmer."""
    words: list[str] = []
    for match in _WORD.finditer(_DIGITS.sub("0", text.casefold())):
        if run := match[1]:
            words += [run[i : i + 3] for i in range(max(1, len(run) - 2))]
        else:
            words.append(match[0])
    return words


def _counted(words: int) -> str:
    return {0: "no words", 1: "1 word"}.get(words, f"{words:,} words")
