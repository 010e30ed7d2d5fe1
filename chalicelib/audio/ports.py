"""What a chapter's lines are got with: where they are kept, how many may be narrated at once, what a fault means."""

from typing import Literal, Protocol

from chalicelib.providers.narrator import SpeechRequest, SpeechResult

RetryDecision = Literal["fewer at once", "once more", "others only", "stop"]
"""What to do after a fault: ask for fewer at the same time, try the line once more after the others, go on with the
others and leave it for later, or stop."""


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
