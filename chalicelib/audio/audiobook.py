"""A chapter's sound: lines narrated several at once, decoded as they arrive, joined, levelled and mastered."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chalicelib.audio.decoding import Clip, decode, looks_like_audio
from chalicelib.audio.mastering import Mastered, SpokenLine, Tags, master
from chalicelib.audio.narration import Piece, pieces
from chalicelib.audio.tools import Ffmpeg
from chalicelib.audio.voices import VoicesConfig
from chalicelib.errors import HandOver, NotAudio, ProviderFault
from chalicelib.providers.narrator import Narrator, Spoken, Utterance
from chalicelib.story.script import EnhancedLine, ScriptLine

BOUGHT_ELSEWHERE_S = 2.0
"""When to look again for a line that another chapter's worker is buying."""


class Shelf(Protocol):
    """Where narrated lines of a story are kept, by key."""

    def known(self) -> set[str]:
        """The keys of all lines that are kept."""

    def fetch(self, key: str) -> bytes | None:
        """A kept line."""

    def claim(self, key: str) -> bool:
        """Take the right to buy a line; False while somebody else has it."""

    def unclaim(self, key: str) -> None:
        """Give that right back, unused."""

    def keep(self, key: str, utterance: Utterance, spoken: Spoken) -> None:
        """Keep a line that was bought, and the record of its purchase."""

    def record(self, utterance: Utterance, spoken: Spoken) -> None:
        """Keep the record of a purchase that was worth nothing."""

    def discard(self, key: str) -> None:
        """Forget a line that turned out to be no sound."""


class Room(Protocol):
    """How many lines may be narrated at once, now."""

    def lines(self) -> int:
        """The number, at least 1; raises HandOver while there is no room at all."""

    def shrink(self) -> bool:
        """Make do with fewer from now on; False if it is one already."""


@dataclass(frozen=True, slots=True)
class ChapterSound:
    """A mastered chapter, and when each of its lines is heard (id, start and end in seconds)."""

    path: Path
    duration_s: float
    size_bytes: int
    times: list[tuple[str, float, float]]


class AudiobookGenerator:
    """Makes chapters. `ready` is asked before every paid call, `ready_to_master` before mastering; both may raise."""

    def __init__(
        self,
        narrator: Narrator,
        ffmpeg: Ffmpeg,
        config: VoicesConfig,
        *,
        wants_fewer: Callable[[BaseException], bool],
    ) -> None:
        self._narrator = narrator
        self._ffmpeg = ffmpeg
        self._config = config
        self._wants_fewer = wants_fewer

    def generate_chapter(
        self,
        lines: Sequence[ScriptLine | EnhancedLine],
        voice_map: Mapping[str, str],
        tags: Tags,
        *,
        shelf: Shelf,
        room: Room,
        ready: Callable[[], None],
        ready_to_master: Callable[[], None],
        workdir: Path,
        timeout_s: float,
    ) -> ChapterSound:
        """Narrate and master a chapter into `workdir`.

        Lines on the shelf are not bought again; what is bought goes there first. Raises ProviderFault, NotAudio,
        ToolFailed, and whatever `ready` raises; lines bought until then are kept.
        """
        script = pieces(lines, voice_map, self._config)
        clips = self._clips(script, shelf, room, ready, workdir)
        ready_to_master()
        spoken = [
            SpokenLine(clips[piece.key] if piece.utterance else None, piece.voice_id, piece.speaker, piece.scene_break)
            for piece in script
        ]
        mastered = master(self._ffmpeg, spoken, workdir / "chapter.mp3", tags, timeout_s=timeout_s)
        return ChapterSound(mastered.path, mastered.duration_s, mastered.size_bytes, _line_times(script, mastered))

    def _clips(
        self, script: Sequence[Piece], shelf: Shelf, room: Room, ready: Callable[[], None], workdir: Path
    ) -> dict[str, Clip]:
        wanted = {piece.key: piece.utterance for piece in script if piece.utterance is not None}
        known = shelf.known()
        clips: dict[str, Clip] = {}
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="line") as pool:

            def fetched(key: str) -> Clip | None:
                data = shelf.fetch(key)
                return self._decode(key, data, shelf, workdir) if data is not None else None

            def bought(key: str) -> Clip | None:
                if not shelf.claim(key):
                    return fetched(key)
                return self._decode(key, self._buy(key, wanted[key], shelf), shelf, workdir)

            for key, clip in zip(
                found := [key for key in wanted if key in known], pool.map(fetched, found), strict=True
            ):
                if clip is not None:
                    clips[key] = clip
            waiting = deque(key for key in wanted if key not in clips)
            running: dict[Future[Clip | None], str] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < room.lines():
                        ready()
                        key = waiting.popleft()
                        running[pool.submit(bought, key)] = key
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        key = running.pop(future)
                        try:
                            clip = future.result()
                        except ProviderFault as fault:
                            if not (self._wants_fewer(fault) and room.shrink()):
                                raise
                            waiting.appendleft(key)
                            continue
                        if clip is not None:
                            clips[key] = clip
            finally:
                wait(running)  # what is being paid for is kept before anything else happens
        if len(clips) < len(wanted):
            raise HandOver(BOUGHT_ELSEWHERE_S)
        return clips

    def _buy(self, key: str, utterance: Utterance, shelf: Shelf) -> bytes:
        try:
            spoken = self._narrator.speak(utterance)
        except ProviderFault:
            shelf.unclaim(key)
            raise
        if not looks_like_audio(spoken.audio):
            shelf.record(utterance, spoken)
            shelf.unclaim(key)
            raise NotAudio("The narrator's reply is no sound.")
        shelf.keep(key, utterance, spoken)
        return spoken.audio

    def _decode(self, key: str, data: bytes, shelf: Shelf, workdir: Path) -> Clip:
        try:
            return decode(self._ffmpeg, data, workdir / f"{key}.pcm")
        except NotAudio:
            shelf.discard(key)
            raise


def _line_times(script: Sequence[Piece], mastered: Mastered) -> list[tuple[str, float, float]]:
    times: dict[str, tuple[float, float]] = {}
    for piece, (start, end) in zip(script, mastered.times, strict=True):
        first, _ = times.get(piece.line_id, (start, end))
        times[piece.line_id] = (first, end)
    return [(line_id, round(start, 3), round(end, 3)) for line_id, (start, end) in times.items()]
