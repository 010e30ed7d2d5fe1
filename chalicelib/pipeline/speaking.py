"""The lines of a chapter, with those that frame it, as they are read and as they are given to the narrator."""

from collections.abc import Sequence

import msgspec

from chalicelib.domain.chapter import Chapter
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.domain.story import Story
from chalicelib.domain.texts import one_line
from chalicelib.story.ear import in_words, plain
from chalicelib.story.frame import Say, lines_after, lines_before
from chalicelib.story.framing import Frame
from chalicelib.story.pronouncing import pronouncer

Lines = Sequence[ScriptLine | EnhancedLine]


def framed_lines(story: Story, chapter: Chapter, frame: Frame) -> Lines:
    """Return the lines of a chapter as they are read, with those before and after it."""
    return _framed(story, chapter, chapter.lines, frame, one_line)


def spoken_lines(story: Story, chapter: Chapter, frame: Frame) -> Lines:
    """Return the lines of a chapter as they are said aloud, with those before and after it.

    An author's text has its figures in words already, and a person's edit of it stands as it was typed. A text that is
    told as it is keeps its figures and its markup on the page, and they are put into words here. Words that have a
    pronunciation are said by it in both.
    """
    pronounced = pronouncer(story.pronunciations)

    def in_the_ear(text: str) -> str:
        # The words first: a name such as R2D2 would otherwise be put into words that nobody gave.
        return in_words(pronounced(plain(text)), story.language) or text

    lines: Lines = chapter.lines
    if story.manuscript is not None or story.pronunciations:
        said = pronounced if story.manuscript is None else in_the_ear
        lines = [msgspec.structs.replace(line, text=said(line.text)) for line in lines]
    # Titles have figures in every kind of story.
    return _framed(story, chapter, lines, frame, in_the_ear)


def framing_characters(story: Story, number: int, frame: Frame) -> int:
    """Return the characters that are read before and after a chapter which is not written yet."""
    lines = [*lines_before(story, number, "", frame), *lines_after(story, number, frame)]
    return sum(len(line.text) for line in lines)


def _framed(story: Story, chapter: Chapter, lines: Lines, frame: Frame, say: Say) -> Lines:
    if not chapter.lines:
        return lines
    before = lines_before(story, chapter.number, chapter.lines[0].text, frame, say)
    return [*before, *lines, *lines_after(story, chapter.number, frame, say)]
