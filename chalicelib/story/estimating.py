"""What writing a story takes, before it is written: tokens of the author's calls and characters for the narrator.

Sizes are those of Fireside's own prompts, schemas and replies, in English; other languages take up to twice the tokens.
"""

from dataclasses import dataclass

from chalicelib.domain.story import Story, Wish
from chalicelib.story.config import StoryConfig
from chalicelib.story.sizes import BEGINNINGS

CHARACTERS_A_WORD = 5.3
"""Characters of speech a word, with its space and punctuation: a chapter of 900 words has some 4,800."""

CHARACTERS_A_SECOND = 15.0
"""How fast a narrator speaks, pauses between lines included."""

TOKENS_A_WORD = 1.35
WORDS_A_LINE = 25
"""A line of narration is one to four sentences, a character's often one."""

TOKENS_A_LINE = 14
"""Names, quotation marks and brackets of a line's JSON."""

OUTLINE_INPUT, OUTLINE_OUTPUT, OUTLINE_A_CHAPTER = 1350, 970, 120
"""Instructions and schema; teller, style, premise, setting, rules and a cast of five; a chapter's beats and ending."""

VOICE_SHOWN, PROPOSALS = 60, 220
"""A voice that the author may choose, as it is shown it; the voices of a cast of five and some pronunciations."""

CHAPTER_INPUT, SUMMARY = 1700, 330
"""Instructions, schema and seam; summary, memory, opening and ending that each earlier chapter adds, of which a
chapter's reply brings the first two."""

REVISED = 0.3
"""The share of a chapter that its author changes when reading it once more."""

EARLIER_BOOK = 5000
"""The book before, as the plan of a sequel is told it."""

SPEAKERS_INPUT, CHARACTERS_A_PIECE, TOKENS_A_PIECE = 1100, 45, 14
"""Instructions, schema and seam of the question who speaks; a piece of a text, with its id and what stands around it.
The reply names the speaker of one piece in three."""

TITLE = 12
"""A chapter's title, for a text that has none."""

RETELLING_INPUT = 500
"""Instructions and schema of the question for a summary, beside bible and script."""

ENHANCEMENT_INPUT, TOKENS_A_TAGGED_LINE = 600, 18
"""Instructions, schema, order and tags, beside bible and script; the reply names at most one line in three."""


SAFETY_INPUT, SAFETY_OUTPUT = 350, 12
"""Instructions and schema; the name of a category."""


@dataclass(frozen=True, slots=True)
class TokenEstimate:
    """What goes in and out of an author's calls, and what that costs."""

    input: int = 0
    output: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "TokenEstimate") -> "TokenEstimate":
        return TokenEstimate(self.input + other.input, self.output + other.output, self.cost_usd + other.cost_usd)


NO_TOKENS = TokenEstimate()


def words_of(wish: Wish, config: StoryConfig) -> int:
    """Return the words of a chapter, as the listener or the configuration orders them, in whole tens."""
    if wish.minutes_per_chapter is None:
        return config.writing.words_per_chapter
    return round(wish.minutes_per_chapter * 60 * CHARACTERS_A_SECOND / CHARACTERS_A_WORD / 10) * 10


WORDS_A_CALL = 1800
"""The longest part of a chapter that one call writes: models that are asked for more write less than that."""


def parts_of(words: int) -> int:
    """Return in how many calls a chapter of so many words is written."""
    return -(-words // WORDS_A_CALL)


def characters_of(words: int) -> int:
    """Return the characters of a chapter of so many words that is not written yet."""
    return round(words * CHARACTERS_A_WORD)


class AuthorCalls:
    """The estimates of single calls to the author, for chapters of so many words, cast from so many voices."""

    def __init__(self, config: StoryConfig, words: int, voices: int = 0) -> None:
        self._shown = VOICE_SHOWN * voices
        self._config = config
        self._words = words
        self._spoken = words * TOKENS_A_WORD
        self._lines = words / WORDS_A_LINE
        self._previous = min(words, config.writing.previous_words) * TOKENS_A_WORD

    def outline(self, story: Story) -> TokenEstimate:
        """Return the call that plans a story, after the question whether it may be told, where that is asked."""
        given, shown = OUTLINE_INPUT + self._shown + len(story.prompt) / 4, len(story.prompt)
        if story.manuscript is not None:
            told = min(BEGINNINGS, sum(story.manuscript.characters))
            shown += told
            planning = self._call("outline", given + told / 4, OUTLINE_OUTPUT + PROPOSALS + TITLE * story.num_chapters)
        else:
            given += EARLIER_BOOK if story.sequel_of else 0
            planning = self._call("outline", given, _planned(story.num_chapters) + PROPOSALS)
        return planning + self._question(shown)

    def chapter(self, number: int, *, again: bool = False, told: int = 0) -> list[TokenEstimate]:
        """Return the calls that write a chapter, from 1; `again`: the author is shown its earlier text, too.

        `told`: the characters of a text whose speakers are found instead.
        """
        before = self._previous if number > 1 else 0
        if told and not again:
            pieces = told / CHARACTERS_A_PIECE
            given = SPEAKERS_INPUT + OUTLINE_OUTPUT + before + SUMMARY * (number - 1) + told / 4
            return [self._call("chapter", given + TOKENS_A_PIECE * pieces, TOKENS_A_PIECE * pieces / 3 + SUMMARY)]
        given = CHAPTER_INPUT + OUTLINE_OUTPUT + 2 * OUTLINE_A_CHAPTER + before + SUMMARY * (number - 1)
        if again:
            return [self._question(0) + self._call("chapter", given + self._script, self._script + SUMMARY)]
        count = parts_of(self._words)
        part = self._script / count
        asked = [self._call("chapter", given + part * done, part + SUMMARY) for done in range(count)]
        if self._config.writing.revise:
            asked.append(self._call("chapter", given + self._script, self._script * REVISED))
        return asked

    def enhancement(self) -> TokenEstimate:
        """Return the call that directs the voices of a chapter."""
        given = ENHANCEMENT_INPUT + OUTLINE_OUTPUT + OUTLINE_A_CHAPTER + self._script
        return self._call("enhancement", given, self._lines / 3 * TOKENS_A_TAGGED_LINE)

    def summary(self, num_chapters: int) -> TokenEstimate:
        """Return the call that summarizes a chapter which was edited."""
        return self._call("summary", RETELLING_INPUT + _planned(num_chapters) + self._script, SUMMARY)

    def _question(self, characters: int) -> TokenEstimate:
        if self._config.safety.mode != "question":
            return NO_TOKENS
        return self._call("safety", SAFETY_INPUT + characters / 4, SAFETY_OUTPUT)

    @property
    def _script(self) -> float:
        return self._spoken + self._lines * TOKENS_A_LINE

    def _call(self, name: str, given: float, answered: float) -> TokenEstimate:
        model = self._config.models.of_call(name)
        sizes = round(given), round(answered)
        return TokenEstimate(*sizes, self._config.prices.of_tokens(model, sizes[0], 0, sizes[1]))


def _planned(num_chapters: int) -> int:
    return OUTLINE_OUTPUT + OUTLINE_A_CHAPTER * num_chapters
