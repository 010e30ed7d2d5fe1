"""The ports of narration: the narrator, the store of clips, the limit on concurrent calls, and what a fault means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

RetryDecision = Literal["fewer at once", "once more", "others only", "stop"]
"""What to do after a fault: ask for fewer at the same time, try the line once more after the others, go on with the
others and leave it for later, or stop."""


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
        """Make one paid call; raise ProviderFault if no sound came."""


class ClipStore(Protocol):
    """Where narrated lines of a story are kept, by key."""

    def known(self) -> set[str]:
        """Return the keys of all lines that are kept."""

    def fetch(self, key: str) -> bytes | None:
        """Return a kept line."""

    def claim(self, key: str) -> bool:
        """Take the right to buy a line; False while somebody else has it."""

    def unclaim(self, key: str) -> None:
        """Give that right back, unused."""

    def keep(self, key: str, request: SpeechRequest, result: SpeechResult) -> None:
        """Keep a line that was bought, and the record of its purchase."""

    def record(self, request: SpeechRequest, result: SpeechResult) -> None:
        """Keep the record of a purchase that was worth nothing."""

    def record_uncertain(self, request: SpeechRequest) -> None:
        """Keep the record of a call whose answer never came."""

    def set_aside(self, key: str) -> None:
        """Keep a line that turned out to be no sound where it is not taken for one."""


class ConcurrencyLimiter(Protocol):
    """How many lines may be narrated at once, now."""

    @property
    def look_again_s(self) -> float | None:
        """When to ask again though no line has ended: others may have made room. None where more is not wanted."""

    def lines(self, running: int, left: int) -> int:
        """Return the number, at least 1, while `running` of the `left` lines run.

        Raises Reschedule while no permit is free.
        """

    def shrink(self, running: int) -> bool:
        """Make do with fewer from now on; False if it is one already."""
