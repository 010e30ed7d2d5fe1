"""How long the pauses are, and so when every line is heard."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.audio.tools import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class LineTiming:
    """A line as the joiner sees it: how many samples it has (0 where nothing is spoken), and who speaks."""

    samples: int
    speaker: str
    scene_break: bool


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds of silence. Head and tail are the audiobook norm's: 0.5 to 1 s before, 1 to 5 s after."""

    head_s: float = 0.75
    same_speaker_s: float = 0.35
    speaker_change_s: float = 0.6
    scene_break_s: float = 1.5
    tail_s: float = 2.0

    def before(self, lines: Sequence[LineTiming]) -> list[int]:
        """Return the samples of silence before each line, then those after the last."""
        gaps = [_samples(self.head_s)]
        for previous, line in itertools.pairwise(lines):
            if line.scene_break:
                gaps.append(_samples(self.scene_break_s))
            elif line.speaker != previous.speaker:
                gaps.append(_samples(self.speaker_change_s))
            else:
                gaps.append(_samples(self.same_speaker_s))
        return [*gaps, _samples(self.tail_s)]

    def timeline(self, lines: Sequence[LineTiming]) -> list[tuple[float, float]]:
        """Start and end of each line in seconds, exact to the sample."""
        times: list[tuple[float, float]] = []
        position = 0
        for gap, line in zip(self.before(lines), lines, strict=False):
            position += gap
            times.append((position / SAMPLE_RATE, (position + line.samples) / SAMPLE_RATE))
            position += line.samples
        return times


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
