"""How long the pauses are, and so when every line is heard.

A pause is what a listener hears: from the last audible sound of a line to the first of the next. What decoding keeps
of silence at a clip's edges is a part of it. The numbers are readers', bounded by what is known of conversation:

- Between turns of a conversation lie about 200 ms in the median, in ten languages alike, and answers come soonest
  (Stivers et al. 2009, PNAS 106; Heldner & Edlund 2010, J. Phonetics 38; Levinson & Torreira 2015, Front. Psychol. 6).
- About a second is the longest silence that a conversation tolerates (Jefferson 1988, as cited by Berger 2011,
  Pragmatics 21). An answer after 600 ms sounds less willing than one at once, in three languages (Roberts, Margutti &
  Takano 2011, Discourse Processes 48).
- Readers pause for 200 to 980 ms between sentences, for 400 to 1,340 ms between paragraphs (the faster ones of
  Kazlauskiene & Kalasinskaite 2020, Respectus Philologicus 37). Listeners find 600 ms at a mark the most natural (Liu
  et al. 2022, Frontiers in Psychology 13:778018). That speech stands off a little from what is told around it is ours.
- Audible's standard is 0.5 s before a file, 2.5 s after the announcement of a chapter, 2 to 2.5 s at a break of the
  scene, 3.5 s at the end (Narrators Roadmap, "Standards for silence in the book"); ACX asks for 0.5 to 1 s before and 1
  to 5 s after.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib.audio.punctuation import ending_of, goes_on, is_brief
from chalicelib.audio.tools import SAMPLE_RATE
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import is_framing

Kind = Literal[
    "scene",
    "heading",
    "title",
    "paragraph",
    "trailing_off",
    "out_of_speech",
    "into_speech",
    "same_speaker",
    "sentence",
    "turn",
    "answer",
    "attribution",
    "rapid",
    "clause",
    "interruption",
]

SCENE_S = 2.0
"""The longest pause within a chapter."""

PAUSES_S: Mapping[Kind, float] = {
    "scene": SCENE_S,
    "heading": SCENE_S,  # between what is read before a chapter and the chapter
    "title": 1.0,  # between a title and what is read after it
    "trailing_off": 0.8,  # the one who answers has waited for the rest
    "paragraph": 0.7,
    "out_of_speech": 0.55,
    "into_speech": 0.5,
    "same_speaker": 0.5,  # a new line of theirs: more than a sentence, less than a paragraph
    "sentence": 0.4,  # within a line that was too long for one request
    "turn": 0.4,  # conversation's 0.2 s, and as much for the listener, who sees nobody's mouth open
    "answer": 0.3,
    "attribution": 0.25,  # "Wait," | she said. | "I know": one sentence in two voices
    "rapid": 0.2,
    "clause": 0.15,
    "interruption": 0.1,
}
"""Seconds of each kind, from the longest on."""

HEAD_S = 0.75
TAIL_S = 2.5
BEAT_S = 0.8
"""What a line adds that nobody speaks, such as three dots: a silence that is noticed. Several in a row together add no
more than a scene's pause."""


@dataclass(frozen=True, slots=True)
class LineTiming:
    """A line as the joiner sees it: how many samples it has (0 where nothing is spoken), who speaks, and what.

    `lead` and `tail` are the samples at its edges that are heard as silence. Pieces of one long line share `line_id`.
    """

    samples: int
    speaker: str
    scene_break: bool = False
    text: str = ""
    line_id: str = ""
    lead: int = 0
    tail: int = 0


def kind_of(previous: LineTiming, line: LineTiming, *, scene_break: bool) -> Kind:
    """Return which kind of pause is between two lines that are spoken."""
    if scene_break:
        return "scene"
    ending = ending_of(previous.text)
    if previous.line_id and previous.line_id == line.line_id:
        return "sentence" if ending in {"sentence", "question", "ellipsis"} else "clause"
    if is_framing(previous.line_id):
        return "title" if is_framing(line.line_id) else "heading"
    before, after = previous.speaker == NARRATOR, line.speaker == NARRATOR
    if before != after and (ending in {"clause", "dash"} or (after and goes_on(line.text))):
        return "attribution"
    if ending == "ellipsis":
        return "trailing_off"
    if before or after:
        return "paragraph" if before == after else ("into_speech" if before else "out_of_speech")
    if previous.speaker == line.speaker:
        return "same_speaker"
    if ending == "dash":
        return "interruption"
    if is_brief(previous.text) and is_brief(line.text):
        return "rapid"
    return "answer" if ending == "question" else "turn"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Samples of silence before each line and after the last, start and end of each line, and samples in all."""

    gaps: list[int]
    spans: list[tuple[int, int]]
    samples: int

    @property
    def times(self) -> list[tuple[float, float]]:
        """Start and end of each line in seconds, exact to the sample."""
        return [(start / SAMPLE_RATE, end / SAMPLE_RATE) for start, end in self.spans]


def schedule(lines: Sequence[LineTiming]) -> Schedule:
    """Return when each line is heard. One that nobody speaks lasts for a part of the pause that it makes longer."""
    spoken = [at for at, line in enumerate(lines) if line.samples]
    gaps: list[int] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for first, last in itertools.pairwise([-1, *spoken, len(lines)]):
        pause, unspoken = _pause(lines, first, last), last - first - 1
        beat = pause // unspoken if unspoken else 0
        for number in range(unspoken):
            gaps.append(beat if number else 0)
            spans.append((position + number * beat, position + (number + 1) * beat))
        gaps.append(pause - max(0, unspoken - 1) * beat)
        position += pause
        if last < len(lines):
            spans.append((position, position + lines[last].samples))
            position += lines[last].samples
    return Schedule(gaps, spans, position)


def _pause(lines: Sequence[LineTiming], first: int, last: int) -> int:
    """Return the samples between two spoken lines: -1 is the chapter's beginning, the number of all lines its end."""
    beats = min(BEAT_S * (last - first - 1), SCENE_S)
    if first < 0 and last < len(lines):
        # However many lines nobody speaks begin a chapter, the norm allows a second.
        wanted = HEAD_S
    elif last == len(lines):
        wanted = TAIL_S + beats + (HEAD_S if first < 0 else 0)
    else:
        scene_break = any(line.scene_break for line in lines[first + 1 : last + 1])
        wanted = min(SCENE_S, PAUSES_S[kind_of(lines[first], lines[last], scene_break=scene_break)] + beats)
    kept = (lines[first].tail if first >= 0 else 0) + (lines[last].lead if last < len(lines) else 0)
    return max(0, round(wanted * SAMPLE_RATE) - kept)
