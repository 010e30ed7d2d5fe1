"""What a plan should still cost, step by step: what exists already is not bought again, and not counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalicelib.audio.narration import Segment, segments
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.budgets import Quote
from chalicelib.domain.money import micro
from chalicelib.domain.steps import Plan, Step
from chalicelib.domain.story import Story
from chalicelib.errors import Invalid
from chalicelib.pipeline.flow import NO_TAKES, Takes
from chalicelib.pipeline.ports import ChapterRepository
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.pipeline.speaking import framing_characters, spoken_lines
from chalicelib.pipeline.stages import rewritten
from chalicelib.story.config import StoryConfig
from chalicelib.story.estimating import NO_TOKENS, AuthorCalls, TokenEstimate, characters_of, words_of
from chalicelib.story.measures import too_long


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """What a step should take: `characters` are bought, of those that are `spoken`. `cost` is in micro-dollars."""

    tokens: TokenEstimate = NO_TOKENS
    characters: int = 0
    spoken: int = 0
    cost: int = 0
    question: int = 0
    """The cost of the dearest call among them, which may have to be made again: a question whose answer has to be
    repaired, or a line whose clip comes out odd."""


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
        self._voices = voices

    def quote(self, story: Story, plan: Plan, done: frozenset[Step] = frozenset(), takes: Takes = NO_TAKES) -> Quote:
        """Return what a task with this plan holds before it starts, or goes on."""
        steps = self.estimate(story, plan, done, strict=False, takes=takes)
        shares = {step.code: step_estimate.cost for step, step_estimate in steps.items() if step_estimate.cost}
        return Quote(shares, max((step_estimate.question for step_estimate in steps.values()), default=0))

    def estimate(
        self,
        story: Story,
        plan: Plan,
        done: frozenset[Step] = frozenset(),
        *,
        strict: bool = True,
        takes: Takes = NO_TAKES,
    ) -> dict[Step, StepEstimate]:
        """Return what each step of a plan should still take, with the `takes` that are ordered with it.

        `strict` raises Invalid for a chapter that is too long to be narrated; otherwise it costs nothing, since its
        step ends before it buys anything.
        """
        headers = self._chapters.headers(story.story_id)
        written = {header.number: header for header in headers if header.script_version}
        words = words_of(story.wish, self._config)
        calls = AuthorCalls(self._config, words, len(self._voices.voices))
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
                found[step] = self._asking(calls.outline(story))
            elif step.kind == "write" and number in to_write:
                asked = calls.chapter(number, again=number == again, told=_told(story, number))
                # Each is made anew once, for the first chapter that is written after it.
                asked += [calls.summary(story.num_chapters) for earlier in stale if earlier < number]
                stale = [other for other in stale if other > number]
                found[step] = self._asking(*asked)
            elif step.kind == "enhance" and (number in to_write or header is None or not header.is_directed):
                found[step] = self._asking(calls.enhancement())
            elif step.kind == "narrate" and (number in to_write or header is None):
                to_come = _told(story, number) or characters_of(words)
                to_come += framing_characters(story, number, self._config.frame)
                found[step] = StepEstimate(NO_TOKENS, to_come, to_come, self._spoken_cost(to_come))
            elif step.kind == "narrate" and header is not None and (number in takes or not header.is_narrated):
                to_voice.append(step)
        return found | self._voicing(story, to_voice, takes, strict=strict)

    def _asking(self, *calls: TokenEstimate) -> StepEstimate:
        costs = [micro(call.cost_usd) for call in calls]
        return StepEstimate(sum(calls, NO_TOKENS), cost=sum(costs), question=max(costs))

    def _voicing(self, story: Story, steps: list[Step], takes: Takes, *, strict: bool) -> dict[Step, StepEstimate]:
        """Count the characters of written chapters without up-to-date sound, each line once."""
        if not steps:
            return {}
        kept = self._sounds.clip_keys(story.story_id)
        counted: set[str] = set()
        found: dict[Step, StepEstimate] = {}
        for step in steps:
            spoken = list(self._spoken(story, step.chapter, kept, takes.get(step.chapter), strict=strict))
            unbought = {
                segment.clip_key: segment.characters for segment in spoken if segment.clip_key not in kept | counted
            }
            counted |= unbought.keys()
            found[step] = StepEstimate(
                characters=sum(unbought.values()),
                spoken=sum(segment.characters for segment in spoken),
                cost=sum(map(self._spoken_cost, unbought.values())),
                question=max((self._spoken_cost(segment.characters) for segment in spoken), default=0),
            )
        return found

    def _spoken_cost(self, characters: int) -> int:
        return micro(self._config.prices.of_characters(self._voices.model, characters))

    def _spoken(
        self, story: Story, number: int, kept: set[str], takes: Mapping[str, int] | None, *, strict: bool
    ) -> Iterator[Segment]:
        """Yield the segments of a chapter that are spoken."""
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or not chapter.script:
            return  # deleted in the meantime
        if reason := too_long(line.text for line in chapter.lines):
            if not strict:
                return
            raise Invalid(f"chapters: Chapter {number} is too long to be narrated: {reason}. Shorten it.")
        ordered = chapter.takes if takes is None else takes
        lines = spoken_lines(story, chapter, self._config.frame)
        found = segments(lines, story.voices or {}, self._voices, kept, story.language, ordered, story.stand_ins)
        yield from (segment for segment in found if segment.request is not None)


def _told(story: Story, number: int) -> int:
    """Return the characters of a chapter whose text there is already; 0 for one that the author writes."""
    sizes = story.manuscript.characters if story.manuscript else []
    return sizes[number - 1] if number <= len(sizes) else 0
