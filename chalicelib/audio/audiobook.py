"""A chapter's sound: its lines narrated, joined, levelled and mastered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chalicelib import log
from chalicelib.audio.decoding import DecodedClip, decode_music
from chalicelib.audio.mastering import Clip, Mastered, master
from chalicelib.audio.narration import Segment
from chalicelib.audio.placing import Placed, placed
from chalicelib.audio.ports import Narrator, RetryDecision
from chalicelib.audio.synthesis import SpeechSynthesizer
from chalicelib.audio.tagging import Tags
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import NotAudio, ProviderFault

STING_BELOW_DB = 6.0
"""How far music between chapters lies below the voices."""


@dataclass(frozen=True, slots=True)
class ChapterSound:
    """A mastered chapter, as MP3 and as AAC, and when each of its lines is heard (id, start and end in seconds).

    RMS and peak are those of the file, in dB of full scale.
    """

    path: Path
    duration_s: float
    size_bytes: int
    times: list[tuple[str, float, float]]
    rms_db: float
    peak_db: float
    meets_norm: bool

    @property
    def m4a(self) -> Path:
        """The chapter as AAC, which books are made from."""
        return self.path.with_suffix(".m4a")


class AudiobookGenerator:
    """Makes chapters: the clips of their segments, and the mastered whole."""

    def __init__(
        self,
        *,
        narrator: Narrator,
        ffmpeg: Ffmpeg,
        retry_decision: Callable[[ProviderFault], RetryDecision],
        threads: Threads,
    ) -> None:
        self.synthesizer = SpeechSynthesizer(narrator, ffmpeg, retry_decision, threads)
        self._ffmpeg = ffmpeg

    def master(
        self,
        script: Sequence[Segment],
        clips: Mapping[str, DecodedClip],
        tags: Tags,
        *,
        workdir: Path,
        timeout_s: float,
        sting: Path | None = None,
    ) -> ChapterSound:
        """Join, level and master the clips into MP3 and AAC in `workdir`, with a `sting` of music after them; raise
        ToolFailed."""
        effects = ((clips[one.clip_key], one.effect) for one in script if one.request and one.effect)
        there = placed(self._ffmpeg, effects, timeout_s=timeout_s)
        spoken = [
            Clip(
                _heard(segment, clips, there),
                segment.voice_id,
                segment.speaker,
                segment.scene_break,
                segment.request.text if segment.request else "",
                segment.line_id,
            )
            for segment in script
        ]
        if sting is not None and (music := self._music(sting, workdir)) is not None:
            spoken.append(Clip(music, "", "", scene_break=True))
        mastered = master(self._ffmpeg, spoken, workdir / "chapter.mp3", tags, timeout_s=timeout_s)
        return ChapterSound(
            path=mastered.path,
            duration_s=mastered.duration_s,
            size_bytes=mastered.size_bytes,
            times=_line_times(script, mastered),
            rms_db=mastered.rms_db,
            peak_db=mastered.peak_db,
            meets_norm=mastered.meets_norm,
        )

    def _music(self, file: Path, workdir: Path) -> DecodedClip | None:
        """Return the music between chapters; None where it cannot be read, which is no reason to withhold a chapter."""
        try:
            music = decode_music(self._ffmpeg, file.read_bytes(), workdir / "sting.pcm")
        except (OSError, NotAudio) as error:
            log.event("sting_unreadable", file=file.name, error=type(error).__name__)
            return None
        # By as much louder than it is, it comes out quieter than the voices.
        return replace(music, loudness=music.loudness + STING_BELOW_DB)


def _heard(
    segment: Segment, clips: Mapping[str, DecodedClip], there: Mapping[Placed, DecodedClip]
) -> DecodedClip | None:
    """Return the clip of a segment, with its effect; None where nothing is spoken."""
    if segment.request is None:
        return None
    clip = clips[segment.clip_key]
    return there[clip.path, segment.effect] if segment.effect else clip


def _line_times(script: Sequence[Segment], mastered: Mastered) -> list[tuple[str, float, float]]:
    times: dict[str, tuple[float, float]] = {}
    # Music after the last line is nobody's line.
    for segment, (start, end) in zip(script, mastered.times, strict=False):
        # A long line is several segments: it lasts from the start of the first to the end of the last.
        first, _ = times.get(segment.line_id, (start, end))
        times[segment.line_id] = (first, end)
    return [(line_id, round(start, 3), round(end, 3)) for line_id, (start, end) in times.items()]
