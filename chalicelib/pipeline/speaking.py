"""The lines of a chapter as they are given to the narrator."""

from collections.abc import Sequence

import msgspec

from chalicelib.domain.chapter import Chapter
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.domain.story import Story
from chalicelib.story.ear import in_words, plain
from chalicelib.story.pronouncing import pronouncer


def spoken_lines(story: Story, chapter: Chapter) -> Sequence[ScriptLine | EnhancedLine]:
    """Return the lines of a chapter as they are said aloud.

    An author's text has its figures in words already, and a person's edit of it stands as it was typed. A text that is
    told as it is keeps its figures and its markup on the page, and they are put into words here. Words that have a
    pronunciation are said by it in both.
    """
    if story.manuscript is None and not story.pronunciations:
        return chapter.lines
    pronounced = pronouncer(story.pronunciations)

    def said(text: str) -> str:
        if story.manuscript is None:
            return pronounced(text)
        # The words first: a name such as R2D2 would otherwise be put into words that nobody gave.
        return in_words(pronounced(plain(text)), story.language) or text

    return [msgspec.structs.replace(line, text=said(line.text)) for line in chapter.lines]
