"""What an operator decides of what is read before and after a chapter: a part of configs/story_config.json."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class OwnWords(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An operator's own words in one language, in place of Fireside's; null leaves Fireside's.

    `opening` follows the title of the book, `closing` ends it; in both {title} is the title and {ai} the sentence that
    AI made it, without which it is not said. `chapter` announces a chapter, by its {number}.
    """

    chapter: Text | None = None
    opening: Text | None = None
    closing: Text | None = None


class Frame(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the narrator reads before and after a chapter.

    `titles`: the book's title before the first chapter, and each chapter's. `credits`: who made the book, after its
    title and at its end. `words`: own words, by language, such as `de` or `pt-BR`.
    """

    titles: bool = True
    credits: bool = True
    words: dict[Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]+)*$(?!\n)")], OwnWords] = {}

    def own(self, language: str) -> OwnWords:
        """Return the operator's words for a language: those of its own tag, else of its code."""
        by_tag: Mapping[str, OwnWords] = {tag.casefold(): words for tag, words in self.words.items()}
        tag = language.replace("_", "-").casefold()
        return by_tag.get(tag) or by_tag.get(tag.partition("-")[0]) or OwnWords()


DEFAULT = Frame()
SILENT = Frame(titles=False, credits=False)
