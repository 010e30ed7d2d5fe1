"""What a person is told of the clips of a chapter that came out odd, and of a chapter that misses the norm."""

from collections.abc import Iterable, Iterator, Mapping

from chalicelib.audio.audiobook import ChapterSound
from chalicelib.audio.listening import Oddity
from chalicelib.audio.mastering import Norm
from chalicelib.audio.narration import Segment
from chalicelib.audio.synthesis import OddClip
from chalicelib.domain.chapter import Notice
from chalicelib.domain.script import is_framing
from chalicelib.domain.texts import beginning

MOST_NOTICES = 40
"""Lines of a chapter that are named; of more, one notice says how many. A list of chapters holds them all."""

_ODD: Mapping[Oddity, str] = {
    "unreadable": "This line cannot be played",
    "silent": "Nothing can be heard in this line",
    "incomplete": "A part of this line is missing",
    "short": "This line is much shorter than its words need",
    "long": "This line is much longer than its words need",
}
_SHOWN = 80
"""Characters of a line that is named by its words."""

_TAKES = {1: "a second take could not be bought", 2: "two takes were bought, and this is the better one"}


def notices_of(script: Iterable[Segment], odd: Mapping[str, OddClip]) -> list[Notice]:
    """Return what a person should know of the lines whose clips came out odd."""
    of_lines = {segment.line_id: notice for segment, notice in _noticed(script, odd)}
    notices = list(of_lines.values())
    if len(notices) <= MOST_NOTICES:
        return notices
    rest = f"{len(notices) - MOST_NOTICES} more lines of this chapter sound odd."
    return [*notices[:MOST_NOTICES], Notice(None, "odd_sound", rest)]


def _noticed(script: Iterable[Segment], odd: Mapping[str, OddClip]) -> Iterator[tuple[Segment, Notice]]:
    for segment in script:
        if segment.request is not None and (found := odd.get(segment.clip_key)):
            # A person's own take is judged by that person, and not bought again.
            more = "" if segment.take > 1 else f"; {_TAKES[found.takes]}"
            said = f"{_ODD[found.oddity]}{more}."
            if is_framing(segment.line_id):
                # It is no line of the script that a notice could be shown at.
                said, line_id = f"“{beginning(segment.request.text, _SHOWN)}”: {said}", None
            else:
                line_id = segment.line_id
            yield segment, Notice(line_id, "odd_sound", said)


def norm_notices(sound: ChapterSound) -> list[Notice]:
    """Return what a person should know of a chapter that a shop for audiobooks would send back."""
    if sound.meets_norm:
        return []
    norm = Norm()
    if sound.peak_db > norm.peak_db:
        wrong = f"its highest peak is {_decibels(sound.peak_db)}; at most {_decibels(norm.peak_db)} is allowed"
    else:
        much = "quiet, since little is spoken in it" if sound.rms_db < norm.quietest_db else "loud"
        allowed = f"{_decibels(norm.quietest_db)} to {_decibels(norm.loudest_db)}"
        wrong = f"it is too {much} (RMS {_decibels(sound.rms_db)}; {allowed} is allowed)"
    return [Notice(None, "norm_missed", f"This chapter misses the norm of audiobook shops: {wrong}.")]


def _decibels(level: float) -> str:
    return f"{level:.1f} dB".replace("-", "\u2212")
