"""What generating a story would still take now: what is made already is not bought again, and not counted."""

from collections.abc import Mapping

from chalicelib.api.idempotency import ApiRequest, Idempotency, Json
from chalicelib.api.requests import Estimate, chapters_of, parse_body
from chalicelib.audio.narration import segments
from chalicelib.audio.voices import VoicesConfig
from chalicelib.errors import Invalid
from chalicelib.pipeline.scripts import lines_of
from chalicelib.store.objects import ObjectStore, lines_of_story
from chalicelib.store.stories import Chapters, Stories
from chalicelib.store.tables import ChapterItem, StoryItem
from chalicelib.story.config import StoryConfig
from chalicelib.story.estimating import CHARACTERS_A_SECOND, TokenEstimate, author_tokens, characters_of
from chalicelib.story.measures import too_long


class Estimates:
    """Estimates from what is kept, the configuration and its prices."""

    def __init__(
        self,
        stories: Stories,
        chapters: Chapters,
        objects: ObjectStore,
        config: StoryConfig,
        voices: VoicesConfig,
        idempotency: Idempotency,
    ) -> None:
        self._stories = stories
        self._chapters = chapters
        self._objects = objects
        self._config = config
        self._voices = voices
        self._idempotency = idempotency

    def estimate(self, request: ApiRequest, story_id: str) -> Json:
        """Tokens, characters, dollars, and the seconds of sound that would be made.

        The characters of written chapters are those of the lines that are not kept yet. The rest is estimated.
        """
        story = self._stories.get(request.user_id, story_id)
        wanted = parse_body(request.body, Estimate)
        voiced = chapters_of(int(story.num_chapters), wanted.chapters)
        return self._idempotency(request, lambda _record: self._estimate(story, wanted, voiced))

    def _estimate(self, story: StoryItem, wanted: Estimate, voiced: set[int]) -> Json:
        headers = self._chapters.headers(story.story_id)
        written = {int(chapter.number): chapter for chapter in headers if chapter.script_version}
        unwritten = set(range(1, int(story.num_chapters) + 1)) - set(written)
        words = TokenEstimate() if wanted.chapters is not None else self._words(story, written, unwritten)
        if not wanted.audio:
            return self._answer(words, 0, 0)
        unbought, spoken = self._unbought(story, {n: chapter for n, chapter in written.items() if n in voiced})
        to_come = characters_of(len(unwritten & voiced), self._config)
        return self._answer(words, unbought + to_come, spoken + to_come)

    def _words(self, story: StoryItem, written: Mapping[int, ChapterItem], unwritten: set[int]) -> TokenEstimate:
        """The author's calls: for what is not written, not directed, or to be summarized anew for a later chapter."""
        undirected = unwritten | {
            n for n, headers in written.items() if headers.enhanced_version != headers.script_version
        }
        edited = [n for n, headers in written.items() if headers.summary_version != headers.script_version]
        return author_tokens(
            prompt=story.prompt,
            num_chapters=int(story.num_chapters),
            outlined=bool(story.outline),
            unwritten=unwritten,
            undirected=len(undirected) if story.enhance else 0,
            unsummarized=sum(1 for number in edited if number < max(unwritten, default=0)),
            config=self._config,
        )

    def _answer(self, tokens: TokenEstimate, characters: int, spoken: int) -> Json:
        cost = tokens.cost_usd + self._config.prices.of_characters(self._voices.model, characters)
        return {
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "characters": characters,
            "cost_usd": round(cost, 6),
            "audio_seconds": round(spoken / CHARACTERS_A_SECOND, 1),
        }

    def _unbought(self, story: StoryItem, written: Mapping[int, ChapterItem]) -> tuple[int, int]:
        """Of the chapters whose sound is missing or out of date: the characters still to be bought, and all of them."""
        silent = [number for number, headers in written.items() if headers.sound_version != headers.script_version]
        if not silent:
            return 0, 0
        kept = lines_of_story(self._objects, story.story_id)
        unbought: dict[str, int] = {}
        spoken = 0
        for number in silent:
            chapter = self._chapters.get(story.story_id, number)
            if chapter is None or not chapter.script:
                continue  # deleted meanwhile
            lines = lines_of(chapter)
            if reason := too_long(line.text for line in lines):
                raise Invalid(f"chapters: Chapter {number} is too long to be narrated: {reason}. Shorten it.")
            for piece in segments(lines, story.voices, self._voices, kept):
                if piece.request is not None:
                    spoken += len(piece.request.text)
                    if piece.key not in kept:
                        unbought[piece.key] = len(piece.request.text)
        return sum(unbought.values()), spoken
