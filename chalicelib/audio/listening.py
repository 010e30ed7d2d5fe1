"""Whether a clip is all of its line: what is odd about it, judged by the file, the sound and the chapter's other lines.

Nothing here knows what speech is. A clip is odd if a part of it never came, if nothing is heard in it, or if it is far
shorter or longer than its words need. How long they need is learnt from the other lines of the voice, or of the
chapter, so that no language, pace or synthesizer has to be known; the bounds are wide, and wider where little is known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Oddity = Literal["unreadable", "silent", "incomplete", "short", "long"]
"""What is odd about a clip, from the worst on. `unreadable`: it cannot be decoded."""

WORST_FIRST: tuple[Oddity, ...] = ("unreadable", "silent", "incomplete", "short", "long")


@dataclass(frozen=True, slots=True)
class Listened:
    """What is known of a clip: its text and voice, its length, how much of that is speech, and what its file lacks.

    `complete`: all of the file came; `hole_s` is the longest stretch of digital silence.
    """

    text: str
    voice: str
    seconds: float
    speech_s: float
    silent: bool = False
    complete: bool = True
    hole_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Length:
    """How much there is to say: in letters of English that take as long. A number may be read in many ways."""

    least: float
    usual: float
    most: float
    stops: int

    @classmethod
    def of(cls, text: str) -> "Length":
        """Return the length of a text in any script, directions in brackets left out."""
        spoken = _TAG.sub(" ", text)
        tags = len(_TAG.findall(text))
        digits = len(_DIGIT.findall(spoken))
        heavy = sum(weight * len(pattern.findall(spoken)) for pattern, weight in _HEAVY)
        # "Aaaaaaah!" has as many letters as its writer liked.
        plain = sum(1 for c in _DRAWN_OUT.sub(r"\1\1", spoken) if c.isalnum() or c.isspace())
        drawn = len(spoken) - len(_DRAWN_OUT.sub(r"\1\1", spoken))
        usual = plain + heavy
        return cls(
            least=usual * (1.0 if heavy == 0 else 0.8),
            usual=usual + 2 * digits,
            most=usual * (1.0 if heavy == 0 else 1.3) + 6 * digits + 3 * drawn,
            stops=len(_STOP.findall(spoken)) + 6 * tags,
        )


_TAG = re.compile(r"\[[^\[\]\n]{0,80}\]")
_DIGIT = re.compile(r"\d")
_STOP = re.compile(r"[.!?…:;—–。！？、]+|<break")  # noqa: RUF001 # of other scripts too
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_HEAVY = (
    (re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"), 2),
    (re.compile("[\uac00-\ud7a3\u1200-\u137f]"), 1.5),
    (re.compile("[\u3040-\u30ff]"), 0.8),
)
"""What a character of these scripts takes beyond a letter: Han, then Hangul and Ethiopic syllables, then kana."""

USUAL_PACE = 1 / 15
"""Seconds a letter, of a narrator of whom nothing is known."""

_EDGES_S = 0.06
"""Of each clip, what is no speech: the silence that decoding leaves at its edges."""

_LEAST_KNOWN = 4
"""Lines from which a pace is learnt. The median of four holds if one of them is odd."""

_TELLING = 20
"""Letters of a line whose pace tells something: "Oh." may be said in any."""

_POSSIBLE = (1 / 40, 1 / 3)
"""Seconds a letter between which speech lies: an auctioneer's and a sleeper's. Beyond, it is a stand-in's tone."""

_SLACK_S = 0.3
"""A line that is shorter than expected by no more than this is in order: "No!" takes a fifth of a second."""

_FEW = 3
"""Lines of a chapter from which on most of them can be compared with the rest."""

_STOP_S = 0.5
"""Seconds that a pause at a full stop may last, more than is usual."""

_HOLE_S = 3.5
"""Seconds of digital silence within a line that no reader makes; ElevenLabs' longest `<break>` lasts three."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """A voice's pace, in seconds a letter, and how far its lines may lie from it."""

    pace: float
    shortest: float
    longest: float
    longest_more_s: float


_UNKNOWN = _Bounds(USUAL_PACE, 0.3, 4.0, 6.0)


class _Paces:
    """How long lines take: by what is known of their voice, else of all voices of the chapter, else of any."""

    def __init__(self, clips: Iterable[Listened]) -> None:
        of_voices: dict[str, list[float]] = {}
        for clip in clips:
            letters = Length.of(clip.text).usual
            if letters >= _TELLING:
                of_voices.setdefault(clip.voice, []).append((clip.speech_s - _EDGES_S) / letters)
        self._shared = _learnt([pace for paces in of_voices.values() for pace in paces], 0.4, 3.0) or _UNKNOWN
        self._own = {voice: _learnt(paces, 0.5, 2.5) for voice, paces in of_voices.items()}

    def oddity(self, clip: Listened) -> Oddity | None:
        """Return whether a clip is too short or too long for its words."""
        length, bounds = Length.of(clip.text), self._own.get(clip.voice) or self._shared
        if clip.speech_s - _EDGES_S < bounds.shortest * bounds.pace * length.least - _SLACK_S:
            return "short"
        longest = bounds.longest * bounds.pace * length.most + _STOP_S * length.stops + bounds.longest_more_s
        return "long" if clip.seconds > longest else None


def _learnt(paces: Sequence[float], shortest: float, longest: float) -> _Bounds | None:
    if len(paces) < _LEAST_KNOWN:
        return None
    quickest, slowest = _POSSIBLE
    pace = median(paces)
    return _Bounds(pace, shortest, longest, 5.0) if quickest <= pace <= slowest else None


def oddities(clips: Mapping[str, Listened], *, more: Mapping[str, Listened] | None = None) -> dict[str, list[Oddity]]:
    """Return what is odd about each clip of a chapter, by key; one that is in order is not listed.

    Paces are learnt from `clips` alone; `more` are second takes of some of them, judged by the same measure. Where no
    first take is sound at all, they are learnt from the second ones.
    """
    compared = clips or more or {}
    whole = [clip for clip in compared.values() if not _defects(clip)]
    paces = _Paces(whole)
    # Where most lines have an impossible length, the narrator has a pace of its own, or is a stand-in that hums: length
    # says nothing then, and to buy everything once more would not help.
    strange = sum(1 for clip in whole if paces.oddity(clip))
    measured = len(compared) < _FEW or 2 * strange < len(whole)
    found: dict[str, list[Oddity]] = {}
    for key, clip in {**clips, **(more or {})}.items():
        odd = _defects(clip)
        if measured and "silent" not in odd and (wrong := paces.oddity(clip)):
            odd.append(wrong)
        if odd:
            found[key] = odd
    return found


def _defects(clip: Listened) -> list[Oddity]:
    if clip.silent:
        return ["silent"]
    return [] if clip.complete and clip.hole_s < _HOLE_S else ["incomplete"]


def better(first: Sequence[Oddity], second: Sequence[Oddity]) -> bool:
    """Return whether the second take is to be preferred: what is wrong with it is less, or less bad."""
    return _badness(second) < _badness(first)


def _badness(odd: Sequence[Oddity]) -> int:
    """Return a number of which each kind is more than all lesser ones together."""
    return sum(1 << (len(WORST_FIRST) - WORST_FIRST.index(kind)) for kind in odd)
