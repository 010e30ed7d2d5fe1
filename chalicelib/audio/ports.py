"""The ports of narration: the narrator, the store of clips, the limit on concurrent calls, and what a fault means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

RetryDecision = Literal["fewer at once", "once more", "others only", "stop"]
"""What to do after a fault: ask for fewer at the same time, try the line once more after the others, continue
with the others and leave it for later, or stop."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What is bought in one call: a text in a voice. The neighbours' text only guides the prosody."""

    text: str
    voice_id: str
    model: str
    output_format: str
    settings: Mapping[str, float | bool]
    previous_text: str | None = None
    next_text: str | None = None


@dataclass(frozen=True, slots=True)
class SpeechResult:
    """A paid reply: MP3 bytes, and the characters that were billed."""

    audio: bytes
    characters: int


class Narrator(Protocol):
    """The port of a service that speaks."""

    def speak(self, request: SpeechRequest) -> SpeechResult:
        """Make one paid call; raise ProviderFault if no audio came."""


class ClipStore(Protocol):
    """The store of a story's narrated lines, by key."""

    def known(self) -> set[str]:
        """Return the keys of all stored lines."""

    def fetch(self, key: str) -> bytes | None:
        """Return a stored line, or None."""

    def claim(self, key: str) -> bool:
        """Claim the right to buy a line; return False while another step has it."""

    def unclaim(self, key: str) -> None:
        """Give that right back, unused."""

    def reserve(self, request: SpeechRequest) -> str:
        """Reserve the money for a line, and return the id of its purchase; raises if there is too little."""

    def give_back(self, purchase_id: str) -> None:
        """Give that money back: the call cost nothing."""

    def flush(self) -> None:
        """Store the records of what was bought: nothing is bought for a while. `reserve` does so, too."""

    def keep(self, purchase_id: str, key: str, request: SpeechRequest, result: SpeechResult) -> None:
        """Store a line that was bought. The record of its purchase follows with the next `reserve` or `flush`."""

    def record(self, purchase_id: str, request: SpeechRequest, result: SpeechResult) -> None:
        """Note a purchase whose result was unusable, to be recorded likewise."""

    def record_uncertain(self, purchase_id: str, request: SpeechRequest) -> None:
        """Note a call whose answer never came, to be recorded likewise."""

    def set_aside(self, key: str) -> None:
        """Move a line that turned out not to be audio to where it is no longer found."""


class ConcurrencyLimiter(Protocol):
    """How many lines may be narrated at once, now."""

    @property
    def look_again_s(self) -> float | None:
        """Seconds until the next check, should no line end before; None if no more are wanted."""

    def lines(self, running: int, left: int) -> int:
        """Return the number, at least 1, while `running` of the `left` lines run.

        Raises Reschedule while no permit is free.
        """

    def shrink(self, running: int) -> bool:
        """Use fewer from now on; return False if it is one already."""
