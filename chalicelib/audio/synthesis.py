"""A chapter's clips: bought line by line (`chalicelib.audio.buying`), listened to, the better take of each chosen.

They are listened to by `chalicelib.audio.listening`. A clip that came out odd is bought once more, and the better of
the two takes is used. The second one is stored under a key of its own, so no redelivery and no retry buys a third.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.audio.buying import MOST_BILLED, FirstTakes, Ports, SecondTakes
from chalicelib.audio.decoding import DecodedClip
from chalicelib.audio.listening import Oddity, better, oddities
from chalicelib.audio.narration import Segment, second_take
from chalicelib.audio.ports import ClipStore, ConcurrencyLimiter, Narrator, RetryDecision, SpeechRequest
from chalicelib.audio.threads import Threads
from chalicelib.audio.tools import Ffmpeg
from chalicelib.errors import NotAudio, ProviderFault

AT_ONCE = 8
"""Threads: more lines than this are never narrated at once, even if the plan allows more."""

DECODED_AT_ONCE = 2
"""Processes that decode beside the calls: a permit is held for as long as the provider works, and no longer."""


@dataclass(frozen=True, slots=True)
class OddClip:
    """What is still odd about the clip that is used; `takes`: how many there are to choose from."""

    oddity: Oddity
    takes: int


@dataclass(frozen=True, slots=True)
class Narrated:
    """A chapter's clips by their keys, decoded, and those among them that came out odd."""

    clips: dict[str, DecodedClip]
    odd: dict[str, OddClip]


class SpeechSynthesizer:
    """Gets a chapter's lines from the narrator. `retry_decision` says what a fault of it means for the other lines."""

    def __init__(
        self,
        narrator: Narrator,
        ffmpeg: Ffmpeg,
        retry_decision: Callable[[ProviderFault], RetryDecision],
        threads: Threads,
    ) -> None:
        self._narrator = narrator
        self._ffmpeg = ffmpeg
        self._retry_decision = retry_decision
        self._threads = threads

    def clips(
        self,
        script: Iterable[Segment],
        known: Collection[str],
        clip_store: ClipStore,
        limiter: ConcurrencyLimiter,
        ready: Callable[[], None],
        on_line: Callable[[int, int], None],
        workdir: Path,
    ) -> Narrated:
        """Return a clip for every key of the script, decoded into `workdir`; `known` are the stored ones.

        `on_line` is called with the number of lines that are there, and of all.

        A line that fails for the moment does not stop the others from being bought. Raises ProviderFault and NotAudio
        for a line that could not be bought, Reschedule while another worker buys one, and what `ready` raises.
        """
        # By key, so that words which a chapter repeats in one voice are bought once.
        spoken = {segment.clip_key: segment for segment in script if segment.request is not None}
        wanted = {key: segment.request for key, segment in spoken.items() if segment.request is not None}
        with (
            self._threads.pool(AT_ONCE, "line") as callers,
            self._threads.pool(DECODED_AT_ONCE, "decode") as decoders,
        ):
            ports = Ports(
                self._narrator,
                self._ffmpeg,
                self._retry_decision,
                self._threads,
                clip_store,
                limiter,
                ready,
                on_line,
                workdir,
                callers,
                decoders,
            )
            first = FirstTakes(ports, wanted)
            first.carry_out(known)
            first.raise_any()
            odd = _odd_clips(wanted, first.clips, {})
            # A person who has a line spoken again judges it, and buys one take by that and no more: of theirs only one
            # that is no sound at all is bought once more.
            again = [
                key
                for key, found in odd.items()
                if (spoken[key].take == 1 or found == ["unreadable"]) and first.billed[key] < MOST_BILLED
            ]
            if not again:
                return _chosen(wanted, first, None, clip_store)
            second = SecondTakes(
                ports,
                {second_take(key): wanted[key] for key in again},
                there_before=len(wanted),
                # The first take was billed, if not now, then when it was bought.
                billed_before={second_take(key): max(1, first.billed[key]) for key in again},
            )
            second.carry_out(known)
        return _chosen(wanted, first, second, clip_store)


def _odd_clips(
    wanted: Mapping[str, SpeechRequest],
    first: Mapping[str, DecodedClip | None],
    second: Mapping[str, DecodedClip | None],
) -> dict[str, list[Oddity]]:
    """Return what is odd about each clip, by key. Lengths are judged by the first takes of the whole chapter.

    All of them, whatever was bought in this delivery: the next one must find the same.
    """
    requests = {**wanted, **{second_take(key): request for key, request in wanted.items()}}

    def listened(clips: Mapping[str, DecodedClip | None]) -> dict[str, Any]:
        return {
            key: clip.listened(requests[key].text, requests[key].voice_id)
            for key, clip in clips.items()
            if clip is not None
        }

    unreadable: list[Oddity] = ["unreadable"]
    lost = {key: unreadable for clips in (first, second) for key, clip in clips.items() if clip is None}
    return lost | oddities(listened(first), more=listened(second))


def _chosen(
    wanted: Mapping[str, SpeechRequest], first: FirstTakes, second: SecondTakes | None, clip_store: ClipStore
) -> Narrated:
    """Return the better take of every clip. Raises NotAudio, or what prevented the second take, where none is sound."""
    takes = second.clips if second is not None else {}
    odd = _odd_clips(wanted, first.clips, takes)
    clips: dict[str, DecodedClip] = {}
    still_odd: dict[str, OddClip] = {}
    hopeless: list[str] = []
    for key in wanted:
        other = second_take(key)
        clip, found = first.clips[key], odd.get(key, [])
        if found and other in takes and better(found, odd.get(other, [])):
            clip, found = takes[other], odd.get(other, [])
        if clip is not None:
            clips[key] = clip
        elif other in takes:
            hopeless.append(key)
        if found:
            still_odd[key] = OddClip(found[0], 1 + (other in takes))
    for key in hopeless:
        # The first take alone, which is one move: a person's retry buys it anew, and finds the second one as it is.
        clip_store.set_aside(key)
    if len(clips) < len(wanted):
        prevented = second.reason if second is not None and not hopeless else None
        raise prevented or NotAudio("The narrator's reply cannot be decoded.")
    return Narrated(clips, still_odd)
