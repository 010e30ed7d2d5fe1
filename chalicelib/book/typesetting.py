"""A title set in lines: where it is broken, and how large it can be."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CAP_HEIGHT, DESCENT, LEADING = 0.676, 0.25, 0.98
"""Of capital letters and of what hangs below the line, and from line to line, as parts of the size."""

ELLIPSIS = "…"
_WIDE = 1.0
_UNKNOWN = 0.64
"""The advance of a letter that the font lacks, as a part of the size: a generous mean of other scripts."""


@cache
def _letters() -> tuple[dict[str, float], list[range], dict[str, float]]:
    """Return the advances and the ranges of what the font draws, and its kerning by pairs, as parts of the size."""
    read = json.loads(Path(__file__).with_name("vollkorn.json").read_text(encoding="utf-8"))
    advances = {letter: int(width) / 1000 for width, letters in read["advances"].items() for letter in letters}
    ends = [part.split("-") for part in read["covered"].split()]
    kerning = {
        first + second: int(change) / 1000
        for first, changes in read["kerning"].items()
        for change, seconds in changes.items()
        for second in seconds
    }
    return advances, [range(int(pair[0], 16), int(pair[-1], 16) + 1) for pair in ends], kerning


def kerning(first: str, second: str) -> float:
    """Return how much nearer than usual two letters stand (negative), as a part of the size."""
    return _letters()[2].get(_base(first) + _base(second), 0.0)


def is_latin(letter: str) -> bool:
    """Return whether the cover's own font draws a character: Latin, Greek, Cyrillic, digits and punctuation."""
    return any(ord(letter) in part for part in _letters()[1])


_CJK_ENCODINGS = ("shift_jis", "gb2312", "big5", "euc_kr")


def is_cjk(letter: str) -> bool:
    """Return whether the font for Chinese, Japanese and Korean draws a character: those of the national standards."""
    if letter < "\u2e80":
        return False
    for encoding in _CJK_ENCODINGS:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def is_wide(letter: str) -> bool:
    """Return whether a character is a square of its own, and a line may be broken beside it."""
    return unicodedata.east_asian_width(letter) in "WF"


def runs_right_to_left(text: str) -> bool:
    """Return whether the first letter that has a direction goes to the left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def width(text: str) -> float:
    """Return how wide a text is, as a part of its size."""
    advances = _letters()[0]
    total = 0.0
    for before, letter in zip(" " + text, text, strict=False):
        if unicodedata.combining(letter):
            continue
        known = advances.get(letter, advances.get(_base(letter)))
        total += known if known is not None else _WIDE if is_wide(letter) else _UNKNOWN
        total += kerning(before, letter)
    return total


def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]


def set_title(title: str, across: float, high: float, largest: float, smallest: float) -> tuple[float, list[str]]:
    """Return a size and the lines of a title in a box of `across` by `high`: the largest size at which all of it fits.

    Where not even the smallest does, the title ends with an ellipsis.
    """
    found = _fitted(_parts(title), across, high, largest)
    if " " in title and any(map(is_wide, title)):
        # Where Chinese or Japanese has a space, it is the better place to break a line.
        kept = _fitted(_words(title), across, high, largest)
        found = kept if kept[0] >= found[0] * _WORTH_IT else found
    size, parts = found
    if size >= smallest:
        return size, [_text(line) for line in _balanced(parts, across / size)]
    pieces = [_Part.of(text) for text in _pieces(parts, across / smallest)]
    return smallest, _cut([_text(line) for line in _broken(pieces, across / smallest)], across, high, smallest)


_WORTH_IT = 0.6
"""How much smaller a title may be, to be broken at its spaces alone."""


def _fitted(texts: Iterable[str], across: float, high: float, largest: float) -> tuple[float, list["_Part"]]:
    """Return the largest size at which the parts fit, and the parts."""
    parts = [_Part.of(text) for text in texts]
    size = min(largest, across / max(0.01, *(part.alone for part in parts)))
    while block_height(len(_broken(parts, across / size)), size) > high:
        size *= 0.97
    return size, parts


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the title that stays on one line: its width with the space after it, and without."""

    text: str
    width: float
    alone: float

    @classmethod
    def of(cls, text: str) -> "_Part":
        return cls(text, width(text), width(text.rstrip()))


def block_height(lines: int, size: float) -> float:
    """Return how high lines are, from the top of the first's capitals to what hangs below the last."""
    return size * (CAP_HEIGHT + LEADING * (lines - 1) + DESCENT)


_CLOSING = set("、。」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\uff09")
"""What may not begin a line in Japanese and Chinese; the last seven are wide forms of , . ! ? : ; and )."""


def _words(title: str) -> list[str]:
    """Split a title at its spaces; a word keeps the space after it."""
    return [f"{word} " for word in title.split()]


def _parts(title: str) -> list[str]:
    """Split a title where a line may end; a part keeps the space after it."""
    parts: list[str] = [""]
    for letter in title:
        begins = bool(parts[-1]) and (
            (parts[-1][-1] in " \u2013\u2014" and letter != " ")
            or ((is_wide(letter) or is_wide(parts[-1][-1])) and letter not in _CLOSING and letter != " ")
        )
        if begins:
            parts.append(letter)
        else:
            parts[-1] += letter
    return parts


def _broken(parts: Iterable[_Part], across: float) -> list[list[_Part]]:
    """Fill line after line; a part that is wider than a line has one of its own."""
    lines: list[list[_Part]] = []
    filled = 0.0
    for part in parts:
        if not lines or filled + part.alone > across:
            lines.append([])
            filled = 0.0
        lines[-1].append(part)
        filled += part.width
    return lines


def _text(line: Iterable[_Part]) -> str:
    return "".join(part.text for part in line).rstrip()


def _balanced(parts: Sequence[_Part], across: float) -> list[list[_Part]]:
    """Return as few lines as there can be, of even lengths: one word alone in the last looks forgotten."""
    lines = best = _broken(parts, across)
    for hundredths in range(97, 40, -3):
        tried = _broken(parts, across * hundredths / 100)
        if len(tried) > len(lines) or any(line[0].alone > across * hundredths / 100 for line in tried):
            break
        best = tried
    return best


def _pieces(parts: Iterable[_Part], across: float) -> Iterator[str]:
    """Yield the parts, those that are wider than a line in pieces."""
    for part in parts:
        if part.alone <= across:
            yield part.text
            continue
        piece = ""
        for letter in part.text:
            if piece and width(piece + letter) > across:
                yield piece
                piece = ""
            piece += letter
        yield piece


def _cut(lines: list[str], across: float, high: float, size: float) -> list[str]:
    most = max(1, int((high / size - CAP_HEIGHT - DESCENT) / LEADING) + 1)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width(last.rstrip() + ELLIPSIS) * size > across:
        # Back to the end of a word, where there is one; else letter by letter.
        last = last.rstrip().rpartition(" ")[0] or last[:-1]
    return [*lines[: most - 1], last.rstrip(" ,.;:") + ELLIPSIS]
