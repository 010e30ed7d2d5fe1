"""Estimates of what generating a story would still take: what exists already is not bought again, and not counted."""

from collections.abc import Iterator, Mapping

from chalicelib.api.idempotency import Once
from chalicelib.api.requests import Estimate, chapters_of
from chalicelib.api.responses import Estimated
from chalicelib.audio.narration import Segment, segments
from chalicelib.audio.voices import VoicesConfig
from chalicelib.domain.chapter import ChapterHeader
from chalicelib.domain.story import Story
from chalicelib.errors import Invalid
from chalicelib.pipeline.ports import ChapterRepository
from chalicelib.pipeline.sounds import SoundStore
from chalicelib.story.config import StoryConfig
from chalicelib.story.estimating import CHARACTERS_A_SECOND, TokenEstimate, author_tokens, characters_of
from chalicelib.story.measures import too_long


class Estimates:
    """The API's estimates, made from what is stored, the configuration and its prices."""

    def __init__(
        self,
        *,
        chapters: ChapterRepository,
        sounds: SoundStore,
        config: StoryConfig,
        voices: VoicesConfig,
    ) -> None:
        self._chapters = chapters
        self._sounds = sounds
        self._config = config
        self._voices = voices

    def estimate(self, story: Story, body: Estimate, once: Once[Estimated]) -> Estimated:
        """Return the tokens, characters, dollars and seconds of sound that generating would take.

        The characters of written chapters are counted: those of the clips that are not stored yet. The rest is
        estimated. Raises Invalid.
        """
        voiced = chapters_of(story.num_chapters, body.chapters)
        return once(lambda _record: self._estimate(story, body, voiced))

    def _estimate(self, story: Story, body: Estimate, voiced: set[int]) -> Estimated:
        headers = self._chapters.headers(story.story_id)
        written = {chapter.number: chapter for chapter in headers if chapter.script_version}
        unwritten = set(range(1, story.num_chapters + 1)) - set(written)
        tokens = TokenEstimate() if body.chapters is not None else self._author_tokens(story, written, unwritten)
        if not body.audio:
            return self._response(tokens, 0, 0)
        unbought, spoken = self._unbought(story, {n: chapter for n, chapter in written.items() if n in voiced})
        to_come = characters_of(len(unwritten & voiced), self._config)
        return self._response(tokens, unbought + to_come, spoken + to_come)

    def _author_tokens(self, story: Story, written: Mapping[int, ChapterHeader], unwritten: set[int]) -> TokenEstimate:
        """Estimate the author's calls: for chapters to write, to direct, or to summarize again for later ones."""
        undirected = unwritten | {number for number, header in written.items() if not header.is_directed}
        edited = [number for number, header in written.items() if not header.is_summarized]
        return author_tokens(
            prompt=story.prompt,
            num_chapters=story.num_chapters,
            outlined=bool(story.outline),
            unwritten=unwritten,
            undirected=len(undirected) if story.enhance else 0,
            unsummarized=sum(1 for number in edited if number < max(unwritten, default=0)),
            config=self._config,
        )

    def _response(self, tokens: TokenEstimate, characters: int, spoken: int) -> Estimated:
        cost = tokens.cost_usd + self._config.prices.of_characters(self._voices.model, characters)
        return Estimated(
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            characters=characters,
            cost_usd=round(cost, 6),
            audio_seconds=round(spoken / CHARACTERS_A_SECOND, 1),
        )

    def _unbought(self, story: Story, written: Mapping[int, ChapterHeader]) -> tuple[int, int]:
        """Return the characters still to be bought, and all characters, of chapters without up-to-date sound."""
        silent = [number for number, header in written.items() if not header.is_narrated]
        if not silent:
            return 0, 0
        kept = self._sounds.clip_keys(story.story_id)
        spoken = [segment for number in silent for segment in self._spoken(story, number, kept)]
        unbought = {segment.key: segment.characters for segment in spoken if segment.key not in kept}
        return sum(unbought.values()), sum(segment.characters for segment in spoken)

    def _spoken(self, story: Story, number: int, kept: set[str]) -> Iterator[Segment]:
        """Yield the segments of a chapter that are spoken; raise Invalid for one that is too long to be narrated."""
        chapter = self._chapters.get(story.story_id, number)
        if chapter is None or not chapter.script:
            return  # deleted in the meantime
        if reason := too_long(line.text for line in chapter.lines):
            raise Invalid(f"chapters: Chapter {number} is too long to be narrated: {reason}. Shorten it.")
        found = segments(chapter.lines, story.voices or {}, self._voices, kept)
        yield from (segment for segment in found if segment.request is not None)
