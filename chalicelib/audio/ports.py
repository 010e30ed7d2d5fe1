"""The ports of narration: the narrator, the voices of its account, the store of clips, the limit on concurrent calls,
and what a fault means."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from chalicelib.audio.effects import Effect
from chalicelib.domain.voice import Roster
from chalicelib.errors import SpokenLine

RetryDecision = Literal["fewer at once", "once more", "others only", "stop"]
"""What to do after a fault: ask for fewer at the same time, try the line once more after the others, continue
with the others and leave it for later, or stop."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What is bought in one call: a text in a voice. The neighbours' text only guides the prosody.

    `language_code` (ISO 639-1), `text_normalization` and `audio_effect` are None where the model does not take them, or
    nothing is to be sent. `speaker` and `voice_name` are for sentences alone, and sent to nobody.
    """

    text: str
    voice_id: str
    model: str
    output_format: str
    settings: Mapping[str, float | bool]
    previous_text: str | None = None
    next_text: str | None = None
    language_code: str | None = None
    text_normalization: str | None = None
    audio_effect: Effect | None = None
    speaker: str | None = None
    voice_name: str | None = None

    @property
    def line(self) -> SpokenLine:
        """What may be said of it to a person."""
        return SpokenLine(self.speaker or "", self.voice_name or self.voice_id, self.model, self.voice_id)


@dataclass(frozen=True, slots=True)
class SpeechResult:
    """A paid reply: MP3 bytes, and the characters that were billed."""

    audio: bytes
    characters: int


class Narrator(Protocol):
    """The port of a service that speaks."""

    def speak(self, request: SpeechRequest) -> SpeechResult:
        """Make one paid call; raise ProviderFault if no audio came."""


class VoiceDirectory(Protocol):
    """The port of a narrator's account, which knows what voices it has."""

    def look(self, wanted: Collection[str]) -> Roster | None:
        """Ask, free of charge, which voices the account has, and whether it has the `wanted` ones, by id.

        Return None where the server has no such list, or does not show it with this key. Raise ProviderFault if it
        does not answer, or refuses the key.
        """


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

    def record_uncertain(self, purchase_id: str, request: SpeechRequest) -> None:
        """Note a call whose answer never came, to be recorded likewise."""

    def set_aside(self, key: str) -> None:
        """Move a line of which no take can be decoded to where it is no longer found."""


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
