"""What the punctuation of a line says of how it ends and goes on, in any script."""

import re
from typing import Literal

from chalicelib.audio.listening import Length

Ending = Literal["sentence", "question", "ellipsis", "dash", "clause", "none"]

_DIRECTION = re.compile(r"\[[^\[\]\n]{0,80}\]")
_CLOSING = "\"'”’»«›‹“„)]}」』）】》〉 \t\n\u3000*_"  # noqa: RUF001 # quotes and brackets; German closes with “, Danish with «
_OPENING = "\"'“‘„«»‹›([{「『（【《〈¿¡ \t\n\u3000*_"  # noqa: RUF001

_DASHES = "-‐‑‒–—―⸺⸻─"  # noqa: RUF001
_ELLIPSES = ("...", "…", "‥", "⋯", "。。", "．．")  # noqa: RUF001
_QUESTIONS = "?？؟\u037e՞⁇⁈፧"  # noqa: RUF001 # also Greek's, U+037E, and Armenian's
_ENDS = ".!。！．｡।॥։።၊။؛۔‼⁉"  # noqa: RUF001
_CLAUSES = ",，、､،:：;；՝፣፥"  # noqa: RUF001

_BRIEF = 25
"""Letters, as `Length` counts them: five words or fewer, said in less than two seconds."""


def ending_of(text: str) -> Ending:
    """Return how a line ends; quotes, brackets and directions after its last mark do not count."""
    bare = _DIRECTION.sub(" ", text).rstrip(_CLOSING)
    if bare.endswith(_ELLIPSES):
        return "ellipsis"
    last = bare[-1:]
    if not last:
        return "none"
    if last in _QUESTIONS or bare.endswith(("?!", "？！")):  # noqa: RUF001
        return "question"
    if last in _DASHES:
        return "dash"
    if last in _ENDS:
        return "sentence"
    return "clause" if last in _CLAUSES else "none"


def goes_on(text: str) -> bool:
    """Return whether a text goes on with the sentence before it: it begins with a small letter or a comma."""
    start = _DIRECTION.sub(" ", text).lstrip(_OPENING)[:1]
    return bool(start) and (start.islower() or start in _CLAUSES or start in "-–—")  # noqa: RUF001


def is_brief(text: str) -> bool:
    """Return whether a line is one of a rapid exchange."""
    return Length.of(text).usual <= _BRIEF
