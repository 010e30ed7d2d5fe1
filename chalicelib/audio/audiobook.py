"""A chapter's sound: its lines narrated, joined, levelled and mastered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib.audio.mastering import Clip, Mastered, Tags, master
from chalicelib.audio.narration import Segment, segments
from chalicelib.audio.ports import ClipStore, ConcurrencyLimiter, RetryDecision
from chalicelib.audio.synthesis import SpeechSynthesizer
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.audio.voices import VoicesConfig
from chalicelib.errors import ProviderFault
from chalicelib.providers.narrator import Narrator
from chalicelib.story.script import EnhancedLine, ScriptLine


@dataclass(frozen=True, slots=True)
class ChapterSound:
    """A mastered chapter, and when each of its lines is heard (id, start and end in seconds)."""

    path: Path
    duration_s: float
    size_bytes: int
    times: list[tuple[str, float, float]]


class AudiobookGenerator:
    """Makes chapters. `ready` is asked before every paid call, `ready_to_master` before mastering; both may raise.
    `told` is how many lines are narrated, of how many."""

    def __init__(
        self,
        narrator: Narrator,
        ffmpeg: Ffmpeg,
        config: VoicesConfig,
        *,
        retry_decision: Callable[[ProviderFault], RetryDecision],
        threads: Threads,
    ) -> None:
        self._synthesizer = SpeechSynthesizer(narrator, ffmpeg, retry_decision, threads)
        self._ffmpeg = ffmpeg
        self._config = config

    def generate_chapter(
        self,
        lines: Sequence[ScriptLine | EnhancedLine],
        voice_map: Mapping[str, str],
        tags: Tags,
        *,
        clip_store: ClipStore,
        limiter: ConcurrencyLimiter,
        ready: Callable[[], None],
        on_line: Callable[[int, int], None],
        ready_to_master: Callable[[], None],
        workdir: Path,
        timeout_s: float,
    ) -> ChapterSound:
        """Narrate and master a chapter into `workdir`.

        Lines in the clip store are not bought again; what is bought goes there first. Raises ProviderFault, NotAudio,
        ToolFailed, and whatever `ready` raises; lines bought until then are kept.
        """
        known = clip_store.known()
        script = segments(lines, voice_map, self._config, known)
        clips = self._synthesizer.clips(script, known, clip_store, limiter, ready, on_line, workdir)
        ready_to_master()
        result = [
            Clip(
                clips[segment.key] if segment.request else None, segment.voice_id, segment.speaker, segment.scene_break
            )
            for segment in script
        ]
        mastered = master(self._ffmpeg, result, workdir / "chapter.mp3", tags, timeout_s=timeout_s)
        return ChapterSound(mastered.path, mastered.duration_s, mastered.size_bytes, _line_times(script, mastered))


def _line_times(script: Sequence[Segment], mastered: Mastered) -> list[tuple[str, float, float]]:
    times: dict[str, tuple[float, float]] = {}
    for segment, (start, end) in zip(script, mastered.times, strict=True):
        first, _ = times.get(segment.line_id, (start, end))
        times[segment.line_id] = (first, end)
    return [(line_id, round(start, 3), round(end, 3)) for line_id, (start, end) in times.items()]
