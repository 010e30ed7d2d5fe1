"""A chapter's sound: its lines narrated, joined, levelled and mastered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib.audio.buying import LineBuyer
from chalicelib.audio.mastering import Mastered, SpokenLine, Tags, master
from chalicelib.audio.narration import Piece, pieces
from chalicelib.audio.supply import Advice, Room, Shelf
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
        advise: Callable[[ProviderFault], Advice],
        threads: Threads,
    ) -> None:
        self._buyer = LineBuyer(narrator, ffmpeg, advise, threads)
        self._ffmpeg = ffmpeg
        self._config = config

    def generate_chapter(
        self,
        lines: Sequence[ScriptLine | EnhancedLine],
        voice_map: Mapping[str, str],
        tags: Tags,
        *,
        shelf: Shelf,
        room: Room,
        ready: Callable[[], None],
        told: Callable[[int, int], None],
        ready_to_master: Callable[[], None],
        workdir: Path,
        timeout_s: float,
    ) -> ChapterSound:
        """Narrate and master a chapter into `workdir`.

        Lines on the shelf are not bought again; what is bought goes there first. Raises ProviderFault, NotAudio,
        ToolFailed, and whatever `ready` raises; lines bought until then are kept.
        """
        known = shelf.known()
        script = pieces(lines, voice_map, self._config, known)
        clips = self._buyer.clips(script, known, shelf, room, ready, told, workdir)
        ready_to_master()
        spoken = [
            SpokenLine(clips[piece.key] if piece.utterance else None, piece.voice_id, piece.speaker, piece.scene_break)
            for piece in script
        ]
        mastered = master(self._ffmpeg, spoken, workdir / "chapter.mp3", tags, timeout_s=timeout_s)
        return ChapterSound(mastered.path, mastered.duration_s, mastered.size_bytes, _line_times(script, mastered))


def _line_times(script: Sequence[Piece], mastered: Mastered) -> list[tuple[str, float, float]]:
    times: dict[str, tuple[float, float]] = {}
    for piece, (start, end) in zip(script, mastered.times, strict=True):
        first, _ = times.get(piece.line_id, (start, end))
        times[piece.line_id] = (first, end)
    return [(line_id, round(start, 3), round(end, 3)) for line_id, (start, end) in times.items()]
