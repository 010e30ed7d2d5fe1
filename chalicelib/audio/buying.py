"""Narrated lines: from the shelf where they are kept, else bought, several at once, and decoded as they arrive."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Literal, Protocol

from chalicelib.audio.decoding import Clip, decode, looks_like_audio
from chalicelib.audio.narration import Piece
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import HandOver, NotAudio, ProviderFault
from chalicelib.providers.narrator import Narrator, Spoken, Utterance

BOUGHT_ELSEWHERE_S = 2.0
"""When to look again for a line that another chapter's worker is buying."""

FAULTS_IN_A_ROW = 3
"""So many lines one after another that the narrator was too busy for, and it is left alone for a while."""

AT_ONCE = 8
"""Threads: more lines than this are never narrated at once, whatever the plan allows."""

DECODED_AT_ONCE = 2
"""Processes that decode beside the calls: a permit is held for as long as the provider works, and no longer."""

Advice = Literal["fewer at once", "others first", "stop"]
"""What to do after a fault: ask for fewer at the same time, go on with the other lines, or stop."""


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

    def lines(self, running: int, left: int) -> int:
        """The number, at least 1, while `running` of the `left` lines run; raises HandOver while there is no room."""

    def shrink(self, running: int) -> bool:
        """Make do with fewer from now on; False if it is one already."""


class LineBuyer:
    """Gets a chapter's lines from the narrator. `advise` says what a fault of the provider means for the others."""

    def __init__(self, narrator: Narrator, ffmpeg: Ffmpeg, advise: Callable[[ProviderFault], Advice]) -> None:
        self._narrator = narrator
        self._ffmpeg = ffmpeg
        self._advise = advise

    def clips(
        self, script: Sequence[Piece], shelf: Shelf, room: Room, ready: Callable[[], None], workdir: Path
    ) -> dict[str, Clip]:
        """A clip for every key of the script, decoded into `workdir`.

        A line that fails for the moment does not keep the others from being bought. Raises ProviderFault and NotAudio
        for a line that could not be had, HandOver while another worker buys one, and whatever `ready` raises.
        """
        wanted = {piece.key: piece.utterance for piece in script if piece.utterance is not None}
        known = shelf.known()
        clips: dict[str, Clip] = {}
        with (
            ThreadPoolExecutor(AT_ONCE, thread_name_prefix="line") as callers,
            ThreadPoolExecutor(DECODED_AT_ONCE, thread_name_prefix="decode") as decoders,
        ):

            def got(key: str) -> bytes | None:
                return self._buy(key, wanted[key], shelf) if shelf.claim(key) else shelf.fetch(key)

            def decoded(key: str, data: bytes) -> Future[Clip]:
                return decoders.submit(self._decode, key, data, shelf, workdir)

            kept = [key for key in wanted if key in known]
            found = zip(kept, callers.map(shelf.fetch, kept), strict=True)
            decoding = {decoded(key, data): key for key, data in found if data is not None}
            waiting = deque(key for key in wanted if key not in decoding.values())
            calling: dict[Future[bytes | None], str] = {}
            faults = Faults()
            try:
                while waiting or calling or decoding:
                    while waiting and len(calling) < room.lines(len(calling), len(calling) + len(waiting)):
                        ready()
                        key = waiting.popleft()
                        calling[callers.submit(got, key)] = key
                    underway: list[Future[Any]] = [*calling, *decoding]
                    done, _ = wait(underway, return_when=FIRST_COMPLETED)
                    for clip in done & decoding.keys():
                        clips[decoding.pop(clip)] = clip.result()
                    for call in done & calling.keys():
                        key = calling.pop(call)
                        try:
                            data = call.result()
                        except ProviderFault as fault:
                            advice = self._advise(fault)
                            if advice == "fewer at once" and room.shrink(len(calling)):
                                waiting.appendleft(key)
                            elif faults.note(fault) or advice == "stop":
                                raise
                            continue
                        faults.in_a_row = 0
                        if data is not None:
                            decoding[decoded(key, data)] = key
            except HandOver:
                faults.raise_any()  # the lines that failed want their delay
                raise
            finally:
                wait(calling)  # what is being paid for is kept before anything else happens
        faults.raise_any()
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


class Faults:
    """The lines that the narrator had no time for."""

    def __init__(self) -> None:
        self.in_a_row = 0
        self._all: list[ProviderFault] = []

    def note(self, fault: ProviderFault) -> bool:
        """One more; True when it is time to stop asking."""
        self._all.append(fault)
        self.in_a_row += 1
        return self.in_a_row >= FAULTS_IN_A_ROW

    def raise_any(self) -> None:
        """Raise the fault with the longest wait, if there was one."""
        if self._all:
            raise max(self._all, key=lambda fault: fault.retry_after_s)
