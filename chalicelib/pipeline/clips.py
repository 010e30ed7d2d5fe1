"""The clips of one story: those that are stored, and those that one step buys."""

from collections.abc import Callable

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.clock import rfc3339
from chalicelib.domain.steps import Step
from chalicelib.domain.usage import LINE, Purchase, UsageRecord, from_metadata, to_metadata
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
        self._usage = repositories.usage
        self._sounds = sounds
        self._price = price
        self._runtime = runtime

    def known(self) -> set[str]:
        """Return the keys of all stored clips."""
        return self._sounds.clip_keys(self._story_id)

    def fetch(self, key: str) -> bytes | None:
        """Return a stored clip, or None.

        Its charge is recorded again, under the same id: a crash may have come between the clip and the record.
        """
        found = self._sounds.get_clip(self._story_id, key)
        if found is None:
            return None
        record = from_metadata(self._context.task.user_id, self._story_id, found.metadata)
        if record is not None:
            self._usage.save_again(record)
        return found.data

    def claim(self, key: str) -> bool:
        """Claim the right to buy a line; return False while another step has it."""
        return self._claims.claim(self._context.lease, key, self._runtime.timing.claim_s)

    def unclaim(self, key: str) -> None:
        """Give the claim on a line back."""
        self._claims.release(self._context.lease, key)

    def keep(self, key: str, request: SpeechRequest, result: SpeechResult) -> None:
        """Store a clip that was bought, then the record of its purchase."""
        record = self._record(request, result.characters)
        try:
            # The clip goes first, with the record as its metadata: after a crash in between, `fetch` records it.
            self._sounds.put_clip(self._story_id, key, result.audio, to_metadata(record))
        finally:
            self._save(record)  # it was paid for, whether it could be stored or not

    def record_uncertain(self, request: SpeechRequest) -> None:
        """Record a call whose answer never came: it may have been billed, for the characters that were sent."""
        self._save(self._record(request, len(request.text), uncertain=True))

    def record(self, request: SpeechRequest, result: SpeechResult) -> None:
        """Record a purchase whose result was unusable."""
        self._save(self._record(request, result.characters))

    def set_aside(self, key: str) -> None:
        """Move a clip that is not audio to where it is no longer found: it was paid for, so it is not deleted."""
        # Moved before the claim is given back: the next buyer must not find the broken clip again.
        self._sounds.set_clip_aside(self._story_id, key, rfc3339(self._runtime.clock()))
        self.unclaim(key)

    def _record(self, request: SpeechRequest, characters: int, *, uncertain: bool = False) -> UsageRecord:
        cost = self._price(request.model, characters)
        purchase = Purchase(LINE, request.model, cost, self._chapter, characters=characters, uncertain=uncertain)
        return self._usage.record(self._context.task.user_id, self._story_id, purchase)

    def _save(self, record: UsageRecord) -> None:
        """Save a record now, or, if the store fails, before the next paid call or at the end of the step."""
        try:
            self._usage.save(record)
        except StoreUnavailable:
            # Appending is atomic, so the threads that buy lines need no lock here.
            self._context.charges.append(record)
