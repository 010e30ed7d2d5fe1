"""The lines of a chapter as they are given to the narrator."""

from collections.abc import Sequence

import msgspec

from chalicelib.domain.chapter import Chapter
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.domain.story import Story
from chalicelib.story.ear import in_words, plain


def spoken_lines(story: Story, chapter: Chapter) -> Sequence[ScriptLine | EnhancedLine]:
    """Return the lines of a chapter as they are said aloud.

    An author's text has its figures in words already, and a person's edit of it stands as it was typed. A text that is
    told as it is keeps its figures and its markup on the page, and they are put into words here.
    """
    if story.manuscript is None:
        return chapter.lines
    return [
        msgspec.structs.replace(line, text=in_words(plain(line.text), story.language) or line.text)
        for line in chapter.lines
    ]
