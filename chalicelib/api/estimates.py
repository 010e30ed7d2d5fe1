"""Estimates of what generating a story would still take, made as the quote of a task is."""

from collections.abc import Callable

from chalicelib.api.idempotency import Once
from chalicelib.api.requests import Estimate, chapter_of_lines, chapters_of
from chalicelib.api.responses import Estimated, UnavailableVoice
from chalicelib.domain.money import usd
from chalicelib.domain.steps import Plan
from chalicelib.domain.story import Story
from chalicelib.errors import Invalid
from chalicelib.pipeline.flow import NO_TAKES, Takes, not_written_yet
from chalicelib.pipeline.planning import Planning
from chalicelib.pipeline.ports import ChapterRepository
from chalicelib.pipeline.quoting import Quoting
from chalicelib.pipeline.retaking import order_takes
from chalicelib.pipeline.stages import audio_plan
from chalicelib.story.estimating import CHARACTERS_A_SECOND, NO_TOKENS


class Estimates:
    """The API's estimates."""

    def __init__(
        self,
        *,
        planning: Planning,
        quoting: Quoting,
        chapters: ChapterRepository,
        unavailable: Callable[[Story], list[UnavailableVoice]],
    ) -> None:
        self._unavailable = unavailable
        self._planning = planning
        self._quoting = quoting
        self._chapters = chapters

    def estimate(self, story: Story, body: Estimate, once: Once[Estimated]) -> Estimated:
        """Return the tokens, characters, dollars and seconds of sound that generating would take.

        Raises Invalid, and Conflict for the rewrite of a chapter that is not written.
        """
        voiced = chapters_of(story.num_chapters, body.chapters)
        if body.rewrite is not None and body.rewrite > story.num_chapters:
            raise Invalid(f"rewrite: the story has {story.num_chapters} chapters.")
        if body.rewrite is not None and body.chapters is not None:
            raise Invalid("rewrite: leave out either rewrite or chapters.")
        if body.again is not None:
            chapter_of_lines(body.chapters)
        return once(lambda _record: self._estimate(story, body, voiced))

    def _estimate(self, story: Story, body: Estimate, voiced: set[int]) -> Estimated:
        steps = self._quoting.estimate(story, self._plan(story, body, voiced), takes=self._takes(story, body))
        characters = sum(step.characters for step in steps.values())
        tokens = sum((step.tokens for step in steps.values()), NO_TOKENS)
        return Estimated(
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            characters=characters,
            cost_usd=usd(sum(step.cost for step in steps.values())),
            audio_seconds=round(sum(step.spoken for step in steps.values()) / CHARACTERS_A_SECOND, 1),
            unavailable_voices=self._unavailable(story) if body.audio else [],
        )

    def _takes(self, story: Story, body: Estimate) -> Takes:
        if body.again is None or not body.audio:
            return NO_TAKES
        number = chapter_of_lines(body.chapters)
        return {number: order_takes(number, self._chapters.get(story.story_id, number), body.again)}

    def _plan(self, story: Story, body: Estimate, voiced: set[int]) -> Plan:
        if body.rewrite is not None:
            headers = self._chapters.headers(story.story_id)
            if not any(header.number == body.rewrite and header.script_version for header in headers):
                raise not_written_yet(body.rewrite)
            # A rewrite is not narrated by its own task; what narrating it takes then is in the estimate all the same.
            spoken = audio_plan([body.rewrite]) if body.audio else frozenset()
            return self._planning.rewrite(story, body.rewrite) | spoken
        if body.chapters is not None:
            return audio_plan(voiced) if body.audio else frozenset()
        return self._planning.story(story, audio=body.audio)
