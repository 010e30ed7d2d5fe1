"""What writing a story takes, before it is written: tokens of the author's calls and characters for the narrator.

Sizes are those of Fireside's own prompts, schemas and replies, in English; other languages take up to twice the tokens.
"""

from collections.abc import Collection
from dataclasses import dataclass

from chalicelib.story.config import StoryConfig

CHARACTERS_A_WORD = 5.6
"""Characters of speech a word, with its space and punctuation: a chapter of 900 words has some 5,000."""

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


def characters_of(chapters: int, config: StoryConfig) -> int:
    """Return the characters of so many chapters that are not written yet."""
    return round(chapters * config.writing.words_per_chapter * CHARACTERS_A_WORD)


def author_tokens(
    *,
    prompt: str,
    num_chapters: int,
    outlined: bool,
    unwritten: Collection[int],
    undirected: int,
    unsummarized: int,
    config: StoryConfig,
) -> TokenEstimate:
    """Return the tokens of the calls still to be made: the outline, each unwritten chapter (by its number from 1),
    directions for the voices of so many chapters, and new summaries of so many that were edited."""
    words = config.writing.words_per_chapter
    lines = words / WORDS_A_LINE
    spoken = words * TOKENS_A_WORD
    planned = OUTLINE_OUTPUT + OUTLINE_A_CHAPTER * num_chapters

    def call(name: str, given: float, answered: float) -> TokenEstimate:
        model: str = getattr(config.models, name)
        sizes = round(given), round(answered)
        return TokenEstimate(*sizes, config.prices.of_tokens(model, sizes[0], 0, sizes[1]))

    total = TokenEstimate()
    if not outlined:
        total += call("outline", OUTLINE_INPUT + len(prompt) / 4, planned)
    for number in sorted(unwritten):
        before = min(words, config.writing.previous_words) * TOKENS_A_WORD if number > 1 else 0
        given = CHAPTER_INPUT + OUTLINE_OUTPUT + 2 * OUTLINE_A_CHAPTER + before + SUMMARY * (number - 1)
        total += call("chapter", given, spoken + lines * TOKENS_A_LINE + SUMMARY)
    for _ in range(undirected):
        given = ENHANCEMENT_INPUT + spoken + lines * TOKENS_A_LINE
        total += call("enhancement", given, lines / 3 * TOKENS_A_TAGGED_LINE)
    for _ in range(unsummarized):
        total += call("summary", ENHANCEMENT_INPUT + planned + spoken + lines * TOKENS_A_LINE, SUMMARY)
    return total
