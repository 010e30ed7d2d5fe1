"""The clips of one story: those that are stored, and those that one step buys."""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.clock import rfc3339
from chalicelib.domain.steps import Step
from chalicelib.domain.usage import LINE, Purchase, to_metadata
from chalicelib.errors import StoreUnavailable
from chalicelib.pipeline.ports import Repositories
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.pipeline.step_context import StepContext
from chalicelib.runtime import Runtime

PriceOf = Callable[[str, int], float]
"""Returns what a model asks for a number of characters, in dollars."""


class StoryClipStore:
    """The clip store of one story, for one step, which pays for what it buys."""

    def __init__(
        self, *, context: StepContext, repositories: Repositories, sounds: SoundStore, price: PriceOf, runtime: Runtime
    ) -> None:
        self._context = context
        self._story_id = context.task.story_id
        self._chapter = Step.parse(context.lease.step).chapter
        self._claims = repositories.claims
        self._sounds = sounds
        self._price = price
        self._runtime = runtime

    def known(self) -> set[str]:
        """Return the keys of all stored clips."""
        return self._sounds.clip_keys(self._story_id)

    def fetch(self, key: str) -> bytes | None:
        """Return a stored clip, or None."""
        found = self._sounds.get_clip(self._story_id, key)
        return found.data if found else None

    def claim(self, key: str) -> bool:
        """Claim the right to buy a line; return False while another step has it."""
        return self._claims.claim(self._context.lease, key, self._runtime.timing.claim_s)

    def unclaim(self, key: str) -> None:
        """Give the claim on a line back."""
        self._claims.release(self._context.lease, key)

    def reserve(self, request: SpeechRequest) -> str:
        """Reserve what a line costs, and return the id of its purchase; raise BudgetExceeded or LeaseLost."""
        return self._context.funds.reserve(self._purchase(request, len(request.text)))

    def give_back(self, purchase_id: str) -> None:
        """Give back what was reserved for a call that cost nothing."""
        self._context.funds.give_back(purchase_id)

    def flush(self) -> None:
        """Book what was bought now, or, if the store fails, with the next line or at the end of the step."""
        with suppress(StoreUnavailable):
            self._context.funds.save()

    def keep(self, purchase_id: str, key: str, request: SpeechRequest, result: SpeechResult) -> None:
        """Store a clip that was bought, then book its purchase."""
        purchase = self._purchase(request, result.characters)
        try:
            # The clip goes first. After a crash in between it is found, and its purchase, which was reserved, is
            # booked as uncertain.
            self._sounds.put_clip(self._story_id, key, result.audio, to_metadata(purchase_id, purchase))
        finally:
            self._context.funds.bought(purchase_id, purchase)  # it was paid for, whether it could be stored or not

    def record_uncertain(self, purchase_id: str, request: SpeechRequest) -> None:
        """Book a call whose answer never came: it may have been billed, for the characters that were sent."""
        purchase = self._purchase(request, len(request.text))
        self._context.funds.bought(purchase_id, msgspec.structs.replace(purchase, uncertain=True))

    def set_aside(self, key: str) -> None:
        """Move a clip that is not audio to where it is no longer found: it was paid for, so it is not deleted."""
        # Moved before the claim is given back: the next buyer must not find the broken clip again.
        self._sounds.set_clip_aside(self._story_id, key, rfc3339(self._runtime.clock()))
        self.unclaim(key)

    def _purchase(self, request: SpeechRequest, characters: int) -> Purchase:
        return Purchase(
            LINE, request.model, self._price(request.model, characters), self._chapter, characters=characters
        )
