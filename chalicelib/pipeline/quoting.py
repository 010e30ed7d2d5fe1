"""What a plan should still cost, step by step: what exists already is not bought again, and not counted."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.audio.narration import Segment, segments
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.budgets import Quote
from chalicelib.domain.money import micro
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.story import Story
from chalicelib.errors import Invalid
from chalicelib.pipeline.ports import ChapterRepository
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.pipeline.workflow import rewritten
from chalicelib.story.config import StoryConfig
from chalicelib.story.estimating import NO_TOKENS, AuthorCalls, TokenEstimate, characters_of
from chalicelib.story.measures import too_long


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """What a step should take: `characters` are bought, of those that are `spoken`. `cost` is in micro-dollars."""

    tokens: TokenEstimate = NO_TOKENS
    characters: int = 0
    spoken: int = 0
    cost: int = 0
    question: int = 0
    """The cost of the dearest question among them, which may have to be asked again."""


class Quoting:
    """Quotes and estimates, made from what is stored, the configuration and its prices.

    The characters of written chapters are counted: those of the clips that are not stored yet. The rest is estimated.
    """

    def __init__(
        self, *, chapters: ChapterRepository, sounds: SoundStore, config: StoryConfig, voices: VoicesConfig
    ) -> None:
        self._chapters = chapters
        self._sounds = sounds
        self._config = config
        self._calls = AuthorCalls(config)
        self._voices = voices

    def quote(self, story: Story, plan: Plan, done: frozenset[Step] = frozenset()) -> Quote:
        """Return what a task with this plan holds before it starts, or goes on."""
        steps = self.estimate(story, plan, done, strict=False)
        shares = {step.code: step_estimate.cost for step, step_estimate in steps.items() if step_estimate.cost}
        return Quote(shares, max((step_estimate.question for step_estimate in steps.values()), default=0))

    def estimate(
        self, story: Story, plan: Plan, done: frozenset[Step] = frozenset(), *, strict: bool = True
    ) -> dict[Step, StepEstimate]:
        """Return what each step of a plan should still take.

        `strict` raises Invalid for a chapter that is too long to be narrated; otherwise it costs nothing, since its
        step ends before it buys anything.
        """
        headers = self._chapters.headers(story.story_id)
        written = {header.number: header for header in headers if header.script_version}
        again = rewritten(plan)
        to_write = {
            step.chapter
            for step in plan - done
            if step.kind == "write" and (step.chapter not in written or step.chapter == again)
        }
        found: dict[Step, StepEstimate] = {}
        stale = sorted(number for number, header in written.items() if not header.is_summarized)
        to_voice: list[Step] = []
        for step in sorted(plan - done):
            number, header = step.chapter, written.get(step.chapter)
            if step.kind == "outline" and not story.outline:
                found[step] = self._asking(self._calls.outline(story.prompt, story.num_chapters))
            elif step.kind == "write" and number in to_write:
                asked = [self._calls.chapter(number, again=number == again)]
                # Each is made anew once, for the first chapter that is written after it.
                asked += [self._calls.summary(story.num_chapters) for earlier in stale if earlier < number]
                stale = [other for other in stale if other > number]
                found[step] = self._asking(*asked)
            elif step.kind == "enhance" and (number in to_write or header is None or not header.is_directed):
                found[step] = self._asking(self._calls.enhancement())
            elif step.kind == "narrate" and (number in to_write or header is None):
                to_come = characters_of(1, self._config)
                found[step] = StepEstimate(NO_TOKENS, to_come, to_come, self._spoken_cost(to_come))
            elif step.kind == "narrate" and header is not None and not header.is_narrated:
                to_voice.append(step)
        return found | self._voicing(story, to_voice, strict=strict)

    def _asking(self, *calls: TokenEstimate) -> StepEstimate:
        costs = [micro(call.cost_usd) for call in calls]
        return StepEstimate(sum(calls, NO_TOKENS), cost=sum(costs), question=max(costs))

    def _voicing(self, story: Story, steps: list[Step], *, strict: bool) -> dict[Step, StepEstimate]:
        """Count the characters of written chapters without up-to-date sound, each line once."""
        if not steps:
            return {}
        kept = self._sounds.clip_keys(story.story_id)
        counted: set[str] = set()
        found: dict[Step, StepEstimate] = {}
        for step in steps:
            spoken = list(self._spoken(story, step.chapter, kept, strict=strict))
            unbought = {segment.key: segment.characters for segment in spoken if segment.key not in kept | counted}
            counted |= unbought.keys()
            found[step] = StepEstimate(
                characters=sum(unbought.values()),
                spoken=sum(segment.characters for segment in spoken),
                cost=sum(map(self._spoken_cost, unbought.values())),
            )
        return found

    def _spoken_cost(self, characters: int) -> int:
        return micro(self._config.prices.of_characters(self._voices.model, characters))

    def _spoken(self, story: Story, number: int, kept: set[str], *, strict: bool) -> Iterator[Segment]:
        """Yield the segments of a chapter that are spoken."""
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or not chapter.script:
            return  # deleted in the meantime
        if reason := too_long(line.text for line in chapter.lines):
            if not strict:
                return
            raise Invalid(f"chapters: Chapter {number} is too long to be narrated: {reason}. Shorten it.")
        found = segments(chapter.lines, story.voices or {}, self._voices, kept)
        yield from (segment for segment in found if segment.request is not None)
