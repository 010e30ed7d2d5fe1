"""What writing a story takes, before it is written: tokens of the author's calls and characters for the narrator.

Sizes are those of Fireside's own prompts, schemas and replies, in English; other languages take up to twice the tokens.
"""

from dataclasses import dataclass

from chalicelib.story.config import StoryConfig

CHARACTERS_A_WORD = 5.3
"""Characters of speech a word, with its space and punctuation: a chapter of 900 words has some 4,800."""

CHARACTERS_A_SECOND = 15.0
"""How fast a narrator speaks, pauses between lines included."""

TOKENS_A_WORD = 1.35
WORDS_A_LINE = 25
"""A line of narration is one to four sentences, a character's often one."""

TOKENS_A_LINE = 14
"""Names, quotation marks and brackets of a line's JSON."""

OUTLINE_INPUT, OUTLINE_OUTPUT, OUTLINE_A_CHAPTER = 900, 850, 120
"""Instructions and schema; premise, setting, rules and a cast of five; one chapter's beats and ending."""

CHAPTER_INPUT, SUMMARY = 1100, 110
"""Instructions, schema and seam; the summary that each earlier chapter adds, and that a chapter's reply brings."""

ENHANCEMENT_INPUT, TOKENS_A_TAGGED_LINE = 500, 18
"""Instructions; the reply names at most one line in three."""


@dataclass(frozen=True, slots=True)
class TokenEstimate:
    """What goes in and out of an author's calls, and what that costs."""

    input: int = 0
    output: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "TokenEstimate") -> "TokenEstimate":
        return TokenEstimate(self.input + other.input, self.output + other.output, self.cost_usd + other.cost_usd)


NO_TOKENS = TokenEstimate()


def characters_of(chapters: int, config: StoryConfig) -> int:
    """Return the characters of so many chapters that are not written yet."""
    return round(chapters * config.writing.words_per_chapter * CHARACTERS_A_WORD)


class AuthorCalls:
    """The estimates of single calls to the author, under one configuration."""

    def __init__(self, config: StoryConfig) -> None:
        self._config = config
        words = config.writing.words_per_chapter
        self._spoken = words * TOKENS_A_WORD
        self._lines = words / WORDS_A_LINE
        self._previous = min(words, config.writing.previous_words) * TOKENS_A_WORD

    def outline(self, prompt: str, num_chapters: int) -> TokenEstimate:
        """Return the call that plans a story."""
        return self._call("outline", OUTLINE_INPUT + len(prompt) / 4, _planned(num_chapters))

    def chapter(self, number: int, *, again: bool = False) -> TokenEstimate:
        """Return the call that writes a chapter, from 1; `again`: the author is shown its earlier text, too."""
        before = self._previous if number > 1 else 0
        given = CHAPTER_INPUT + OUTLINE_OUTPUT + 2 * OUTLINE_A_CHAPTER + before + SUMMARY * (number - 1)
        return self._call("chapter", given + (self._spoken if again else 0), self._script + SUMMARY)

    def enhancement(self) -> TokenEstimate:
        """Return the call that directs the voices of a chapter."""
        return self._call("enhancement", ENHANCEMENT_INPUT + self._script, self._lines / 3 * TOKENS_A_TAGGED_LINE)

    def summary(self, num_chapters: int) -> TokenEstimate:
        """Return the call that summarizes a chapter which was edited."""
        return self._call("summary", ENHANCEMENT_INPUT + _planned(num_chapters) + self._script, SUMMARY)

    @property
    def _script(self) -> float:
        return self._spoken + self._lines * TOKENS_A_LINE

    def _call(self, name: str, given: float, answered: float) -> TokenEstimate:
        model: str = getattr(self._config.models, name)
        sizes = round(given), round(answered)
        return TokenEstimate(*sizes, self._config.prices.of_tokens(model, sizes[0], 0, sizes[1]))


def _planned(num_chapters: int) -> int:
    return OUTLINE_OUTPUT + OUTLINE_A_CHAPTER * num_chapters
