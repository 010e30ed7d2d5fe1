"""A chapter's sound: its lines narrated, joined, levelled and mastered."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib.audio.decoding import DecodedClip
from chalicelib.audio.mastering import Clip, Mastered, Tags, master
from chalicelib.audio.narration import Segment, segments
from chalicelib.audio.ports import Narrator, RetryDecision
from chalicelib.audio.synthesis import SpeechSynthesizer
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.errors import ProviderFault


@dataclass(frozen=True, slots=True)
class ChapterSound:
    """A mastered chapter, and when each of its lines is heard (id, start and end in seconds)."""

    path: Path
    duration_s: float
    size_bytes: int
    times: list[tuple[str, float, float]]


class AudiobookGenerator:
    """Makes chapters: their segments, the clips of these, and the mastered whole."""

    def __init__(
        self,
        *,
        narrator: Narrator,
        ffmpeg: Ffmpeg,
        config: VoicesConfig,
        retry_decision: Callable[[ProviderFault], RetryDecision],
        threads: Threads,
    ) -> None:
        self.synthesizer = SpeechSynthesizer(narrator, ffmpeg, retry_decision, threads)
        self._ffmpeg = ffmpeg
        self._config = config

    def segments(
        self,
        lines: Sequence[ScriptLine | EnhancedLine],
        voice_map: Mapping[str, str],
        known: Collection[str],
        language: str,
        takes: Mapping[str, int],
    ) -> list[Segment]:
        """Return the segments to speak, in order; `known` are the keys of the stored clips, `takes` those by line."""
        return segments(lines, voice_map, self._config, known, language, takes)

    @property
    def model(self) -> str:
        """The model that speaks."""
        return self._config.model

    def master(
        self,
        script: Sequence[Segment],
        clips: Mapping[str, DecodedClip],
        tags: Tags,
        *,
        workdir: Path,
        timeout_s: float,
    ) -> ChapterSound:
        """Join, level and master the clips into an MP3 in `workdir`; raise ToolFailed."""
        spoken = [
            Clip(
                clips[segment.clip_key] if segment.request else None,
                segment.voice_id,
                segment.speaker,
                segment.scene_break,
            )
            for segment in script
        ]
        mastered = master(self._ffmpeg, spoken, workdir / "chapter.mp3", tags, timeout_s=timeout_s)
        return ChapterSound(mastered.path, mastered.duration_s, mastered.size_bytes, _line_times(script, mastered))


def _line_times(script: Sequence[Segment], mastered: Mastered) -> list[tuple[str, float, float]]:
    times: dict[str, tuple[float, float]] = {}
    for segment, (start, end) in zip(script, mastered.times, strict=True):
        # A long line is several segments: it lasts from the start of the first to the end of the last.
        first, _ = times.get(segment.line_id, (start, end))
        times[segment.line_id] = (first, end)
    return [(line_id, round(start, 3), round(end, 3)) for line_id, (start, end) in times.items()]
