"""Text as a narrator model takes it: cut to its limit, without directions, and worth speaking."""

import re

_ENDS = (
    re.compile(r"(?<=[.!?…])[\"'”’»)]*\s+|(?<=[。！？।؟])[\"'”’»」』）]*"),  # noqa: RUF001 # sentence ends of other scripts
    re.compile(r"(?<=[,;:—–،、；：])\s*"),  # noqa: RUF001
    re.compile(r"\s+"),
)


def speakable(text: str) -> bool:
    """Return whether there is anything to say: a letter or a digit of any script."""
    return any(character.isalnum() for character in text)


def cut(text: str, limit: int) -> list[str]:
    """Return the text in segments of at most `limit` characters, cut at the end of a sentence where one fits.

    Else at a clause, else between words, else anywhere. The segments joined give the text, up to white space.
    """
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        at = _last_end(rest, limit)
        if segment := rest[:at].rstrip():
            pieces.append(segment)
        rest = rest[at:].lstrip()
    return [*pieces, rest] if rest else pieces


def _last_end(text: str, limit: int) -> int:
    for pattern in _ENDS:
        ends = [
            match.end()
            # One character further: white space after the end does not count towards the limit.
            for match in pattern.finditer(text, 0, limit + 1)
            if 0 < len(text[: match.end()].rstrip()) <= limit
        ]
        if ends:
            return ends[-1]
    return limit
